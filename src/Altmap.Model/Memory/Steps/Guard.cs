using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

/// <summary>What a guard asks.</summary>
public enum GuardKind
{
    /// <summary>All the flags are set in the section of the first page.</summary>
    SectionHas,

    /// <summary>A sub-section of the range is valid.</summary>
    AnyValid,

    /// <summary>A page of the range has one of the contents.</summary>
    AnyMemmap,

    /// <summary>The device map over the first page is in this state.</summary>
    PgmapIs,

    /// <summary>The zone in the first page's struct page.</summary>
    ZoneIs,

    /// <summary>The actor's register holds the value.</summary>
    RegisterIs,
}

/// <summary>A question to the memory state or to the actor's register: the whole vocabulary of conditions.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Range">Of which pages; of the first one only, where the kind says so.</param>
/// <param name="Operand">Flags of a section, a set of contents, a state of a device map, a value of the register.</param>
/// <param name="IsNegated">True: holds when the answer is no.</param>
public readonly record struct Guard(GuardKind Kind, PfnRange Range, int Operand, bool IsNegated = false)
{
    /// <summary>All <paramref name="bits"/> are set in the section of a page.</summary>
    public static Guard SectionHas(Pfn pfn, SectionBits bits) => new(GuardKind.SectionHas, One(pfn), (int)bits);

    /// <summary>A sub-section of the range is valid.</summary>
    public static Guard AnyValid(PfnRange range) => new(GuardKind.AnyValid, range, 0);

    /// <summary>The page's sub-section is valid.</summary>
    public static Guard IsValid(Pfn pfn) => AnyValid(One(pfn));

    /// <summary>A page of the range has one of the contents.</summary>
    public static Guard AnyMemmap(PfnRange range, MemmapContents contents) => new(GuardKind.AnyMemmap, range, (int)contents);

    /// <summary>The page has one of the contents.</summary>
    public static Guard MemmapIs(Pfn pfn, MemmapContents contents) => AnyMemmap(One(pfn), contents);

    /// <summary>The device map over a page.</summary>
    public static Guard PgmapIs(Pfn pfn, Pgmap pgmap) => new(GuardKind.PgmapIs, One(pfn), (int)pgmap);

    /// <summary>The zone of a page.</summary>
    public static Guard ZoneIs(Pfn pfn, ZoneKind zone) => new(GuardKind.ZoneIs, One(pfn), (int)zone);

    /// <summary>The actor's register.</summary>
    public static Guard RegisterIs(Walk value) => new(GuardKind.RegisterIs, default, (int)value);

    /// <summary>The opposite.</summary>
    public static Guard operator !(Guard guard) => guard with { IsNegated = !guard.IsNegated };

    /// <summary>True when it holds.</summary>
    public bool Holds(in RunLengthState state, Walk register)
    {
        bool answer = Kind switch
        {
            GuardKind.SectionHas => (state.SectionOf(Range.Start) & (SectionBits)Operand) == (SectionBits)Operand,
            GuardKind.AnyValid => state.AnyValid(Range),
            GuardKind.AnyMemmap => state.AnyMemmap(Range, (MemmapContents)Operand),
            GuardKind.PgmapIs => state.PgmapOf(Range.Start) == (Pgmap)Operand,
            GuardKind.ZoneIs => state.MemmapOf(Range.Start).Zone == (ZoneKind)Operand,
            _ => register == (Walk)Operand,
        };
        return answer != IsNegated;
    }

    /// <summary>A range of one page.</summary>
    internal static PfnRange One(Pfn pfn) => new(pfn, pfn + new PfnCount(1));
}

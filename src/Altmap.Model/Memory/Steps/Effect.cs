using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

/// <summary>What an effect changes.</summary>
public enum EffectKind
{
    /// <summary>Flags of every section that holds a page of the range: cleared, then set.</summary>
    Sections,

    /// <summary>The validity of every sub-section that holds a page of the range.</summary>
    Valid,

    /// <summary>The struct pages of the range: content, zone and node.</summary>
    Memmap,

    /// <summary>The entry in the array of device maps.</summary>
    Pgmap,

    /// <summary>The actor's register.</summary>
    Register,
}

/// <summary>A change of the memory state or of the actor's register: the whole vocabulary of effects.</summary>
public readonly record struct Effect
{
    /// <summary>What changes.</summary>
    public EffectKind Kind { get; private init; }

    /// <summary>Where; empty for the register.</summary>
    public PfnRange Range { get; private init; }

    /// <summary>Flags to set, after <see cref="Clear"/>.</summary>
    public SectionBits Set { get; private init; }

    /// <summary>Flags to clear.</summary>
    public SectionBits Clear { get; private init; }

    /// <summary>The new validity.</summary>
    public bool Valid { get; private init; }

    /// <summary>The new struct pages.</summary>
    public Memmap Memmap { get; private init; }

    /// <summary>The new entry.</summary>
    public Pgmap Pgmap { get; private init; }

    /// <summary>The new value of the register.</summary>
    public Walk Register { get; private init; }

    /// <summary>Clears and sets flags of sections.</summary>
    public static Effect Sections(PfnRange range, SectionBits set, SectionBits clear) =>
        new()
        {
            Kind = EffectKind.Sections,
            Range = range,
            Set = set,
            Clear = clear,
        };

    /// <summary>Sets or clears validity.</summary>
    public static Effect SetValid(PfnRange range, bool valid) =>
        new()
        {
            Kind = EffectKind.Valid,
            Range = range,
            Valid = valid,
        };

    /// <summary>Writes struct pages.</summary>
    public static Effect SetMemmap(PfnRange range, Memmap memmap) =>
        new()
        {
            Kind = EffectKind.Memmap,
            Range = range,
            Memmap = memmap,
        };

    /// <summary>Enters or removes a device map.</summary>
    public static Effect SetPgmap(PfnRange range, Pgmap pgmap) =>
        new()
        {
            Kind = EffectKind.Pgmap,
            Range = range,
            Pgmap = pgmap,
        };

    /// <summary>Sets the register.</summary>
    public static Effect SetRegister(Walk value) => new() { Kind = EffectKind.Register, Register = value };

    /// <summary>The next value of state and register.</summary>
    public void Apply(ref RunLengthState state, ref Walk register)
    {
        switch (Kind)
        {
            case EffectKind.Sections:
                state = state.ChangeSections(Range, Set, Clear);
                break;
            case EffectKind.Valid:
                state = state.SetValid(Range, Valid);
                break;
            case EffectKind.Memmap:
                state = state.SetMemmap(Range, Memmap);
                break;
            case EffectKind.Pgmap:
                state = state.SetPgmap(Range, Pgmap);
                break;
            default:
                register = Register;
                break;
        }
    }
}

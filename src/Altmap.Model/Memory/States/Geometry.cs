using Altmap.Core.Units;

namespace Altmap.Model.Memory.States;

/// <summary>Sizes that no step assumes.</summary>
/// <param name="PagesPerSubSection">Unit of validity.</param>
/// <param name="PagesPerSection">Unit of presence.</param>
public readonly record struct Geometry(PfnCount PagesPerSubSection, PfnCount PagesPerSection)
{
    /// <summary>x86-64: 2 MiB and 128 MiB of 4 KiB pages.</summary>
    public static Geometry X86 => new(new PfnCount(512), new PfnCount(32768));

    /// <summary>True for the first page of a section.</summary>
    public bool IsSectionAligned(Pfn pfn) => pfn.Number % PagesPerSection.Pages == 0;

    /// <summary>True when both ends are sub-section boundaries.</summary>
    public bool IsSubSectionAligned(PfnRange range) => (range.Start.Number | range.End.Number) % PagesPerSubSection.Pages == 0;

    /// <summary>All sections that hold a page of the range, as pages.</summary>
    public PfnRange WholeSections(PfnRange range) => Widen(range, PagesPerSection);

    /// <summary>The range widened to multiples of <paramref name="unit"/>; an empty one stays.</summary>
    public static PfnRange Widen(PfnRange range, PfnCount unit) =>
        range.IsEmpty
            ? range
            : new(new Pfn(Alignment.Down(range.Start.Number, unit.Pages)), new Pfn(Alignment.Up(range.End.Number, unit.Pages)));

    /// <summary>
    /// The range cut where the kernel's loop over sections does something else: a piece of the first section, the run of whole sections,
    /// a piece of the last. The whole ones are all alike, so that the number of steps does not grow with the memory.
    /// </summary>
    public IEnumerable<PfnRange> Pieces(PfnRange range)
    {
        var up = new Pfn(Alignment.Up(range.Start.Number, PagesPerSection.Pages));
        var down = new Pfn(Alignment.Down(range.End.Number, PagesPerSection.Pages));
        if (up > down)
            return [range];
        return new PfnRange[] { new(range.Start, up), new(up, down), new(down, range.End) }.Where(p => !p.IsEmpty);
    }
}

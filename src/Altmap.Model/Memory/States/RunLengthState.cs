using Altmap.Core.Units;

namespace Altmap.Model.Memory.States;

/// <summary>The memory side of a machine of any size, as the steps see it: costs what it has ranges. A change gives the next
/// value.</summary>
/// <param name="Geometry">Sizes.</param>
/// <param name="Sections">By section number.</param>
/// <param name="Valid">By sub-section number.</param>
/// <param name="Memmap">By pfn.</param>
/// <param name="Pgmaps">By pfn.</param>
public readonly record struct RunLengthState(
    Geometry Geometry,
    RunMap<SectionBits> Sections,
    RunMap<bool> Valid,
    RunMap<Memmap> Memmap,
    RunMap<Pgmap> Pgmaps
)
{
    /// <summary>Nothing present.</summary>
    public static RunLengthState Empty(Geometry geometry) =>
        new(geometry, new(SectionBits.None), new(false), new(States.Memmap.None), new(Pgmap.None));

    /// <summary>Flags of the section that holds the page.</summary>
    public SectionBits SectionOf(Pfn pfn) => Sections[pfn.Number / Geometry.PagesPerSection.Pages];

    /// <summary>Clears and sets flags of every section that holds a page of the range.</summary>
    public RunLengthState ChangeSections(PfnRange range, SectionBits set, SectionBits clear)
    {
        (ulong start, ulong end) = Units(range, Geometry.PagesPerSection);
        return this with { Sections = Sections.Change(start, end, f => (f & ~clear) | set) };
    }

    /// <summary>True when any sub-section of the range is valid (its bit in subsection_map).</summary>
    public bool AnyValid(PfnRange range)
    {
        (ulong start, ulong end) = Units(range, Geometry.PagesPerSubSection);
        return Valid.Any(start, end, static v => v);
    }

    /// <summary>Sets or clears the bit of every sub-section that holds a page of the range.</summary>
    public RunLengthState SetValid(PfnRange range, bool valid)
    {
        (ulong start, ulong end) = Units(range, Geometry.PagesPerSubSection);
        return this with { Valid = Valid.Set(start, end, valid) };
    }

    /// <summary>The page's struct page.</summary>
    public Memmap MemmapOf(Pfn pfn) => Memmap[pfn.Number];

    /// <summary>True when a page of the range has one of the contents.</summary>
    public bool AnyMemmap(PfnRange range, MemmapContents contents) =>
        Memmap.Any(range.Start.Number, range.End.Number, m => ((1 << (int)m.Content) & (int)contents) != 0);

    /// <summary>Writes the struct pages of the range.</summary>
    public RunLengthState SetMemmap(PfnRange range, Memmap memmap) =>
        this with
        {
            Memmap = Memmap.Set(range.Start.Number, range.End.Number, memmap),
        };

    /// <summary>The device map over the page.</summary>
    public Pgmap PgmapOf(Pfn pfn) => Pgmaps[pfn.Number];

    /// <summary>Enters the range in the array of device maps, or takes it out.</summary>
    public RunLengthState SetPgmap(PfnRange range, Pgmap pgmap) =>
        this with
        {
            Pgmaps = Pgmaps.Set(range.Start.Number, range.End.Number, pgmap),
        };

    private static (ulong Start, ulong End) Units(PfnRange range, PfnCount unit) =>
        range.IsEmpty ? (0, 0) : (range.Start.Number / unit.Pages, Alignment.Up(range.End.Number, unit.Pages) / unit.Pages);
}

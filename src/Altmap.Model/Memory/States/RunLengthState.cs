using Altmap.Core.Units;

namespace Altmap.Model.Memory.States;

/// <summary>The state of a machine of any size: costs what it has ranges.</summary>
/// <param name="Geometry">Sizes.</param>
/// <param name="Sections">By section number.</param>
/// <param name="Valid">By sub-section number.</param>
/// <param name="Memmap">By pfn.</param>
/// <param name="Pgmaps">By pfn.</param>
/// <param name="Walk">The walk under way.</param>
public readonly record struct RunLengthState(
    Geometry Geometry,
    RunMap<SectionBits> Sections,
    RunMap<bool> Valid,
    RunMap<Memmap> Memmap,
    RunMap<Pgmap> Pgmaps,
    Walk Walk
) : IMemoryState<RunLengthState>
{
    /// <inheritdoc/>
    public static RunLengthState Empty(Geometry geometry) =>
        new(geometry, new(SectionBits.None), new(false), new(States.Memmap.None), new(Pgmap.None), Walk.Idle);

    /// <inheritdoc/>
    public SectionBits SectionOf(Pfn pfn) => Sections[pfn.Number / Geometry.PagesPerSection.Pages];

    /// <inheritdoc/>
    public RunLengthState ChangeSections(PfnRange range, SectionBits set, SectionBits clear)
    {
        (ulong start, ulong end) = Units(range, Geometry.PagesPerSection);
        return this with { Sections = Sections.Change(start, end, f => (f & ~clear) | set) };
    }

    /// <inheritdoc/>
    public bool AnyValid(PfnRange range)
    {
        (ulong start, ulong end) = Units(range, Geometry.PagesPerSubSection);
        return Valid.Any(start, end, static v => v);
    }

    /// <inheritdoc/>
    public RunLengthState SetValid(PfnRange range, bool valid)
    {
        (ulong start, ulong end) = Units(range, Geometry.PagesPerSubSection);
        return this with { Valid = Valid.Set(start, end, valid) };
    }

    /// <inheritdoc/>
    public Memmap MemmapOf(Pfn pfn) => Memmap[pfn.Number];

    /// <inheritdoc/>
    public bool AnyMemmap(PfnRange range, MemmapContent content) =>
        Memmap.Any(range.Start.Number, range.End.Number, m => m.Content == content);

    /// <inheritdoc/>
    public RunLengthState SetMemmap(PfnRange range, Memmap memmap) =>
        this with
        {
            Memmap = Memmap.Set(range.Start.Number, range.End.Number, memmap),
        };

    /// <inheritdoc/>
    public Pgmap PgmapOf(Pfn pfn) => Pgmaps[pfn.Number];

    /// <inheritdoc/>
    public RunLengthState SetPgmap(PfnRange range, Pgmap pgmap) =>
        this with
        {
            Pgmaps = Pgmaps.Set(range.Start.Number, range.End.Number, pgmap),
        };

    /// <inheritdoc/>
    public RunLengthState SetWalk(Walk walk) => this with { Walk = walk };

    private static (ulong Start, ulong End) Units(PfnRange range, PfnCount unit) =>
        range.IsEmpty ? (0, 0) : (range.Start.Number / unit.Pages, Alignment.Up(range.End.Number, unit.Pages) / unit.Pages);
}

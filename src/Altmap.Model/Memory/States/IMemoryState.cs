using Altmap.Core.Units;

namespace Altmap.Model.Memory.States;

/// <summary>
/// The memory side of a machine as the steps see it. Every change gives the next value. Steps are generic over the representation:
/// run-length for a machine of terabytes, a few words for the explorer.
/// </summary>
/// <typeparam name="TState">The representation itself.</typeparam>
public interface IMemoryState<TState>
    where TState : struct, IMemoryState<TState>
{
    /// <summary>Nothing present.</summary>
    static abstract TState Empty(Geometry geometry);

    /// <summary>The sizes.</summary>
    Geometry Geometry { get; }

    /// <summary>Flags of the section that holds the page.</summary>
    SectionBits SectionOf(Pfn pfn);

    /// <summary>Sets and clears flags of every section that holds a page of the range.</summary>
    TState ChangeSections(PfnRange range, SectionBits set, SectionBits clear);

    /// <summary>True when any sub-section of the range is valid (its bit in subsection_map).</summary>
    bool AnyValid(PfnRange range);

    /// <summary>Sets or clears the bit of every sub-section that holds a page of the range.</summary>
    TState SetValid(PfnRange range, bool valid);

    /// <summary>The page's struct page.</summary>
    Memmap MemmapOf(Pfn pfn);

    /// <summary>True when a page of the range has this content.</summary>
    bool AnyMemmap(PfnRange range, MemmapContent content);

    /// <summary>Writes the struct pages of the range.</summary>
    TState SetMemmap(PfnRange range, Memmap memmap);

    /// <summary>The device map over the page.</summary>
    Pgmap PgmapOf(Pfn pfn);

    /// <summary>Enters the range in the array of device maps, or takes it out.</summary>
    TState SetPgmap(PfnRange range, Pgmap pgmap);

    /// <summary>Where a walk under way stands.</summary>
    Walk Walk { get; }

    /// <summary>Moves the walk.</summary>
    TState SetWalk(Walk walk);
}

using Altmap.Core.Units;

namespace Altmap.Model.Tests.MicroSteps;

/// <summary>Flags of a section (include/linux/mmzone.h, the low bits of section_mem_map).</summary>
[Flags]
public enum SectionFlags : byte
{
    None = 0,
    Present = 1,
    HasMemmap = 2,
    Online = 4,
    Early = 8,
    TaintZoneDevice = 16,
}

/// <summary>What the struct page of a pfn holds.</summary>
public enum MemmapContent : byte
{
    None,
    Uninitialised,
    Poison,
    Hole,
    Ram,
    ZoneDevice,
}

/// <summary>The entry of get_dev_pagemap()'s range array that covers a pfn.</summary>
public enum Pgmap : byte
{
    None,
    Live,
    Dying,
}

/// <summary>Where a pfn_to_online_page() under way stands. A register of the state, so that a walk is a list of steps like any other.</summary>
public enum Walk : byte
{
    Idle,
    Looking,
    Null,
    Page,
}

/// <summary>Sizes that no step assumes.</summary>
public readonly record struct Geometry(PfnCount PagesPerSubSection, PfnCount PagesPerSection)
{
    /// <summary>x86-64: 2 MiB and 128 MiB of 4 KiB pages.</summary>
    public static Geometry X86 => new(new PfnCount(512), new PfnCount(32768));

    public bool IsSectionAligned(Pfn pfn) => pfn.Number % PagesPerSection.Pages == 0;

    /// <summary>All sections that hold a page of the range, as pages.</summary>
    public PfnRange WholeSections(PfnRange range) => range.IsEmpty ? range
        : new(new Pfn(Alignment.Down(range.Start.Number, PagesPerSection.Pages)), new Pfn(Alignment.Up(range.End.Number, PagesPerSection.Pages)));

    /// <summary>
    /// The range cut where the kernel's loop over sections does something else: a piece of the first section, the run of whole sections,
    /// a piece of the last. The whole ones are all alike, so that the number of steps does not grow with the memory.
    /// </summary>
    public IEnumerable<PfnRange> Pieces(PfnRange range)
    {
        var up = new Pfn(Alignment.Up(range.Start.Number, PagesPerSection.Pages));
        var down = new Pfn(Alignment.Down(range.End.Number, PagesPerSection.Pages));
        if (up > down) return [range];
        return new PfnRange[] { new(range.Start, up), new(up, down), new(down, range.End) }.Where(p => !p.IsEmpty);
    }
}

/// <summary>
/// The memory side of a machine as the steps see it. Every change gives the next value. Steps are generic over the representation:
/// run-length for a machine of terabytes, a few words for the explorer.
/// </summary>
public interface IMemoryState<TState>
    where TState : struct, IMemoryState<TState>
{
    /// <summary>Nothing present.</summary>
    static abstract TState Empty(Geometry geometry);

    Geometry Geometry { get; }

    SectionFlags SectionOf(Pfn pfn);

    /// <summary>Sets and clears flags of every section that holds a page of the range.</summary>
    TState ChangeSections(PfnRange range, SectionFlags set, SectionFlags clear);

    /// <summary>True when any sub-section of the range is valid (its bit in subsection_map).</summary>
    bool AnyValid(PfnRange range);

    /// <summary>Sets or clears the bit of every sub-section that holds a page of the range.</summary>
    TState SetValid(PfnRange range, bool valid);

    MemmapContent MemmapOf(Pfn pfn);

    bool AnyMemmap(PfnRange range, MemmapContent content);

    TState SetMemmap(PfnRange range, MemmapContent content);

    Pgmap PgmapOf(Pfn pfn);

    TState SetPgmap(PfnRange range, Pgmap pgmap);

    Walk Walk { get; }

    TState SetWalk(Walk walk);
}

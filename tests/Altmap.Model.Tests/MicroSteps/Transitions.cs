using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;

namespace Altmap.Model.Tests.MicroSteps;

/// <summary>Which checks pfn_to_online_page() makes: a rule of the kernel profile.</summary>
public enum PfnOnlineRule
{
    /// <summary>The section's online flag (up to 5.11).</summary>
    SectionFlag,

    /// <summary>And, where the section is tainted, get_dev_pagemap() (the thread's middle variant).</summary>
    TaintPagemap,

    /// <summary>The online flag, the sub-section bit, then the taint (5.12 on).</summary>
    Current,
}

/// <summary>The operations on memory, for any representation. Read in Linux 6.1.192.</summary>
public static class Transitions
{
    private const SectionFlags Word = (SectionFlags)0xff;

    /// <summary>The state after boot: the ranges are RAM, the rest of their sections holes with a memmap (mm/sparse.c, mm/page_alloc.c).</summary>
    public static TState Boot<TState>(Geometry geometry, params PfnRange[] ram)
        where TState : struct, IMemoryState<TState>
    {
        TState state = TState.Empty(geometry);
        foreach (PfnRange range in ram)
        {
            state = state.ChangeSections(range, SectionFlags.Present | SectionFlags.HasMemmap | SectionFlags.Online | SectionFlags.Early, SectionFlags.None)
                .SetMemmap(geometry.WholeSections(range), MemmapContent.Hole);
        }
        foreach (PfnRange range in ram) state = state.SetMemmap(range, MemmapContent.Ram).SetValid(range, true);
        return state;
    }

    /// <summary>memremap_pages() of a ZONE_DEVICE range (mm/memremap.c). With an altmap its first pages are never initialised.</summary>
    public static Transition<TState> MemremapPages<TState>(Geometry geometry, PfnRange range, Altmap? altmap, bool poison)
        where TState : struct, IMemoryState<TState>
    {
        const string Sparse = "mm/sparse.c section_activate()";
        Pfn last = range.End - new PfnCount(1);
        Pfn metadata = altmap is { } a ? range.Start + a.Reserve : range.Start;
        Pfn data = altmap is { } b ? metadata + b.Free : range.Start;
        var steps = ImmutableArray.CreateBuilder<MicroStep<TState>>();
        steps.Add(new("m1 range entry live", StepLock.None, "mm/memremap.c pagemap_range()", s => s.SetPgmap(range, Pgmap.Live))
        {
            Precondition = s => s.PgmapOf(range.Start) != Pgmap.None || s.PgmapOf(last) != Pgmap.None ? Errno.ENOMEM
                : s.AnyMemmap(range, MemmapContent.Ram) ? Errno.ENXIO : Errno.None,
        });
        foreach (PfnRange piece in geometry.Pieces(range))
        {
            bool Reuses(TState s) => piece.Count.Pages < geometry.PagesPerSection.Pages && s.SectionOf(piece.Start).HasFlag(SectionFlags.Early);
            steps.Add(new($"m2 sub-section bits set {piece}", StepLock.Hotplug, "mm/sparse.c fill_subsection_map()", s => s.SetValid(piece, true))
            {
                Precondition = s => s.AnyValid(piece) ? Errno.EEXIST : Errno.None,
            });
            steps.Add(new($"m3 memmap there {piece}", StepLock.Hotplug, Sparse, s =>
                poison ? s.SetMemmap(piece, MemmapContent.Poison) : Reuses(s) ? s : s.SetMemmap(piece, MemmapContent.Uninitialised))
            {
                Fault = s => Reuses(s) ? Errno.None : Errno.ENOMEM,
                Undo = s => s.SetValid(piece, false),
            });
            steps.Add(new($"m4 section word {piece}", StepLock.Hotplug, "mm/sparse.c sparse_add_section()",
                s => s.ChangeSections(piece, SectionFlags.Present | SectionFlags.HasMemmap, SectionFlags.None)));
        }
        steps.Add(new("m5 taint", StepLock.Hotplug, "mm/memory_hotplug.c move_pfn_range_to_zone()", s =>
        {
            if (!geometry.IsSectionAligned(range.Start)) s = s.ChangeSections(new(range.Start, range.Start + new PfnCount(1)), SectionFlags.TaintZoneDevice, SectionFlags.None);
            return geometry.IsSectionAligned(range.End) ? s : s.ChangeSections(new(last, range.End), SectionFlags.TaintZoneDevice, SectionFlags.None);
        }));
        if (altmap is not null)
        {
            steps.Add(new("m6 altmap pages initialised", StepLock.Hotplug, "mm/memory_hotplug.c move_pfn_range_to_zone()",
                s => s.SetMemmap(new(metadata, data), MemmapContent.ZoneDevice)));
        }
        steps.Add(new("m7 data pages initialised", StepLock.None, "mm/page_alloc.c memmap_init_zone_device()", s => s.SetMemmap(new(data, range.End), MemmapContent.ZoneDevice)));
        return new($"memremap_pages {range}", steps.ToImmutable(), s => s.SetPgmap(range, Pgmap.None));
    }

    /// <summary>memunmap_pages() of a range that memremap_pages() mapped.</summary>
    public static Transition<TState> MemunmapPages<TState>(Geometry geometry, PfnRange range, bool poison)
        where TState : struct, IMemoryState<TState>
    {
        var steps = ImmutableArray.CreateBuilder<MicroStep<TState>>();
        steps.Add(new("u1 reference dead", StepLock.None, "mm/memremap.c memunmap_pages()", s => s.SetPgmap(range, Pgmap.Dying))
        {
            Precondition = s => s.PgmapOf(range.Start) == Pgmap.Live ? Errno.None : Errno.ENODEV, // nothing to unmap
        });
        if (poison)
            steps.Add(new("u3 poison", StepLock.Hotplug, "mm/memory_hotplug.c remove_pfn_range_from_zone()", s => s.SetMemmap(range, MemmapContent.Poison)));
        foreach (PfnRange piece in geometry.Pieces(range))
        {
            steps.Add(new($"u4 sub-section bits cleared {piece}", StepLock.Hotplug, "mm/sparse.c clear_subsection_map()", s => s.SetValid(piece, false)));
            steps.Add(new($"u5 memmap freed {piece}", StepLock.Hotplug, "mm/sparse.c section_deactivate()", s =>
            {
                PfnRange sections = geometry.WholeSections(piece);
                if (!s.AnyValid(sections)) return s.ChangeSections(piece, SectionFlags.None, Word).SetMemmap(sections, MemmapContent.None);
                return s.SectionOf(piece.Start).HasFlag(SectionFlags.Early) ? s : s.SetMemmap(piece, MemmapContent.None);
            }));
        }
        steps.Add(new("u6 range entry gone", StepLock.None, "mm/memremap.c pageunmap_range()", s => s.SetPgmap(range, Pgmap.None)));
        return new($"memunmap_pages {range}", steps.ToImmutable(), static s => s);
    }

    /// <summary>offline_pages() of whole sections (mm/memory_hotplug.c): refused where there is a hole.</summary>
    public static Transition<TState> OfflinePages<TState>(PfnRange range, bool poison)
        where TState : struct, IMemoryState<TState> =>
        new($"offline_pages {range}",
        [
            new("o1 sections not online", StepLock.Hotplug, "mm/sparse.c offline_mem_sections()", s => s.ChangeSections(range, SectionFlags.None, SectionFlags.Online))
            {
                Precondition = s => Enum.GetValues<MemmapContent>().Any(c => c != MemmapContent.Ram && s.AnyMemmap(range, c)) || !s.SectionOf(range.Start).HasFlag(SectionFlags.Online)
                    ? Errno.EINVAL : Errno.None,
            },
            new("o2 poison", StepLock.Hotplug, "mm/memory_hotplug.c remove_pfn_range_from_zone()", s => poison ? s.SetMemmap(range, MemmapContent.Poison) : s),
        ], static s => s);

    /// <summary>online_pages() of whole sections that were taken offline or added.</summary>
    public static Transition<TState> OnlinePages<TState>(PfnRange range)
        where TState : struct, IMemoryState<TState> =>
        new($"online_pages {range}",
        [
            new("n1 pages initialised", StepLock.Hotplug, "mm/memory_hotplug.c move_pfn_range_to_zone()", s => s.SetMemmap(range, MemmapContent.Ram))
            {
                Precondition = s => s.SectionOf(range.Start) is var f && f.HasFlag(SectionFlags.Present) && (f & (SectionFlags.Online | SectionFlags.TaintZoneDevice)) == 0
                    && s.PgmapOf(range.Start) == Pgmap.None && !s.AnyMemmap(range, MemmapContent.Hole) && !s.AnyMemmap(range, MemmapContent.None) ? Errno.None : Errno.EINVAL,
            },
            new("n2 sections online", StepLock.Hotplug, "mm/sparse.c online_mem_sections()", s => s.ChangeSections(range, SectionFlags.Online, SectionFlags.None)),
        ], static s => s);

    /// <summary>pfn_to_online_page(): each check one step; the verdict is left in <see cref="IMemoryState{TState}.Walk"/>.</summary>
    public static Transition<TState> PfnToOnlinePage<TState>(Pfn pfn, PfnOnlineRule rule, StepLock walkLock)
        where TState : struct, IMemoryState<TState>
    {
        const string Source = "mm/memory_hotplug.c pfn_to_online_page()";
        const SectionFlags Device = SectionFlags.Online | SectionFlags.TaintZoneDevice;
        var only = new PfnRange(pfn, pfn + new PfnCount(1));
        MicroStep<TState> Check(string name, Func<TState, bool> passes) =>
            new(name, walkLock, Source, s => s.Walk == Walk.Looking && !passes(s) ? s.SetWalk(Walk.Null) : s);

        List<MicroStep<TState>> steps = [new("w0 begin", walkLock, Source, s => s.SetWalk(Walk.Looking)), Check("w1 online_section()", s => s.SectionOf(pfn).HasFlag(SectionFlags.Online))];
        if (rule == PfnOnlineRule.Current) steps.Add(Check("w2 pfn_section_valid()", s => s.AnyValid(only)));
        if (rule != PfnOnlineRule.SectionFlag)
            steps.Add(Check("w3 get_dev_pagemap()", s => (s.SectionOf(pfn) & Device) != Device || s.PgmapOf(pfn) != Pgmap.Live));
        steps.Add(new("w4 page", walkLock, Source, s => s.Walk == Walk.Looking ? s.SetWalk(Walk.Page) : s));
        return new($"pfn_to_online_page({pfn})", [.. steps], static s => s);
    }
}

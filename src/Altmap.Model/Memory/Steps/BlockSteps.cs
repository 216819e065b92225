using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

/// <summary>Adding, removing, onlining and offlining memory blocks as steps, for any representation (mm/memory_hotplug.c, mm/sparse.c;
/// 6.1.192).</summary>
public static class BlockSteps
{
    /// <summary>The state after boot, without a zone's limits: the ranges are RAM, the rest of their sections holes with a
    /// memmap.</summary>
    public static TState Boot<TState>(Geometry geometry, params PfnRange[] ram)
        where TState : struct, IMemoryState<TState>
    {
        TState state = TState.Empty(geometry);
        foreach (PfnRange range in ram)
        {
            state = state
                .ChangeSections(
                    range,
                    SectionBits.Present | SectionBits.HasMemmap | SectionBits.Online | SectionBits.Early,
                    SectionBits.None
                )
                .SetMemmap(geometry.WholeSections(range), new Memmap(MemmapContent.Hole, ZoneKind.Normal, 0));
        }
        foreach (PfnRange range in ram)
            state = state.SetMemmap(range, new Memmap(MemmapContent.Ram, ZoneKind.Normal, 0)).SetValid(range, true);
        return state;
    }

    /// <summary>arch_add_memory() of whole sections: present, valid, offline, nothing initialised.</summary>
    public static Transition<TState> Add<TState>(PfnRange range, bool poisons)
        where TState : struct, IMemoryState<TState> =>
        new(
            $"add_memory {range}",
            [
                new("a1 sub-section bits set", StepLock.Hotplug, "mm/sparse.c fill_subsection_map()", s => s.SetValid(range, true))
                {
                    Precondition = s => s.AnyValid(range) ? Errno.EEXIST : Errno.None,
                },
                new(
                    "a2 memmap there",
                    StepLock.Hotplug,
                    "mm/sparse.c section_activate()",
                    s => s.SetMemmap(range, poisons ? Memmap.Poison : Memmap.Uninitialised)
                )
                {
                    Fault = static _ => Errno.ENOMEM,
                    Undo = s => s.SetValid(range, false),
                },
                new(
                    "a3 section word",
                    StepLock.Hotplug,
                    "mm/sparse.c sparse_add_section()",
                    s => s.ChangeSections(range, SectionBits.Present | SectionBits.HasMemmap, SectionBits.None)
                ),
            ],
            static s => s
        );

    /// <summary>arch_remove_memory() of whole offline blocks.</summary>
    public static Transition<TState> Remove<TState>(Geometry geometry, PfnRange range)
        where TState : struct, IMemoryState<TState>
    {
        var steps = ImmutableArray.CreateBuilder<MicroStep<TState>>();
        DeviceMapSteps.AddRemoval(steps, geometry, range, "r1", "r2");
        return new($"remove_memory {range}", steps.ToImmutable(), static s => s);
    }

    /// <summary>offline_pages() of whole sections: refused where there is a hole.</summary>
    public static Transition<TState> Offline<TState>(PfnRange range, bool poisons)
        where TState : struct, IMemoryState<TState> =>
        new(
            $"offline_pages {range}",
            [
                new(
                    "o1 sections not online",
                    StepLock.Hotplug,
                    "mm/sparse.c offline_mem_sections()",
                    s => s.ChangeSections(range, SectionBits.None, SectionBits.Online)
                )
                {
                    Precondition = s =>
                        HasOther(s, range, MemmapContent.Ram) || !s.SectionOf(range.Start).HasFlag(SectionBits.Online)
                            ? Errno.EINVAL
                            : Errno.None,
                },
                new(
                    "o2 poison",
                    StepLock.Hotplug,
                    "mm/memory_hotplug.c remove_pfn_range_from_zone()",
                    s => poisons ? s.SetMemmap(range, Memmap.Poison) : s
                ),
            ],
            static s => s
        );

    /// <summary>online_pages() of whole sections that were taken offline or added.</summary>
    public static Transition<TState> Online<TState>(PfnRange range, ZoneKind zone, short node)
        where TState : struct, IMemoryState<TState> =>
        new(
            $"online_pages {range}",
            [
                new(
                    "n1 pages initialised",
                    StepLock.Hotplug,
                    "mm/memory_hotplug.c move_pfn_range_to_zone()",
                    s => s.SetMemmap(range, new Memmap(MemmapContent.Ram, zone, node))
                )
                {
                    Precondition = s =>
                        s.SectionOf(range.Start) is var f
                        && f.HasFlag(SectionBits.Present)
                        && (f & (SectionBits.Online | SectionBits.TaintZoneDevice)) == 0
                        && s.PgmapOf(range.Start) == Pgmap.None
                        && !s.AnyMemmap(range, MemmapContent.Hole)
                        && !s.AnyMemmap(range, MemmapContent.None)
                            ? Errno.None
                            : Errno.EINVAL,
                },
                new(
                    "n2 sections online",
                    StepLock.Hotplug,
                    "mm/sparse.c online_mem_sections()",
                    s => s.ChangeSections(range, SectionBits.Online, SectionBits.None)
                ),
            ],
            static s => s
        );

    private static bool HasOther<TState>(TState state, PfnRange range, MemmapContent content)
        where TState : struct, IMemoryState<TState>
    {
        for (MemmapContent other = MemmapContent.None; other <= MemmapContent.ZoneDevice; other++)
        {
            if (other != content && state.AnyMemmap(range, other))
                return true;
        }
        return false;
    }
}

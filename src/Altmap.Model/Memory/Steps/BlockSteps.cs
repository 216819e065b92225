using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

/// <summary>Adding, removing, onlining and offlining memory blocks as steps (mm/memory_hotplug.c, mm/sparse.c; 6.1.192).</summary>
public static class BlockSteps
{
    /// <summary>The state after boot, without a zone's limits: the ranges are RAM, the rest of their sections holes with a
    /// memmap.</summary>
    public static RunLengthState Boot(Geometry geometry, params PfnRange[] ram) =>
        Boot(geometry, ram, new Memmap(MemmapContent.Hole, ZoneKind.Normal, 0));

    /// <summary>The same with what the kernel makes of pages without RAM.</summary>
    public static RunLengthState Boot(Geometry geometry, IReadOnlyCollection<PfnRange> ram, Memmap hole)
    {
        RunLengthState state = RunLengthState.Empty(geometry);
        foreach (PfnRange range in ram)
        {
            state = state
                .ChangeSections(
                    range,
                    SectionBits.Present | SectionBits.HasMemmap | SectionBits.Online | SectionBits.Early,
                    SectionBits.None
                )
                .SetMemmap(geometry.WholeSections(range), hole);
        }
        foreach (PfnRange range in ram)
            state = state.SetMemmap(range, new Memmap(MemmapContent.Ram, ZoneKind.Normal, 0)).SetValid(range, true);
        return state;
    }

    /// <summary>arch_add_memory() of whole sections: present, valid, offline, nothing initialised.</summary>
    public static Transition Add(PfnRange range, bool poisons) =>
        new TransitionBuilder($"add_memory {range}")
            .Begin(LockName.Hotplug, LockMode.Exclusive)
            .Refuse([Guard.AnyValid(range)], Errno.EEXIST)
            .Step("a1 sub-section bits set", "mm/sparse.c fill_subsection_map()", [Effect.SetValid(range, true)])
            .MayFail([], Errno.ENOMEM, [Effect.SetValid(range, false)])
            .Step(
                "a2 memmap there",
                "mm/sparse.c section_activate()",
                [Effect.SetMemmap(range, poisons ? Memmap.Poison : Memmap.Uninitialised)]
            )
            .Step(
                "a3 section word",
                "mm/sparse.c sparse_add_section()",
                [Effect.Sections(range, SectionBits.Present | SectionBits.HasMemmap, SectionBits.None)]
            )
            .End()
            .Build();

    /// <summary>arch_remove_memory() of whole offline blocks.</summary>
    public static Transition Remove(Geometry geometry, PfnRange range)
    {
        var steps = new TransitionBuilder($"remove_memory {range}");
        steps.Begin(LockName.Hotplug, LockMode.Exclusive);
        DeviceMapSteps.AddRemoval(steps, geometry, range, "r1", "r2");
        return steps.End().Build();
    }

    /// <summary>The same by somebody who asks first whether there is a block, and whether it is offline.</summary>
    public static Transition RemoveOffline(Geometry geometry, PfnRange range)
    {
        var steps = new TransitionBuilder($"remove_memory {range}");
        steps
            .Begin(LockName.Hotplug, LockMode.Exclusive)
            .Refuse([Guard.SectionHas(range.Start, SectionBits.Online)], Errno.EBUSY)
            .Refuse([!Guard.SectionHas(range.Start, SectionBits.Present)], Errno.ENOENT)
            .Step("r0 blocks offline", "mm/memory_hotplug.c try_remove_memory()", []);
        DeviceMapSteps.AddRemoval(steps, geometry, range, "r1", "r2");
        return steps.End().Build();
    }

    /// <summary>offline_pages() of whole sections: refused where there is a hole.</summary>
    public static Transition Offline(PfnRange range, bool poisons) =>
        new TransitionBuilder($"offline_pages {range}")
            .Begin(LockName.Hotplug, LockMode.Exclusive)
            .Refuse([Guard.AnyMemmap(range, MemmapContents.All & ~MemmapContents.Ram)], Errno.EINVAL)
            .Refuse([!Guard.SectionHas(range.Start, SectionBits.Online)], Errno.EINVAL)
            .Step(
                "o1 sections not online",
                "mm/sparse.c offline_mem_sections()",
                [Effect.Sections(range, SectionBits.None, SectionBits.Online)]
            )
            .Step(
                "o2 poison",
                "mm/memory_hotplug.c remove_pfn_range_from_zone()",
                poisons ? [Effect.SetMemmap(range, Memmap.Poison)] : ImmutableArray<Effect>.Empty
            )
            .End()
            .Build();

    /// <summary>online_pages() of whole sections that were taken offline or added.</summary>
    public static Transition Online(PfnRange range, ZoneKind zone, short node)
    {
        var steps = new TransitionBuilder($"online_pages {range}");
        steps.Begin(LockName.Hotplug, LockMode.Exclusive);
        foreach (
            Guard refused in (Guard[])
                [
                    !Guard.SectionHas(range.Start, SectionBits.Present),
                    Guard.SectionHas(range.Start, SectionBits.Online),
                    Guard.SectionHas(range.Start, SectionBits.TaintZoneDevice),
                    !Guard.PgmapIs(range.Start, Pgmap.None),
                    Guard.AnyMemmap(range, MemmapContents.Hole | MemmapContents.None),
                ]
        )
            steps.Refuse([refused], Errno.EINVAL);
        return steps
            .Step(
                "n1 pages initialised",
                "mm/memory_hotplug.c move_pfn_range_to_zone()",
                [Effect.SetMemmap(range, new Memmap(MemmapContent.Ram, zone, node))]
            )
            .Step("n2 sections online", "mm/sparse.c online_mem_sections()", [Effect.Sections(range, SectionBits.Online, SectionBits.None)])
            .End()
            .Build();
    }
}

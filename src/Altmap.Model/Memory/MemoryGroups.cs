using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory;

/// <summary>
/// Memory that belongs together: a DIMM, a dax device, a virtio-mem device (include/linux/memory_hotplug.h struct memory_group; 6.1).
/// </summary>
/// <param name="Node">NUMA node.</param>
/// <param name="Ranges">Where its blocks are or may come to be.</param>
/// <param name="UnitPages">Of a group that grows and shrinks (virtio-mem): what it adds at once; null: all of it is there from the
/// start.</param>
public sealed record MemoryGroup(int Node, ImmutableArray<PfnRange> Ranges, PfnCount? UnitPages)
{
    /// <summary>Pages of all ranges.</summary>
    public ulong MaxPages => Ranges.Aggregate(0UL, (sum, r) => checked(sum + r.Count.Pages));
}

/// <summary>How <c>online</c> picks a zone: the parameters of /sys/module/memory_hotplug.</summary>
/// <param name="IsAutoMovable">online_policy: auto-movable, or contig-zones.</param>
/// <param name="RatioPercent">auto_movable_ratio.</param>
/// <param name="IsNumaAware">auto_movable_numa_aware.</param>
public sealed record ZonePolicy(bool IsAutoMovable, uint RatioPercent, bool IsNumaAware)
{
    /// <summary>What a kernel has whose command line says nothing.</summary>
    public static readonly ZonePolicy Default = new(false, 301, true);
}

/// <summary>
/// The policy auto-movable: memory goes to zone Movable as long as that is in proportion to the kernel's memory of boot
/// (mm/memory_hotplug.c auto_movable_zone_for_pfn(), auto_movable_can_online_movable(); 6.1, seen on 6.1, 6.12 and 7.2).
/// </summary>
internal static class AutoMovable
{
    /// <summary>Movable, or <paramref name="kernel"/>, the zone that kernel memory would get here.</summary>
    public static ZoneKind For(MemoryState memory, int node, PfnRange pages, ZoneKind kernel)
    {
        if (memory.ZonePolicy.RatioPercent == 0)
            return kernel;
        MemoryGroup? group = memory.GroupOf(pages);
        // What is asked for is room for all that will come, less what is there: a DIMM goes to one zone as a whole.
        (ulong inKernel, ulong inMovable, ulong max) = group switch
        {
            { UnitPages: null } => Add(PresentOf(memory, group.Ranges), group.MaxPages),
            { UnitPages: { } unit } when unit != pages.Count => Add(PresentOf(memory, [UnitAt(pages, unit)]), unit.Pages),
            _ => (0UL, 0UL, pages.Count.Pages),
        };
        if (inKernel != 0)
            return kernel;
        ulong wanted = max - inMovable;
        bool fits = Fits(memory, null, group, wanted) && (!memory.ZonePolicy.IsNumaAware || Fits(memory, node, group, wanted));
        return fits ? ZoneKind.Movable : kernel;

        static (ulong, ulong, ulong) Add((ulong Kernel, ulong Movable) present, ulong max) => (present.Kernel, present.Movable, max);
    }

    private static PfnRange UnitAt(PfnRange pages, PfnCount unit)
    {
        ulong start = pages.Start.Number / unit.Pages * unit.Pages;
        return new PfnRange(new Pfn(start), new Pfn(start + unit.Pages));
    }

    /// <param name="memory">As it is.</param>
    /// <param name="node">Null: the whole system.</param>
    /// <param name="group">That the pages belong to.</param>
    /// <param name="pages">That would become movable.</param>
    private static bool Fits(MemoryState memory, int? node, MemoryGroup? group, ulong pages)
    {
        Int128 ratio = memory.ZonePolicy.RatioPercent,
            early = 0,
            movable = 0;
        foreach (ZoneSpan zone in memory.BootZones.Where(z => z.Kind is not (ZoneKind.Movable or ZoneKind.Device) && IsOf(z.Node)))
            early += zone.Present.Pages;
        foreach (ZoneSpan zone in memory.Zones.Where(z => z.Kind == ZoneKind.Movable && IsOf(z.Node)))
            movable += zone.Present.Pages;
        // Kernel memory in a group that grows and shrinks allows for movable memory in the same group, and in no other.
        Int128 required = 0;
        foreach (MemoryGroup other in memory.Groups.Where(g => g.UnitPages is not null && g != group && IsOf(g.Node)))
        {
            (ulong otherKernel, ulong otherMovable) = PresentOf(memory, other.Ranges);
            required += Int128.Max(0, ((Int128)otherMovable * 100 / ratio) - otherKernel);
            movable -= otherMovable;
        }
        if (early <= required)
            return false;
        early -= required;
        if (group is { UnitPages: not null })
            early += PresentOf(memory, group.Ranges).Kernel;
        return movable + pages <= ratio * early / 100;

        bool IsOf(int of) => node is null || of == node;
    }

    /// <summary>Online pages in kernel zones and in zone Movable.</summary>
    private static (ulong Kernel, ulong Movable) PresentOf(MemoryState memory, ImmutableArray<PfnRange> ranges)
    {
        ulong inKernel = 0,
            inMovable = 0,
            perBlock = memory.PagesPerBlock.Pages;
        foreach (PfnRange range in ranges)
        {
            ulong first = Alignment.Up(range.Start.Number, perBlock) / perBlock,
                past = range.End.Number / perBlock;
            if (first >= past)
                continue;
            foreach ((ulong start, ulong end, MemoryBlock block) in memory.Blocks.Within(first, past))
            {
                if (block.State != BlockState.Online)
                    continue;
                ulong pages = checked((end - start) * perBlock);
                inMovable += block.Zone == ZoneKind.Movable ? pages : 0;
                inKernel += block.Zone == ZoneKind.Movable ? 0 : pages;
            }
        }
        return (inKernel, inMovable);
    }
}

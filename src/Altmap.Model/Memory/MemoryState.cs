using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Memory;

/// <summary>memory_hotplug.memmap_on_memory.</summary>
public enum MemmapOnMemoryParameter : byte
{
    /// <summary>N.</summary>
    Off,

    /// <summary>Y.</summary>
    On,

    /// <summary><c>force</c>: wastes pages where the memmap is not a whole number of pageblocks.</summary>
    Force,
}

/// <summary>A zone of a node, as /proc/zoneinfo has it.</summary>
/// <param name="Node">NUMA node.</param>
/// <param name="Kind">Which.</param>
/// <param name="Start">zone_start_pfn; 0 when nothing is spanned.</param>
/// <param name="Spanned">Pages from the start to the last, holes included.</param>
/// <param name="Present">Pages of RAM in it; 0 for devices.</param>
public sealed record ZoneSpan(int Node, ZoneKind Kind, Pfn Start, PfnCount Spanned, PfnCount Present)
{
    /// <summary>One past the last page.</summary>
    public Pfn End => Start + Spanned;

    /// <summary>zone_intersects() (mm/internal.h).</summary>
    public bool Meets(PfnRange range) => Spanned.Pages != 0 && range.Start < End && Start < range.End;
}

/// <summary>State of a memory block device; <see cref="Absent"/>: there is none.</summary>
public enum BlockState : byte
{
    /// <summary>No such device.</summary>
    Absent,

    /// <summary>offline.</summary>
    Offline,

    /// <summary>online.</summary>
    Online,
}

/// <summary>A memory block (<c>/sys/devices/system/memory/memoryN</c>).</summary>
/// <param name="State">Its state.</param>
/// <param name="Zone">The zone it is in while online; <see cref="ZoneKind.None"/>: several, so it can never go offline.</param>
/// <param name="Node">Its node.</param>
/// <param name="IsEarly">True for boot memory.</param>
/// <param name="MemmapPages">Pages at its start that hold its own memmap (memmap_on_memory).</param>
public readonly record struct MemoryBlock(BlockState State, ZoneKind Zone, short Node, bool IsEarly, PfnCount MemmapPages);

/// <summary>A live device map.</summary>
/// <param name="Owner">The device that mapped it, as <c>namespace0.0</c>, <c>pfn0.1</c>, <c>dax0.0</c>.</param>
/// <param name="Pages">The whole range.</param>
/// <param name="Altmap">Metadata on the device, or null.</param>
/// <param name="Use">Where the memmap was taken from.</param>
public sealed record DeviceMap(string Owner, PfnRange Pages, AltmapSpace? Altmap, MemmapUse Use)
{
    /// <summary>Pages behind the range whose struct pages the kernel overwrote when it mapped (<see cref="DeviceMapRequest.Overrun"/>);
    /// mostly none.</summary>
    public PfnRange Overrun { get; init; }
}

/// <summary>Where the memmap of a device map was taken from.</summary>
/// <param name="AltmapPages">Pages of the altmap that hold struct pages.</param>
/// <param name="AltmapPadding">Pages of the altmap lost to alignment.</param>
/// <param name="RamPages">Pages of System RAM, page tables not counted.</param>
/// <param name="ReusedPages">Pages of the range whose memmap from boot is used again.</param>
public sealed record MemmapUse(PfnCount AltmapPages, PfnCount AltmapPadding, PfnCount RamPages, PfnCount ReusedPages)
{
    /// <summary>Nothing.</summary>
    public static readonly MemmapUse None = new(default, default, default, default);
}

/// <summary>A DIMM that came while the machine ran.</summary>
/// <param name="Range">Its memory.</param>
/// <param name="Node">Its NUMA node.</param>
public readonly record struct PluggedDimm(PhysicalRange Range, int Node);

/// <summary>What configuration and command line decide, fixed at boot.</summary>
/// <param name="Poisons">Struct pages are poisoned (CONFIG_DEBUG_VM, vm_debug=).</param>
/// <param name="HasMovableNode">movable_node.</param>
/// <param name="MemmapOnMemory">memory_hotplug.memmap_on_memory.</param>
/// <param name="PhysicalBits">Width of physical addresses.</param>
/// <param name="SharesCompoundMemmap">Struct pages of compound device pages are shared.</param>
public sealed record MemoryOptions(
    bool Poisons,
    bool HasMovableNode,
    MemmapOnMemoryParameter MemmapOnMemory,
    int PhysicalBits,
    bool SharesCompoundMemmap
);

/// <summary>
/// What the kernel's memory management has made of physical memory: sections, struct pages, zones, memory blocks, device maps. Immutable;
/// costs what it has ranges.
/// </summary>
public sealed record MemoryState
{
    /// <summary>Sections, sub-sections, struct pages, device maps.</summary>
    public required RunLengthState Pages { get; init; }

    /// <summary>Size of a page.</summary>
    public required ByteSize PageSize { get; init; }

    /// <summary>Size of a memory block, and what decided it.</summary>
    public required MemoryBlockSizing BlockSizing { get; init; }

    /// <summary>Size of a memory block (<c>block_size_bytes</c>).</summary>
    public ByteSize BlockSize => BlockSizing.Size;

    /// <summary>RAM at boot (memblock.memory), in whole pages, ascending.</summary>
    public required ImmutableArray<PfnRange> BootRam { get; init; }

    /// <summary>How much that is.</summary>
    public ByteSize BootRamSize => BootRam.Aggregate(ByteSize.Zero, (sum, r) => sum + r.Count.ToBytes(PageSize));

    /// <summary>Pages of the sections that are present at boot: a section has struct pages for all of them, holes included.</summary>
    public PfnCount BootSectionPages =>
        new(
            checked(
                Geometry.PagesPerSection.Pages
                * Pages
                    .Sections.Within(0, ulong.MaxValue)
                    .Where(s => s.Value.HasFlag(SectionBits.Early))
                    .Aggregate(0UL, (sum, s) => checked(sum + (s.End - s.Start)))
            )
        );

    /// <summary>Zones that have or had pages, by node and kind.</summary>
    public required ImmutableArray<ZoneSpan> Zones { get; init; }

    /// <summary>Memory blocks by number.</summary>
    public required RunMap<MemoryBlock> Blocks { get; init; }

    /// <summary>One past the last pfn that /proc/kpageflags and others walk (max_pfn).</summary>
    public required Pfn MaxPfn { get; init; }

    /// <summary>Configuration and command line.</summary>
    public required MemoryOptions Options { get; init; }

    /// <summary>auto_online_blocks.</summary>
    public OnlinePolicy AutoOnline { get; init; }

    /// <summary>How <c>online</c> picks a zone.</summary>
    public ZonePolicy ZonePolicy { get; init; } = ZonePolicy.Default;

    /// <summary>Zones as they were at boot.</summary>
    public ImmutableArray<ZoneSpan> BootZones { get; init; } = [];

    /// <summary>Memory that came while the machine ran, by what it belongs to.</summary>
    public ImmutableList<MemoryGroup> Groups { get; init; } = [];

    /// <summary>virtio-mem devices.</summary>
    public ImmutableList<VirtioMemDevice> VirtioMem { get; init; } = [];

    /// <summary>Memory whose contents cannot move away, as a user told: no block of it goes offline.</summary>
    public ImmutableList<PhysicalRange> Held { get; init; } = [];

    /// <summary>Live device maps by owner.</summary>
    public ImmutableSortedDictionary<string, DeviceMap> Maps { get; init; } =
        ImmutableSortedDictionary.Create<string, DeviceMap>(StringComparer.Ordinal);

    /// <summary>Memory of device-dax devices that kmem has, or could not take back. Which devices it drives,
    /// <see cref="Nvdimm.DaxDeviceState.Driver"/> says.</summary>
    public ImmutableList<KmemMemory> Kmem { get; init; } = [];

    /// <summary>DIMMs plugged while running: System RAM without a driver.</summary>
    public ImmutableList<PluggedDimm> PluggedRam { get; init; } = [];

    /// <summary>Sizes of sections and sub-sections.</summary>
    public Geometry Geometry => Pages.Geometry;

    /// <summary>Pages of a memory block.</summary>
    public PfnCount PagesPerBlock => new(BlockSize / PageSize);

    /// <summary>The pages of a byte range whose ends are page boundaries.</summary>
    public PfnRange PagesOf(PhysicalRange range) => new(Pfn.Containing(range.Start, PageSize), Pfn.Containing(range.End, PageSize));

    /// <summary>The pages of a memory block.</summary>
    public PfnRange PagesOfBlock(ulong number) => new(new Pfn(number * PagesPerBlock.Pages), new Pfn((number + 1) * PagesPerBlock.Pages));

    /// <summary>The group that the pages belong to, or null.</summary>
    internal MemoryGroup? GroupOf(PfnRange pages) =>
        Groups.FirstOrDefault(g => g.Ranges.Any(r => r.Start <= pages.Start && pages.End <= r.End));

    /// <summary>The zone, or an empty one.</summary>
    public ZoneSpan ZoneOf(int node, ZoneKind kind) =>
        Zones.FirstOrDefault(z => z.Node == node && z.Kind == kind) ?? new ZoneSpan(node, kind, default, default, default);

    /// <summary>The state with a zone put in or replaced.</summary>
    internal MemoryState With(ZoneSpan zone)
    {
        int at = Zones.IndexOf(Zones.FirstOrDefault(z => z.Node == zone.Node && z.Kind == zone.Kind)!);
        return this with { Zones = at >= 0 ? Zones.SetItem(at, zone) : [.. Zones.Add(zone).OrderBy(z => z.Node).ThenBy(z => z.Kind)] };
    }

    /// <summary>A zone that comes to span the range too (resize_zone_range()).</summary>
    internal MemoryState WidenZone(int node, ZoneKind kind, PfnRange range, PfnCount present)
    {
        ZoneSpan zone = ZoneOf(node, kind);
        Pfn start = zone.Spanned.Pages == 0 || range.Start < zone.Start ? range.Start : zone.Start;
        Pfn end = zone.Spanned.Pages == 0 || range.End > zone.End ? range.End : zone.End;
        return With(zone with { Start = start, Spanned = end - start, Present = new PfnCount(zone.Present.Pages + present.Pages) });
    }
}

namespace Altmap.Model.Memory.States;

/// <summary>Flags of a section (include/linux/mmzone.h, the low bits of section_mem_map; memory-side words of Linux 6.1.192).</summary>
[Flags]
public enum SectionBits : byte
{
    /// <summary>Not there.</summary>
    None = 0,

    /// <summary>SECTION_MARKED_PRESENT.</summary>
    Present = 1,

    /// <summary>SECTION_HAS_MEM_MAP.</summary>
    HasMemmap = 2,

    /// <summary>SECTION_IS_ONLINE.</summary>
    Online = 4,

    /// <summary>SECTION_IS_EARLY: its memmap is from boot.</summary>
    Early = 8,

    /// <summary>SECTION_TAINT_ZONE_DEVICE (5.12 and later; earlier kernels ignore it).</summary>
    TaintZoneDevice = 16,
}

/// <summary>What the struct page of a pfn holds.</summary>
public enum MemmapContent : byte
{
    /// <summary>No memmap is mapped: touching it faults.</summary>
    None,

    /// <summary>There, but nobody wrote it.</summary>
    Uninitialised,

    /// <summary>Every byte 0xff (CONFIG_DEBUG_VM).</summary>
    Poison,

    /// <summary>Initialised at boot for a pfn without RAM; PG_reserved.</summary>
    Hole,

    /// <summary>Initialised for RAM.</summary>
    Ram,

    /// <summary>Initialised for a device map; PG_reserved.</summary>
    ZoneDevice,
}

/// <summary>A set of <see cref="MemmapContent"/>.</summary>
[Flags]
public enum MemmapContents
{
    /// <summary>Empty.</summary>
    Nothing = 0,

    /// <summary><see cref="MemmapContent.None"/>.</summary>
    None = 1 << MemmapContent.None,

    /// <summary><see cref="MemmapContent.Uninitialised"/>.</summary>
    Uninitialised = 1 << MemmapContent.Uninitialised,

    /// <summary><see cref="MemmapContent.Poison"/>.</summary>
    Poison = 1 << MemmapContent.Poison,

    /// <summary><see cref="MemmapContent.Hole"/>.</summary>
    Hole = 1 << MemmapContent.Hole,

    /// <summary><see cref="MemmapContent.Ram"/>.</summary>
    Ram = 1 << MemmapContent.Ram,

    /// <summary><see cref="MemmapContent.ZoneDevice"/>.</summary>
    ZoneDevice = 1 << MemmapContent.ZoneDevice,

    /// <summary>Everything.</summary>
    All = None | Uninitialised | Poison | Hole | Ram | ZoneDevice,
}

/// <summary>A zone of a node.</summary>
public enum ZoneKind : byte
{
    /// <summary>No zone.</summary>
    None,

    /// <summary>ZONE_DMA.</summary>
    Dma,

    /// <summary>ZONE_DMA32.</summary>
    Dma32,

    /// <summary>ZONE_NORMAL.</summary>
    Normal,

    /// <summary>ZONE_MOVABLE.</summary>
    Movable,

    /// <summary>ZONE_DEVICE.</summary>
    Device,
}

/// <summary>Names of zones.</summary>
public static class ZoneNames
{
    /// <summary>As /proc/zoneinfo and valid_zones print it; <c>none</c> for no zone.</summary>
    public static string Name(this ZoneKind zone) =>
        zone switch
        {
            ZoneKind.Dma => "DMA",
            ZoneKind.Dma32 => "DMA32",
            ZoneKind.Normal => "Normal",
            ZoneKind.Movable => "Movable",
            ZoneKind.Device => "Device",
            _ => "none",
        };
}

/// <summary>A struct page as far as it matters here.</summary>
/// <param name="Content">What it holds.</param>
/// <param name="Zone">The zone in its flags; <see cref="ZoneKind.None"/> where it was never initialised.</param>
/// <param name="Node">The node in its flags, or -1.</param>
public readonly record struct Memmap(MemmapContent Content, ZoneKind Zone, short Node)
{
    /// <summary>No memmap.</summary>
    public static readonly Memmap None = new(MemmapContent.None, ZoneKind.None, -1);

    /// <summary>Allocated, never written.</summary>
    public static readonly Memmap Uninitialised = new(MemmapContent.Uninitialised, ZoneKind.None, -1);

    /// <summary>Poisoned.</summary>
    public static readonly Memmap Poison = new(MemmapContent.Poison, ZoneKind.None, -1);
}

/// <summary>The entry of get_dev_pagemap()'s range array that covers a pfn.</summary>
public enum Pgmap : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>A live map: get_dev_pagemap() finds it.</summary>
    Live,

    /// <summary>A map being taken down: get_dev_pagemap() gives NULL.</summary>
    Dying,
}

/// <summary>Where a pfn_to_online_page() under way stands: the register of an actor, not of the memory.</summary>
public enum Walk : byte
{
    /// <summary>No walk.</summary>
    Idle,

    /// <summary>Every check so far passed.</summary>
    Looking,

    /// <summary>It gave NULL.</summary>
    Null,

    /// <summary>It gave the page.</summary>
    Page,
}

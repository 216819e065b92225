using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Model.Planning;

/// <summary>What a range shall be used for.</summary>
public enum CapacityMode
{
    /// <summary>A pfn device.</summary>
    FsDax,

    /// <summary>A dax device, driven by device_dax.</summary>
    DevDax,

    /// <summary>A dax device, driven by kmem.</summary>
    SystemRam,

    /// <summary>A BTT.</summary>
    Sector,

    /// <summary>The namespace as it is.</summary>
    Raw,

    /// <summary>No namespace: a range without info-block that kmem makes System RAM of (hmem, CXL): what is no whole memory block is cut
    /// off.</summary>
    Hotplug,

    /// <summary>No namespace: a DIMM that is plugged. The kernel takes all of it or nothing.</summary>
    Dimm,
}

/// <summary>What a namespace shall become.</summary>
/// <param name="Mode">For what.</param>
/// <param name="Map">Where struct pages lie; fsdax, devdax and system-ram.</param>
/// <param name="Align">Of the pfn or dax device.</param>
public sealed record NamespaceWish(CapacityMode Mode, PageMapMode Map, ByteSize Align)
{
    /// <summary>Size of a memory block; null: the smallest, a section.</summary>
    public ByteSize? BlockSize { get; init; }

    /// <summary>Sector size of a BTT.</summary>
    public uint SectorSizeBytes { get; init; } = 4096;

    /// <summary>Version of a BTT.</summary>
    public BttVersion Btt { get; init; } = BttVersion.V1_1;

    /// <summary>True where there is a pfn or dax device.</summary>
    public bool HasInfoBlock => Mode is CapacityMode.FsDax or CapacityMode.DevDax or CapacityMode.SystemRam;

    /// <summary>True where the size of a memory block decides.</summary>
    public bool AddsBlocks => Mode is CapacityMode.SystemRam or CapacityMode.Hotplug or CapacityMode.Dimm;

    /// <summary>The device's signature.</summary>
    public InfoBlockKind Kind => Mode == CapacityMode.FsDax ? InfoBlockKind.Pfn : InfoBlockKind.Dax;

    /// <summary>The block size that counts.</summary>
    public ByteSize BlockSizeOn(KernelProfile kernel, ArchitectureRules architecture) =>
        BlockSize ?? kernel.SectionSize(architecture.Architecture, architecture.PageSize);

    /// <summary>The mode in the words of ndctl and daxctl.</summary>
    public string ModeWord => WordOf(Mode);

    /// <summary>A mode in the words of ndctl and daxctl.</summary>
    public static string WordOf(CapacityMode mode) =>
        mode switch
        {
            CapacityMode.FsDax => "fsdax",
            CapacityMode.DevDax => "devdax",
            CapacityMode.SystemRam => "system-ram",
            CapacityMode.Sector => "sector",
            CapacityMode.Raw => "raw",
            CapacityMode.Dimm => "dimm",
            _ => "hotplug",
        };
}

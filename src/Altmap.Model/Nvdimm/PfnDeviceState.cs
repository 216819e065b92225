using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Model.Nvdimm;

/// <summary>A pfn (fsdax) or dax (devdax) device: the personality over a namespace, or a seed waiting for one.</summary>
public sealed record PfnDeviceState
{
    /// <summary>Kind Pfn or Dax, region and id.</summary>
    public required NdDevice Device { get; init; }

    /// <summary>Default: PMD size.</summary>
    public required ByteSize Align { get; init; }

    /// <summary>mode attribute.</summary>
    public PageMapMode Mode { get; init; }

    /// <summary>uuid attribute, or null: not set.</summary>
    public Uuid? Uuid { get; init; }

    /// <summary>Id of the claimed namespace in the same region, or null.</summary>
    public int? NamespaceId { get; init; }

    /// <summary>What the info-block says; set while the driver is bound.</summary>
    public PfnDeviceSettings? Layout { get; init; }

    /// <summary>True when its driver is bound.</summary>
    public bool IsBound => Layout is not null;

    /// <summary>Which signature its info-block has.</summary>
    public InfoBlockKind BlockKind => Device.Kind == NdDeviceKind.Dax ? InfoBlockKind.Dax : InfoBlockKind.Pfn;
}

/// <summary>A device-dax device (<c>/sys/bus/dax/devices/daxN.M</c>) made by a bound dax device.</summary>
/// <param name="RegionNumber">N: the dax region's id, which is the nd region's number.</param>
/// <param name="Id">M: the namespace's id.</param>
/// <param name="Range">The bytes it maps.</param>
/// <param name="Align">Its alignment.</param>
/// <param name="TargetNode">NUMA node it would get as System RAM.</param>
/// <param name="NumaNode">NUMA node of the region.</param>
/// <param name="IsEnabled">True when device_dax drives it.</param>
public sealed record DaxDeviceState(int RegionNumber, int Id, PhysicalRange Range, ByteSize Align, int TargetNode, int NumaNode, bool IsEnabled)
{
    /// <summary>As <c>dax1.0</c>.</summary>
    public string Name => $"dax{RegionNumber}.{Id}";
}

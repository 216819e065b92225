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

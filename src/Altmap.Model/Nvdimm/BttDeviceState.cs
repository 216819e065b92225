using Altmap.Core.Identity;
using Altmap.Core.Units;

namespace Altmap.Model.Nvdimm;

/// <summary>A btt device: sector mode over a namespace, or a seed waiting for one (drivers/nvdimm/nd.h struct nd_btt).</summary>
public sealed record BttDeviceState
{
    /// <summary>Region and id.</summary>
    public required NdDevice Device { get; init; }

    /// <summary>uuid attribute, or null: not set.</summary>
    public Uuid? Uuid { get; init; }

    /// <summary>sector_size attribute in bytes, metadata included; 0: not set. From the media it may be any number.</summary>
    public uint LbaSizeBytes { get; init; }

    /// <summary>Id of the claimed namespace in the same region, or null.</summary>
    public int? NamespaceId { get; init; }

    /// <summary>Capacity of its disk; set while the driver is bound.</summary>
    public ByteSize? DiskSize { get; init; }

    /// <summary>True when its driver is bound.</summary>
    public bool IsBound => DiskSize is not null;
}

using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.Labels;

namespace Altmap.Model.Nvdimm;

/// <summary>The two kinds of namespace device (drivers/nvdimm/namespace_devs.c); the value is the <c>nstype</c> attribute.</summary>
public enum NamespaceType
{
    /// <summary>nd_namespace_io: the whole region, without label.</summary>
    Io = 4,

    /// <summary>nd_namespace_pmem: backed by labels.</summary>
    Pmem = 5,
}

/// <summary>A namespace device. A label-backed one without space has <see cref="Size"/> 0.</summary>
public sealed record NamespaceState
{
    /// <summary>Region and id.</summary>
    public required NdDevice Device { get; init; }

    /// <summary>Label-backed or not.</summary>
    public required NamespaceType Type { get; init; }

    /// <summary>First byte and size; where it has no space, the region's start and 0.</summary>
    public required PhysicalRange Range { get; init; }

    /// <summary>The label's uuid, or null: not set.</summary>
    public Uuid? Uuid { get; init; }

    /// <summary>Free name of the label; empty when there is none.</summary>
    public string AltName { get; init; } = "";

    /// <summary>lbasize of the label: 0 until set.</summary>
    public ulong LbaSize { get; init; }

    /// <summary>holder_class.</summary>
    public ClaimClass ClaimClass { get; init; } = ClaimClass.None;

    /// <summary>force_raw.</summary>
    public bool ForceRaw { get; init; }

    /// <summary>The btt, pfn or dax device that claims it, or null.</summary>
    public NdDevice? Claim { get; init; }

    /// <summary>True when nd_pmem drives it: a raw (or memory-mode) block device exists.</summary>
    public bool IsBound { get; init; }

    /// <summary>True for the namespace that a region without labels gets: its resource has no type, which only messages show.</summary>
    public bool IsUntyped { get; init; }

    /// <summary>Size of the namespace.</summary>
    public ByteSize Size => Range.Size;

    /// <summary>The uuid that an info-block in it must name as parent: the label's, or zero (drivers/nvdimm/namespace_devs.c
    /// nd_dev_to_uuid()).</summary>
    public Uuid ParentUuid => Type == NamespaceType.Pmem && Uuid is { } uuid ? uuid : Core.Identity.Uuid.Zero;

    /// <summary>True when neither a driver nor a claim holds it.</summary>
    public bool IsIdle => !IsBound && Claim is null;

    /// <summary>Logical sector size of its block device: 4096 when the label says so (pmem_sector_size()).</summary>
    public uint SectorSizeBytes => Type == NamespaceType.Pmem && LbaSize == 4096 ? 4096u : 512u;

    /// <summary>Name of its block device: <c>pmem1</c> for id 0, else <c>pmem1.2</c>; with an <c>s</c> at the end in sector mode
    /// (nvdimm_namespace_disk_name()).</summary>
    public string DiskName =>
        (Device.Id == 0 ? $"pmem{Device.Number}" : $"pmem{Device.Number}.{Device.Id}") + (Claim is { Kind: NdDeviceKind.Btt } ? "s" : "");
}

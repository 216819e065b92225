using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// A device-dax device (<c>/sys/bus/dax/devices/daxN.M</c>): made by a bound dax personality of libnvdimm, with one range that stays as it
/// is, or cut out of a dax region that can be divided (<see cref="HmemRegionState"/>).
/// </summary>
/// <param name="RegionNumber">N: the dax region's id; of libnvdimm the nd region's number.</param>
/// <param name="Id">M: of libnvdimm the namespace's id.</param>
/// <param name="Ranges">The bytes it maps, in the order of their page offsets; empty: a device of size 0.</param>
/// <param name="Align">Its alignment.</param>
/// <param name="TargetNode">NUMA node it would get as System RAM; -1: none.</param>
/// <param name="NumaNode">NUMA node of the region.</param>
/// <param name="Driver">One of <see cref="DaxDeviceDrivers.All"/>, or null: disabled.</param>
public sealed record DaxDeviceState(
    int RegionNumber,
    int Id,
    ImmutableArray<PhysicalRange> Ranges,
    ByteSize Align,
    int TargetNode,
    int NumaNode,
    string? Driver
)
{
    /// <summary>Its <c>memmap_on_memory</c>, where the profile has one: memory that kmem makes of it is to hold its own memmap.</summary>
    public bool MemmapOnMemory { get; init; }

    /// <summary>True where size, align and mappings can be changed: the region is not libnvdimm's.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>First byte of its region, or of its data where it has a region of its own.</summary>
    public required PhysicalAddress RegionStart { get; init; }

    /// <summary>
    /// device_dax failed on it, and its page map is still set: every later try is refused until the device is gone (drivers/dax/device.c
    /// dev_dax_probe(), seen on 7.2). Only dynamic devices.
    /// </summary>
    public bool HasStalePageMap { get; init; }

    /// <summary>As <c>dax1.0</c>.</summary>
    public string Name => $"dax{RegionNumber}.{Id}";

    /// <summary>True when a driver is bound.</summary>
    public bool IsEnabled => Driver is not null;

    /// <summary>Sum of its ranges (<c>size</c>).</summary>
    public ByteSize Size => Ranges.Aggregate(ByteSize.Zero, (sum, r) => sum + r.Size);

    /// <summary><c>resource</c>: the first byte of its first range; of the region without one.</summary>
    public PhysicalAddress Resource => Ranges.IsEmpty ? RegionStart : Ranges[0].Start;

    /// <summary>
    /// <see cref="Size"/> bytes from <see cref="Resource"/> on: its range where it has one. daxctl takes this for a device of several
    /// ranges, too (daxctl/lib/libdaxctl.c memblock_in_dev(), 76.1).
    /// </summary>
    public PhysicalRange Range => new(Resource, Size);
}

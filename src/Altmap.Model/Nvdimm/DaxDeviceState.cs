using Altmap.Core.Units;

namespace Altmap.Model.Nvdimm;

/// <summary>A device-dax device (<c>/sys/bus/dax/devices/daxN.M</c>) made by a bound dax device; its size and align are fixed.</summary>
/// <param name="RegionNumber">N: the dax region's id, which is the nd region's number.</param>
/// <param name="Id">M: the namespace's id.</param>
/// <param name="Range">The bytes it maps.</param>
/// <param name="Align">Its alignment.</param>
/// <param name="TargetNode">NUMA node it would get as System RAM; -1: none.</param>
/// <param name="NumaNode">NUMA node of the region.</param>
/// <param name="Driver">One of <see cref="DaxDeviceDrivers.All"/>, or null: disabled.</param>
public sealed record DaxDeviceState(
    int RegionNumber,
    int Id,
    PhysicalRange Range,
    ByteSize Align,
    int TargetNode,
    int NumaNode,
    string? Driver
)
{
    /// <summary>Its <c>memmap_on_memory</c>, where the profile has one: memory that kmem makes of it is to hold its own memmap.</summary>
    public bool MemmapOnMemory { get; init; }

    /// <summary>As <c>dax1.0</c>.</summary>
    public string Name => $"dax{RegionNumber}.{Id}";

    /// <summary>True when a driver is bound.</summary>
    public bool IsEnabled => Driver is not null;
}

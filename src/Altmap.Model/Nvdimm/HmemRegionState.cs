using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// A soft-reserved range as dax_hmem's platform device hmem.N and the dax region that it makes, which can be cut into devices
/// (drivers/dax/hmem/hmem.c, drivers/dax/bus.c; 6.1, 6.12, 7.2).
/// </summary>
/// <param name="Id">N: the dax region's id too.</param>
/// <param name="Range">All of it.</param>
/// <param name="TargetNode">Node of the memory; -1: none.</param>
/// <param name="NumaNode">The nearest node that is online at boot; -1: none.</param>
public sealed record HmemRegionState(int Id, PhysicalRange Range, int TargetNode, int NumaNode)
{
    /// <summary>Alignment of the region, of its ends and of a new device: a page of the second level.</summary>
    public required ByteSize Align { get; init; }

    /// <summary>Its devices by id.</summary>
    public ImmutableSortedDictionary<int, DaxDeviceState> Devices { get; init; } = ImmutableSortedDictionary<int, DaxDeviceState>.Empty;

    /// <summary>Id of the device that a user is to set up next (<c>seed</c>), or null.</summary>
    public int? Seed { get; init; }

    /// <summary>Id of the device that was made last (<c>create</c>), or null.</summary>
    public int? Youngest { get; init; }

    /// <summary>As <c>hmem.0</c>.</summary>
    public string DeviceName => $"hmem.{Id}";

    /// <summary>Bytes of no device.</summary>
    public ByteSize AvailableSize => Devices.Values.Aggregate(Range.Size, (rest, d) => rest - d.Size);

    /// <summary>The region with a device put in or replaced.</summary>
    public HmemRegionState With(DaxDeviceState device) => this with { Devices = Devices.SetItem(device.Id, device) };
}

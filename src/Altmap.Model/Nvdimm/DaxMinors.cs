using System.Collections.Immutable;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// Minor numbers of dax devices: one for each device-dax device and for each block device that is no BTT, the lowest that is free when it
/// is made (drivers/dax/super.c alloc_dax(); 5.10, 6.1, 6.12, 7.2).
/// </summary>
internal static class DaxMinors
{
    /// <summary>Gives the device one.</summary>
    public static Machine Take(Machine machine, string device)
    {
        ImmutableSortedDictionary<int, string> taken = machine
            .DaxMinors.Where(m => m.Value != device && IsThere(machine, m.Value))
            .ToImmutableSortedDictionary();
        return machine with { DaxMinors = taken.Add(RegionState.LowestFree(taken), device) };
    }

    private static bool IsThere(Machine machine, string name) =>
        NdDevice.TryParse(name, out NdDevice device)
        && (device.Kind == NdDeviceKind.Dax ? DaxDeviceDrivers.Find(machine, name) is not null : DriverCore.IsBound(machine, device));
}

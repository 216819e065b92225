using System.Collections.Immutable;

namespace Altmap.Model.Nvdimm;

/// <summary>Who took a minor number of dax devices.</summary>
/// <param name="Name">As <c>pfn0.1</c>, <c>dax0.0</c> or <c>namespace0.0</c>.</param>
/// <param name="Device">The same; null where the name is none of those.</param>
public readonly record struct DaxMinor(string Name, NdDevice? Device)
{
    internal static DaxMinor Of(string name) => new(name, NdDevice.TryParse(name, out NdDevice device) ? device : null);
}

/// <summary>
/// Minor numbers of dax devices: one for each device-dax device and for each block device that is no BTT, the lowest that is free when it
/// is made (drivers/dax/super.c alloc_dax(); 5.10, 6.1, 6.12, 7.2).
/// </summary>
internal static class DaxMinors
{
    /// <summary>Gives the device one.</summary>
    public static Machine Take(Machine machine, string device)
    {
        ImmutableSortedDictionary<int, DaxMinor> taken = machine.DaxMinors;
        List<int>? gone = null;
        int free = -1,
            next = 0;
        foreach ((int number, DaxMinor minor) in taken)
        {
            if (minor.Name == device || !IsThere(machine, minor))
            {
                (gone ??= []).Add(number);
                continue;
            }
            if (free < 0 && number != next)
                free = next;
            next = number + 1;
        }
        if (gone is not null)
            taken = taken.RemoveRange(gone);
        return machine with { DaxMinors = taken.Add(free < 0 ? next : free, DaxMinor.Of(device)) };
    }

    private static bool IsThere(Machine machine, in DaxMinor minor) =>
        minor.Device is { } device
        && (device.Kind == NdDeviceKind.Dax ? DaxDeviceDrivers.Find(machine, device) is not null : DriverCore.IsBound(machine, device));
}

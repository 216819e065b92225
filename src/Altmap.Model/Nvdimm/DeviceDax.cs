using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Model.Memory;

namespace Altmap.Model.Nvdimm;

/// <summary>The device_dax driver: maps a device with pages (drivers/dax/device.c dev_dax_probe(); 5.10, 6.1, 6.12, 7.2).</summary>
public static class DeviceDax
{
    /// <summary>Binds device_dax to a device without driver; EBUSY: another driver holds part of the range; else the errno of
    /// memremap_pages().</summary>
    public static StepResult Bind(Machine machine, DaxDeviceState dax)
    {
        ulong first = dax.Range.Start.Bytes,
            past = unchecked(first + dax.Range.Size.Bytes);
        // An end_trunc beyond the namespace: the size wraps, and no such range is free (6.1, found by fuzzing).
        if (past < first || HeldResources.Conflict(machine, dax.Range))
        {
            machine = machine.WithMessage(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"device_dax {dax.Name}: mapping0: 0x{first:x}-0x{unchecked(past - 1):x} could not reserve range"
                )
            );
            return DriverCore.WithProbeFailure(machine, "device_dax", dax.Name, Errno.EBUSY).Fail(Errno.EBUSY);
        }
        RegionState region = machine.Regions[dax.RegionNumber];
        PfnDeviceState personality = region.Daxes.Values.First(d => d.NamespaceId == dax.Id && d.IsBound);
        StepResult mapped = PfnDriver.Map(machine, dax.Name, region.Namespaces[dax.Id], personality.Layout!.Value);
        if (!mapped.Succeeded)
            return DriverCore.WithProbeFailure(mapped.Machine, "device_dax", dax.Name, mapped.Errno).Fail(mapped.Errno);
        return mapped.Machine.With(dax with { Driver = DaxDeviceDrivers.DeviceDax }).Done();
    }

    /// <summary>Unbinds device_dax.</summary>
    public static Machine Unbind(Machine machine, DaxDeviceState dax) =>
        DeviceMaps.Unmap(machine, dax.Name).With(dax with { Driver = null });
}

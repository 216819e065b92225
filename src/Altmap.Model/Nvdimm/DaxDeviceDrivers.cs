using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Model.Hardware;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// The drivers of the dax bus: device_dax, which takes every device, and kmem, which takes those it was given by name
/// (drivers/dax/bus.c dax_bus_match(), do_id_store(), device.c dev_dax_probe(), kmem.c dev_dax_kmem_probe(); read in 6.1, seen on 5.10,
/// 6.1, 6.12, 7.2).
/// Both modules count as loaded.
/// </summary>
public static class DaxDeviceDrivers
{
    /// <summary>devdax mode: the range is mapped for programs.</summary>
    public const string DeviceDax = "device_dax";

    /// <summary>system-ram mode: whole memory blocks of the range become System RAM.</summary>
    public const string Kmem = "kmem";

    /// <summary>Both, in the order in which they are registered and so tried.</summary>
    public static readonly IReadOnlyList<string> All = [DeviceDax, Kmem];

    private const int NameCharsMax = 29; // DAX_NAME_LEN less the NUL

    /// <summary>Every device-dax device, by region and id.</summary>
    public static IEnumerable<DaxDeviceState> Devices(Machine machine) =>
        machine.Regions.Values.SelectMany(r => r.DaxDevices.Values).Concat(machine.HmemRegions.Values.SelectMany(r => r.Devices.Values));

    /// <summary>The device of that name, or null.</summary>
    public static DaxDeviceState? Find(Machine machine, string name) =>
        NdDevice.TryParse(name, out NdDevice device) && device.Kind == NdDeviceKind.Dax ? Find(machine, device) : null;

    /// <summary>The same by its numbers; the device is of kind dax.</summary>
    internal static DaxDeviceState? Find(Machine machine, NdDevice device) =>
        machine.Regions.GetValueOrDefault(device.Number)?.DaxDevices.GetValueOrDefault(device.Id)
        ?? machine.HmemRegions.GetValueOrDefault(device.Number)?.Devices.GetValueOrDefault(device.Id);

    /// <summary>The driver that takes a new device before any name is given (dax_bus_match()).</summary>
    internal static Machine ProbeNew(Machine machine, DaxDeviceState device)
    {
        foreach (string driver in All.Where(d => Takes(machine, d, device)))
        {
            if (machine.HmemRegions[device.RegionNumber].Devices[device.Id] is { IsEnabled: false, Ranges.IsEmpty: false } now)
                machine = Probe(machine, driver, now).Machine;
        }
        return machine;
    }

    /// <summary>
    /// <c>echo NAME &gt; /sys/bus/dax/drivers/DRIVER/bind</c>. ENODEV: no such device, or not one for the driver; EBUSY: bound already. A
    /// failed probe
    /// gives its errno. Where the profile says so (<c>sysfs.bind-errno</c>), every failure is ENODEV.
    /// </summary>
    public static StepResult Bind(Machine machine, string driver, string name)
    {
        if (Find(machine, name) is not { } device || !Takes(machine, driver, device))
            return machine.Fail(Errno.ENODEV);
        StepResult probed = device.IsEnabled ? machine.Fail(Errno.EBUSY) : Probe(machine, driver, device);
        return probed.Succeeded || machine.Kernel.Get(Rules.BindReturnsProbeErrno) ? probed : probed.Machine.Fail(Errno.ENODEV);
    }

    /// <summary><c>echo NAME &gt; /sys/bus/dax/drivers/DRIVER/unbind</c>. ENODEV: no such device, or not bound to this driver.</summary>
    public static StepResult Unbind(Machine machine, string driver, string name)
    {
        if (Find(machine, name) is not { } device || device.Driver != driver)
            return machine.Fail(Errno.ENODEV);
        return Release(machine, device).Done();
    }

    /// <summary>The machine without the device's driver, if it has one.</summary>
    internal static Machine Release(Machine machine, DaxDeviceState device) =>
        device.Driver switch
        {
            null => machine,
            Kmem => Nvdimm.Kmem.Unbind(machine, device),
            _ => Nvdimm.DeviceDax.Unbind(machine, device),
        };

    /// <summary>
    /// <c>memmap_on_memory</c>: EINVAL: not a truth value; EOPNOTSUPP: wanted, and no block of this machine can hold its memmap; EBUSY: a
    /// change while kmem drives the
    /// device (drivers/dax/bus.c memmap_on_memory_store(), 6.12).
    /// </summary>
    /// <param name="machine">The machine.</param>
    /// <param name="device">The device.</param>
    /// <param name="value">Null: the text was none.</param>
    public static StepResult SetMemmapOnMemory(Machine machine, DaxDeviceState device, bool? value) =>
        value switch
        {
            null => machine.Fail(Errno.EINVAL),
            true when !Memory.MemmapOnMemory.IsAvailable(machine) => machine.Fail(Errno.EOPNOTSUPP),
            { } wanted when wanted != device.MemmapOnMemory && device.Driver == Kmem => machine.Fail(Errno.EBUSY),
            { } wanted => machine.With(device with { MemmapOnMemory = wanted }).Done(),
        };

    /// <summary>
    /// <c>new_id</c>: the driver remembers the name, whether there is such a device or not, and is then tried on every device without
    /// driver that it takes;
    /// how that goes is not told. EINVAL: not a name.
    /// </summary>
    public static StepResult AddId(Machine machine, string driver, string name)
    {
        if (!IsName(name))
            return machine.Fail(Errno.EINVAL);
        machine =
            driver == Kmem
                ? machine with
                {
                    KmemIds = machine.KmemIds.Add(name),
                }
                : machine with
                {
                    DeviceDaxIds = machine.DeviceDaxIds.Add(name),
                };
        foreach (DaxDeviceState device in Devices(machine))
        {
            if (!device.IsEnabled && Takes(machine, driver, device))
                machine = Probe(machine, driver, device).Machine;
        }
        return machine.Done();
    }

    /// <summary><c>remove_id</c>: the driver forgets the name; nothing happens to a bound device. EINVAL: not a name.</summary>
    public static StepResult RemoveId(Machine machine, string driver, string name)
    {
        if (!IsName(name))
            return machine.Fail(Errno.EINVAL);
        return (
            driver == Kmem
                ? machine with
                {
                    KmemIds = machine.KmemIds.Remove(name),
                }
                : machine with
                {
                    DeviceDaxIds = machine.DeviceDaxIds.Remove(name),
                }
        ).Done();
    }

    /// <summary>dax_bus_match(): by name; or kmem for soft-reserved memory where the profile says so, and device_dax for the
    /// rest.</summary>
    private static bool Takes(Machine machine, string driver, DaxDeviceState device)
    {
        bool isDefault = (driver == Kmem) == (device.IsDynamic && IsKmemDefault(machine));
        return isDefault || (driver == Kmem ? machine.KmemIds : machine.DeviceDaxIds).Contains(device.Name);
    }

    private static bool IsKmemDefault(Machine machine) =>
        machine.Kernel.Get(Rules.HmemGoesToKmem) && CommandLine.Find(machine.Description.CommandLine, "dax_hmem.region_idle") is null;

    private static StepResult Probe(Machine machine, string driver, DaxDeviceState device)
    {
        if (device.Ranges.IsEmpty)
            return DriverCore.WithProbeFailure(machine, driver, device.Name, Errno.ENXIO).Fail(Errno.ENXIO);
        if (driver == DeviceDax)
            return Seeded(Nvdimm.DeviceDax.Bind(machine, device), device);
        if (!machine.Kernel.Get(Rules.HasKmem))
            return machine.Fail(Errno.ENODEV);
        if (device.TargetNode >= 0)
            _ = DaxDeviceMemory.BlockSize(machine); // throws where it is not known, and with it whether there is a whole block
        return Seeded(Nvdimm.Kmem.Bind(machine, device), device);
    }

    /// <summary>A region's seed is one no more once a driver has bound it (dax_bus_probe()).</summary>
    private static StepResult Seeded(StepResult bound, DaxDeviceState device) =>
        bound.Succeeded && device.IsDynamic && bound.Machine.HmemRegions[device.RegionNumber] is { } region && region.Seed == device.Id
            ? bound.Machine.With(region with { Seed = null }).Done()
            : bound;

    /// <summary><c>daxN.M</c>, each number written as the kernel would print it.</summary>
    private static bool IsName(string name)
    {
        if (name.Length > NameCharsMax || !name.StartsWith("dax", StringComparison.Ordinal))
            return false;
        string[] numbers = name[3..].Split('.');
        return numbers.Length == 2
            && numbers.All(n =>
                int.TryParse(n, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
                && value.ToString(CultureInfo.InvariantCulture) == n
            );
    }
}

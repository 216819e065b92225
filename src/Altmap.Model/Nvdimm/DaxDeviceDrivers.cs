using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;

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
    public static IEnumerable<DaxDeviceState> Devices(Machine machine) => machine.Regions.Values.SelectMany(r => r.DaxDevices.Values);

    /// <summary>The device of that name, or null.</summary>
    public static DaxDeviceState? Find(Machine machine, string name) =>
        NdDevice.TryParse(name, out NdDevice device)
        && device.Kind == NdDeviceKind.Dax
        && machine.Regions.TryGetValue(device.Number, out RegionState? region)
            ? region.DaxDevices.GetValueOrDefault(device.Id)
            : null;

    /// <summary>
    /// <c>echo NAME &gt; /sys/bus/dax/drivers/DRIVER/bind</c>. ENODEV: no such device, or not one for the driver; EBUSY: bound already. A
    /// failed probe
    /// gives its errno. Where the profile says so (<c>sysfs.bind-errno</c>), every failure is ENODEV.
    /// </summary>
    public static StepResult Bind(Machine machine, string driver, string name)
    {
        if (Find(machine, name) is not { } device || !Takes(machine, driver, name))
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
        // device_dax takes all devices anyway: its list makes no difference.
        if (driver == Kmem)
            machine = machine with { KmemIds = machine.KmemIds.Add(name) };
        foreach (DaxDeviceState device in Devices(machine))
        {
            if (!device.IsEnabled && Takes(machine, driver, device.Name))
                machine = Probe(machine, driver, device).Machine;
        }
        return machine.Done();
    }

    /// <summary><c>remove_id</c>: the driver forgets the name; nothing happens to a bound device. EINVAL: not a name.</summary>
    public static StepResult RemoveId(Machine machine, string driver, string name)
    {
        if (!IsName(name))
            return machine.Fail(Errno.EINVAL);
        return (driver == Kmem ? machine with { KmemIds = machine.KmemIds.Remove(name) } : machine).Done();
    }

    private static bool Takes(Machine machine, string driver, string name) => driver == DeviceDax || machine.KmemIds.Contains(name);

    private static StepResult Probe(Machine machine, string driver, DaxDeviceState device)
    {
        if (device.Range.IsEmpty)
            return DriverCore.WithProbeFailure(machine, driver, device.Name, Errno.ENXIO).Fail(Errno.ENXIO);
        if (driver == DeviceDax)
            return Nvdimm.DeviceDax.Bind(machine, device);
        if (!machine.Kernel.Get(Rules.HasKmem))
            return machine.Fail(Errno.ENODEV);
        if (device.TargetNode >= 0)
            _ = DaxDeviceMemory.BlockSize(machine); // throws where it is not known, and with it whether there is a whole block
        return Nvdimm.Kmem.Bind(machine, device);
    }

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

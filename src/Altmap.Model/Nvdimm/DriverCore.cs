using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Formats.Namespaces;
using Altmap.Model.Memory;

namespace Altmap.Model.Nvdimm;

/// <summary>Drivers of the nd bus, named as under <c>/sys/bus/nd/drivers</c>.</summary>
public static class NdDrivers
{
    /// <summary>Buses.</summary>
    public const string Bus = "nd_bus";

    /// <summary>DIMMs.</summary>
    public const string Dimm = "nvdimm";

    /// <summary>Regions.</summary>
    public const string Region = "nd_region";

    /// <summary>Namespaces, btt and pfn devices.</summary>
    public const string Pmem = "nd_pmem";

    /// <summary>dax devices.</summary>
    public const string Dax = "dax_pmem";

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<string> All = [Bus, Dimm, Region, Pmem, Dax];

    /// <summary>The driver that takes devices of a kind.</summary>
    public static string Of(NdDeviceKind kind) =>
        kind switch
        {
            NdDeviceKind.Bus => Bus,
            NdDeviceKind.Dimm => Dimm,
            NdDeviceKind.Region => Region,
            NdDeviceKind.Dax => Dax,
            _ => Pmem,
        };
}

/// <summary>
/// Binding and unbinding by hand, as the driver core does for writes to <c>bind</c> and <c>unbind</c>
/// (drivers/base/bus.c bind_store(), unbind_store(); drivers/nvdimm/bus.c nvdimm_bus_probe(); 5.10, 6.1, 6.12, 7.2).
/// </summary>
public static class DriverCore
{
    /// <summary>True when the device exists.</summary>
    public static bool Exists(Machine machine, NdDevice device) =>
        device.Kind switch
        {
            NdDeviceKind.Bus => machine.Buses.ContainsKey(device),
            NdDeviceKind.Dimm => machine.Dimms.ContainsKey(device),
            NdDeviceKind.Region => machine.Regions.ContainsKey(device.Number),
            _ => machine.Regions.TryGetValue(device.Number, out RegionState? region)
                && device.Kind switch
                {
                    NdDeviceKind.Namespace => region.Namespaces.ContainsKey(device.Id),
                    NdDeviceKind.Btt => region.Btts.ContainsKey(device.Id),
                    _ => region.PfnDevice(device) is not null,
                },
        };

    /// <summary>True when a driver is bound to the device.</summary>
    public static bool IsBound(Machine machine, NdDevice device) =>
        device.Kind switch
        {
            NdDeviceKind.Bus => machine.Buses.ContainsKey(device),
            NdDeviceKind.Dimm => machine.Dimms.TryGetValue(device, out DimmState? dimm) && dimm.IsBound,
            NdDeviceKind.Region => machine.Regions.TryGetValue(device.Number, out RegionState? region) && region.IsBound,
            NdDeviceKind.Namespace => machine.FindNamespace(device) is { IsBound: true },
            NdDeviceKind.Btt => machine.FindBtt(device) is { IsBound: true },
            _ => machine.FindPfnDevice(device) is { IsBound: true },
        };

    /// <summary>
    /// <c>echo DEVICE &gt; /sys/bus/nd/drivers/DRIVER/bind</c>. ENODEV: no such device, or not one that the driver takes; EBUSY: bound
    /// already.
    /// A failed probe gives its errno, or ENODEV where the profile says so (<c>sysfs.bind-errno</c>).
    /// </summary>
    public static StepResult Bind(Machine machine, string driver, NdDevice device)
    {
        if (!Exists(machine, device) || NdDrivers.Of(device.Kind) != driver)
            return machine.Fail(Errno.ENODEV);
        if (IsBound(machine, device))
            return machine.Fail(machine.Kernel.Get(Rules.BindReturnsProbeErrno) ? Errno.EBUSY : Errno.ENODEV);
        StepResult probed = Probe(machine, device);
        return probed.Succeeded || machine.Kernel.Get(Rules.BindReturnsProbeErrno) ? probed : probed.Machine.Fail(Errno.ENODEV);
    }

    /// <summary><c>echo DEVICE &gt; /sys/bus/nd/drivers/DRIVER/unbind</c>. ENODEV: no such device, or not bound to this driver.</summary>
    public static StepResult Unbind(Machine machine, string driver, NdDevice device)
    {
        if (!IsBound(machine, device) || NdDrivers.Of(device.Kind) != driver)
            return machine.Fail(Errno.ENODEV);
        return device.Kind switch
        {
            NdDeviceKind.Dimm => DimmDriver.Remove(machine, device).Done(),
            NdDeviceKind.Region => RegionDriver.Remove(machine, device.Number).Done(),
            NdDeviceKind.Namespace => DeviceMaps
                .Unmap(machine, device.Name)
                .With(machine.FindNamespace(device)! with { IsBound = false })
                .Done(),
            NdDeviceKind.Pfn => DeviceMaps.Unmap(machine, device.Name).With(machine.FindPfnDevice(device)! with { Layout = null }).Done(),
            NdDeviceKind.Btt => machine.With(machine.FindBtt(device)! with { DiskSize = null }).Done(),
            NdDeviceKind.Dax => DaxDriver.Remove(machine, machine.FindPfnDevice(device)!).Done(),
            _ => throw new NotModelledException($"unbinding {device}"),
        };
    }

    /// <summary>
    /// A driver's probe with what the bus does around it: seeds advance after success and after EOPNOTSUPP (nvdimm_bus_probe()),
    /// and the driver core logs a failure other than ENODEV and ENXIO (drivers/base/dd.c).
    /// </summary>
    internal static StepResult Probe(Machine machine, NdDevice device)
    {
        StepResult probed = device.Kind switch
        {
            NdDeviceKind.Dimm => DimmDriver.Probe(machine, device),
            NdDeviceKind.Region => RegionDriver.Probe(machine, device.Number),
            NdDeviceKind.Namespace => PmemDriver.ProbeNamespace(machine, machine.FindNamespace(device)!),
            NdDeviceKind.Pfn => PmemDriver.ProbePfn(machine, machine.FindPfnDevice(device)!),
            NdDeviceKind.Dax => DaxDriver.Probe(machine, machine.FindPfnDevice(device)!),
            NdDeviceKind.Btt => BttDriver.Probe(machine, machine.FindBtt(device)!),
            _ => machine.Fail(Errno.EBUSY),
        };
        Machine next = probed.Machine;
        bool isChild = device.Kind is NdDeviceKind.Namespace or NdDeviceKind.Btt or NdDeviceKind.Pfn or NdDeviceKind.Dax;
        if (isChild && probed.Errno is Errno.None or Errno.EOPNOTSUPP)
            next = RegionDriver.AdvanceSeeds(next, device);
        return new StepResult(WithProbeFailure(next, NdDrivers.Of(device.Kind), device.Name, probed.Errno), probed.Errno);
    }

    /// <summary>What the driver core logs of a failed probe; nothing for ENODEV and ENXIO.</summary>
    internal static Machine WithProbeFailure(Machine machine, string driver, string device, Errno errno) =>
        errno != Errno.None && NamespaceBinding.ProbeFailureMessage(driver, device, errno, machine.Kernel) is { } message
            ? machine.WithMessage(message)
            : machine;
}

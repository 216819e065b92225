using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Model;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Tools;

/// <summary>
/// What libdaxctl does with a device (daxctl/lib/libdaxctl.c, 76.1), on its sysfs files. Devices are asked for by name each time: a step changes them.
/// </summary>
internal sealed class DaxDeviceOperations(ToolContext context)
{
    /// <summary>
    /// The memory blocks that daxctl counts as the device's: those of its node that start in it. kmem holds none in this model, so there is at most one, of boot RAM and
    /// online. Throws <see cref="NotModelledException"/> when the node has no RAM: whether it exists at all is then not known.
    /// </summary>
    public static ImmutableArray<ulong> MemoryBlocks(Machine machine, DaxDeviceState device)
    {
        if (!DaxDeviceMemory.HasBootMemory(machine, device.TargetNode))
            throw new NotModelledException(string.Create(CultureInfo.InvariantCulture, $"system-ram mode on node {device.TargetNode}, which has no memory of its own"));
        return DaxDeviceMemory.BorrowedBlock(machine, device) is { } block ? [block] : [];
    }

    public DaxDeviceState Device(string name) => DaxDeviceDrivers.Find(context.Machine, name)!;

    /// <summary>True in system-ram mode (daxctl_dev_get_memory()).</summary>
    public bool IsMemory(string name) => Device(name).Driver == DaxDeviceDrivers.Kmem;

    /// <summary>daxctl_dev_will_auto_online_memory().</summary>
    public bool WillAutoOnline => context.Machine.Mm.AutoOnline != OnlinePolicy.Offline;

    public int BlockCount(string name) => MemoryBlocks(context.Machine, Device(name)).Length;

    /// <summary>daxctl_dev_enable(). Giving the name to the driver already makes it try; the write to bind then says how it went.</summary>
    public int Enable(string name, string driver)
    {
        if (Device(name).IsEnabled) return 0;
        context.Step(DaxDeviceDrivers.AddId(context.Machine, driver, name));
        Errno bound = context.Step(DaxDeviceDrivers.Bind(context.Machine, driver, name));
        if (Device(name).IsEnabled) return 0;
        Error("daxctl_dev_enable", name, "failed to enable");
        return -(int)(bound == Errno.None ? Errno.ENXIO : bound);
    }

    /// <summary>daxctl_dev_disable().</summary>
    public void Disable(string name)
    {
        if (Device(name).Driver is not { } driver) return;
        context.Step(DaxDeviceDrivers.RemoveId(context.Machine, driver, name));
        context.Step(DaxDeviceDrivers.Unbind(context.Machine, driver, name));
    }

    /// <summary>daxctl_dev_set_size(), daxctl_dev_set_align(): libnvdimm's devices have neither to be written.</summary>
    public int RefuseChange(string name, string attribute)
    {
        Error($"daxctl_dev_set_{attribute}", name, $"failed to set {attribute}");
        return -(int)Errno.ENXIO;
    }

    /// <summary>daxctl_memory_offline(): the kernel takes no block with a hole offline (drivers/base/memory.c, mm/memory_hotplug.c offline_pages(); seen on 5.10).</summary>
    public int OfflineMemory(string name)
    {
        foreach (ulong block in MemoryBlocks(context.Machine, Device(name)))
        {
            string state = string.Create(CultureInfo.InvariantCulture, $"/sys/devices/system/node/node{Device(name).TargetNode}/memory{block}/state");
            Error("offline_one_memblock", name, $"Failed to offline {state}: {Errno.EINVAL.Describe()}");
            return -(int)Errno.EINVAL;
        }
        return 0;
    }

    private void Error(string function, string name, string message) => context.Output.Err($"libdaxctl: {function}: {name}: {message}\n");
}

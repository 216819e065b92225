using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Tools;

/// <summary>
/// What libdaxctl does with a device (daxctl/lib/libdaxctl.c, 76.1), on its sysfs files. Devices are asked for by name each time: a step
/// changes them.
/// </summary>
internal sealed class DaxDeviceOperations(ToolContext context)
{
    /// <summary>The memory blocks of the device, in the order in which the folder of the node lists them, that is in which the tool comes
    /// across them.</summary>
    public static ImmutableArray<(MemoryBlockNumber Number, MemoryBlock Block)> Blocks(Machine machine, DaxDeviceState device) =>
        [.. KernfsOrder.Read(DaxDeviceMemory.Blocks(machine, device), b => b.Number.ToString())];

    public DaxDeviceState Device(string name) => DaxDeviceDrivers.Find(context.Machine, name)!;

    /// <summary>True in system-ram mode (daxctl_dev_get_memory()).</summary>
    public bool IsMemory(string name) => Device(name).Driver == DaxDeviceDrivers.Kmem;

    /// <summary>daxctl_dev_will_auto_online_memory().</summary>
    public bool WillAutoOnline => context.Machine.Mm.AutoOnline != OnlinePolicy.Offline;

    /// <summary>How many memory blocks the device has, and how many of them are online (daxctl_memory_num_sections(),
    /// daxctl_memory_is_online()).</summary>
    public (int Online, int Total) CountBlocks(string name) => CountBlocks(context.Machine, Device(name));

    public static (int Online, int Total) CountBlocks(Machine machine, DaxDeviceState device)
    {
        int online = 0,
            total = 0;
        foreach ((_, MemoryBlock block) in DaxDeviceMemory.Blocks(machine, device))
            (online, total) = (online + (block.State == BlockState.Online ? 1 : 0), total + 1);
        return (online, total);
    }

    /// <summary>daxctl_memory_is_movable(): null while a block is offline; true when all there are, and at least one, are in
    /// ZONE_MOVABLE.</summary>
    public static bool? IsMovable(Machine machine, DaxDeviceState device)
    {
        bool any = false,
            all = true;
        foreach ((MemoryBlockNumber number, MemoryBlock block) in DaxDeviceMemory.Blocks(machine, device))
        {
            if (block.State != BlockState.Online)
                return null;
            (any, all) = (true, all && MemoryBlocks.ValidZones(machine, number) == "Movable");
        }
        return any && all;
    }

    /// <summary>
    /// A kernel without kmem has no dax bus either: libdaxctl takes each of its devices for enabled, and neither enables nor disables one
    /// (device_model_is_dax_bus()).
    /// Says so and fails; done where there is a bus.
    /// </summary>
    public ToolOutcome RefuseWithoutBus(string function, string name)
    {
        if (context.Machine.Kernel.Get(Rules.HasKmem))
            return ToolOutcome.Done;
        Error(function, name, "error: device model is dax-class");
        Error(function, name, "see man daxctl-migrate-device-model");
        return ToolOutcome.Failed(Errno.EOPNOTSUPP);
    }

    /// <summary>daxctl_dev_enable(). Giving the name to the driver already makes it try; the write to bind then says how it went.</summary>
    public ToolOutcome Enable(string name, string driver)
    {
        ToolOutcome refused = RefuseWithoutBus("daxctl_dev_enable", name);
        if (!refused.IsDone)
            return refused;
        if (Device(name).IsEnabled)
            return ToolOutcome.Done;
        context.Step(DaxDeviceDrivers.AddId(context.Machine, driver, name));
        Errno bound = context.Step(DaxDeviceDrivers.Bind(context.Machine, driver, name));
        if (Device(name).IsEnabled)
            return ToolOutcome.Done;
        Error("daxctl_dev_enable", name, "failed to enable");
        return ToolOutcome.Failed(bound == Errno.None ? Errno.ENXIO : bound);
    }

    /// <summary>daxctl_dev_disable().</summary>
    public void Disable(string name)
    {
        if (Device(name).Driver is not { } driver)
            return;
        context.Step(DaxDeviceDrivers.RemoveId(context.Machine, driver, name));
        context.Step(DaxDeviceDrivers.Unbind(context.Machine, driver, name));
    }

    /// <summary>daxctl_dev_set_size(): libnvdimm's devices have a size that cannot be written. Every failure is ENXIO.</summary>
    public ToolOutcome SetSize(string name, ulong size) =>
        Set(name, "size", device => DynamicDax.Resize(context.Machine, device, new ByteSize(size)));

    /// <summary>daxctl_dev_set_align(), likewise.</summary>
    public ToolOutcome SetAlign(string name, ulong align) =>
        Set(name, "align", device => DynamicDax.SetAlign(context.Machine, device, new ByteSize(align)));

    /// <summary>daxctl_region_destroy_dev().</summary>
    public ToolOutcome Delete(string name) =>
        ToolOutcome.Of(context.Step(DynamicDax.Delete(context.Machine, context.Machine.HmemRegions[Device(name).RegionNumber], name)));

    private ToolOutcome Set(string name, string attribute, Func<DaxDeviceState, StepResult> set)
    {
        DaxDeviceState device = Device(name);
        if (device.IsDynamic && context.Step(set(device)) == Errno.None)
            return ToolOutcome.Done;
        Error($"daxctl_dev_set_{attribute}", name, $"failed to set {attribute}");
        return ToolOutcome.Failed(Errno.ENXIO);
    }

    /// <summary>daxctl_memory_online(), daxctl_memory_online_no_movable(): the word is written to every block that is offline; the first
    /// failure ends it, without a message.</summary>
    public ToolOutcome OnlineMemory(string name, OnlinePolicy type) => ChangeBlocks(name, type, _ => { });

    /// <summary>daxctl_memory_offline(): blocks that are online go offline, up to the first that does not, of which the library
    /// tells.</summary>
    public ToolOutcome OfflineMemory(string name) =>
        ChangeBlocks(
            name,
            OnlinePolicy.Offline,
            failed =>
            {
                string state = string.Create(
                    CultureInfo.InvariantCulture,
                    $"/sys/devices/system/node/node{Device(name).TargetNode}/{failed.Number}/state"
                );
                Error("offline_one_memblock", name, $"Failed to offline {state}: {failed.Errno.Describe()}");
            }
        );

    private ToolOutcome ChangeBlocks(string name, OnlinePolicy type, Action<(MemoryBlockNumber Number, Errno Errno)> failed)
    {
        // Where no block can fail the order makes no difference, and an ascending one keeps alike blocks together.
        ImmutableArray<(MemoryBlockNumber Number, MemoryBlock Block)> blocks = [.. DaxDeviceMemory.Blocks(context.Machine, Device(name))];
        if (blocks.Any(b => b.Block.IsEarly))
            blocks = Blocks(context.Machine, Device(name));
        BlockState from = type == OnlinePolicy.Offline ? BlockState.Online : BlockState.Offline;
        foreach ((MemoryBlockNumber number, _) in blocks.Where(b => b.Block.State == from))
        {
            Errno errno = context.Step(MemoryBlocks.SetState(context.Machine, number, type.Word()));
            if (errno == Errno.None)
                continue;
            failed((number, errno));
            return ToolOutcome.Of(errno);
        }
        return ToolOutcome.Done;
    }

    private void Error(string function, string name, string message) => context.Output.Err($"libdaxctl: {function}: {name}: {message}\n");
}

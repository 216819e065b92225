using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Model;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Sysfs;

/// <summary>
/// <c>/sys/bus/dax</c>: devices with their attributes (for those of libnvdimm all but memmap_on_memory are read-only), and the drivers'
/// bind, unbind, new_id and remove_id
/// (drivers/dax/bus.c dev_dax_visible(), dax_drv_attrs; 5.10, 6.1, 6.12, 7.2).
/// </summary>
internal static class DaxFiles
{
    private const string Bus = "/sys/bus/dax/";
    private const string Devices = Bus + "devices/";
    private const string Drivers = Bus + "drivers/";

    private static readonly ImmutableArray<string> s_actions = ["bind", "new_id", "remove_id", "unbind"];

    public static bool Owns(string path) => path.StartsWith(Bus, StringComparison.Ordinal);

    public static SysfsValue Read(Machine machine, string path)
    {
        if (ActionOf(machine, path) is not null)
            return Errno.EACCES;
        return Find(machine, path) is { } attribute ? attribute.Read!(machine) : Errno.ENOENT;
    }

    /// <summary>EACCES: read-only, or no such file.</summary>
    public static StepResult Write(Machine machine, string path, string text)
    {
        if (ActionOf(machine, path) is not { } action) // a new file: open() with O_CREAT in sysfs
            return Find(machine, path)?.Write is { } write ? write(machine, text) : machine.Fail(Errno.EACCES);
        string name = text.EndsWith('\n') ? text[..^1] : text;
        return action.Name switch
        {
            "bind" => DaxDeviceDrivers.Bind(machine, action.Driver, name),
            "unbind" => DaxDeviceDrivers.Unbind(machine, action.Driver, name),
            "new_id" => DaxDeviceDrivers.AddId(machine, action.Driver, name),
            _ => DaxDeviceDrivers.RemoveId(machine, action.Driver, name),
        };
    }

    /// <summary>Attributes and drivers of all devices.</summary>
    public static IEnumerable<(string Path, string Value)> All(Machine machine)
    {
        foreach (DaxDeviceState device in DaxDeviceDrivers.Devices(machine))
        {
            foreach (SysfsAttribute attribute in Of(machine, device).Where(a => a.Name != "uevent"))
                yield return ($"{Devices}{device.Name}/{attribute.Name}", attribute.Read!(machine).Text);
            if (device.Driver is { } driver)
                yield return ($"{Devices}{device.Name}/driver", driver);
        }
    }

    /// <summary>Paths, for a prompt.</summary>
    public static IEnumerable<string> Names(Machine machine) =>
        DaxDeviceDrivers
            .All.SelectMany(driver => s_actions.Select(action => $"{Drivers}{driver}/{action}"))
            .Concat(
                DaxDeviceDrivers.Devices(machine).SelectMany(device => Of(machine, device).Select(a => $"{Devices}{device.Name}/{a.Name}"))
            );

    /// <summary>The driver and the file of <c>drivers/D/F</c>, or of <c>devices/X/driver/F</c> while X is bound.</summary>
    private static (string Driver, string Name)? ActionOf(Machine machine, string path)
    {
        string? driver = null,
            name = null;
        if (path.StartsWith(Drivers, StringComparison.Ordinal) && path[Drivers.Length..].Split('/') is [var d, var f])
            (driver, name) = (d, f);
        else if (
            path.StartsWith(Devices, StringComparison.Ordinal) && path[Devices.Length..].Split('/') is [var device, "driver", var file]
        )
            (driver, name) = (DaxDeviceDrivers.Find(machine, device)?.Driver, file);
        return driver is not null && name is not null && DaxDeviceDrivers.All.Contains(driver) && s_actions.Contains(name)
            ? (driver, name)
            : null;
    }

    private static SysfsAttribute? Find(Machine machine, string path)
    {
        if (!path.StartsWith(Devices, StringComparison.Ordinal))
            return null;
        string[] parts = path[Devices.Length..].Split('/', 2);
        return parts.Length == 2 && DaxDeviceDrivers.Find(machine, parts[0]) is { } device
            ? Of(machine, device).FirstOrDefault(a => a.Name == parts[1])
            : null;
    }

    internal static IEnumerable<SysfsAttribute> Of(Machine machine, DaxDeviceState device)
    {
        yield return new("align", _ => Number(device.Align.Bytes));
        string number = string.Create(
            CultureInfo.InvariantCulture,
            $"{machine.Kernel.Get(Rules.DaxMajor)}:{machine.DaxMinors.FirstOrDefault(m => m.Value == device.Name).Key}"
        );
        yield return new("dev", _ => number);
        if (!device.Range.IsEmpty)
        {
            yield return new("mapping0/end", _ => Hex(device.Range.Last.Bytes));
            yield return new("mapping0/page_offset", _ => "0x0");
            yield return new("mapping0/start", _ => Hex(device.Range.Start.Bytes));
        }
        yield return new("modalias", _ => "dax:t0");
        yield return new("numa_node", _ => device.NumaNode.ToString(CultureInfo.InvariantCulture));
        yield return new("resource", _ => Hex(device.Range.Start.Bytes));
        yield return new("size", _ => Number(device.Range.Size.Bytes));
        if (device.TargetNode >= 0)
            yield return new("target_node", _ => device.TargetNode.ToString(CultureInfo.InvariantCulture));
        yield return new("uevent", _ => NdAttributes.DeviceNode(number, device.Name) + NdAttributes.Uevent(device.Driver, "dax:t0"));
        if (!machine.Kernel.Get(Rules.DaxHasMemmapOnMemory))
            yield break;
        yield return new(
            "memmap_on_memory",
            _ => device.MemmapOnMemory ? "1" : "0",
            (m, v) => DaxDeviceDrivers.SetMemmapOnMemory(m, device, KernelText.TryBool(v, out bool on) ? on : null)
        );
    }

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
}

using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Sysfs;

/// <summary>busybox <c>ls</c> into a file: a name a line, in the order of bytes. Only of folders of which every entry is modelled: those
/// of the nd, dax and memory buses, their devices and drivers, and queues of block devices.</summary>
internal static class FolderListing
{
    private const string NdDevices = "/sys/bus/nd/devices/",
        NdDriverFolder = "/sys/bus/nd/drivers/",
        DaxDevices = "/sys/bus/dax/devices/",
        DaxDriverFolder = "/sys/bus/dax/drivers/",
        Known =
            "; ls knows the nd and dax buses, their devices and drivers, /sys/devices/system/memory with its blocks, and queues of pmem "
            + "block devices; cat each modelled file";

    /// <summary>What every bus has (drivers/base/bus.c bus_register(); 6.1).</summary>
    private static readonly ImmutableArray<string> s_bus = ["devices", "drivers", "drivers_autoprobe", "drivers_probe", "uevent"];

    /// <summary>Words of which no platform device but those of memory has one in its name.</summary>
    private static readonly ImmutableArray<string> s_memoryWords = ["e820", "e820_pmem", "hmem", "pmem", "ramdax"];

    public static CommandResult Run(ShellState state, ImmutableArray<string> arguments)
    {
        if ((arguments is ["-1", .. var rest] ? rest : arguments) is not [var path] || path.StartsWith('-'))
            return CommandShell.Unsupported(state, "ls with more than -1 and one path" + Known);
        if (Names(state.Machine, path.TrimEnd('/')) is { } names)
            return CommandShell.Say(state, string.Concat(names.Distinct().Order(StringComparer.Ordinal).Select(n => n + "\n")), "", 0);
        if (SysfsTree.IsDirectory(state.Machine, path))
            return CommandShell.Unsupported(state, $"listing {path}: not all of its files are modelled{Known}");
        return SysfsTree.Read(state.Machine, path) switch
        {
            null => CommandShell.Unsupported(state, $"listing {path}{Known}"),
            { Errno: Errno.ENOENT } => CommandShell.Say(state, "", $"ls: {path}: {Errno.ENOENT.Describe()}\n", 1),
            _ => CommandShell.Say(state, path + "\n", "", 0),
        };
    }

    /// <summary>Every file of a folder as a path, in the order of bytes; null: not all are modelled.</summary>
    public static IEnumerable<string>? FilesOf(Machine machine, string folder) =>
        Names(machine, folder.TrimEnd('/')) is { } names
            ? names
                .Distinct()
                .Order(StringComparer.Ordinal)
                .Select(n => $"{folder.TrimEnd('/')}/{n}")
                .Where(p => !SysfsTree.IsDirectory(machine, p))
            : null;

    /// <summary>
    /// Those entries of a folder that hold one of <paramref name="words"/>, where each of those can only be in a name that is modelled, in
    /// the order of bytes; null: it could be in others too.
    /// </summary>
    public static IEnumerable<string>? NamesWith(Machine machine, string folder, IReadOnlyCollection<string> words) =>
        folder.TrimEnd('/') is "/sys/bus/platform/devices" && words.All(s_memoryWords.Contains)
            ? PlatformFiles
                .DeviceNames(machine)
                .Where(n => words.Any(w => n.Contains(w, StringComparison.Ordinal)))
                .Order(StringComparer.Ordinal)
            : null;

    private static IEnumerable<string>? Names(Machine machine, string folder) =>
        folder switch
        {
            "/sys/bus/nd" or "/sys/bus/dax" or "/sys/bus/memory" => s_bus,
            "/sys/bus/nd/devices" => SysfsTree.Devices(machine).Select(d => d.Name),
            "/sys/bus/nd/drivers" => NdDrivers.All,
            "/sys/bus/dax/devices" => DaxDeviceDrivers.Devices(machine).Select(d => d.Name),
            "/sys/bus/dax/drivers" => DaxDeviceDrivers.All.Where(d => d != DaxDeviceDrivers.Kmem || machine.Kernel.Get(Rules.HasKmem)),
            "/sys/module/memory_hotplug/parameters" => MemoryFiles.ParameterFiles(machine).Select(p => p[(p.LastIndexOf('/') + 1)..]),
            "/sys/bus/memory/devices" => MemoryBlocks.All(machine).Select(b => b.Number.ToString()),
            "/sys/bus/memory/drivers" => [],
            _ when MemoryFiles.Listing(machine, folder) is { } names => names,
            _ when BlockFiles.Listing(machine, folder) is { } names => names,
            _ when folder.StartsWith(NdDriverFolder, StringComparison.Ordinal) => OfNdDriver(machine, folder[NdDriverFolder.Length..]),
            _ when folder.StartsWith(NdDevices, StringComparison.Ordinal) => OfNdDevice(machine, folder[NdDevices.Length..]),
            _ when folder.StartsWith(DaxDriverFolder, StringComparison.Ordinal) => OfDaxDriver(machine, folder[DaxDriverFolder.Length..]),
            _ when folder.StartsWith(DaxDevices, StringComparison.Ordinal) => OfDaxDevice(machine, folder[DaxDevices.Length..]),
            _ => null,
        };

    private static IEnumerable<string>? OfNdDriver(Machine machine, string driver) =>
        NdDrivers.All.Contains(driver)
            ?
            [
                "bind",
                "module",
                "uevent",
                "unbind",
                .. SysfsTree
                    .Devices(machine)
                    .Where(d => NdDrivers.Of(d.Kind) == driver && DriverCore.IsBound(machine, d))
                    .Select(d => d.Name),
            ]
            : null;

    private static IEnumerable<string>? OfDaxDriver(Machine machine, string driver) =>
        DaxDeviceDrivers.All.Contains(driver)
            ?
            [
                "bind",
                "module",
                "new_id",
                "remove_id",
                "uevent",
                "unbind",
                .. DaxDeviceDrivers.Devices(machine).Where(d => d.Driver == driver).Select(d => d.Name),
            ]
            : null;

    private static IEnumerable<string>? OfDaxDevice(Machine machine, string path)
    {
        string[] parts = path.Split('/');
        if (DaxDeviceDrivers.Find(machine, parts[0]) is not { } device)
            return null;
        if (parts.Length == 2 && parts[1] == "driver" && device.Driver is { } driver)
            return OfDaxDriver(machine, driver);
        return parts.Length == 1
            ?
            [
                .. DaxFiles.Of(machine, device).Select(a => FirstPart(a.Name)),
                "power",
                "subsystem",
                .. (IEnumerable<string>)(device.Driver is null ? [] : ["driver"]),
            ]
            : null;
    }

    private static IEnumerable<string>? OfNdDevice(Machine machine, string path)
    {
        string[] parts = path.Split('/', 2);
        if (!NdDevice.TryParse(parts[0], out NdDevice device) || !DriverCore.Exists(machine, device))
            return null;
        bool isBound = DriverCore.IsBound(machine, device);
        string[] attributes = [.. NdAttributes.Of(machine, device).Select(a => a.Name)];
        if (parts.Length == 1)
        {
            return
            [
                .. attributes.Select(FirstPart),
                .. Children(machine, device),
                "subsystem",
                .. (IEnumerable<string>)(isBound ? ["driver"] : []),
            ];
        }
        if (parts[1] == "driver")
            return isBound ? OfNdDriver(machine, NdDrivers.Of(device.Kind)) : null;
        if (parts[1] == "firmware" && device.Kind is NdDeviceKind.Bus or NdDeviceKind.Dimm)
            return [];
        string[] inside = [.. attributes.Where(a => a.StartsWith(parts[1] + "/", StringComparison.Ordinal))];
        return parts[1] == "nfit" && inside.Length > 0 ? inside.Select(a => a[(parts[1].Length + 1)..]) : null;
    }

    /// <summary>Folders of child devices, and of groups of attributes that are all hidden.</summary>
    private static IEnumerable<string> Children(Machine machine, NdDevice device) =>
        device.Kind switch
        {
            NdDeviceKind.Bus =>
            [
                "firmware",
                "nd",
                .. machine.Dimms.Values.Where(d => d.Bus == device.Name).Select(d => d.Device.Name),
                .. machine.Regions.Values.Where(r => r.Description.Bus == device.Name).Select(r => r.Device.Name),
            ],
            NdDeviceKind.Dimm => ["firmware"],
            NdDeviceKind.Region => SysfsTree.Devices(machine).Where(d => d.Number == device.Number && IsChild(d)).Select(d => d.Name),
            NdDeviceKind.Dax when machine.FindPfnDevice(device) is { IsBound: true, NamespaceId: { } id } => machine
                .Regions[device.Number]
                .DaxDevices.TryGetValue(id, out DaxDeviceState? dax)
                ? [dax.Name]
                : [],
            NdDeviceKind.Dax => [],
            _ when DriverCore.IsBound(machine, device) => ["block"],
            _ => [],
        };

    private static bool IsChild(NdDevice device) =>
        device.Kind is NdDeviceKind.Namespace or NdDeviceKind.Btt or NdDeviceKind.Pfn or NdDeviceKind.Dax;

    private static string FirstPart(string name) => name.Split('/')[0];
}

using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Model;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Sysfs;

/// <summary>
/// The sysfs files of the nd and dax buses, the drivers' bind and unbind, and memory blocks. Paths of devices are those of
/// <c>/sys/bus/…</c>;
/// the longer ones under <c>/sys/devices</c> are not modelled.
/// </summary>
public static class SysfsTree
{
    private const string NdDevices = "/sys/bus/nd/devices/";
    private const string NdDriverFolder = "/sys/bus/nd/drivers/";

    private static readonly string[] FixedFolders =
    [
        "/sys/",
        "/sys/bus/",
        "/sys/bus/nd/",
        NdDevices,
        NdDriverFolder,
        "/sys/bus/dax/",
        "/sys/bus/dax/devices/",
        "/sys/bus/dax/drivers/",
        "/sys/devices/",
        "/sys/devices/system/",
    ];

    /// <summary>Reads an attribute. ENOENT: no such file; EACCES: write-only; other errno as the kernel's show function gives it. Null: a
    /// path outside of what is modelled.</summary>
    public static SysfsValue? Read(Machine machine, string path)
    {
        if (DaxFiles.Owns(path))
            return DaxFiles.Read(machine, path);
        if (MemoryFiles.Owns(machine, path))
            return MemoryFiles.Read(machine, path);
        if (VmFiles.Owns(path))
            return Errno.EACCES;
        if (PlatformFiles.Owns(path))
            return PlatformFiles.Read(machine, path);
        if (BlockFiles.Owns(path))
            return BlockFiles.Read(machine, path);
        if (!path.StartsWith("/sys/bus/nd/", StringComparison.Ordinal))
            return null;
        if (path.StartsWith(NdDriverFolder, StringComparison.Ordinal))
            return IsDriverFile(path, out _, out _) ? Errno.EACCES : Errno.ENOENT;
        if (FindAttribute(machine, path) is { } attribute)
            return attribute.Read is null ? Errno.EACCES : attribute.Read(machine);
        return Errno.ENOENT;
    }

    /// <summary>Writes to an attribute; null: a path outside of what is modelled. EACCES: read-only.</summary>
    public static StepResult? Write(Machine machine, string path, string text)
    {
        if (DaxFiles.Owns(path))
            return DaxFiles.Write(machine, path, text);
        if (MemoryFiles.Owns(machine, path))
            return MemoryFiles.Write(machine, path, text);
        if (VmFiles.Owns(path))
            return VmFiles.Write(machine, text);
        if (PlatformFiles.Owns(path))
            return PlatformFiles.Write(machine, path, text);
        if (IsDriverFile(path, out string driver, out bool binds))
        {
            string name = text.EndsWith('\n') ? text[..^1] : text;
            if (!NdDevice.TryParse(name, out NdDevice device))
                return machine.Fail(Errno.ENODEV);
            return binds ? DriverCore.Bind(machine, driver, device) : DriverCore.Unbind(machine, driver, device);
        }
        if (!path.StartsWith(NdDevices, StringComparison.Ordinal) && !path.StartsWith(NdDriverFolder, StringComparison.Ordinal))
            return null;
        if (FindAttribute(machine, path) is not { } attribute)
            return machine.Fail(Errno.EACCES); // open() with O_CREAT in sysfs
        return attribute.Write is null ? machine.Fail(Errno.EACCES) : attribute.Write(machine, text);
    }

    /// <summary>What open(2) for writing gives, before anything is written; sysfs makes no files.</summary>
    public static Errno OpenToWrite(Machine machine, string path)
    {
        if (IsDriverFile(path, out _, out _))
            return Errno.None;
        if (FindAttribute(machine, path) is { } attribute)
            return attribute.Write is null ? Errno.EACCES : Errno.None;
        return Read(machine, path) is { Errno: not Errno.ENOENT } && !path.StartsWith(NdDevices, StringComparison.Ordinal)
            ? Errno.None
            : Errno.EACCES;
    }

    /// <summary>Every readable attribute of the nd and dax devices with its path, in the order of paths; those that give an errno are
    /// left
    /// out.</summary>
    public static IEnumerable<(string Path, string Value)> All(Machine machine)
    {
        foreach (NdDevice device in Devices(machine).OrderBy(d => d.Name, StringComparer.Ordinal))
        {
            foreach (SysfsAttribute attribute in NdAttributes.Of(machine, device))
            {
                if (attribute.Name != "uevent" && Known(machine, attribute) is { Errno: Errno.None, IsNothing: false, Text: var text })
                    yield return ($"{NdDevices}{device}/{attribute.Name}", text);
            }
            if (DriverCore.IsBound(machine, device))
                yield return ($"{NdDevices}{device}/driver", NdDrivers.Of(device.Kind));
        }
        foreach ((string path, string value) in DaxFiles.All(machine))
            yield return (path, value);
    }

    /// <summary>The value, or null where the model does not know it.</summary>
    private static SysfsValue? Known(Machine machine, SysfsAttribute attribute)
    {
        try
        {
            return attribute.Read?.Invoke(machine);
        }
        catch (NotModelledException)
        {
            return null;
        }
    }

    /// <summary>Every device of the nd bus.</summary>
    public static IEnumerable<NdDevice> Devices(Machine machine) =>
        machine
            .Buses.Keys.Concat(machine.Dimms.Keys)
            .Concat(
                machine.Regions.Values.SelectMany(r =>
                    (IEnumerable<NdDevice>)
                        [
                            r.Device,
                            .. r.Namespaces.Values.Select(n => n.Device),
                            .. r.Btts.Values.Select(b => b.Device),
                            .. r.Pfns.Values.Select(p => p.Device),
                            .. r.Daxes.Values.Select(d => d.Device),
                        ]
                )
            );

    /// <summary>Files and folders that complete a path, for a prompt.</summary>
    public static IEnumerable<string> Complete(Machine machine, string prefix)
    {
        IEnumerable<string> attributes = Devices(machine)
            .SelectMany(d => NdAttributes.Of(machine, d).Select(a => $"{NdDevices}{d}/{a.Name}"));
        IEnumerable<string> drivers = NdDrivers.All.SelectMany(d => (string[])[$"{NdDriverFolder}{d}/bind", $"{NdDriverFolder}{d}/unbind"]);
        return attributes
            .Concat(drivers)
            .Concat(DaxFiles.Names(machine))
            .Concat(MemoryFiles.Names(machine, prefix))
            .Concat(PlatformFiles.Names(machine))
            .Append(VmFiles.DropCaches)
            .Where(p => p.StartsWith(prefix, StringComparison.Ordinal));
    }

    /// <summary>True for a folder of the nd bus, the dax bus or a device on one, with or without slashes behind.</summary>
    public static bool IsDirectory(Machine machine, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!path.StartsWith("/sys", StringComparison.Ordinal))
            return false;
        string folder = path.TrimEnd('/') + "/";
        if (
            FixedFolders.Contains(folder)
            || MemoryFiles.IsDirectory(machine, folder)
            || NdDrivers.All.Any(d => folder == $"{NdDriverFolder}{d}/")
            || DaxDeviceDrivers.All.Any(d => folder == $"/sys/bus/dax/drivers/{d}/")
        )
            return true;
        if (!folder.StartsWith(NdDevices, StringComparison.Ordinal))
            return DaxDeviceDrivers.Devices(machine).Any(d => folder == $"/sys/bus/dax/devices/{d.Name}/")
                || DaxFiles.Names(machine).Any(p => p.StartsWith(folder, StringComparison.Ordinal));
        string[] parts = folder[NdDevices.Length..^1].Split('/', 2);
        if (!NdDevice.TryParse(parts[0], out NdDevice device) || !DriverCore.Exists(machine, device))
            return false;
        return parts.Length == 1
            || (parts[1] == "driver" && DriverCore.IsBound(machine, device))
            || NdAttributes.Of(machine, device).Any(a => a.Name.StartsWith(parts[1] + "/", StringComparison.Ordinal));
    }

    private static bool IsDriverFile(string path, out string driver, out bool binds)
    {
        string[] parts = path.StartsWith(NdDriverFolder, StringComparison.Ordinal) ? path[NdDriverFolder.Length..].Split('/') : [];
        (driver, binds) = (parts.FirstOrDefault() ?? "", parts.LastOrDefault() == "bind");
        return parts.Length == 2 && NdDrivers.All.Contains(driver) && parts[1] is "bind" or "unbind";
    }

    private static SysfsAttribute? FindAttribute(Machine machine, string path)
    {
        if (!path.StartsWith(NdDevices, StringComparison.Ordinal))
            return null;
        (string name, string attribute) = Split(path[NdDevices.Length..]);
        if (!NdDevice.TryParse(name, out NdDevice device) || !DriverCore.Exists(machine, device))
            return null;
        return attribute switch
        {
            "driver/unbind" when DriverCore.IsBound(machine, device) => new SysfsAttribute(
                attribute,
                null,
                (m, v) => DriverCore.Unbind(m, NdDrivers.Of(device.Kind), NdDevice.TryParse(v.Trim(), out NdDevice d) ? d : default)
            ),
            _ => NdAttributes.Of(machine, device).FirstOrDefault(a => a.Name == attribute),
        };

        static (string First, string Remainder) Split(string text)
        {
            int slash = text.IndexOf('/', StringComparison.Ordinal);
            return slash < 0 ? (text, "") : (text[..slash], text[(slash + 1)..]);
        }
    }
}

using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Model;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Sysfs;

/// <summary>
/// The platform bus as far as memory is on it: <c>driver_override</c> of e820_pmem, and bind and unbind of its drivers
/// (drivers/base/platform.c driver_override_store(), bus.c; 6.12).
/// </summary>
internal static class PlatformFiles
{
    private const string Devices = "/sys/bus/platform/devices/";
    private const string DeviceTree = "/sys/devices/platform/";
    private const string DriverFolder = "/sys/bus/platform/drivers/";
    private const string OverrideFile = "driver_override";

    /// <summary>True for the files that are modelled, whether they are there or not.</summary>
    public static bool Owns(string path) => DeviceFile(path) is not null || DriverFile(path) is not null;

    /// <summary>The files there are.</summary>
    public static IEnumerable<string> Names(Machine machine)
    {
        if (!LegacyMemory.Exists(machine))
            return [];
        IEnumerable<string> drivers = LegacyMemory.Drivers.Where(d => LegacyMemory.IsLoaded(machine, d.Module)).Select(d => d.Driver);
        return drivers
            .SelectMany(d => (string[])[$"{DriverFolder}{d}/bind", $"{DriverFolder}{d}/unbind"])
            .Append($"{Devices}{LegacyMemory.DeviceName}/{OverrideFile}")
            .Append($"{DeviceTree}{LegacyMemory.DeviceName}/{OverrideFile}");
    }

    /// <summary>The platform devices of memory; a real machine has others beside them.</summary>
    public static IEnumerable<string> DeviceNames(Machine machine) =>
        (LegacyMemory.Exists(machine) ? [LegacyMemory.DeviceName] : Enumerable.Empty<string>()).Concat(
            machine.HmemDevices.Keys.Select(n => $"hmem.{n}")
        );

    public static SysfsValue Read(Machine machine, string path)
    {
        if (DriverFile(path) is { } file)
            return IsThere(machine, file.Driver) ? Errno.EACCES : Errno.ENOENT;
        if (!LegacyMemory.Exists(machine))
            return Errno.ENOENT;
        return DeviceFile(path) == OverrideFile ? machine.LegacyMemory.Override ?? "(null)"
            : machine.LegacyMemory.Driver is null ? Errno.ENOENT
            : Errno.EACCES;
    }

    public static StepResult Write(Machine machine, string path, string text)
    {
        string word = text.Split('\n')[0];
        if (DriverFile(path) is { } file)
        {
            if (!IsThere(machine, file.Driver))
                return machine.Fail(Errno.EACCES); // open() with O_CREAT in sysfs
            return file.Binds ? LegacyMemory.Bind(machine, file.Driver, word) : LegacyMemory.Unbind(machine, file.Driver, word);
        }
        if (!LegacyMemory.Exists(machine))
            return machine.Fail(Errno.EACCES);
        if (DeviceFile(path) == OverrideFile)
            return (machine with { LegacyMemory = machine.LegacyMemory with { Override = word.Length == 0 ? null : word } }).Done();
        return machine.LegacyMemory.Driver is { } driver ? LegacyMemory.Unbind(machine, driver, word) : machine.Fail(Errno.EACCES);
    }

    private static bool IsThere(Machine machine, string driver) =>
        LegacyMemory.Drivers.Any(d => d.Driver == driver && LegacyMemory.IsLoaded(machine, d.Module));

    private static string? DeviceFile(string path)
    {
        foreach (string folder in (ImmutableArray<string>)[Devices, DeviceTree])
        {
            string prefix = $"{folder}{LegacyMemory.DeviceName}/";
            if (path.StartsWith(prefix, StringComparison.Ordinal) && path[prefix.Length..] is OverrideFile or "driver/unbind")
                return path[prefix.Length..];
        }
        return null;
    }

    private static (string Driver, bool Binds)? DriverFile(string path)
    {
        string[] parts = path.StartsWith(DriverFolder, StringComparison.Ordinal) ? path[DriverFolder.Length..].Split('/') : [];
        return parts.Length == 2 && parts[1] is "bind" or "unbind" && LegacyMemory.Drivers.Any(d => d.Driver == parts[0])
            ? (parts[0], parts[1] == "bind")
            : null;
    }
}

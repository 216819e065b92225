using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Sysfs;

/// <summary>
/// <c>/sys/bus/dax</c>: devices with their attributes (for those of libnvdimm all but memmap_on_memory are read-only), the drivers' bind,
/// unbind, new_id and remove_id, and the dax_region folders of soft-reserved memory
/// (drivers/dax/bus.c dev_dax_visible(), dax_region_visible(), dax_drv_attrs; 5.10, 6.1, 6.12, 7.2).
/// </summary>
internal static class DaxFiles
{
    private const string Bus = "/sys/bus/dax/";
    private const string Devices = Bus + "devices/";
    private const string Drivers = Bus + "drivers/";
    private const string Platform = "/sys/devices/platform/";

    private static readonly ImmutableArray<string> s_actions = ["bind", "new_id", "remove_id", "unbind"];

    public static bool Owns(string path) =>
        path.StartsWith(Bus, StringComparison.Ordinal) || path.StartsWith(Platform + "hmem", StringComparison.Ordinal);

    /// <summary>Path of a region's platform device below /sys/devices.</summary>
    public static string PathOf(Machine machine, HmemRegionState region) =>
        machine.Kernel.Get(Rules.HmemHasPlatformParent)
            ? $"/platform/hmem_platform.0/{region.DeviceName}"
            : $"/platform/{region.DeviceName}";

    public static SysfsValue Read(Machine machine, string path)
    {
        if (!machine.Kernel.Get(Rules.HasDaxBus))
            return Errno.ENOENT;
        if (ActionOf(machine, path) is not null)
            return Errno.EACCES;
        return Find(machine, path) is not { } attribute ? Errno.ENOENT
            : attribute.Read is null ? Errno.EACCES
            : attribute.Read(machine);
    }

    /// <summary>EACCES: read-only, or no such file.</summary>
    public static StepResult Write(Machine machine, string path, string text)
    {
        if (!machine.Kernel.Get(Rules.HasDaxBus))
            return machine.Fail(Errno.EACCES);
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
                if (attribute.Read is { } read)
                    yield return ($"{Devices}{device.Name}/{attribute.Name}", read(machine).Text);
            if (device.Driver is { } driver)
                yield return ($"{Devices}{device.Name}/driver", driver);
        }
        foreach (HmemRegionState region in machine.HmemRegions.Values)
        {
            foreach (SysfsAttribute attribute in OfRegion(region))
                if (attribute.Read is { } read)
                    yield return ($"{Folder(machine, region)}{attribute.Name}", read(machine).Text);
        }
    }

    /// <summary>Paths, for a prompt.</summary>
    public static IEnumerable<string> Names(Machine machine) =>
        DaxDeviceDrivers
            .All.SelectMany(driver => s_actions.Select(action => $"{Drivers}{driver}/{action}"))
            .Concat(
                DaxDeviceDrivers.Devices(machine).SelectMany(device => Of(machine, device).Select(a => $"{Devices}{device.Name}/{a.Name}"))
            )
            .Concat(machine.HmemRegions.Values.SelectMany(r => OfRegion(r).Select(a => $"{Folder(machine, r)}{a.Name}")));

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
        if (path.StartsWith(Platform, StringComparison.Ordinal))
            return machine.HmemRegions.Values.SelectMany(r => OfRegion(r).Where(a => path == Folder(machine, r) + a.Name)).FirstOrDefault();
        if (!path.StartsWith(Devices, StringComparison.Ordinal))
            return null;
        string[] parts = path[Devices.Length..].Split('/', 2);
        return parts.Length == 2 && DaxDeviceDrivers.Find(machine, parts[0]) is { } device
            ? Of(machine, device).FirstOrDefault(a => a.Name == parts[1])
            : null;
    }

    internal static IEnumerable<SysfsAttribute> Of(Machine machine, DaxDeviceState device)
    {
        bool isDynamic = device.IsDynamic;
        yield return new("align", _ => Number(device.Align.Bytes), isDynamic ? (m, v) => WriteAlign(m, device, v) : null);
        string number = string.Create(
            CultureInfo.InvariantCulture,
            $"{machine.Kernel.Get(Rules.DaxMajor)}:{machine.DaxMinors.FirstOrDefault(m => m.Value.Name == device.Name).Key}"
        );
        yield return new("dev", _ => number);
        if (isDynamic)
            yield return new("mapping", null, (m, v) => WriteMapping(m, device, v));
        ulong offset = 0;
        for (int i = 0; i < device.Ranges.Length; i++)
        {
            PhysicalRange range = device.Ranges[i];
            ulong pages = offset / machine.Mm.PageSize.Bytes;
            yield return new($"mapping{i}/end", _ => Hex(range.Last.Bytes));
            yield return new($"mapping{i}/page_offset", _ => Hex(pages));
            yield return new($"mapping{i}/start", _ => Hex(range.Start.Bytes));
            offset += range.Size.Bytes;
        }
        yield return new("modalias", _ => "dax:t0");
        yield return new("numa_node", _ => device.NumaNode.ToString(CultureInfo.InvariantCulture));
        yield return new("resource", _ => Hex(device.Resource.Bytes));
        yield return new("size", _ => Number(device.Size.Bytes), isDynamic ? (m, v) => WriteSize(m, device, v) : null);
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

    /// <summary>The attributes of a region that can be divided.</summary>
    private static IEnumerable<SysfsAttribute> OfRegion(HmemRegionState region)
    {
        yield return new("align", _ => Number(region.Align.Bytes));
        yield return new("available_size", _ => Number(region.AvailableSize.Bytes));
        yield return new(
            "create",
            _ => NameOf(region, region.Youngest),
            (m, v) => DynamicDax.Create(m, region, KernelText.TryUnsigned(v, out ulong n) && n <= int.MaxValue ? (long)n : null)
        );
        yield return new("delete", null, (m, v) => DynamicDax.Delete(m, region, v.EndsWith('\n') ? v[..^1] : v));
        yield return new("id", _ => region.Id.ToString(CultureInfo.InvariantCulture));
        yield return new("seed", _ => NameOf(region, region.Seed));
        yield return new("size", _ => Number(region.Range.Size.Bytes));
    }

    private static string NameOf(HmemRegionState region, int? id) => id is { } number ? region.Devices[number].Name : "";

    private static string Folder(Machine machine, HmemRegionState region) => $"/sys/devices{PathOf(machine, region)}/dax_region/";

    private static StepResult WriteSize(Machine machine, DaxDeviceState device, string text) =>
        KernelText.TryUnsigned(text, out ulong size) ? DynamicDax.Resize(machine, device, new ByteSize(size)) : machine.Fail(Errno.EINVAL);

    /// <summary>align_store(): what is no number is ENXIO.</summary>
    private static StepResult WriteAlign(Machine machine, DaxDeviceState device, string text) =>
        KernelText.TryUnsigned(text, out ulong align)
            ? DynamicDax.SetAlign(machine, device, new ByteSize(align))
            : machine.Fail(Errno.ENXIO);

    /// <summary>range_parse(): two hex numbers, <c>0x</c> allowed, with a hyphen between; the end is inclusive.</summary>
    private static StepResult WriteMapping(Machine machine, DaxDeviceState device, string text)
    {
        string[] ends = (text.EndsWith('\n') ? text[..^1] : text).Split('-', 2);
        if (ends.Length != 2 || Address(ends[0]) is not { } start || Address(ends[1]) is not { } last)
            return machine.Fail(Errno.EINVAL);
        // A range that ends before it starts has a length that wraps, which no region holds.
        return last < start && last + 1 != start
            ? DynamicDax.AddMapping(
                machine,
                device,
                new PhysicalRange(new PhysicalAddress(start), new ByteSize(unchecked(last - start + 1)))
            )
            : DynamicDax.AddMapping(machine, device, new PhysicalRange(new PhysicalAddress(start), new ByteSize(last + 1 - start)));

        static ulong? Address(string text) =>
            ulong.TryParse(
                text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text,
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out ulong value
            )
                ? value
                : null;
    }

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
}

using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;

namespace Altmap.Shell.Tools;

/// <summary>Device-dax regions and devices as daxctl shows them (daxctl/json.c, 76.1): keys in that order.</summary>
internal static class DaxJson
{
    /// <summary>The region that a dax personality makes. Without its driver there is only the id.</summary>
    public static JsonObject Region(Machine machine, PfnDeviceState personality, DaxDeviceState? device, JsonDetail flags)
    {
        JsonObject json = JsonObject.Empty;
        if ((flags & JsonDetail.Dax) == 0)
            json = json.Add("path", PathOf(machine, personality));
        json = json.Add("id", (long)personality.Device.Number);
        if (device is null)
            return json;
        json = json.Add("size", NdctlJson.Size(device.Range.Size, flags)).Add("align", device.Align.Bytes);
        return (flags & JsonDetail.DaxDevices) == 0 ? json : json.Add("devices", JsonArray.Empty.Add(Device(machine, device, flags)));
    }

    public static JsonObject Device(Machine machine, DaxDeviceState device, JsonDetail flags)
    {
        JsonObject json = JsonObject.Empty.Add("chardev", device.Name).Add("size", NdctlJson.Size(device.Range.Size, flags));
        if (device.TargetNode >= 0)
            json = json.Add("target_node", (long)device.TargetNode);
        // The tool keeps the alignment in an int.
        if (device.Align.Bytes <= int.MaxValue)
            json = json.Add("align", NdctlJson.Size(device.Align, flags));
        json = json.Add("mode", device.Driver == DaxDeviceDrivers.Kmem ? "system-ram" : "devdax");
        if (device.Driver == DaxDeviceDrivers.Kmem)
        {
            (int online, int total) = DaxDeviceOperations.CountBlocks(machine, device);
            json = json.Add("online_memblocks", (long)online).Add("total_memblocks", (long)total);
            if (DaxDeviceOperations.IsMovable(machine, device) is { } isMovable)
                json = json.Add("movable", isMovable);
        }
        if (!device.IsEnabled)
            json = json.Add("state", "disabled");
        return (flags & JsonDetail.DaxMappings) == 0 || device.Range.IsEmpty
            ? json
            : json.Add("mappings", JsonArray.Empty.Add(Mapping(device, flags)));
    }

    private static JsonObject Mapping(DaxDeviceState device, JsonDetail flags) =>
        JsonObject
            .Empty.Add("page_offset", NdctlJson.Hex(0, flags))
            .Add("start", NdctlJson.Hex(device.Range.Start.Bytes, flags))
            .Add("end", NdctlJson.Hex(device.Range.Last.Bytes, flags))
            .Add("size", NdctlJson.Size(device.Range.Size, flags));

    /// <summary>Below /sys/devices.</summary>
    private static string PathOf(Machine machine, PfnDeviceState personality)
    {
        string bus = machine.Regions[personality.Device.Number].Description.Bus;
        string provider = machine.Buses.Values.First(b => b.Name == bus).Provider;
        string parent = provider switch
        {
            "e820" => "/platform/e820_pmem",
            "ACPI.NFIT" => machine.Kernel.Get(Rules.AcpiDevicesArePlatform)
                ? "/platform/ACPI0012:00"
                : "/LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00",
            _ => throw new NotModelledException($"the sysfs path of a {provider} bus"),
        };
        return $"{parent}/{bus}/{personality.Device.Region()}/{personality.Device}";
    }

    private static NdDevice Region(this NdDevice device) => new(NdDeviceKind.Region, device.Number);
}

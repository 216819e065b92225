using Altmap.Core;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;
using Altmap.Shell.Sysfs;

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
        json = json.Add("size", NdctlJson.Size(device.Size, flags)).Add("align", device.Align.Bytes);
        return (flags & JsonDetail.DaxDevices) == 0 ? json : json.Add("devices", JsonArray.Empty.Add(Device(machine, device, flags)));
    }

    /// <summary>A region of soft-reserved memory with those of its devices that are to be shown.</summary>
    public static JsonObject Region(Machine machine, HmemRegionState region, IEnumerable<DaxDeviceState> devices, JsonDetail flags)
    {
        JsonObject json = JsonObject
            .Empty.Add("path", DaxFiles.PathOf(machine, region))
            .Add("id", (long)region.Id)
            .Add("size", NdctlJson.Size(region.Range.Size, flags));
        if (!region.AvailableSize.IsZero)
            json = json.Add("available_size", NdctlJson.Size(region.AvailableSize, flags));
        json = json.Add("align", region.Align.Bytes);
        if ((flags & JsonDetail.DaxDevices) == 0)
            return json;
        JsonArray list = devices.Aggregate(JsonArray.Empty, (array, d) => array.Add(Device(machine, d, flags)));
        return list.Equals(JsonArray.Empty) ? json : json.Add("devices", list);
    }

    public static JsonObject Device(Machine machine, DaxDeviceState device, JsonDetail flags)
    {
        JsonObject json = JsonObject.Empty.Add("chardev", device.Name).Add("size", NdctlJson.Size(device.Size, flags));
        if (device.TargetNode >= 0 && machine.Kernel.Get(Rules.HasTargetNode))
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
        return (flags & JsonDetail.DaxMappings) == 0 || device.Ranges.IsEmpty
            ? json
            : json.Add("mappings", Mappings(device, machine.Mm.PageSize, flags));
    }

    private static JsonArray Mappings(DaxDeviceState device, ByteSize page, JsonDetail flags)
    {
        var mappings = new List<JsonValue>();
        ulong offset = 0;
        foreach (PhysicalRange range in device.Ranges)
        {
            mappings.Add(
                JsonObject
                    .Empty.Add("page_offset", NdctlJson.Hex(offset / page.Bytes, flags))
                    .Add("start", NdctlJson.Hex(range.Start.Bytes, flags))
                    .Add("end", NdctlJson.Hex(range.Last.Bytes, flags))
                    .Add("size", NdctlJson.Size(range.Size, flags))
            );
            offset += range.Size.Bytes;
        }
        mappings.Reverse(); // the library puts each that it finds at the front
        return JsonArray.Of(mappings);
    }

    /// <summary>Below /sys/devices.</summary>
    private static string PathOf(Machine machine, PfnDeviceState personality)
    {
        string bus = machine.Regions[personality.Device.Number].Description.Bus;
        string provider = machine.Buses.Values.First(b => b.Name == bus).Provider;
        string parent = provider switch
        {
            "e820" or LegacyMemory.Ramdax => "/platform/e820_pmem",
            "ACPI.NFIT" => machine.Kernel.Get(Rules.AcpiDevicesArePlatform)
                ? "/platform/ACPI0012:00"
                : "/LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00",
            _ => throw new NotModelledException($"the sysfs path of a {provider} bus"),
        };
        return $"{parent}/{bus}/{personality.Device.Region()}/{personality.Device}";
    }

    private static NdDevice Region(this NdDevice device) => new(NdDeviceKind.Region, device.Number);
}

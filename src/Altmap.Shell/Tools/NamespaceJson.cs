using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;

namespace Altmap.Shell.Tools;

/// <summary>A namespace as ndctl shows it (ndctl/json.c util_namespace_to_json(), 76.1): keys in that order.</summary>
internal static class NamespaceJson
{
    public static JsonObject Of(ToolContext context, NamespaceState ndns, JsonDetail flags)
    {
        RegionState region = context.Machine.Regions[ndns.Device.Number];
        PfnDeviceState? holder = context.HolderOf(ndns);
        BttDeviceState? btt = context.BttOf(ndns);
        string mode = ModeOf(context, ndns);
        JsonObject json = JsonObject.Empty.Add("dev", ndns.Device.Name).Add("mode", mode);
        if (mode is "fsdax" or "devdax")
            json = json.Add("map", MapOf(holder));
        if ((btt is null ? SizeOf(ndns, holder) : btt.DiskSize) is { } size)
            json = json.Add("size", NdctlJson.Size(size, flags));
        json = Identity(json, context, ndns, holder, region, flags);
        if (SectorSizeOf(ndns, holder, btt) is { } sector)
            json = json.Add("sector_size", (long)sector);
        if (holder is not null)
            json = json.Add("align", holder.Align.Bytes);
        if (BlockDeviceOf(ndns, holder, btt) is { } disk)
            json = json.Add("blockdev", disk);
        if (!context.IsActive(ndns))
            json = json.Add("state", "disabled");
        if (ndns.AltName.Length > 0)
            json = json.Add("name", ndns.AltName);
        if ((flags & JsonDetail.Verbose) != 0)
        {
            if (region.Description.NumaNode >= 0)
                json = json.Add("numa_node", (long)region.Description.NumaNode);
            if (region.Description.TargetNode >= 0 && context.Machine.Kernel.Get(Rules.HasTargetNode))
                json = json.Add("target_node", (long)region.Description.TargetNode);
        }
        return json;
    }

    /// <summary>In ndctl's words; a namespace that is mapped with pages as it is counts as fsdax.</summary>
    public static string ModeOf(ToolContext context, NamespaceState ndns) =>
        ndns.Claim switch
        {
            { Kind: NdDeviceKind.Pfn } => "fsdax",
            { Kind: NdDeviceKind.Dax } => "devdax",
            { Kind: NdDeviceKind.Btt } => "sector",
            _ => PmemDriver.MapsPages(context.Machine, ndns) ? "fsdax" : "raw",
        };

    private static string MapOf(PfnDeviceState? holder) => (holder?.Mode ?? PageMapMode.Ram).Word();

    /// <summary>As the holder's size file has it: with a hostile block less than nothing, which wraps there and prints as a negative
    /// number.</summary>
    private static ByteSize? SizeOf(NamespaceState ndns, PfnDeviceState? holder) =>
        holder is null ? ndns.Size : holder.Layout?.WrappedSize(ndns.Size);

    private static JsonObject Identity(
        JsonObject json,
        ToolContext context,
        NamespaceState ndns,
        PfnDeviceState? holder,
        RegionState region,
        JsonDetail flags
    )
    {
        if (context.BttOf(ndns) is { } btt)
            return WithUuids(json, ndns, btt.Uuid, flags);
        if (holder is null)
            return ndns.Type == NamespaceType.Io ? json : json.Add("uuid", (ndns.Uuid ?? Core.Identity.Uuid.Zero).ToString());
        json = WithUuids(json, ndns, holder.Uuid, flags);
        if (holder.Device.Kind != NdDeviceKind.Dax)
            return json;
        DaxDeviceState? dax = region.DaxDevices.GetValueOrDefault(ndns.Device.Id);
        if ((flags & JsonDetail.Dax) != 0)
            return json.Add("daxregion", DaxJson.Region(context.Machine, holder, dax, flags));
        return dax is null ? json : json.Add("chardev", dax.Name);
    }

    private static JsonObject WithUuids(JsonObject json, NamespaceState ndns, Core.Identity.Uuid? own, JsonDetail flags)
    {
        json = json.Add("uuid", (own ?? Core.Identity.Uuid.Zero).ToString());
        return (flags & JsonDetail.Verbose) != 0 && ndns.Uuid is { IsZero: false } raw ? json.Add("raw_uuid", raw.ToString()) : json;
    }

    /// <summary>None for devdax, and for a BTT of a size that cannot be chosen: no choice is marked in sysfs then.</summary>
    private static uint? SectorSizeOf(NamespaceState ndns, PfnDeviceState? holder, BttDeviceState? btt)
    {
        if (btt is not null)
            return BttConstants.SectorSizes.Contains(btt.LbaSizeBytes) ? btt.LbaSizeBytes : null;
        return holder is { Device.Kind: NdDeviceKind.Dax } ? null : ndns.SectorSizeBytes;
    }

    private static string? BlockDeviceOf(NamespaceState ndns, PfnDeviceState? holder, BttDeviceState? btt) =>
        btt is not null
            ? btt.IsBound
                ? ndns.DiskName
                : null
            : holder is null
                ? ndns.IsBound
                    ? ndns.DiskName
                    : null
                : holder is { IsBound: true, Device.Kind: NdDeviceKind.Pfn }
                    ? ndns.DiskName
                    : null;
}

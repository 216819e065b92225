using System.Globalization;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Daxctl;
using Altmap.Shell.Json;

namespace Altmap.Shell.Ndctl;

/// <summary>A namespace as ndctl shows it (ndctl/json.c util_namespace_to_json(), 76.1): keys in that order.</summary>
internal static class NamespaceJson
{
    public static JsonObject Of(NdctlContext context, NamespaceState ndns, JsonDetail flags)
    {
        RegionState region = context.Machine.Regions[ndns.Device.Number];
        PfnDeviceState? holder = context.HolderOf(ndns);
        string mode = ModeOf(context, ndns);
        JsonObject json = JsonObject.Empty.Add("dev", ndns.Device.Name).Add("mode", mode);
        if (mode is "fsdax" or "devdax") json = json.Add("map", MapOf(holder));
        if (SizeOf(ndns, holder) is { } size) json = json.Add("size", NdctlJson.Size(size, flags));
        json = Identity(json, context, ndns, holder, region, flags);
        if (holder is not { Device.Kind: NdDeviceKind.Dax }) json = json.Add("sector_size", (long)ndns.SectorSizeBytes);
        if (holder is not null) json = json.Add("align", holder.Align.Bytes);
        if (BlockDeviceOf(ndns, holder) is { } disk) json = json.Add("blockdev", disk);
        if (!context.IsActive(ndns)) json = json.Add("state", "disabled");
        if (ndns.AltName.Length > 0) json = json.Add("name", ndns.AltName);
        if ((flags & JsonDetail.Verbose) != 0)
        {
            if (region.Description.NumaNode >= 0) json = json.Add("numa_node", (long)region.Description.NumaNode);
            if (region.Description.TargetNode >= 0) json = json.Add("target_node", (long)region.Description.TargetNode);
        }
        return json;
    }

    /// <summary>In ndctl's words; a namespace that is mapped with pages as it is counts as fsdax.</summary>
    public static string ModeOf(NdctlContext context, NamespaceState ndns) => ndns.Claim switch
    {
        { Kind: NdDeviceKind.Pfn } => "fsdax",
        { Kind: NdDeviceKind.Dax } => "devdax",
        { Kind: NdDeviceKind.Btt } => "sector",
        _ => PmemDriver.MapsPages(context.Machine, ndns) ? "fsdax" : "raw",
    };

    private static string MapOf(PfnDeviceState? holder) => holder?.Mode switch
    {
        null or PageMapMode.Ram => "mem",
        PageMapMode.Pmem => "dev",
        _ => "none",
    };

    private static ByteSize? SizeOf(NamespaceState ndns, PfnDeviceState? holder) =>
        holder is null ? ndns.Size : holder.Layout?.UsableSize(ndns.Size);

    private static JsonObject Identity(JsonObject json, NdctlContext context, NamespaceState ndns, PfnDeviceState? holder, RegionState region, JsonDetail flags)
    {
        if (holder is null)
            return ndns.Type == NamespaceType.Io ? json : json.Add("uuid", (ndns.Uuid ?? Core.Identity.Uuid.Zero).ToString());
        json = json.Add("uuid", (holder.Uuid ?? Core.Identity.Uuid.Zero).ToString());
        if ((flags & JsonDetail.Verbose) != 0 && ndns.Uuid is { IsZero: false } raw) json = json.Add("raw_uuid", raw.ToString());
        if (holder.Device.Kind != NdDeviceKind.Dax) return json;
        DaxDeviceState? dax = region.DaxDevices.GetValueOrDefault(ndns.Device.Id);
        if ((flags & JsonDetail.Dax) != 0) return json.Add("daxregion", DaxJson.Region(context.Machine, holder, dax, flags));
        return dax is null ? json : json.Add("chardev", dax.Name);
    }

    private static string? BlockDeviceOf(NamespaceState ndns, PfnDeviceState? holder) => holder is null
        ? ndns.IsBound ? ndns.DiskName : null
        : holder is { IsBound: true, Device.Kind: NdDeviceKind.Pfn } ? ndns.DiskName : null;
}

using System.Globalization;
using Altmap.Core.Units;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>A namespace with bytes, as sysfs or a list tells of it; null: not told.</summary>
/// <param name="Name">As <c>namespace0.0</c>.</param>
/// <param name="Region">As <c>region0</c>.</param>
/// <param name="Range">Its physical range.</param>
/// <param name="Mode">In ndctl's words: <c>raw</c>, <c>fsdax</c>, <c>devdax</c>, <c>sector</c>; empty: not told.</param>
internal sealed record KnownNamespace(string Name, string Region, PhysicalRange? Range, string Mode)
{
    /// <summary>Bytes that its device offers.</summary>
    public ByteSize? Usable { get; init; }

    /// <summary>Where the device's data start.</summary>
    public PhysicalAddress? DataStart { get; init; }

    /// <summary><c>mem</c> or <c>dev</c>; empty: no page map, or not told.</summary>
    public string Map { get; init; } = "";

    /// <summary>Of the pfn or dax device; empty: none.</summary>
    public string Uuid { get; init; } = "";

    /// <summary>In the label; empty: no label.</summary>
    public string LabelUuid { get; init; } = "";

    /// <summary>The name in the label.</summary>
    public string Label { get; init; } = "";

    public ByteSize? Align { get; init; }

    /// <summary>Of the BTT where there is one, else of the block device.</summary>
    public ByteSize? SectorSize { get; init; }

    /// <summary>The file that tells of it.</summary>
    public string From { get; init; } = "";
}

/// <summary>Collects the namespaces that pieces tell of; sysfs goes before lists, since it has addresses.</summary>
internal static class KnownNamespaces
{
    public static IReadOnlyList<KnownNamespace> Of(
        SysfsListing sysfs,
        Inventory inventory,
        IReadOnlyList<PersistentRange> persistent,
        RegionPlaces places
    )
    {
        var all = new SortedDictionary<string, KnownNamespace>(StringComparer.Ordinal);
        Dictionary<string, PhysicalRange> ranges = new(StringComparer.Ordinal);
        foreach ((string name, PhysicalRange range) in persistent.SelectMany(p => p.Devices))
            ranges.TryAdd(name, range);
        foreach (ListedNamespace ns in inventory.Namespaces.Where(n => n.Size is { IsZero: false }))
            all[ns.Name] = OfList(ns, ranges, places, inventory.Namespaces);
        foreach (string device in sysfs.Starting("namespace").Take(MachineReader.ItemsMax))
        {
            if (OfSysfs(device, sysfs) is { } known)
                all[device] = known;
        }
        return [.. all.Values];
    }

    private static KnownNamespace OfList(
        ListedNamespace ns,
        Dictionary<string, PhysicalRange> ranges,
        RegionPlaces places,
        IEnumerable<ListedNamespace> all
    )
    {
        string region = RegionOf(ns.Name);
        PhysicalRange? range =
            ranges.TryGetValue(ns.Name, out PhysicalRange found) ? found
            // A single namespace without a label is the whole region.
            : ns.LabelUuid.Length == 0
            && all.Count(n => RegionOf(n.Name) == region && n.Size is { IsZero: false }) == 1
            && places.Of(region) is { } place
            && (ns.Mode is not "raw" || ns.Size == place.Range.Size)
                ? place.Range
            : null;
        // ndctl calls a raw namespace whose pages are mapped fsdax, with map mem and no uuid.
        bool isRaw = ns.Mode == "raw" || (ns.Mode == "fsdax" && ns.Uuid.Length == 0 && range?.Size == ns.Size);
        return new KnownNamespace(ns.Name, region, range, isRaw ? "raw" : ns.Mode)
        {
            Usable = ns.Size,
            Map = isRaw ? "" : ns.Map,
            Uuid = isRaw ? "" : ns.Uuid,
            LabelUuid =
                ns.LabelUuid.Length > 0 ? ns.LabelUuid
                : ns.Mode == "raw" ? ns.Uuid
                : "",
            Label = ns.Label,
            Align = ns.Align,
            SectorSize = ns.SectorSize,
            From = "list",
        };
    }

    private static KnownNamespace? OfSysfs(string device, SysfsListing sysfs)
    {
        if (RangeOf(device, sysfs) is not { } range)
            return null;
        string holder = HolderOf(device, sysfs);
        string mode = sysfs.Text(device, "mode") switch
        {
            "memory" => "fsdax",
            "dax" => "devdax",
            "safe" => "sector",
            "raw" => "raw",
            _ => holder.Length == 0 ? "raw" : "",
        };
        // A namespace in mode memory without a holder is raw with its pages mapped (drivers/nvdimm/namespace_devs.c mode_show()).
        if (holder.Length == 0 && mode is "fsdax")
            mode = "raw";
        PhysicalRange? data = holder.Length == 0 ? null : RangeOf(holder, sysfs);
        return new KnownNamespace(device, RegionOf(device), range, mode)
        {
            Usable =
                mode == "raw" ? range.Size
                : mode == "sector" ? SizeOf(holder, sysfs)
                : data?.Size,
            DataStart = data?.Start,
            Map = sysfs.Text(holder, "mode") switch
            {
                "ram" => "mem",
                "pmem" => "dev",
                _ => "",
            },
            Uuid = sysfs.Text(holder, "uuid") ?? "",
            LabelUuid = sysfs.Text(device, "uuid") ?? "",
            Label = sysfs.Text(device, "alt_name") ?? "",
            Align = holder.Length > 0 && sysfs.Number(holder, "align", PhysicalAddress.InputMax) is { } align ? new ByteSize(align) : null,
            SectorSize = Chosen(sysfs.Text(mode == "sector" ? holder : device, "sector_size") ?? ""),
            From = "sysfs",
        };
    }

    private static string HolderOf(string device, SysfsListing sysfs) =>
        sysfs.Text(device, "holder") is { Length: > 0 } holder
            ? holder
            : sysfs
                .Starting("pfn")
                .Concat(sysfs.Starting("dax"))
                .Concat(sysfs.Starting("btt"))
                .FirstOrDefault(d => sysfs.Text(d, "namespace") == device && sysfs.Text(d, "size") is not null)
                ?? "";

    /// <summary>The value in brackets of <c>[512] 4096</c>.</summary>
    private static ByteSize? Chosen(string choices)
    {
        int open = choices.IndexOf('['),
            close = choices.IndexOf(']');
        return
            open >= 0
            && close > open
            && ulong.TryParse(choices.AsSpan(open + 1, close - open - 1), NumberStyles.None, CultureInfo.InvariantCulture, out ulong bytes)
            ? new ByteSize(bytes)
            : null;
    }

    private static ByteSize? SizeOf(string device, SysfsListing sysfs) =>
        sysfs.Number(device, "size", PhysicalAddress.InputMax) is { } size ? new ByteSize(size) : null;

    private static PhysicalRange? RangeOf(string device, SysfsListing sysfs) =>
        sysfs.Number(device, "resource", ulong.MaxValue) is { } start and <= PhysicalAddress.InputMax
        && sysfs.Number(device, "size", PhysicalAddress.InputMax) is { } size and > 0
        && size - 1 <= PhysicalAddress.InputMax - start
            ? new PhysicalRange(new PhysicalAddress(start), new ByteSize(size))
            : null;

    internal static string RegionOf(string ns) => "region" + ns["namespace".Length..].Split('.')[0];
}

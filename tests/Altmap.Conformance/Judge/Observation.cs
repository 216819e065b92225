using System.Text.Json;
using System.Text.RegularExpressions;
using Altmap.Core.Findings;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Shell;
using Altmap.Shell.Sysfs;

namespace Altmap.Conformance.Judge;

/// <summary>
/// What is to be seen of a region after it was enabled: attributes of its devices, its part of <c>ndctl list</c>, and kernel messages; one
/// line each. The guest and the model give it in the same words, so that two observations are compared line by line.
/// </summary>
internal static partial class Observation
{
    private static readonly string[] OfRegion =
    [
        "available_size",
        "max_available_extent",
        "init_namespaces",
        "nstype",
        "align",
        "size",
        "set_cookie",
        "mappings",
        "read_only",
        "namespace_seed",
    ];
    private static readonly string[] OfNamespace =
    [
        "mode",
        "holder",
        "holder_class",
        "size",
        "resource",
        "uuid",
        "alt_name",
        "sector_size",
        "force_raw",
        "nstype",
    ];

    /// <summary>Asked only while the region's DIMM has its driver: the kernel reads a null pointer without (dpa_extents_show()).</summary>
    private static readonly string[] OfLabelledNamespace = ["dpa_extents"];
    private static readonly string[] OfHolder = ["size", "resource", "align", "mode", "uuid", "namespace", "sector_size"];
    private static readonly string[] OfDax = ["size", "align", "resource", "target_node"];
    private static readonly string[] OfDimm = ["available_slots", "state", "flags"];

    /// <summary>The guest's functions: <c>observe REGION</c> prints its lines, each <c>NUMBER|line</c>.</summary>
    public static string GuestScript { get; } =
        $$"""
            show() { p=$1; n=$2; shift 2; for a; do
                if { read -r v < $p/$a; } 2>/dev/null; then echo "$r|$n.$a=$v"
            elif [ -e $p/$a ]; then echo "$r|$n.$a!"; else echo "$r|$n.$a-"; fi; done; }
            bound() { for x in nd_pmem nd_btt dax_pmem nd_region nvdimm; do
            [ -e $ND/drivers/$x/$1 ] && { echo "$r|$2.driver=$x"; return; }; done; echo "$r|$2.driver-"; }
            observe() { r=$1; m=
                show $ND/devices/region$r region {{string.Join(' ', OfRegion)}}; bound region$r region
                for m in $ND/devices/region$r/mapping0; do [ -e $m ] || { m=; continue; }; read -r m < $m; m=${m%%,*}
                    show $ND/devices/$m $m {{string.Join(' ', OfDimm)}}; bound $m $m; done
                for d in $ND/devices/region$r/namespace$r.*; do [ -e $d ] || continue; k=${d##*/}
                    show $d $k {{string.Join(' ', OfNamespace)}}; bound $k $k
                    [ -z "$m" -o -e $ND/drivers/nvdimm/$m ] && show $d $k {{string.Join(' ', OfLabelledNamespace)}}
                    h=; { read -r h < $d/holder; } 2>/dev/null
                    [ -n "$h" ] && { show $ND/devices/$h $k.${h%%[0-9]*} {{string.Join(' ', OfHolder)}}; bound $h $k.${h%%[0-9]*}; }; done
                for d in /sys/bus/dax/devices/dax$r.*; do [ -e $d ] || continue
                    show $d ${d##*/} {{string.Join(' ', OfDax)}}; done; }
            """;

    /// <summary>The model's lines of a region.</summary>
    public static IReadOnlyList<string> Of(Machine machine, int region)
    {
        var lines = new List<string>();
        string folder = "/sys/bus/nd/devices/";
        NdDevice device = new(NdDeviceKind.Region, region);
        Show(folder + device.Name, "region", OfRegion);
        Bound(device, "region");
        if (machine.Regions[region].Description.Mappings is [var mapping, ..])
        {
            Show(folder + mapping.Dimm, mapping.Dimm, OfDimm);
            if (NdDevice.TryParse(mapping.Dimm, out NdDevice dimm))
                Bound(dimm, mapping.Dimm);
        }
        foreach (NamespaceState ndns in machine.Regions[region].Namespaces.Values)
        {
            string name = ndns.Device.Name;
            Show(folder + name, name, OfNamespace);
            Bound(ndns.Device, name);
            if (RegionDriver.DimmsOf(machine, machine.Regions[region]).All(d => DriverCore.IsBound(machine, d.Device)))
                Show(folder + name, name, OfLabelledNamespace);
            if (ndns.Claim is { } claim)
            {
                string kind = $"{name}.{HolderName().Match(claim.Name).Groups[1].Value}";
                Show(folder + claim.Name, kind, OfHolder);
                Bound(claim, kind);
            }
        }
        foreach (DaxDeviceState dax in machine.Regions[region].DaxDevices.Values)
            Show("/sys/bus/dax/devices/" + dax.Name, dax.Name, OfDax);
        return lines;

        void Show(string path, string name, string[] attributes)
        {
            foreach (string attribute in attributes)
            {
                SysfsValue? value = SysfsTree.Read(machine, $"{path}/{attribute}");
                lines.Add(
                    value is null || value.Value.Errno == Errno.ENOENT ? $"{name}.{attribute}-"
                    : value.Value.Errno != Errno.None ? $"{name}.{attribute}!"
                    : $"{name}.{attribute}={value.Value.Text.Trim()}"
                );
            }
        }

        void Bound(NdDevice what, string name) =>
            lines.Add(DriverCore.IsBound(machine, what) ? $"{name}.driver={NdDrivers.Of(what.Kind)}" : $"{name}.driver-");
    }

    /// <summary>Each region's part of <c>ndctl list -RNDXi</c>, one line, by region number.</summary>
    public static IReadOnlyDictionary<int, string> OfListing(string json)
    {
        var found = new Dictionary<int, string>();
        if (json.Trim().Length == 0)
            return found;
        using JsonDocument document = JsonDocument.Parse(json);
        Walk(document.RootElement);
        return found;

        void Walk(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in element.EnumerateArray())
                    Walk(item);
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                if (
                    element.TryGetProperty("dev", out JsonElement dev)
                    && RegionName().Match(dev.GetString() ?? "") is { Success: true } match
                )
                    found[int.Parse(match.Groups[1].Value, null)] = JsonSerializer.Serialize(element);
                foreach (JsonProperty property in element.EnumerateObject().Where(p => p.Value.ValueKind is JsonValueKind.Array))
                    Walk(property.Value);
            }
        }
    }

    /// <summary>A line without the numbers of pfn, dax and btt devices: the kernel gives them in the order of a race.</summary>
    public static string WithoutRacingNumbers(string line) => RacingNumber().Replace(line, "$1$2.N");

    /// <summary>The command whose output <see cref="OfListing"/> takes.</summary>
    public const string ListCommand = "ndctl list -RNDXi";

    /// <summary>Runs it on the model.</summary>
    public static string Listing(ShellState state) => CommandShell.Run(state, [.. ListCommand.Split(' ')]).Stdout;

    /// <summary>Kernel messages by region; those of none under -1. Numbers of pfn, dax and btt devices race, and are left out.</summary>
    public static IReadOnlyDictionary<int, List<string>> OfMessages(IEnumerable<string> lines)
    {
        var found = new Dictionary<int, List<string>>();
        foreach (string line in lines)
        {
            if (line.Length == 0 || Noise().IsMatch(line))
                continue;
            Match match = AnyRegion().Match(line);
            int region = match.Success ? int.Parse(match.Groups[1].Value, null) : -1;
            if (!found.TryGetValue(region, out List<string>? list))
                found[region] = list = [];
            list.Add(WithoutRacingNumbers(line));
        }
        return found;
    }

    /// <summary>What is no verdict on persistent memory: times, what the block layer reads (as partition tables) or cannot read of a new
    /// disk, and the warnings that are printed once in a boot, for whichever region comes first (the second of them when
    /// max_available_extent is read, drivers/nvdimm/namespace_devs.c __reserve_free_pmem()).</summary>
    [GeneratedRegex(
        "^memmap_init_zone_device|partition table|unable to read RDB block|io error in READ|Buffer I/O error|request out of range"
            + "|pmem reserve underrun"
    )]
    private static partial Regex Noise();

    [GeneratedRegex(@"^(pfn|dax|btt)\d")]
    private static partial Regex HolderName();

    [GeneratedRegex(@"^region(\d+)$")]
    private static partial Regex RegionName();

    [GeneratedRegex(@"\b(?:namespace|pfn|dax|btt|region|pmem)(\d+)")]
    private static partial Regex AnyRegion();

    [GeneratedRegex(@"\b(pfn|dax|btt)(\d+)\.\d+")]
    private static partial Regex RacingNumber();
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>
/// Makes a machine of what was captured on a real one: its hardware as the kernel shows it. Namespaces are not in the description: they
/// follow from label areas,
/// media and kernel. The description passes every check of a machine file.
/// </summary>
public static partial class CaptureReader
{
    /// <summary>Reads the texts. Any texts give a description or errors.</summary>
    /// <param name="texts">The files.</param>
    /// <param name="kernelOverride">The kernel instead of the one that ran; null: that one.</param>
    public static CaptureResult Read(CaptureTexts texts, string? kernelOverride = null)
    {
        var errors = new InputErrors("sysfs.txt");
        var iomemErrors = new InputErrors("iomem.txt");
        var notes = new List<string>();
        if (texts.Sysfs is null)
            errors.Add(1, 1, "the capture has no sysfs.txt", "", "collect it again");
        if (texts.Iomem is null)
            iomemErrors.Add(1, 1, "the capture has no iomem.txt", "", "collect it again");
        var sysfs = new SysfsListing(texts.Sysfs ?? "", errors);
        string version = Version(texts);
        Architecture architecture = ArchitectureOf(version);
        string commandLine = texts.CommandLine?.Trim() ?? "";
        if (texts.CommandLine is null)
            notes.Add("the capture has no cmdline.txt: the command line is taken as empty");
        (string kernel, InputError? kernelError) = Kernel(version, kernelOverride);
        ImmutableArray<FirmwareRange> memory = FirmwareMemory.Read(
            texts.Dmesg,
            texts.Iomem ?? "",
            commandLine,
            architecture,
            iomemErrors,
            notes
        );
        (Dictionary<string, string> buses, Dictionary<string, string> busOf, InputErrors listErrors) = Buses(texts.List, sysfs);
        var machine = new MachineDescription
        {
            Name = Quote.Short(texts.Name),
            Kernel = kernel,
            Architecture = architecture,
            PageSize = PageSize(sysfs, architecture),
            CommandLine = commandLine,
            Memory = memory,
            Buses = [.. buses.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => new BusDescription(b.Key, b.Value))],
            Dimms = [.. sysfs.Devices("nmem").Take(MachineReader.ItemsMax).Select(d => Dimm(d, sysfs, texts, notes))],
        };
        machine = machine with
        {
            Regions =
            [
                .. sysfs
                    .Devices("region")
                    .Take(MachineReader.ItemsMax)
                    .Select(r => Region(r, sysfs, busOf, buses, notes))
                    .OfType<RegionDescription>(),
            ],
        };
        machine = WithoutDerivedRegions(machine);
        ImmutableArray<InputError> all =
        [
            .. errors.Sorted,
            .. iomemErrors.Sorted,
            .. listErrors.Sorted,
            .. kernelError is null ? [] : new[] { kernelError },
        ];
        if (all.IsEmpty)
        {
            // The same checks as for a file that a person wrote: a damaged capture must not get further.
            MachineFileResult judged = MachineFile.Parse(Encoding.UTF8.GetBytes(MachineFile.Write(machine)), texts.Name, _ => true);
            all = [.. judged.Errors.Select(e => e with { Line = 1, Todo = "the capture contradicts itself: collect it again" })];
        }
        if (!all.IsEmpty)
            return new(null, all, [.. notes], []);
        ImmutableArray<CapturedPfnDevice> devices = PfnDevices(sysfs, notes);
        return new(machine, [], [.. notes], devices);
    }

    [GeneratedRegex(@"Linux version (\d{1,3})\.(\d{1,4})(\S*)", RegexOptions.CultureInvariant)]
    private static partial Regex VersionLine();

    private static string Version(CaptureTexts texts)
    {
        Match match = VersionLine().Match(texts.Version ?? "");
        if (!match.Success && texts.Dmesg is { } log && log.IndexOf("Linux version ", StringComparison.Ordinal) is >= 0 and int at)
        {
            match = VersionLine().Match(log.Substring(at, Math.Min(200, log.Length - at)));
        }
        return match.Success ? match.Value : "";
    }

    /// <summary>The suffix of the release says it where there is one (-amd64, .x86_64, -arm64); captures without are taken for
    /// x86-64.</summary>
    private static Architecture ArchitectureOf(string version) =>
        version.Contains("arm64", StringComparison.Ordinal) || version.Contains("aarch64", StringComparison.Ordinal) ? Architecture.Arm64
        : version.Contains("ppc64le", StringComparison.Ordinal) || version.Contains("powerpc64le", StringComparison.Ordinal)
            ? Architecture.Ppc64LittleEndian
        : Architecture.X86_64;

    /// <summary>The profile of that series, or the kernel's own name where another profile stands for it, which is then told.</summary>
    private static (string Kernel, InputError? Error) Kernel(string version, string? kernelOverride)
    {
        if (kernelOverride is not null)
            return (kernelOverride, null);
        Match match = VersionLine().Match(version);
        if (!match.Success)
            return (
                "",
                new InputError(
                    "dmesg.txt",
                    1,
                    1,
                    "the capture does not say which kernel ran",
                    "a line \"Linux version …\" in dmesg.txt or version.txt",
                    "name the kernel with --kernel"
                )
            );
        string name = $"{match.Groups[1].Value}.{match.Groups[2].Value}{match.Groups[3].Value}";
        return KernelNames.Find(name) is { } found
            ? (found.Rule is KernelMatchRule.Name or KernelMatchRule.Series ? found.Profile.Name : Quote.Short(name), null)
            : (name, new InputError("dmesg.txt", 1, 1, KernelNames.Refusal(Quote.Short(name)), "", "choose one with --kernel"));
    }

    /// <summary>The smallest alignment that pfn and dax devices offer is the page size (drivers/nvdimm/pfn_devs.c
    /// nd_pfn_supported_alignments(), 6.1.192).</summary>
    private static ByteSize PageSize(SysfsListing sysfs, Architecture architecture)
    {
        foreach (string device in sysfs.Starting("pfn"))
        {
            string first = (sysfs.Text(device, "supported_alignments") ?? "").Split(' ')[0];
            if (SysfsListing.TryNumber(first, out ulong bytes) && bytes > 0)
                return new ByteSize(bytes);
        }
        return architecture == Architecture.Ppc64LittleEndian ? ByteSize.KiB(64) : ByteSize.KiB(4);
    }

    /// <summary>Buses with provider, and the bus of each region. list.json knows; without it one bus is all, and of two a region with a
    /// range index is the NFIT's.</summary>
    private static (Dictionary<string, string> Buses, Dictionary<string, string> BusOf, InputErrors Errors) Buses(
        ReadOnlyMemory<byte>? list,
        SysfsListing sysfs
    )
    {
        var errors = new InputErrors("list.json");
        var buses = new Dictionary<string, string>(StringComparer.Ordinal);
        var busOf = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string bus in sysfs.Devices("ndbus").Take(MachineReader.ItemsMax))
            buses[bus] = sysfs.Text(bus, "provider") ?? "unknown";
        JsonValue? root = list is { Length: > 0 } text ? JsonText.Parse(text.Span, errors) : null;
        foreach (
            JsonValue bus in root is null ? []
            : root.Kind == JsonKind.Array ? root.Items
            : [root]
        )
        {
            if (Member(bus, "dev") is not { Kind: JsonKind.String } dev || !MachineWords.IsDevice(dev.Text, "ndbus"))
                continue;
            if (Member(bus, "provider") is { Kind: JsonKind.String, Text.Length: > 0 } provider)
                buses.TryAdd(dev.Text, provider.Text);
            if (Member(bus, "regions") is not { Kind: JsonKind.Array } regions)
                continue;
            foreach (JsonValue region in regions.Items)
            {
                if (Member(region, "dev") is { Kind: JsonKind.String } name)
                    busOf[name.Text] = dev.Text;
            }
        }
        foreach (string region in sysfs.Devices("region").Take(MachineReader.ItemsMax))
        {
            if (busOf.ContainsKey(region))
                continue;
            bool nfit = sysfs.Text(region, "nfit/range_index") is not null;
            string? bus =
                buses.Count == 1
                    ? buses.Keys.Single()
                    : buses.Where(b => (b.Value == "ACPI.NFIT") == nfit).Select(b => b.Key).Order(StringComparer.Ordinal).FirstOrDefault();
            if (bus is not null)
                busOf[region] = bus;
        }
        return (buses, busOf, errors);
    }

    private static JsonValue? Member(JsonValue value, string key) =>
        value.Kind == JsonKind.Object ? value.Members.FirstOrDefault(m => m.Key == key)?.Value : null;

    private static DimmDescription Dimm(string name, SysfsListing sysfs, CaptureTexts texts, List<string> notes)
    {
        bool hasCommands = (sysfs.Text(name, "commands") ?? "").Split(' ').Contains("get_size");
        ByteSize area = ByteSize.Zero;
        if (texts.LabelAreas.TryGetValue(name, out ByteSize known))
        {
            area = known;
        }
        else if (hasCommands)
        {
            area = ByteSize.KiB(128);
            notes.Add($"the label area of {name} is not in the capture: it is taken for 128 KiB and blank");
        }
        return new DimmDescription
        {
            Name = name,
            Handle = (uint)(sysfs.Number(name, "nfit/handle", uint.MaxValue) ?? 0),
            PhysicalId = (ushort)(sysfs.Number(name, "nfit/phys_id", ushort.MaxValue) ?? 0),
            Vendor = (ushort)(sysfs.Number(name, "nfit/vendor", ushort.MaxValue) ?? 0),
            Device = (ushort)(sysfs.Number(name, "nfit/device", ushort.MaxValue) ?? 0),
            RevisionId = (ushort)(sysfs.Number(name, "nfit/rev_id", ushort.MaxValue) ?? 0),
            Serial = (uint)(sysfs.Number(name, "nfit/serial", uint.MaxValue) ?? 0),
            Id = sysfs.Text(name, "nfit/id") ?? "",
            Format = (ushort)(sysfs.Number(name, "nfit/format", ushort.MaxValue) ?? 0),
            LabelAreaSize = area,
        };
    }

    private static RegionDescription? Region(
        string name,
        SysfsListing sysfs,
        Dictionary<string, string> busOf,
        Dictionary<string, string> buses,
        List<string> notes
    )
    {
        if (sysfs.Text(name, "devtype") is { } type && type != "nd_pmem")
        {
            notes.Add($"{name} is of type {Quote.Short(type)}, which is not modelled: left out");
            return null;
        }
        ulong? start = sysfs.Number(name, "resource", PhysicalAddress.InputMax),
            size = sysfs.Number(name, "size", PhysicalAddress.InputMax);
        if (start is null || size is null or 0)
        {
            sysfs.Complain(name, "resource", $"{name} has no address or size", "\"resource\" and \"size\"", "read sysfs as root");
            return null;
        }
        if (!busOf.TryGetValue(name, out string? bus) || !buses.ContainsKey(bus))
        {
            sysfs.Complain(name, "size", $"the capture does not say to which bus {name} belongs", "", "add list.json (ndctl list -BR)");
            return null;
        }
        return new RegionDescription
        {
            Name = name,
            Bus = bus,
            Range = new PhysicalRange(new PhysicalAddress(start.Value), new ByteSize(size.Value)),
            NumaNode = sysfs.Node(name, "numa_node"),
            TargetNode = sysfs.Node(name, "target_node"),
            RangeIndex = (int)(sysfs.Number(name, "nfit/range_index", ushort.MaxValue) ?? 0),
            SetCookie = sysfs.Number(name, "set_cookie"),
            Mappings = Mappings(name, sysfs),
        };
    }

    private static ImmutableArray<MappingDescription> Mappings(string region, SysfsListing sysfs)
    {
        ImmutableArray<MappingDescription>.Builder mappings = ImmutableArray.CreateBuilder<MappingDescription>();
        for (ulong i = 0, count = sysfs.Number(region, "mappings", 256) ?? 0; i < count; i++)
        {
            string attribute = string.Create(CultureInfo.InvariantCulture, $"mapping{i}");
            string[] parts = (sysfs.Text(region, attribute) ?? "").Split(',');
            ulong offset = 0,
                size = 0,
                position = 0;
            if (
                parts.Length == 4
                && SysfsListing.TryNumber(parts[1], out offset)
                && SysfsListing.TryNumber(parts[2], out size)
                && SysfsListing.TryNumber(parts[3], out position)
                && position <= 256
            )
            {
                mappings.Add(new MappingDescription(parts[0], new DimmAddress(offset), new ByteSize(size), (int)position));
            }
            else
            {
                sysfs.Complain(
                    region,
                    attribute,
                    $"{region}/{attribute} is {Quote.Text(string.Join(',', parts))}",
                    "\"nmemN,OFFSET,SIZE,POSITION\""
                );
            }
        }
        return mappings.ToImmutable();
    }

    /// <summary>Leaves out the regions of an e820 bus when the memory map gives the same ones: other kernels and command lines can then be
    /// tried.</summary>
    private static MachineDescription WithoutDerivedRegions(MachineDescription machine)
    {
        HashSet<string> e820 = [.. machine.Buses.Where(b => b.Provider == E820Regions.Provider).Select(b => b.Name)];
        if (e820.Count != 1 || machine.Buses.Length > 1)
            return machine; // with two buses the list keeps the numbers
        MachineDescription bare = machine with { Regions = [.. machine.Regions.Where(r => !e820.Contains(r.Bus))] };
        var derived = E820Regions.Resolve(bare).Where(r => e820.Contains(r.Bus)).Select(Identity);
        return derived.SequenceEqual(machine.Regions.Where(r => e820.Contains(r.Bus)).Select(Identity)) ? bare : machine;

        static (string, PhysicalRange, int, int) Identity(RegionDescription r) => (r.Name, r.Range, r.NumaNode, r.TargetNode);
    }

    /// <summary>Namespaces with a pfn, dax or btt device need bytes that no capture has; the notes name them.</summary>
    private static ImmutableArray<CapturedPfnDevice> PfnDevices(SysfsListing sysfs, List<string> notes)
    {
        ImmutableArray<CapturedPfnDevice>.Builder devices = ImmutableArray.CreateBuilder<CapturedPfnDevice>();
        foreach (string device in sysfs.Starting("pfn").Concat(sysfs.Starting("dax")).Concat(sysfs.Starting("btt")))
        {
            if (sysfs.Text(device, "namespace") is not { Length: > 0 } name || sysfs.Text(device, "size") is null)
                continue;
            notes.Add($"the media of {name} ({device}) are not in the capture: they are taken as empty");
            if (devices.Count >= MachineReader.ItemsMax || device.StartsWith("btt", StringComparison.Ordinal))
                continue;
            string region = "region" + name.Replace("namespace", "", StringComparison.Ordinal).Split('.')[0];
            if (Range(name) is { } whole && Range(device) is { } data && sysfs.Number(device, "align") is { } align)
            {
                devices.Add(
                    new CapturedPfnDevice(
                        device,
                        name,
                        region,
                        whole,
                        data,
                        sysfs.Text(device, "uuid") ?? "",
                        sysfs.Text(name, "uuid") ?? "",
                        sysfs.Text(device, "mode") ?? "",
                        new ByteSize(align)
                    )
                );
            }
        }
        return devices.ToImmutable();

        PhysicalRange? Range(string of) =>
            sysfs.Number(of, "resource", PhysicalAddress.InputMax) is { } start
            && sysfs.Number(of, "size", PhysicalAddress.InputMax) is { } size and > 0
                ? new PhysicalRange(new PhysicalAddress(start), new ByteSize(size))
                : null;
    }
}

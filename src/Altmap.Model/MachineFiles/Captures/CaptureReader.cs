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
        var facts = new List<Fact>();
        var sysfs = new SysfsListing(texts.Sysfs ?? "", errors);
        (Inventory inventory, ImmutableArray<InputError> listErrors) = Lists(texts);
        var tables = new AcpiTables(texts.Tables);
        string version = Version(texts);
        Architecture architecture = ArchitectureOf(version);
        facts.Add(
            version.Length > 0
                ? new Fact(FactTopic.Architecture, "", FactOrigin.Derived, "from the kernel's release")
                : new Fact(FactTopic.Architecture, "", FactOrigin.Assumed, "taken as x86_64", "version.txt: cat /proc/version")
        );
        (string kernel, InputError? kernelError) = Kernel(version, kernelOverride, facts);
        string commandLine = CommandLineOf(texts, facts);
        ImmutableArray<FirmwareRange> memory = FirmwareMemory.Read(
            texts,
            tables,
            inventory.Memory,
            commandLine,
            architecture,
            iomemErrors,
            notes,
            facts
        );
        IReadOnlyList<PersistentRange> persistent = IomemRanges.Persistent(texts.Iomem ?? "");
        if (persistent.Count == 0)
            persistent = IomemRanges.FromLog(texts.Dmesg ?? "");
        if (persistent.Count == 0)
            persistent = tables.Persistent;
        (SortedDictionary<string, string> buses, Dictionary<string, string> busOf) = CapturedBuses.Of(inventory, sysfs, memory, facts);
        var places = new RegionPlaces(
            inventory.Regions.Where(r => r.Type == "pmem"),
            persistent,
            memory.IsEmpty ? 0 : memory.Max(m => m.Range.Last.Bytes) + 1
        );
        var machine = new MachineDescription
        {
            Name = Quote.Short(texts.Name),
            Kernel = kernel,
            Architecture = architecture,
            PageSize = PageSize(sysfs, architecture),
            CommandLine = commandLine,
            Config =
                inventory.MemoryBlockBytes is { } block && MachineConfig.Find("memory_block_bytes")!.Allows(block)
                    ? ImmutableSortedDictionary<string, ulong>.Empty.Add("memory_block_bytes", block)
                    : ImmutableSortedDictionary<string, ulong>.Empty,
            Memory = memory,
            Buses = [.. buses.Select(b => new BusDescription(b.Key, b.Value))],
            Dimms = [.. sysfs.Devices("nmem").Take(MachineReader.ItemsMax).Select(d => Dimm(d, sysfs, texts))],
            CxlWindows = Windows(inventory, tables),
            KernelMessages = KernelMessagesOf(texts.Dmesg ?? ""),
        };
        if (machine.Dimms.IsEmpty)
            machine = machine with { Dimms = ListedDevices.Dimms(inventory, texts.LabelAreas) };
        bool showsTargetNodes = Ran(Version(texts), machine).Get(Rules.HasTargetNode);
        machine = machine with
        {
            Regions =
            [
                .. sysfs
                    .Devices("region")
                    .Take(MachineReader.ItemsMax)
                    .Select(r => Region(r, sysfs, busOf, buses, notes, showsTargetNodes))
                    .OfType<RegionDescription>(),
            ],
        };
        if (machine.Regions.Length > 0)
            facts.AddRange(machine.Regions.Select(r => new Fact(FactTopic.Regions, r.Name, FactOrigin.Given, "sysfs")));
        else
            machine = ListedDevices.WithRegions(machine, inventory, busOf, places, persistent, facts);
        machine = WithoutDerivedRegions(machine);
        if (inventory.HasRoundedSizes)
            notes.Add("sizes in the list are rounded (ndctl list -u): those are not used; list without -u");
        ImmutableArray<InputError> all =
        [
            .. errors.Sorted,
            .. iomemErrors.Sorted,
            .. listErrors,
            .. kernelError is null ? [] : new[] { kernelError },
        ];
        if (all.IsEmpty)
        {
            // The same checks as for a file that a person wrote: a damaged capture must not get further.
            MachineFileResult judged = MachineFile.Parse(Encoding.UTF8.GetBytes(MachineFile.Write(machine)), texts.Name, _ => true);
            all = [.. judged.Errors.Select(e => e with { Line = 1, Todo = "the pieces contradict each other: take all of one boot" })];
        }
        if (!all.IsEmpty)
            return new(null, all, [.. notes]);
        (machine, ImmutableArray<string> filled) = MachineDefaults.Fill(machine);
        notes.AddRange(filled);
        return Rebuilt(machine, texts, inventory, KnownNamespaces.Of(sysfs, inventory, persistent, places), facts, notes);
    }

    private static CaptureResult Rebuilt(
        MachineDescription machine,
        CaptureTexts texts,
        Inventory inventory,
        IReadOnlyList<KnownNamespace> namespaces,
        List<Fact> facts,
        List<string> notes
    )
    {
        ImmutableArray<RegionDescription> regions = E820Regions.Resolve(machine);
        var rebuild = new CaptureRebuild(machine, Ran(Version(texts), machine), inventory, namespaces);
        rebuild.Run(regions, texts.LabelAreas.Keys.ToHashSet(), texts.Media);
        facts.AddRange(rebuild.Facts);
        var places = ImmutableSortedDictionary.CreateBuilder<string, (string, ulong)>(StringComparer.Ordinal);
        foreach (RegionDescription region in regions)
            places[region.Name] = (region.Name, 0);
        foreach (KnownNamespace ns in namespaces)
        {
            if (regions.FirstOrDefault(r => r.Name == ns.Region) is { } region && ns.Range is { } range && region.Range.Contains(range))
                places[ns.Name] = (ns.Region, (range.Start - region.Range.Start).Bytes);
        }
        return new(machine with { Facts = [.. facts] }, [], [.. notes])
        {
            Labels = rebuild.Labels.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Rebuilt = [.. rebuild.Media],
            Namespaces = places.ToImmutable(),
        };
    }

    /// <summary>Default where no piece tells of windows: that is not the same as none.</summary>
    private static ImmutableArray<PhysicalRange> Windows(Inventory inventory, AcpiTables tables)
    {
        PhysicalRange[] windows = [.. inventory.Windows.Concat(tables.Windows).Distinct().OrderBy(w => w.Start)];
        return windows.Length == 0 ? default : [.. windows];
    }

    /// <summary>The kernel that ran, whatever kernel is asked for.</summary>
    private static KernelProfile Ran(string version, MachineDescription machine) =>
        (KernelNames.Find(version) ?? KernelNames.Find(machine.Kernel))?.Profile ?? KernelProfiles.Default;

    private static (Inventory Inventory, ImmutableArray<InputError> Errors) Lists(CaptureTexts texts)
    {
        var inventory = new Inventory();
        ImmutableArray<InputError>.Builder all = ImmutableArray.CreateBuilder<InputError>();
        foreach ((string name, ReadOnlyMemory<byte> text) in texts.Lists)
        {
            var errors = new InputErrors(name);
            if (text.Length > 0 && JsonText.Parse(text.Span, errors) is { } root)
                inventory.Add(root, errors);
            all.AddRange(errors.Sorted);
        }
        return (inventory, all.ToImmutable());
    }

    [GeneratedRegex(@"(?:Kernel command|Command) line: ([^\r\n]{1,4096})", RegexOptions.CultureInvariant)]
    private static partial Regex CommandLineLine();

    private static string CommandLineOf(CaptureTexts texts, List<Fact> facts)
    {
        if (texts.CommandLine is { } given)
        {
            facts.Add(new Fact(FactTopic.CommandLine, "", FactOrigin.Given, "cmdline.txt"));
            return Printable(given.Trim());
        }
        if (CommandLineLine().Match(texts.Dmesg ?? "") is { Success: true } logged)
        {
            facts.Add(new Fact(FactTopic.CommandLine, "", FactOrigin.Given, "the kernel log"));
            return Printable(logged.Groups[1].Value.Trim());
        }
        facts.Add(new Fact(FactTopic.CommandLine, "", FactOrigin.Assumed, "taken as empty", "cmdline.txt: cat /proc/cmdline"));
        return "";
    }

    private static string Printable(string text) =>
        string.Concat(text.Where(c => !char.IsControl(c) && c is not ((>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069'))));

    [GeneratedRegex(
        @"\b(nd_pmem|nd_region|nd_btt|nvdimm|nd |pmem\d|namespace\d|pfn\d+\.\d|dax\d|dax_pmem|device_dax|kmem|cxl|CEDT|NFIT|memremap|mhp|"
            + @"e820_pmem|btt\d)",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex MessageOfInterest();

    /// <summary>The lines about persistent memory, without time stamps.</summary>
    private static ImmutableArray<string> KernelMessagesOf(string dmesg)
    {
        const int LinesMax = 256,
            LengthMax = 300;
        ImmutableArray<string>.Builder lines = ImmutableArray.CreateBuilder<string>();
        foreach (ReadOnlySpan<char> line in dmesg.AsSpan().EnumerateLines())
        {
            if (lines.Count >= LinesMax)
                break;
            ReadOnlySpan<char> text = line;
            if (text.StartsWith("[") && text.IndexOf("] ") is > 0 and < 24 and int close)
                text = text[(close + 2)..];
            if (text.Length <= LengthMax && !text.Contains("ommand line:", StringComparison.Ordinal) && MessageOfInterest().IsMatch(text))
                lines.Add(Printable(text.TrimEnd().ToString()));
        }
        return lines.ToImmutable();
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
    private static (string Kernel, InputError? Error) Kernel(string version, string? kernelOverride, List<Fact> facts)
    {
        if (kernelOverride is not null)
        {
            facts.Add(new Fact(FactTopic.Kernel, "", FactOrigin.Given, "the command line of altmap"));
            return (kernelOverride, null);
        }
        Match match = VersionLine().Match(version);
        if (!match.Success)
        {
            facts.Add(
                new Fact(
                    FactTopic.Kernel,
                    "",
                    FactOrigin.Assumed,
                    $"taken as {KernelProfiles.Default.Name}",
                    "version.txt: cat /proc/version (or --kernel)"
                )
            );
            return (KernelProfiles.Default.Name, null);
        }
        facts.Add(new Fact(FactTopic.Kernel, "", FactOrigin.Given, Quote.Short(match.Value)));
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

    private static DimmDescription Dimm(string name, SysfsListing sysfs, CaptureTexts texts)
    {
        bool hasCommands = (sysfs.Text(name, "commands") ?? "").Split(' ').Contains("get_size");
        ByteSize area = ByteSize.Zero;
        if (texts.LabelAreas.TryGetValue(name, out ByteSize known))
        {
            area = known;
        }
        else if (hasCommands)
        {
            area = ListedDevices.UsualLabelArea;
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
        SortedDictionary<string, string> buses,
        List<string> notes,
        bool showsTargetNodes
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
            // Kernels that show it leave the file out where a region has no node (drivers/nvdimm/bus.c nd_numa_attr_visible(), 6.1).
            TargetNode =
                showsTargetNodes && sysfs.Text(name, "target_node") is null && sysfs.Text(name, "numa_node") is not null
                    ? -1
                    : sysfs.Node(name, "target_node"),
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
}

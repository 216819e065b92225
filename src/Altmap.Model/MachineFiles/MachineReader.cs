using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.MachineFiles;

/// <summary>An entry of <c>cxl_windows</c>.</summary>
internal sealed record CxlWindow(PhysicalRange Range);

/// <summary>Reads the members of a machine file. What several members must agree on is judged by <see cref="MachineChecks"/>.</summary>
internal sealed class MachineReader(InputErrors errors, Func<string, bool> isKernel, string? kernelOverride)
{
    /// <summary>How many ranges, DIMMs or regions one machine may have: no real one comes near, and what follows stays quick.</summary>
    internal const int ItemsMax = 2048;

    private readonly MachineChecks _checks = new(errors);

    /// <summary>The line of each step; as many as there are steps when there are no errors.</summary>
    public ImmutableArray<int> StepLines { get; private set; } = [];

    public MachineDescription Read(JsonValue root)
    {
        var fields = new JsonFields(root, "the machine", MachineWords.MachineKeys, errors);
        if (!fields.IsObject)
            return Stub;
        string format = fields.RequireText("format");
        if (format.Length > 0 && format != MachineFile.Format)
            fields.Complain(
                "format",
                $"the format is {Quote.Text(format)}",
                $"\"{MachineFile.Format}\"",
                "is this a machine file, and of this version of Altmap?"
            );
        Architecture architecture = ReadArchitecture(fields);
        ByteSize pageSize = ReadPageSize(fields, architecture);
        ImmutableArray<BusDescription> buses = ReadAll(fields, "buses", ReadBus);
        _checks.Buses(buses);
        ImmutableArray<DimmDescription> dimms = ReadAll(fields, "dimms", ReadDimm);
        _checks.Dimms(dimms);
        ImmutableArray<FirmwareRange> memory = ReadAll(fields, "memory", ReadMemory);
        ImmutableArray<RegionDescription> regions = ReadAll(fields, "regions", ReadRegion);
        ImmutableArray<CxlWindow> windows = ReadAll(fields, "cxl_windows", ReadWindow);
        _checks.Regions(regions, buses, dimms, pageSize);
        memory = _checks.Memory(memory);
        _checks.Windows(windows);
        string commandLine = fields.Text("cmdline");
        _checks.RegionsOnRam(regions, memory, commandLine, architecture);
        return new MachineDescription
        {
            Name = fields.Text("name", "machine"),
            Kernel = ReadKernel(fields),
            Architecture = architecture,
            PageSize = pageSize,
            CommandLine = commandLine,
            Config = ReadConfig(fields),
            Memory = memory,
            CxlWindows = fields.Find("cxl_windows") is null ? default : [.. windows.Select(w => w.Range)],
            Buses = buses,
            Dimms = dimms,
            Regions = regions,
            Steps = ReadSteps(fields),
            KernelMessages = [.. fields.List("kmsg").Select(l => fields.Text(l, "kmsg")).OfType<string>()],
            Facts = ReadAll(fields, "facts", ReadFact),
        };
    }

    private static MachineDescription Stub => new() { Name = "", Kernel = "" };

    private string ReadKernel(JsonFields fields)
    {
        if (kernelOverride is not null)
            return kernelOverride;
        string kernel = fields.RequireText("kernel");
        if (kernel.Length > 0 && !isKernel(kernel))
        {
            fields.Complain("kernel", KernelNames.Refusal(kernel));
        }
        return kernel;
    }

    private static Architecture ReadArchitecture(JsonFields fields)
    {
        string name = fields.Text("arch", "x86_64");
        if (!ArchitectureRules.TryParse(name, out Architecture architecture))
            fields.Complain(
                "arch",
                $"the architecture {Quote.Text(name)} is not modelled",
                $"one of {string.Join(", ", MachineWords.Architectures.Select(a => a.Name))}"
            );
        return architecture;
    }

    private static ByteSize ReadPageSize(JsonFields fields, Architecture architecture)
    {
        ByteSize standard = architecture == Architecture.Ppc64LittleEndian ? ByteSize.KiB(64) : ByteSize.KiB(4);
        ByteSize size = fields.Size("page_size") ?? standard;
        if (!KernelProfiles.All.Any(p => ArchitectureRules.Find(p, architecture, size)?.PageSize == size && size.IsPowerOfTwo))
        {
            string name = MachineWords.Architectures.First(a => a.Architecture == architecture).Name;
            fields.Complain(
                "page_size",
                string.Create(CultureInfo.InvariantCulture, $"{name} has no pages of {size.Bytes} bytes"),
                ArchitectureRules.PageSizesOf(architecture)
            );
            return standard; // so that what follows has pages to count in
        }
        return size;
    }

    private ImmutableSortedDictionary<string, ulong> ReadConfig(JsonFields machine)
    {
        ImmutableSortedDictionary<string, ulong>.Builder config = ImmutableSortedDictionary.CreateBuilder<string, ulong>(
            StringComparer.Ordinal
        );
        if (machine.Find("config") is not { } value)
            return config.ToImmutable();
        var fields = new JsonFields(value, "\"config\"", [.. MachineConfig.Keys.Select(k => k.Name)], errors);
        foreach (ConfigKey key in MachineConfig.Keys)
        {
            if (fields.Find(key.Name) is null || fields.Size(key.Name) is not { } set)
                continue;
            if (key.Allows(set.Bytes))
                config[key.Name] = set.Bytes;
            else
                fields.Complain(
                    key.Name,
                    string.Create(CultureInfo.InvariantCulture, $"\"{key.Name}\" cannot be {set.Bytes}"),
                    key.Allowed
                );
        }
        return config.ToImmutable();
    }

    private ImmutableArray<string> ReadSteps(JsonFields machine)
    {
        ImmutableArray<JsonValue> steps = machine.List("steps");
        StepLines = [.. steps.Select(s => s.Line)];
        return [.. steps.Select(s => machine.Text(s, "steps")).OfType<string>()];
    }

    /// <summary>The last byte of a range whose size is given, as regions have it.</summary>
    private static ulong? EndOf(JsonFields fields, ulong? start)
    {
        if (start is not { } first || fields.Size("size") is not { } size)
            return null;
        if (!size.IsZero && size.Bytes - 1 <= PhysicalAddress.InputMax - first)
            return first + (size.Bytes - 1);
        fields.Complain("size", $"a range at 0x{first:x} cannot have {size.Bytes} bytes", "a size above 0 that ends below 2^56", "");
        return null;
    }

    private FirmwareRange? ReadMemory(JsonFields fields)
    {
        fields.Require("start");
        bool hasSize = fields.Find("size") is not null;
        if (hasSize && fields.Find("end") is not null)
            fields.Complain("size", "the range has both \"end\" and \"size\"", "one of them", "");
        else if (!hasSize)
            fields.Require("end");
        string name = fields.RequireText("type");
        (string Name, FirmwareRangeType Type) type = MachineWords.MemoryTypes.FirstOrDefault(t => t.Name == name);
        if (type.Name is null && name.Length > 0)
        {
            IEnumerable<string> names = MachineWords.MemoryTypes.Select(t => t.Name);
            fields.Complain(
                "type",
                $"there is no memory type {Quote.Text(name)}",
                $"one of {string.Join(", ", names.Select(n => $"\"{n}\""))}",
                NearestWord.Hint(name, names)
            );
        }
        int node = (int)fields.Integer("node", type.Type == FirmwareRangeType.SoftReserved ? -1 : 0, 1023, 0);
        ulong? start = fields.Address("start", PhysicalAddress.InputMax),
            end = hasSize ? EndOf(fields, start) : fields.Address("end", PhysicalAddress.InputMax);
        if (start is not { } first || end is not { } last)
            return null;
        if (last >= first)
            return new FirmwareRange(PhysicalRange.FromInclusive(new PhysicalAddress(first), new PhysicalAddress(last)), type.Type, node);
        fields.Complain(
            "end",
            string.Create(CultureInfo.InvariantCulture, $"the range ends at 0x{last:x}, before its start 0x{first:x}"),
            "",
            "\"end\" is the last byte of the range, as in /proc/iomem"
        );
        return null;
    }

    private static CxlWindow? ReadWindow(JsonFields fields)
    {
        fields.Require("start");
        fields.Require("size");
        ulong? start = fields.Address("start", PhysicalAddress.InputMax);
        ByteSize? size = fields.Size("size");
        if (start is not { } first || size is not { } bytes)
            return null;
        if (!bytes.IsZero && bytes.Bytes - 1 <= PhysicalAddress.InputMax - first)
            return new CxlWindow(new PhysicalRange(new PhysicalAddress(first), bytes));
        fields.Complain("size", $"a CXL window at 0x{first:x} cannot have {bytes.Bytes} bytes", "a size above 0 that ends below 2^56");
        return null;
    }

    private BusDescription? ReadBus(JsonFields fields)
    {
        string name = ReadDevice(fields, "ndbus");
        return new BusDescription(name, fields.RequireText("provider"));
    }

    private DimmDescription? ReadDimm(JsonFields fields)
    {
        string name = ReadDevice(fields, "nmem");
        ByteSize labelBytes = fields.Size("label_bytes") ?? ByteSize.Zero;
        if (!labelBytes.IsZero && (labelBytes < ByteSize.KiB(1) || labelBytes > ByteSize.MiB(64)))
            fields.Complain("label_bytes", $"a label area of {labelBytes} cannot be", "0 (none), or 1K to 64M");
        string? labels = fields.Find("labels") is null ? null : fields.RequireText("labels");
        if (labels is not null && labelBytes.IsZero)
            fields.Complain(
                "labels",
                $"{name} has \"labels\" and no label area",
                "",
                "set \"label_bytes\" to the size of the file's content"
            );
        return new DimmDescription
        {
            Name = name,
            Handle = (uint)(fields.Hex("handle", uint.MaxValue) ?? 0),
            PhysicalId = (ushort)(fields.Hex("phys_id", ushort.MaxValue) ?? 0),
            Vendor = (ushort)(fields.Hex("vendor", ushort.MaxValue) ?? 0),
            Device = (ushort)(fields.Hex("device", ushort.MaxValue) ?? 0),
            RevisionId = (ushort)(fields.Hex("rev_id", ushort.MaxValue) ?? 0),
            Serial = (uint)(fields.Hex("serial", uint.MaxValue) ?? 0),
            Id = fields.Text("id"),
            Format = (ushort)(fields.Hex("format", ushort.MaxValue) ?? 0),
            LabelAreaSize = labelBytes,
            LabelsFile = labels,
        };
    }

    private RegionDescription? ReadRegion(JsonFields fields)
    {
        string name = ReadDevice(fields, "region");
        string bus = fields.RequireText("bus");
        string type = fields.Text("type", "pmem");
        if (type != "pmem")
            fields.Complain("type", $"a region of type {Quote.Text(type)} is not modelled", "\"pmem\"");
        fields.Require("start");
        fields.Require("size");
        ulong? start = fields.Address("start", PhysicalAddress.InputMax);
        ByteSize? size = fields.Size("size");
        if (size is { IsZero: true })
        {
            fields.Complain("size", $"{name} has no bytes", "a size above 0");
            size = null;
        }
        var range = new PhysicalRange(new PhysicalAddress(start ?? 0), size ?? ByteSize.Zero);
        if (size is { } bytes && start is { } first && bytes.Bytes - 1 > PhysicalAddress.InputMax - first)
        {
            fields.Complain(
                "size",
                $"{name} ends beyond the physical addresses that there are",
                string.Create(CultureInfo.InvariantCulture, $"an end up to 0x{PhysicalAddress.InputMax:x}")
            );
            range = new PhysicalRange(range.Start, ByteSize.Zero);
        }
        return new RegionDescription
        {
            Name = name,
            Bus = bus,
            Range = range,
            NumaNode = (int)fields.Integer("numa_node", -1, 1023, 0),
            TargetNode = (int)fields.Integer("target_node", -1, 1023, 0),
            RangeIndex = (int)fields.Integer("range_index", 0, ushort.MaxValue, 0),
            SetCookie = fields.Hex("set_cookie"),
            Mappings = ReadAll(fields, "mappings", ReadMapping),
            MediaFile = fields.Find("media") is null ? null : fields.RequireText("media"),
        };
    }

    private static Fact? ReadFact(JsonFields fields)
    {
        FactTopic? topic = ReadWord(fields, "topic", FactWords.Topics);
        FactOrigin? origin = ReadWord(fields, "origin", FactWords.Origins);
        return topic is { } about && origin is { } how
            ? new Fact(about, fields.Text("of"), how, fields.Text("from"), fields.Text("needs"))
            : null;
    }

    private static T? ReadWord<T>(JsonFields fields, string key, ImmutableArray<(T Value, string Word)> words)
        where T : struct
    {
        string word = fields.RequireText(key);
        foreach ((T value, string known) in words)
        {
            if (known == word)
                return value;
        }
        if (word.Length > 0)
            fields.Complain(key, $"there is no {key} {Quote.Text(word)}", $"one of {string.Join(", ", words.Select(w => w.Word))}");
        return null;
    }

    private MappingDescription? ReadMapping(JsonFields fields)
    {
        string dimm = fields.RequireText("dimm");
        fields.Require("size");
        return new MappingDescription(
            dimm,
            new DimmAddress(fields.Address("offset") ?? 0),
            fields.Size("size") ?? ByteSize.Zero,
            (int)fields.Integer("position", 0, ItemsMax, 0)
        )
        {
            RegionOffset = fields.Address("region_offset") ?? 0,
        };
    }

    private static string ReadDevice(JsonFields fields, string kind)
    {
        string name = fields.RequireText("dev");
        if (name.Length == 0 || MachineWords.IsDevice(name, kind))
            return name;
        fields.Complain("dev", $"{Quote.Text(name)} is no device name here", $"\"{kind}N\"");
        return Quote.Short(name);
    }

    /// <summary>Every object of a list; the checks learn where each one stands.</summary>
    private ImmutableArray<T> ReadAll<T>(JsonFields parent, string key, Func<JsonFields, T?> read)
        where T : class
    {
        ImmutableArray<JsonValue> items = parent.List(key);
        if (items.Length > ItemsMax)
        {
            parent.Complain(key, $"\"{key}\" has {items.Length} entries", $"at most {ItemsMax}");
            return [];
        }
        (string where, string[] known) = key switch
        {
            "memory" => ("a memory range", MachineWords.MemoryKeys),
            "cxl_windows" => ("a CXL window", MachineWords.WindowKeys),
            "buses" => ("a bus", MachineWords.BusKeys),
            "dimms" => ("a DIMM", MachineWords.DimmKeys),
            "regions" => ("a region", MachineWords.RegionKeys),
            "facts" => ("a fact", MachineWords.FactKeys),
            _ => ("a mapping", MachineWords.MappingKeys),
        };
        ImmutableArray<T>.Builder all = ImmutableArray.CreateBuilder<T>(items.Length);
        foreach (JsonValue item in items)
        {
            if (errors.IsFull)
                break;
            var fields = new JsonFields(item, where, known, errors);
            if (!fields.IsObject || read(fields) is not { } value)
                continue;
            _checks.Remember(value, fields);
            all.Add(value);
        }
        return all.ToImmutable();
    }
}

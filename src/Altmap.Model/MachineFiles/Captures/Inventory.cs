using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Altmap.Core.Identity;
using Altmap.Core.Json;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Hardware;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>A region as a list names it; null: the list does not say.</summary>
internal sealed record ListedRegion(string Name, string? Bus, ByteSize? Size, ByteSize? Available)
{
    public PhysicalAddress? Start { get; init; }
    public ulong? Cookie { get; init; }
    public int? NumaNode { get; init; }
    public int? TargetNode { get; init; }
    public string Type { get; init; } = "pmem";
    public ImmutableArray<MappingDescription> Mappings { get; init; } = [];
}

/// <summary>A namespace as a list names it.</summary>
internal sealed record ListedNamespace(string Name, string Mode, string Map, ByteSize? Size)
{
    public string Uuid { get; init; } = "";
    public string LabelUuid { get; init; } = "";
    public string Label { get; init; } = "";
    public ByteSize? Align { get; init; }
    public ByteSize? SectorSize { get; init; }
}

/// <summary>A DIMM as a list names it.</summary>
internal sealed record ListedDimm(string Name, string Id, uint Handle, ushort PhysicalId);

/// <summary>
/// What <c>ndctl list</c>, <c>daxctl list</c>, <c>cxl list</c> and <c>lsmem -J</c> print as JSON, of any verbosity, one document or
/// several: devices are recognised by their names wherever they stand. Keys that say nothing here are passed over.
/// </summary>
internal sealed partial class Inventory
{
    private readonly SortedDictionary<string, string> _buses = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ListedRegion> _regions = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ListedNamespace> _namespaces = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ListedDimm> _dimms = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _daxDevices = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, InfoBlock> _blocks = new(StringComparer.Ordinal);
    private readonly List<PhysicalRange> _memory = [];
    private readonly List<PhysicalRange> _windows = [];
    private int _cxlDevices;

    /// <summary>Providers by bus; empty where the list gives none.</summary>
    public IReadOnlyDictionary<string, string> Buses => _buses;

    /// <summary>Regions by number.</summary>
    public IEnumerable<ListedRegion> Regions => _regions.Values.OrderBy(r => NumberOf(r.Name, "region"));

    /// <summary>Namespaces by name.</summary>
    public IReadOnlyCollection<ListedNamespace> Namespaces => _namespaces.Values;

    /// <summary>DIMMs by number.</summary>
    public IEnumerable<ListedDimm> Dimms => _dimms.Values.OrderBy(d => NumberOf(d.Name, "nmem"));

    /// <summary>Info-blocks by namespace, as <c>ndctl read-infoblock -j</c> prints them.</summary>
    public IReadOnlyDictionary<string, InfoBlock> InfoBlocks => _blocks;

    /// <summary>Ranges of lsmem, in memory blocks.</summary>
    public IReadOnlyList<PhysicalRange> Memory => _memory;

    /// <summary>CXL windows: the root decoders.</summary>
    public IReadOnlyList<PhysicalRange> Windows => _windows;

    /// <summary>Bytes of a memory block, as lsmem's ranges and block numbers say; null without.</summary>
    public ulong? MemoryBlockBytes { get; private set; }

    /// <summary>True where some size had only rounded digits (<c>ndctl list -u</c>).</summary>
    public bool HasRoundedSizes { get; private set; }

    /// <summary>How many devices of any kind were found.</summary>
    public int Count =>
        _blocks.Count
        + _buses.Count
        + _regions.Count
        + _namespaces.Count
        + _dimms.Count
        + _daxDevices.Count
        + _memory.Count
        + _windows.Count
        + _cxlDevices;

    /// <summary>The region, or null.</summary>
    public ListedRegion? Region(string name) => _regions.GetValueOrDefault(name);

    /// <summary>Adds what a document says. A device named twice is taken as the fuller text names it; two that contradict each other are an
    /// error.</summary>
    public void Add(JsonValue root, InputErrors errors) => Walk(root, null, errors);

    [GeneratedRegex(@"^namespace(\d{1,6})\.(\d{1,6})$", RegexOptions.CultureInvariant)]
    private static partial Regex NamespaceName();

    [GeneratedRegex(@"^dax\d{1,6}\.\d{1,6}$", RegexOptions.CultureInvariant)]
    private static partial Regex DaxName();

    [GeneratedRegex(@"^decoder0\.\d{1,6}$", RegexOptions.CultureInvariant)]
    private static partial Regex RootDecoder();

    [GeneratedRegex(@"^0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})$", RegexOptions.CultureInvariant)]
    private static partial Regex LsmemRange();

    [GeneratedRegex(@"^(\d{1,9})\.(\d{2}) (KiB|MiB|GiB|TiB) \(", RegexOptions.CultureInvariant)]
    private static partial Regex HumanSize();

    private void Walk(JsonValue value, string? bus, InputErrors errors)
    {
        if (Count > MachineReader.ItemsMax * 4)
            return;
        if (value.Kind == JsonKind.Array)
        {
            foreach (JsonValue item in value.Items)
                Walk(item, bus, errors);
            return;
        }
        if (value.Kind != JsonKind.Object)
            return;
        string name = Text(value, "dev");
        if (MachineWords.IsDevice(name, "ndbus"))
        {
            bus = name;
            if (Text(value, "provider") is { Length: > 0 } provider)
                _buses[name] = provider;
            else
                _buses.TryAdd(name, "");
        }
        else if (MachineWords.IsDevice(name, "region"))
            AddRegion(value, name, bus, errors);
        else if (MachineWords.IsDevice(name, "nmem"))
            _dimms[name] = new ListedDimm(
                name,
                Text(value, "id"),
                (uint)(Number(value, "handle") ?? 0),
                (ushort)(Number(value, "phys_id") ?? 0)
            );
        else if (NamespaceName().IsMatch(name) && Text(value, "signature").Length > 0)
            AddInfoBlock(value, name);
        else if (NamespaceName().IsMatch(name))
            AddNamespace(value, name, errors);
        else if (DaxName().IsMatch(Text(value, "chardev")))
            _daxDevices.Add(Text(value, "chardev"));
        else if (RootDecoder().IsMatch(Text(value, "decoder")))
            AddWindow(value);
        else if (Text(value, "memdev").Length > 0 || Text(value, "port").Length > 0)
            _cxlDevices++;
        if (Text(value, "range") is { Length: > 0 } range)
            AddMemory(value, range);
        foreach (JsonMember member in value.Members)
        {
            if (member.Value.Kind is JsonKind.Array or JsonKind.Object)
                Walk(member.Value, bus, errors);
        }
    }

    private void AddRegion(JsonValue value, string name, string? bus, InputErrors errors)
    {
        ListedRegion? before = _regions.GetValueOrDefault(name);
        ByteSize? size = Size(value, "size");
        if (before?.Size is { } had && size is { } has && had != has)
            errors.Add(value, $"{name} has {has.Bytes} bytes here and {had.Bytes} elsewhere", "one machine", "give the pieces of one boot");
        _regions[name] = new ListedRegion(
            name,
            bus ?? before?.Bus,
            size ?? before?.Size,
            Size(value, "available_size") ?? before?.Available
        )
        {
            Start = Number(value, "resource") is { } start and <= PhysicalAddress.InputMax ? new PhysicalAddress(start) : before?.Start,
            Cookie = Number(value, "iset_id") ?? before?.Cookie,
            NumaNode = Node(value, "numa_node") ?? before?.NumaNode,
            TargetNode = Node(value, "target_node") ?? before?.TargetNode,
            Type = Text(value, "type") is { Length: > 0 } type ? type : before?.Type ?? "pmem",
            Mappings = Mappings(value) is { IsEmpty: false } mappings ? mappings : before?.Mappings ?? [],
        };
    }

    private static ImmutableArray<MappingDescription> Mappings(JsonValue region) =>
        Member(region, "mappings") is { Kind: JsonKind.Array } list
            ?
            [
                .. list
                    .Items.Where(m => MachineWords.IsDevice(Text(m, "dimm"), "nmem") && Size(m, "length", out _) is not null)
                    .Take(MachineReader.ItemsMax)
                    .Select(m => new MappingDescription(
                        Text(m, "dimm"),
                        new DimmAddress(Number(m, "offset") ?? 0),
                        Size(m, "length", out _) ?? ByteSize.Zero,
                        (int)Math.Min(Number(m, "position") ?? 0, int.MaxValue)
                    )),
            ]
            : [];

    private void AddNamespace(JsonValue value, string name, InputErrors errors)
    {
        ByteSize? size = Size(value, "size");
        if (_namespaces.TryGetValue(name, out ListedNamespace? before) && before.Size is { } had && size is { } has && had != has)
            errors.Add(value, $"{name} has {has.Bytes} bytes here and {had.Bytes} elsewhere", "one machine", "give the pieces of one boot");
        string mode = Text(value, "mode"),
            map = Text(value, "map");
        _namespaces[name] = new ListedNamespace(name, OldMode(mode), map, size ?? before?.Size)
        {
            Uuid = Text(value, "uuid"),
            LabelUuid = Text(value, "raw_uuid"),
            Label = Text(value, "name"),
            Align = Size(value, "align") ?? before?.Align,
            SectorSize = Size(value, "sector_size") ?? before?.SectorSize,
        };
    }

    private void AddInfoBlock(JsonValue value, string name)
    {
        InfoBlockKind? kind = Text(value, "signature") switch
        {
            "NVDIMM_PFN_INFO" => InfoBlockKind.Pfn,
            "NVDIMM_DAX_INFO" => InfoBlockKind.Dax,
            _ => null,
        };
        string[] version = Text(value, "version").Split('.');
        if (
            kind is not { } device
            || version.Length != 2
            || !ushort.TryParse(version[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort major)
            || !ushort.TryParse(version[1], NumberStyles.None, CultureInfo.InvariantCulture, out ushort minor)
            || !Uuid.TryParse(Text(value, "uuid"), out Uuid uuid)
            || !Uuid.TryParse(Text(value, "parent_uuid"), out Uuid parent)
            || Number(value, "dataoff") is not { } offset
            || Number(value, "npfns") is not { } pages
        )
            return;
        _blocks[name] = new InfoBlock
        {
            Kind = device,
            Uuid = uuid,
            ParentUuid = parent,
            Flags = Word("flags"),
            VersionMajor = major,
            VersionMinor = minor,
            DataOffset = offset,
            PageCount = pages,
            Mode = Word("mode"),
            StartPad = Word("start_pad"),
            EndTrunc = Word("end_trunc"),
            Align = Word("align"),
            PageSize = Word("page_size"),
            PageStructSize = (ushort)Math.Min(Word("page_struct_size"), ushort.MaxValue),
        };

        uint Word(string key) => (uint)Math.Min(Number(value, key) ?? 0, uint.MaxValue);
    }

    /// <summary>ndctl before 60 said <c>memory</c>, <c>dax</c> and <c>safe</c>.</summary>
    private static string OldMode(string mode) =>
        mode switch
        {
            "memory" => "fsdax",
            "dax" => "devdax",
            "safe" => "sector",
            _ => mode,
        };

    private void AddWindow(JsonValue value)
    {
        if (
            Number(value, "resource") is { } start and <= PhysicalAddress.InputMax
            && Number(value, "size") is { } size and > 0
            && size - 1 <= PhysicalAddress.InputMax - start
            && _windows.Count < MachineReader.ItemsMax
        )
            _windows.Add(new PhysicalRange(new PhysicalAddress(start), new ByteSize(size)));
    }

    private void AddMemory(JsonValue value, string range)
    {
        if (
            LsmemRange().Match(range) is not { Success: true } match
            || _memory.Count >= MachineReader.ItemsMax
            || FirmwareMemory.RangeOf(match.Groups[1].ValueSpan, match.Groups[2].ValueSpan) is not { } found
        )
            return;
        _memory.Add(found);
        string[] blocks = Text(value, "block").Split('-');
        if (
            ulong.TryParse(blocks[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong first)
            && ulong.TryParse(blocks[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong last)
            && last >= first
            && last - first < 1UL << 40
            && found.Size.Bytes % (last - first + 1) == 0
        )
            MemoryBlockBytes ??= found.Size.Bytes / (last - first + 1);
    }

    private ByteSize? Size(JsonValue value, string key)
    {
        ByteSize? size = Size(value, key, out bool isRounded);
        HasRoundedSizes |= isRounded;
        return size;
    }

    /// <summary>An integer, or ndctl's text for people where that has no lost digits (<c>4.00 GiB (4.29 GB)</c>).</summary>
    private static ByteSize? Size(JsonValue value, string key, out bool isRounded)
    {
        isRounded = false;
        if (Number(value, key) is { } number)
            return number <= PhysicalAddress.InputMax + 1 ? new ByteSize(number) : null;
        if (HumanSize().Match(Text(value, key)) is not { Success: true } human)
            return null;
        isRounded = human.Groups[2].Value != "00";
        int shift = human.Groups[3].Value switch
        {
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            _ => 40,
        };
        ulong whole = ulong.Parse(human.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        return !isRounded && whole <= (PhysicalAddress.InputMax >> shift) ? new ByteSize(whole << shift) : null;
    }

    private static int? Node(JsonValue value, string key) =>
        Member(value, key) is { Kind: JsonKind.Number } node
        && int.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
        && number is >= -1 and <= 1023
            ? number
            : null;

    /// <summary>A number, or a hex or decimal string; a negative one is what ndctl prints of a 64-bit word above 2^63.</summary>
    private static ulong? Number(JsonValue value, string key)
    {
        if (Member(value, key) is not { Kind: JsonKind.Number or JsonKind.String } found)
            return null;
        if (SysfsListing.TryNumber(found.Text, out ulong number))
            return number;
        return
            found.Kind == JsonKind.Number
            && long.TryParse(found.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long signed)
            ? unchecked((ulong)signed) // two's complement is the definition
            : null;
    }

    private static string Text(JsonValue value, string key) =>
        Member(value, key) is { Kind: JsonKind.String, Text: { Length: <= 256 } text } && !text.Any(char.IsControl) ? text : "";

    private static JsonValue? Member(JsonValue value, string key) =>
        value.Kind == JsonKind.Object ? value.Members.FirstOrDefault(m => m.Key == key).Value : null;

    private static int NumberOf(string name, string kind) =>
        int.Parse(name.AsSpan(kind.Length), NumberStyles.None, CultureInfo.InvariantCulture);
}

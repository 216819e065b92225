using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Model.Hardware;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>Bytes that a region's media must have had for the kernel to show what it showed.</summary>
/// <param name="Region">As <c>region0</c>.</param>
/// <param name="OffsetBytes">From the region's first byte.</param>
/// <param name="Bytes">What stood there.</param>
public sealed record RebuiltBytes(string Region, ulong OffsetBytes, ImmutableArray<byte> Bytes);

/// <summary>
/// Makes label areas and info-blocks again where no piece holds them, as far as what is told of the namespaces determines them: the model's
/// own layout is taken only if it gives the sizes that the real kernel showed. Everything else stays assumed.
/// </summary>
internal sealed class CaptureRebuild(
    MachineDescription machine,
    KernelProfile ran,
    Inventory inventory,
    IReadOnlyList<KnownNamespace> namespaces
)
{
    /// <summary>128 TiB of BTTs: more than any machine has, and little enough for a listing that lies.</summary>
    private const int ArenasMax = 256;

    private int _arenas;
    private readonly List<Fact> _facts = [];
    private readonly Dictionary<string, SparseBytes> _labels = new(StringComparer.Ordinal);
    private readonly List<RebuiltBytes> _media = [];

    public IReadOnlyList<Fact> Facts => _facts;

    public IReadOnlyDictionary<string, SparseBytes> Labels => _labels;

    public IReadOnlyList<RebuiltBytes> Media => _media;

    /// <summary>Goes through all regions.</summary>
    /// <param name="regions">Those of the description and those that follow from the memory map.</param>
    /// <param name="givenLabels">DIMMs whose label area a piece holds.</param>
    /// <param name="givenMedia">Namespaces and regions of whose media pieces hold the first bytes.</param>
    public void Run(ImmutableArray<RegionDescription> regions, ISet<string> givenLabels, ISet<string> givenMedia)
    {
        foreach (RegionDescription region in regions)
        {
            KnownNamespace[] inside = [.. namespaces.Where(n => n.Region == region.Name)];
            LabelsOf(region, inside, givenLabels);
            MediaOf(region, inside, givenMedia);
        }
        foreach (DimmDescription dimm in machine.Dimms.Where(d => !_facts.Exists(f => f.Topic == FactTopic.Labels && f.Of == d.Name)))
        {
            if (givenLabels.Contains(dimm.Name))
                _facts.Add(new Fact(FactTopic.Labels, dimm.Name, FactOrigin.Given, $"labels.{dimm.Name}.bin"));
            else if (!dimm.LabelAreaSize.IsZero)
                _facts.Add(
                    new Fact(
                        FactTopic.Labels,
                        dimm.Name,
                        FactOrigin.Assumed,
                        "no piece holds its label area: taken as blank",
                        NeedsLabels(dimm.Name)
                    )
                );
        }
    }

    private static string NeedsLabels(string dimm) => $"labels.{dimm}.bin: ndctl read-labels -o labels.{dimm}.bin {dimm}";

    /// <summary>A raw block device starts with the namespace; any other device starts behind the block that is wanted.</summary>
    private static string NeedsMedia(string device, bool isRaw) =>
        isRaw
            ? $"media.{device}.0.bin: sudo dd if=/dev/{BlockDevice(device)} of=media.{device}.0.bin bs=4096 count=2 (or altmap capture)"
            : $"infoblock.{device}.json: with {device} disabled, sudo ndctl read-infoblock -j {device} (or altmap capture, as root)";

    private static string BlockDevice(string device)
    {
        string number = device.StartsWith("region", StringComparison.Ordinal) ? device["region".Length..] : device["namespace".Length..];
        return "pmem" + (number.EndsWith(".0", StringComparison.Ordinal) ? number[..^2] : number);
    }

    private void LabelsOf(RegionDescription region, KnownNamespace[] inside, ISet<string> given)
    {
        DimmDescription[] dimms =
        [
            .. region.Mappings.Select(m => machine.Dimms.FirstOrDefault(d => d.Name == m.Dimm)).OfType<DimmDescription>(),
        ];
        if (dimms.All(d => d.LabelAreaSize.IsZero || given.Contains(d.Name)))
            return;
        if (dimms.Any(d => given.Contains(d.Name) || d.LabelAreaSize.IsZero))
        {
            Assume("labels of only some DIMMs of the set are there: the others are taken as blank");
            return;
        }
        ByteSize? available = inventory.Region(region.Name)?.Available;
        bool hasCookie = region.SetCookie is not null && inventory.Region(region.Name) is not { Cookie: null };
        if (
            !hasCookie
            && available is null or { IsZero: true }
            && inside.All(n => n.LabelUuid.Length == 0 && (n.Range is null || n.Range == region.Range))
        )
        {
            if (available is null && inside.Length == 0)
                Assume("nothing tells of labels or namespaces: taken as blank");
            else
                Derive("no iset_id, and nothing available: no label index", _ => null);
            return;
        }
        ulong used = 0;
        foreach (KnownNamespace ns in inside)
            used += Math.Min(ns.Range?.Size.Bytes ?? 0, ulong.MaxValue - used);
        if (available is { } free && used + free.Bytes != region.Range.Size.Bytes && inside.All(n => n.Range is not null))
        {
            Assume(
                FormattableString.Invariant($"the list says {free.Bytes} of {region.Range.Size.Bytes} bytes are available, ")
                    + FormattableString.Invariant($"its namespaces take {used}: taken as blank")
            );
            return;
        }
        if (available is null && inside.Length == 0)
            Assume("nothing tells of labels or namespaces: taken as blank");
        else if (inside.Any(n => n.Range is null || !Uuid.TryParse(n.LabelUuid, out _)) || region.SetCookie is null)
            Assume("what is told of its namespaces does not place them: taken as blank");
        else if (!Derive($"from {inside.Length} namespaces and what is available", dimm => WriteLabels(region, inside, dimm)))
            Assume("what is told of its namespaces fits no label area: taken as blank");

        void Assume(string from)
        {
            foreach (DimmDescription dimm in dimms.Where(d => !given.Contains(d.Name) && !d.LabelAreaSize.IsZero))
                _facts.Add(new Fact(FactTopic.Labels, dimm.Name, FactOrigin.Assumed, from, NeedsLabels(dimm.Name)));
        }

        bool Derive(string from, Func<DimmDescription, SparseBytes?> make)
        {
            SparseBytes?[] areas = [.. dimms.Select(make)];
            if (areas.Any(a => a is null) && areas.Any(a => a is not null))
                return false;
            if (hasCookie && areas.Any(a => a is null))
                return false;
            foreach ((DimmDescription dimm, SparseBytes? area) in dimms.Zip(areas))
            {
                if (area is not null)
                    _labels[dimm.Name] = area;
                _facts.Add(new Fact(FactTopic.Labels, dimm.Name, FactOrigin.Derived, from, NeedsLabels(dimm.Name)));
            }
            return true;
        }
    }

    /// <summary>The area with an index and a label for each namespace; null: they do not fit.</summary>
    private SparseBytes? WriteLabels(RegionDescription region, KnownNamespace[] inside, DimmDescription dimm)
    {
        LabelAreaChange blank = LabelInitialisation.InitLabels(SparseBytes.Zero(dimm.LabelAreaSize.Bytes), LabelVersion.V1_1);
        if (blank.Errno != Errno.None)
            return null;
        LabelArea area = LabelArea.Parse(blank.Bytes, ran);
        MappingDescription mapping = region.Mappings.First(m => m.Dimm == dimm.Name);
        ulong ways = (ulong)region.Mappings.Length;
        foreach (KnownNamespace ns in inside)
        {
            PhysicalRange range = ns.Range!.Value;
            if (!region.Range.Contains(range))
                return null;
            ulong offset = (range.Start - region.Range.Start).Bytes;
            if (offset % ways != 0 || range.Size.Bytes % ways != 0 || offset / ways > ulong.MaxValue - mapping.Offset.Bytes)
                return null;
            LabelWriteResult written = area.PutLabel(
                new NamespaceLabel
                {
                    Uuid = Uuid.Parse(ns.LabelUuid),
                    Name = LabelBytes.FromName(ns.Label.Length > 63 ? ns.Label[..63] : ns.Label),
                    LabelCount = (ushort)ways,
                    Position = (ushort)mapping.Position,
                    InterleaveSetCookie = region.SetCookie!.Value,
                    LbaSize = ns.SectorSize is { Bytes: 4096 } ? ns.SectorSize.Value : ByteSize.Zero,
                    Dpa = new DimmAddress(mapping.Offset.Bytes + (offset / ways)),
                    RawSize = new ByteSize(range.Size.Bytes / ways),
                },
                0
            );
            if (written.Errno != Errno.None)
                return null;
            area = written.Area;
        }
        return area.Bytes;
    }

    private void MediaOf(RegionDescription region, KnownNamespace[] inside, ISet<string> given)
    {
        if (inside.Length == 0)
        {
            if (given.Contains(region.Name))
                _facts.Add(new Fact(FactTopic.Media, region.Name, FactOrigin.Given, $"media.{region.Name}"));
            else if (inventory.Region(region.Name) is not { Available: { } free } || free != region.Range.Size)
                _facts.Add(
                    new Fact(
                        FactTopic.Media,
                        region.Name,
                        FactOrigin.Assumed,
                        "nothing tells what is on it: taken as empty",
                        NeedsMedia(region.Name, true)
                    )
                );
            return;
        }
        foreach (KnownNamespace ns in inside)
        {
            if (given.Contains(ns.Name) || given.Contains(region.Name))
                _facts.Add(
                    new Fact(FactTopic.Media, ns.Name, FactOrigin.Given, $"media.{(given.Contains(ns.Name) ? ns.Name : region.Name)}")
                );
            else
                _facts.Add(MediaOf(region, ns));
        }
    }

    private Fact MediaOf(RegionDescription region, KnownNamespace ns)
    {
        string needs = NeedsMedia(ns.Name, ns.Mode is "raw" or "");
        if (inventory.InfoBlocks.TryGetValue(ns.Name, out InfoBlock? read) && PlaceOf(region, ns) is { } place)
        {
            _media.Add(new RebuiltBytes(region.Name, place, [.. read.ToBytes()]));
            return new Fact(FactTopic.Media, ns.Name, FactOrigin.Given, "ndctl read-infoblock -j");
        }
        if (ns.Mode == "raw")
            return new Fact(FactTopic.Media, ns.Name, FactOrigin.Derived, "it is raw: no block that this kernel takes is on it", needs);
        if (ns.Mode == "sector" && BttOf(region, ns) is { } btt)
        {
            _media.AddRange(btt);
            return new Fact(
                FactTopic.Media,
                ns.Name,
                FactOrigin.Derived,
                $"its BTT as it was new, from sector size, size and uuid ({ns.From})",
                needs
            );
        }
        if (ns.Mode is not ("fsdax" or "devdax"))
            return new Fact(
                FactTopic.Media,
                ns.Name,
                FactOrigin.Assumed,
                $"its {(ns.Mode.Length > 0 ? ns.Mode : "unknown")} structures are not in any piece: taken as empty",
                needs
            );
        if (BlockOf(region, ns) is not { } block)
            return new Fact(
                FactTopic.Media,
                ns.Name,
                FactOrigin.Assumed,
                $"what is told of its {ns.Mode} device does not determine its info-block: taken as empty",
                needs
            );
        _media.Add(new RebuiltBytes(region.Name, PlaceOf(region, ns)!.Value, [.. block.ToBytes()]));
        return new Fact(
            FactTopic.Media,
            ns.Name,
            FactOrigin.Derived,
            $"its info-block, from mode, map, align, size and uuid ({ns.From})",
            needs
        );
    }

    /// <summary>Where the info-block of a namespace stands in its region; null: it lies elsewhere, or is too small for one.</summary>
    private static ulong? PlaceOf(RegionDescription region, KnownNamespace ns) =>
        ns.Range is { } range && region.Range.Contains(range) && range.Size.Bytes >= InfoBlock.StartBytes + InfoBlock.SizeBytes
            ? (range.Start - region.Range.Start).Bytes + InfoBlock.StartBytes
            : null;

    /// <summary>The structures that the kernel lays down for such a BTT, if just one of its versions gives the size that was shown; else
    /// null. What was written since then is in map and log, and is not told.</summary>
    private IEnumerable<RebuiltBytes>? BttOf(RegionDescription region, KnownNamespace ns)
    {
        if (
            ns.Range is not { } range
            || !region.Range.Contains(range)
            || ns.Usable is not { } usable
            || ns.SectorSize is not { Bytes: <= uint.MaxValue } sector
            || !BttConstants.SectorSizes.Contains((uint)sector.Bytes)
            || !Uuid.TryParse(ns.Uuid, out Uuid uuid)
        )
            return null;
        if (range.Size.Bytes / BttConstants.ArenaSizeMax.Bytes >= (ulong)(ArenasMax - _arenas))
            return null;
        _ = Uuid.TryParse(ns.LabelUuid, out Uuid parent);
        // Labels that are made again here are of version 1.1, which has no claim class.
        bool hasClass = !region.Mappings.Any(m => _labels.ContainsKey(m.Dimm));
        ImmutableArray<BttArena>[] plans =
        [
            .. ((BttVersion[])[BttVersion.V1_1, BttVersion.V2_0])
                .Where(v => v == BttVersion.V1_1 || hasClass)
                .Select(v => BttGeometry.Plan(range.Size, v, (uint)sector.Bytes, uuid, parent))
                .Where(plan => BttGeometry.DiskSizeOf(plan) == usable),
        ];
        if (plans is not [{ IsEmpty: false } arenas])
            return null;
        _arenas += arenas.Length;
        ulong start = (range.Start - region.Range.Start).Bytes;
        return BttGeometry
            .LayDown(arenas)
            .Apply(SparseBytes.Zero(range.Size.Bytes))
            .Pages()
            .Select(page => new RebuiltBytes(region.Name, start + page.OffsetBytes, [.. page.Bytes.Span]));
    }

    /// <summary>The block that the kernel writes for such a device, if that gives the size (and start) that was shown; else null.</summary>
    private InfoBlock? BlockOf(RegionDescription region, KnownNamespace ns)
    {
        if (
            ns.Range is not { } range
            || PlaceOf(region, ns) is null
            || ns.Map is not ("mem" or "dev")
            || ns.Align is not { IsZero: false, IsPowerOfTwo: true } align
            || !Uuid.TryParse(ns.Uuid, out Uuid uuid)
            || ArchitectureRules.Find(ran, machine.Architecture, machine.PageSize) is not { } architecture
        )
            return null;
        _ = Uuid.TryParse(ns.LabelUuid, out Uuid parent);
        var request = new PageMapRequest(
            range,
            ns.Mode == "fsdax" ? InfoBlockKind.Pfn : InfoBlockKind.Dax,
            ns.Map == "dev" ? PageMapMode.Pmem : PageMapMode.Ram,
            align,
            uuid,
            parent,
            default
        );
        if (PfnLayout.Plan(request, ns.Name, ran, architecture).Block is not { } block || block.StartPad != 0)
            return null;
        ulong lost = block.DataOffset + block.EndTrunc;
        bool isSame =
            lost < range.Size.Bytes
            && ns.Usable is { } usable
            && range.Size.Bytes - lost == usable.Bytes
            && (ns.DataStart is not { } start || start.Bytes == range.Start.Bytes + block.DataOffset);
        return isSame ? block : null;
    }
}

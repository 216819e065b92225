using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Nvdimm;

namespace Altmap.Cli.Maps;

/// <summary>What owns what, in the words of a map.</summary>
internal static class MapParts
{
    private const string RamOnline = "System RAM, online",
        Pmem = "pmem, no memmap",
        Data = "pmem with struct pages",
        PageMap = "page map (altmap)",
        Block = "info-block and padding",
        Lost = "lost to alignment",
        Offline = "System RAM, offline",
        Reserved = "Reserved",
        Hole = "hole",
        Beyond = "beyond what this kernel addresses",
        Damaged = "struct pages damaged";

    /// <summary>The whole machine, from page 0 to the last that somebody has; ascending, touching, neighbours differ.</summary>
    public static List<MapPart> Of(Machine machine)
    {
        bool hasNodes = machine.Mm.Zones.Select(z => z.Node).Distinct().Count() > 1;
        var parts = new List<MapPart>();
        foreach (MemoryRange range in Ranges(machine))
            Add(
                parts,
                PartOf(range, hasNodes, range.Pages.Start.ToAddress(machine.Mm.PageSize).Bytes >> machine.Mm.Options.PhysicalBits != 0)
            );
        return parts;
    }

    /// <summary>The ranges that parts are made of: those of the memory map, and all that has an owner behind its last section; what no
    /// driver has is its namespace's or region's.</summary>
    public static List<MemoryRange> Ranges(Machine machine)
    {
        RunMap<int> regions = RegionsOf(machine, out List<Owner?> owners);
        ulong section = machine.Mm.Geometry.PagesPerSection.Pages;
        var ranges = new List<MemoryRange>();
        foreach (MemoryRange range in MemoryMap.OfAllOwned(machine).Ranges)
        {
            bool isFree = range.Owner is null or { Kind: OwnerKind.PersistentMemory };
            if (!isFree)
            {
                ranges.Add(range);
                continue;
            }
            foreach ((ulong start, ulong end, int name) in regions.Within(range.Pages.Start.Number, range.Pages.End.Number))
            {
                Owner? owner = owners[name] ?? range.Owner;
                if (
                    ranges.Count > 0
                    && ranges[^1] is var last
                    && (last.IsOnline, last.Memmap, last.Owner) == (range.IsOnline, range.Memmap, owner)
                )
                    ranges[^1] = last with { Pages = new PfnRange(last.Pages.Start, new Pfn(end)) };
                else
                    ranges.Add(
                        range with
                        {
                            Pages = new PfnRange(new Pfn(start), new Pfn(end)),
                            SectionFirst = new SectionNumber(start / section),
                            Owner = owner,
                        }
                    );
            }
        }
        return ranges;
    }

    private static void Add(List<MapPart> parts, MapPart part)
    {
        if (parts.Count > 0 && parts[^1].IsLike(part))
            parts[^1] = parts[^1] with { Pages = new PfnRange(parts[^1].Pages.Start, part.Pages.End) };
        else
            parts.Add(part);
    }

    private static MapPart PartOf(in MemoryRange range, bool hasNodes, bool isBeyond)
    {
        Owner? owner = range.Owner;
        bool isRam = owner is { Kind: OwnerKind.SystemRam };
        MemmapContent content = range.Memmap.Content;
        bool isDamaged = isRam && content == MemmapContent.ZoneDevice;
        (Tone tone, string kind) = owner switch
        {
            _ when isDamaged => (Tone.Bad, Damaged),
            null => (Tone.Hole, Hole),
            _ when isRam && isBeyond && content == MemmapContent.None => (Tone.Reserved, Beyond),
            _ when isRam => range.IsOnline ? (Tone.Ram, RamOnline) : (Tone.Free, Offline),
            { Part: OwnerPart.PageMap } => (Tone.PageMap, PageMap),
            { Part: OwnerPart.InfoBlock } => (Tone.InfoBlock, Block),
            { Part: OwnerPart.StartPad or OwnerPart.EndTrunc or OwnerPart.NoWholeBlock } => (Tone.Lost, Lost),
            { Kind: OwnerKind.Firmware } => (Tone.Reserved, Reserved),
            _ => content == MemmapContent.ZoneDevice ? (Tone.Data, Data) : (Tone.Pmem, Pmem),
        };
        string zone =
            content != MemmapContent.Ram || !range.IsOnline ? ""
            : hasNodes ? $"{range.Memmap.Zone.Name()} of node {range.Memmap.Node}"
            : range.Memmap.Zone.Name();
        string label = owner?.ToString() ?? (content == MemmapContent.None ? MapPart.Nothing : Hole);
        string state = tone == Tone.Lost && !range.IsOnline ? "" : StateOf(range, isDamaged); // lost says it all
        return new MapPart(range.Pages, tone, kind, label, zone, kind == Beyond ? Beyond : state, range.IsWrong);
    }

    private static string StateOf(in MemoryRange range, bool isDamaged) =>
        (range.Memmap.Content, range.IsOnline) switch
        {
            _ when isDamaged => "overwritten by a device map",
            // RAM is, unless it says otherwise.
            (MemmapContent.Ram, true) => range.Owner is { Kind: OwnerKind.SystemRam } ? "" : "online",
            (MemmapContent.Hole, true) => "online",
            (_, true) => "online, wrongly",
            (MemmapContent.None, _) => range.Owner is { Kind: OwnerKind.Device or OwnerKind.PersistentMemory } ? "no memmap" : "",
            (MemmapContent.Poison, _) => "poisoned, not online",
            (MemmapContent.Uninitialised, _) => "not initialised, not online",
            _ => "not online",
        };

    /// <summary>Regions and namespaces by page: what is there while no driver has it.</summary>
    private static RunMap<int> RegionsOf(Machine machine, out List<Owner?> owners)
    {
        owners = [null];
        ulong page = machine.Mm.PageSize.Bytes;
        var map = new RunMap<int>(0);
        foreach (RegionState region in machine.Regions.Values)
        {
            Set(owners, region.Range, Owner.Device(region.Device.Name, OwnerPart.Free));
            foreach (NamespaceState ndns in region.Namespaces.Values)
                Set(owners, ndns.Range, Owner.Device(ndns.Device.Name, ndns.IsIdle ? OwnerPart.Disabled : OwnerPart.Whole));
        }
        return map;

        void Set(List<Owner?> all, PhysicalRange range, Owner owner)
        {
            if (range.IsEmpty)
                return;
            map = map.Set(range.Start.Bytes / page, (range.Last.Bytes / page) + 1, all.Count);
            all.Add(owner);
        }
    }
}

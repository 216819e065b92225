using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>DIMMs and regions where no sysfs tells of them: from lists, else from the kernel's map of memory.</summary>
internal static class ListedDevices
{
    /// <summary>What nearly every NVDIMM has.</summary>
    public static readonly ByteSize UsualLabelArea = ByteSize.KiB(128);

    /// <summary>The DIMMs that lists name.</summary>
    public static ImmutableArray<DimmDescription> Dimms(Inventory inventory, ImmutableSortedDictionary<string, ByteSize> labelAreas) =>
        [
            .. inventory
                .Dimms.Take(MachineReader.ItemsMax)
                .Select(d => new DimmDescription
                {
                    Name = d.Name,
                    Id = d.Id,
                    Handle = d.Handle,
                    PhysicalId = d.PhysicalId,
                    Serial = SerialOf(d.Id),
                    Vendor = VendorOf(d.Id),
                    LabelAreaSize = labelAreas.GetValueOrDefault(d.Name, UsualLabelArea),
                }),
        ];

    /// <summary>The machine with regions; those of an e820 bus are left to the memory map where it has them.</summary>
    public static MachineDescription WithRegions(
        MachineDescription machine,
        Inventory inventory,
        Dictionary<string, string> busOf,
        RegionPlaces places,
        IReadOnlyList<PersistentRange> persistent,
        List<Fact> facts
    )
    {
        bool hasLegacy = machine.Memory.Any(m => m.Type == FirmwareRangeType.PersistentLegacy) || IsCarved(machine);
        ListedRegion[] listed =
        [
            .. inventory.Regions.Where(r =>
                r.Type == "pmem" && !(hasLegacy && ProviderOf(machine, busOf.GetValueOrDefault(r.Name, "")) == E820Regions.Provider)
            ),
        ];
        if (listed.Length > 0)
            return WithListed(machine, listed, busOf, places, facts);
        if (inventory.Regions.Any() || persistent.Count == 0)
            return machine;
        // Ranges of the map alone: each is taken for one region.
        machine = machine.Buses.IsEmpty ? machine with { Buses = [new BusDescription("ndbus0", "ACPI.NFIT")] } : machine;
        BusDescription bus = machine.Buses.FirstOrDefault(b => b.Provider != E820Regions.Provider) ?? machine.Buses[0];
        ImmutableArray<RegionDescription>.Builder regions = ImmutableArray.CreateBuilder<RegionDescription>();
        foreach (PersistentRange range in persistent.Take(MachineReader.ItemsMax))
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"region{regions.Count}");
            regions.Add(
                new RegionDescription
                {
                    Name = name,
                    Bus = bus.Name,
                    Range = range.Range,
                }
            );
            facts.Add(
                new Fact(
                    FactTopic.Regions,
                    name,
                    FactOrigin.Assumed,
                    "a range of persistent memory in the kernel's map: taken for one region without DIMMs",
                    "list.json: sudo ndctl list -BRNDvvv"
                )
            );
        }
        return machine with { Regions = regions.ToImmutable() };
    }

    private static MachineDescription WithListed(
        MachineDescription machine,
        ListedRegion[] listed,
        Dictionary<string, string> busOf,
        RegionPlaces places,
        List<Fact> facts
    )
    {
        ImmutableArray<RegionDescription>.Builder regions = ImmutableArray.CreateBuilder<RegionDescription>();
        List<DimmDescription> dimms = [.. machine.Dimms];
        foreach (ListedRegion region in listed.Take(MachineReader.ItemsMax))
        {
            if (places.Of(region.Name) is not { } place || !busOf.TryGetValue(region.Name, out string? bus))
            {
                facts.Add(
                    new Fact(
                        FactTopic.Regions,
                        region.Name,
                        FactOrigin.Assumed,
                        "no piece tells its size: left out",
                        "list.json: sudo ndctl list -BRNDvvv (without -u)"
                    )
                );
                continue;
            }
            facts.Add(
                place.IsCertain
                    ? new Fact(
                        FactTopic.Regions,
                        region.Name,
                        FactOrigin.Derived,
                        "its size is listed, its place is where the kernel's map has it"
                    )
                    : new Fact(
                        FactTopic.Regions,
                        region.Name,
                        FactOrigin.Assumed,
                        $"its size is listed, its address is not: {place.Range.Start} stands in",
                        "iomem.txt: sudo cat /proc/iomem"
                    )
            );
            ImmutableArray<MappingDescription> mappings = Mappings(machine, region, listed, dimms, bus, facts);
            foreach (string dimm in mappings.Select(m => m.Dimm).Where(m => !dimms.Exists(d => d.Name == m)))
                dimms.Add(new DimmDescription { Name = dimm, LabelAreaSize = UsualLabelArea });
            regions.Add(
                new RegionDescription
                {
                    Name = region.Name,
                    Bus = bus,
                    Range = place.Range,
                    NumaNode = region.NumaNode ?? 0,
                    TargetNode = region.TargetNode ?? region.NumaNode ?? 0,
                    SetCookie = region.Cookie,
                    Mappings = mappings,
                }
            );
        }
        return machine with
        {
            Regions = regions.ToImmutable(),
            Dimms = [.. dimms.OrderBy(d => int.Parse(d.Name.AsSpan("nmem".Length), NumberStyles.None, CultureInfo.InvariantCulture))],
        };
    }

    /// <summary>As listed; else as many DIMMs for each region of the bus as there are, in order; else one that stands in.</summary>
    private static ImmutableArray<MappingDescription> Mappings(
        MachineDescription machine,
        ListedRegion region,
        ListedRegion[] all,
        List<DimmDescription> dimms,
        string bus,
        List<Fact> facts
    )
    {
        if (!region.Mappings.IsEmpty)
        {
            facts.Add(new Fact(FactTopic.Mappings, region.Name, FactOrigin.Given, "list"));
            return region.Mappings;
        }
        if (
            ProviderOf(machine, bus) is E820Regions.Provider or "of_pmem"
            || (machine.Dimms.IsEmpty && region.Cookie is null && all.All(r => r.Cookie is null))
        )
            return []; // no DIMMs, no labels
        int index = Array.IndexOf(all, region);
        DimmDescription[] listed = [.. machine.Dimms];
        int ways = listed.Length >= all.Length && listed.Length % all.Length == 0 ? listed.Length / all.Length : 0;
        if (ways == 0 || region.Size!.Value.Bytes % (ulong)ways != 0)
        {
            string standIn = $"nmem{region.Name["region".Length..]}";
            facts.Add(AssumedMapping(region, $"no mappings are listed: one DIMM, {standIn}, stands in"));
            return [new MappingDescription(standIn, new DimmAddress(0), region.Size!.Value, 0)];
        }
        facts.Add(
            AssumedMapping(
                region,
                $"no mappings are listed: {ways} of {listed.Length} DIMMs in order {(ways == 1 ? "stands" : "stand")} in, "
                    + "from their first byte on"
            )
        );
        var share = new ByteSize(region.Size!.Value.Bytes / (ulong)ways);
        return
        [
            .. Enumerable.Range(0, ways).Select(i => new MappingDescription(listed[(index * ways) + i].Name, new DimmAddress(0), share, i)),
        ];
    }

    private static Fact AssumedMapping(ListedRegion region, string from) =>
        new(FactTopic.Mappings, region.Name, FactOrigin.Assumed, from, "list.json: sudo ndctl list -BRNDvvv");

    private static bool IsCarved(MachineDescription machine) =>
        FirmwareMap.Apply(machine.Memory, machine.CommandLine, machine.Architecture).Entries.Any(e => e.Type == E820Type.PersistentLegacy);

    private static string ProviderOf(MachineDescription machine, string bus) =>
        machine.Buses.FirstOrDefault(b => b.Name == bus)?.Provider ?? "";

    /// <summary>An id is <c>vendor-serial</c> or <c>vendor-location-date-serial</c>, as sysfs prints the words.</summary>
    private static uint SerialOf(string id) => Word(id.Split('-')[^1], 8);

    private static ushort VendorOf(string id) => (ushort)Word(id.Split('-')[0], 4);

    private static uint Word(string text, int digits) =>
        text.Length == digits && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint word)
            ? word
            : 0;
}

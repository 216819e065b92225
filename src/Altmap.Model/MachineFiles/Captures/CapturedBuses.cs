using System.Collections.Immutable;
using Altmap.Model.Hardware;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>Buses with provider, and the bus of each region.</summary>
internal static class CapturedBuses
{
    private const string Nfit = "ACPI.NFIT";

    /// <summary>Lists know; without them one bus is all, and of two a region with a range index is the NFIT's. Regions of a list without
    /// buses are the NFIT's, unless all persistent memory is the e820 kind.</summary>
    public static (SortedDictionary<string, string> Buses, Dictionary<string, string> BusOf) Of(
        Inventory inventory,
        SysfsListing sysfs,
        ImmutableArray<FirmwareRange> memory,
        List<Fact> facts
    )
    {
        var buses = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var busOf = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string bus in sysfs.Devices("ndbus").Take(MachineReader.ItemsMax))
            buses[bus] = sysfs.Text(bus, "provider") ?? "unknown";
        foreach ((string bus, string provider) in inventory.Buses)
        {
            if (provider.Length > 0)
                buses.TryAdd(bus, provider);
        }
        bool isGiven = buses.Count > 0;
        string[] regions =
        [
            .. sysfs.Devices("region").Concat(inventory.Regions.Select(r => r.Name)).Distinct().Take(MachineReader.ItemsMax),
        ];
        if (!isGiven && regions.Length > 0)
        {
            bool isLegacy = memory.Any(m => m.Type == FirmwareRangeType.PersistentLegacy);
            string provider = isLegacy && !inventory.Dimms.Any() ? E820Regions.Provider : Nfit;
            buses["ndbus0"] = provider;
            facts.Add(
                new Fact(
                    FactTopic.Buses,
                    "ndbus0",
                    isLegacy ? FactOrigin.Derived : FactOrigin.Assumed,
                    $"no piece names a bus: its provider is taken as {provider}",
                    "list.json: sudo ndctl list -BRNDvvv"
                )
            );
        }
        else if (isGiven)
            facts.Add(new Fact(FactTopic.Buses, "", FactOrigin.Given, "sysfs or a list"));
        foreach (ListedRegion region in inventory.Regions)
        {
            if (region.Bus is { } bus && buses.ContainsKey(bus))
                busOf[region.Name] = bus;
        }
        foreach (string region in regions)
        {
            if (busOf.ContainsKey(region))
                continue;
            bool nfit = sysfs.Text(region, "nfit/range_index") is not null;
            string? bus =
                buses.Count == 1
                    ? buses.Keys.First()
                    : buses.Where(b => (b.Value == Nfit) == nfit).Select(b => b.Key).Order(StringComparer.Ordinal).FirstOrDefault();
            if (bus is not null)
                busOf[region] = bus;
        }
        return (buses, busOf);
    }
}

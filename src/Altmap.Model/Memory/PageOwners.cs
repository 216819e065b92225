using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory;

/// <summary>Whose each page is: the deepest line of /proc/iomem over it, and the parts of a namespace that hold metadata.</summary>
internal static class PageOwners
{
    /// <summary>Numbers of <paramref name="names"/> by pfn; number 0 is nobody.</summary>
    public static RunMap<int> Of(Machine machine, out IReadOnlyList<string?> names)
    {
        var all = new List<string?> { null };
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        ulong page = machine.Mm.PageSize.Bytes;
        var owners = new RunMap<int>(0);
        foreach (IomemEntry entry in Iomem.Entries(machine))
        {
            // A page that is RAM only in part is none: its rest belongs to what surrounds it.
            bool isRam = entry.Name.StartsWith("System RAM", StringComparison.Ordinal);
            ulong start = entry.Range.Start.Bytes / page, past = (entry.Range.Last.Bytes / page) + 1;
            if (isRam && entry.Range.Start.Bytes % page != 0) start++;
            if (isRam && entry.Range.Last.Bytes % page != page - 1) past--;
            if (start < past) owners = owners.Set(start, past, NumberOf(entry.Name));
        }
        foreach (DeviceMap map in machine.Mm.Maps.Values)
        {
            if (map.Altmap is not { } altmap) continue;
            Pfn metadata = altmap.MetadataStart(map.Pages.Start), data = altmap.DataStart(map.Pages.Start);
            if (data <= metadata || data > map.Pages.End) continue;
            owners = owners.Set(map.Pages.Start.Number, metadata.Number, NumberOf($"{map.Owner} info-block"))
                .Set(metadata.Number, data.Number, NumberOf($"{map.Owner} page map"));
        }
        names = all;
        return owners;

        int NumberOf(string name)
        {
            if (!numbers.TryGetValue(name, out int number))
            {
                numbers[name] = number = all.Count;
                all.Add(name);
            }
            return number;
        }
    }
}

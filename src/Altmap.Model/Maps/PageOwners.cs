using Altmap.Core.Units;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Maps;

/// <summary>Whose each page is: the deepest line of /proc/iomem over it, and the parts of a namespace that hold metadata.</summary>
internal static class PageOwners
{
    /// <summary>Numbers of <paramref name="owners"/> by pfn; number 0 is nobody.</summary>
    public static RunMap<int> Of(Machine machine, out IReadOnlyList<Owner?> owners)
    {
        var all = new List<Owner?> { null };
        var numbers = new Dictionary<Owner, int>();
        ulong page = machine.Mm.PageSize.Bytes;
        var layers = new List<(ulong Start, ulong End, int Name)>();
        foreach (IomemEntry entry in Iomem.Entries(machine))
        {
            // A page that is RAM only in part is none: its rest belongs to what surrounds it.
            bool isRam = entry.Kind == OwnerKind.SystemRam;
            ulong start = entry.Range.Start.Bytes / page,
                past = (entry.Range.Last.Bytes / page) + 1;
            if (isRam && entry.Range.Start.Bytes % page != 0)
                start++;
            if (isRam && entry.Range.Last.Bytes % page != page - 1)
                past--;
            if (start < past)
                layers.Add((start, past, NumberOf(new Owner(entry.Kind, entry.Name))));
        }
        foreach ((PhysicalRange range, Owner owner) in PartsOfNamespaces(machine))
        {
            ulong start = Alignment.Up(range.Start.Bytes, page) / page,
                past = (range.Last.Bytes / page) + 1;
            if (start < past)
                layers.Add((start, past, NumberOf(owner)));
        }
        foreach (DeviceMap map in machine.Mm.Maps.Values)
        {
            if (map.Altmap is not { } altmap)
                continue;
            Pfn metadata = altmap.MetadataStart(map.Pages.Start),
                data = altmap.DataStart(map.Pages.Start);
            if (data <= metadata || data > map.Pages.End)
                continue;
            layers.Add((map.Pages.Start.Number, metadata.Number, NumberOf(Owner.Device(map.Owner, OwnerPart.InfoBlock))));
            layers.Add((metadata.Number, data.Number, NumberOf(Owner.Device(map.Owner, OwnerPart.PageMap))));
        }
        owners = all;
        return new RunMap<int>(0, layers);

        int NumberOf(Owner owner)
        {
            if (!numbers.TryGetValue(owner, out int number))
            {
                numbers[owner] = number = all.Count;
                all.Add(owner);
            }
            return number;
        }
    }

    /// <summary>What bound personalities keep from their users: padding, info-block and page map, and what kmem cannot take because it is
    /// no whole memory block.</summary>
    private static IEnumerable<(PhysicalRange Range, Owner Owner)> PartsOfNamespaces(Machine machine)
    {
        foreach (RegionState region in machine.Regions.Values)
        {
            foreach (PfnDeviceState pfn in region.Pfns.Values.Concat(region.Daxes.Values))
            {
                if (pfn is not { Layout: { } layout, NamespaceId: { } id } || !region.Namespaces.TryGetValue(id, out NamespaceState? ndns))
                    continue;
                UInt128 cut = (UInt128)layout.StartPad.Bytes + layout.EndTrunc.Bytes + layout.DataOffset.Bytes;
                if (cut > ndns.Size.Bytes)
                    continue; // a hostile block: nothing of it is anywhere
                // The device-dax device has its namespace's id.
                string device = pfn.Device.Kind == NdDeviceKind.Dax ? $"dax{pfn.Device.Number}.{id}" : pfn.Device.Name;
                PhysicalAddress first = ndns.Range.Start + layout.StartPad;
                if (!layout.StartPad.IsZero)
                    yield return (new(ndns.Range.Start, layout.StartPad), Owner.Device(device, OwnerPart.StartPad));
                if (!layout.DataOffset.IsZero)
                    yield return (new(first, layout.DataOffset), Owner.Device(device, OwnerPart.InfoBlock));
                if (!layout.EndTrunc.IsZero)
                    yield return (
                        new(ndns.Range.Start + (ndns.Size - layout.EndTrunc), layout.EndTrunc),
                        Owner.Device(device, OwnerPart.EndTrunc)
                    );
            }
        }
        foreach (
            (DaxDeviceState dax, PhysicalRange range) in DaxDeviceDrivers.Devices(machine).SelectMany(d => d.Ranges.Select(r => (d, r)))
        )
        {
            if (dax.Driver != DaxDeviceDrivers.Kmem)
            {
                if (dax.IsDynamic)
                    yield return (range, Owner.Device(dax.Name));
                continue;
            }
            var owner = Owner.Device(dax.Name, OwnerPart.NoWholeBlock);
            if (Kmem.Trim(machine, range) is not { } taken)
            {
                yield return (range, owner);
                continue;
            }
            if (range.Start < taken.Start)
                yield return (new(range.Start, taken.Start - range.Start), owner);
            if (taken.Last < range.Last)
                yield return (PhysicalRange.FromInclusive(taken.Last + new ByteSize(1), range.Last), owner);
        }
    }
}

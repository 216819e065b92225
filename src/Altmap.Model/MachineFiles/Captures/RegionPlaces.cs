using System.Globalization;
using Altmap.Core.Units;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>Where the regions of a list lie, which lists do not say: the kernel's own map of memory does.</summary>
internal sealed class RegionPlaces
{
    private readonly List<PhysicalRange> _taken = [];
    private readonly IReadOnlyList<PersistentRange> _persistent;
    private readonly Dictionary<string, (PhysicalRange Range, bool IsCertain)> _places = new(StringComparer.Ordinal);

    /// <summary>Places what can be placed. Regions with a namespace in the map come first; then those that fit a gap; the last stand where
    /// nothing else is, and are marked.</summary>
    /// <param name="regions">With their sizes; those without are left out.</param>
    /// <param name="persistent">From /proc/iomem or the firmware's map.</param>
    /// <param name="memoryEnd">One past all memory.</param>
    public RegionPlaces(IEnumerable<ListedRegion> regions, IReadOnlyList<PersistentRange> persistent, ulong memoryEnd)
    {
        _persistent = persistent;
        List<ListedRegion> open = [.. regions.Where(r => r.Size is { IsZero: false })];
        foreach (ListedRegion region in open.Where(r => r.Start is not null))
            Place(region, region.Start!.Value.Bytes, true);
        ByDevices(open);
        ByGaps(open);
        ulong at = Math.Max(memoryEnd, ByteSize.GiB(4).Bytes);
        foreach (PhysicalRange range in persistent.Select(p => p.Range).Concat(_taken))
            at = Math.Max(at, range.Last.Bytes + 1);
        foreach (ListedRegion region in open.Where(r => !_places.ContainsKey(r.Name)))
        {
            at = (at + ByteSize.GiB(1).Bytes - 1) / ByteSize.GiB(1).Bytes * ByteSize.GiB(1).Bytes;
            if (at > PhysicalAddress.InputMax || region.Size!.Value.Bytes - 1 > PhysicalAddress.InputMax - at)
                break;
            Place(region, at, false);
            at += region.Size.Value.Bytes;
        }
    }

    /// <summary>The range, and whether the map leaves no other; null: nothing was said of the region's size, or it fits nowhere.</summary>
    public (PhysicalRange Range, bool IsCertain)? Of(string region) => _places.TryGetValue(region, out var place) ? place : null;

    /// <summary>In one range of the map the regions whose devices stand in it follow each other without a gap, if their sizes fill
    /// it.</summary>
    private void ByDevices(List<ListedRegion> regions)
    {
        foreach (PersistentRange persistent in _persistent)
        {
            string[] names =
            [
                .. persistent
                    .Devices.OrderBy(d => d.Range.Start)
                    .Select(d => string.Create(CultureInfo.InvariantCulture, $"region{IomemRanges.RegionOf(d.Name)}"))
                    .Distinct(),
            ];
            ListedRegion[] inside =
            [
                .. names.Select(n => regions.Find(r => r.Name == n)).OfType<ListedRegion>().Where(r => !_places.ContainsKey(r.Name)),
            ];
            if (inside.Length != names.Length || inside.Length == 0)
                continue;
            ulong at = persistent.Range.Start.Bytes,
                sum = 0;
            foreach (ListedRegion region in inside)
                sum += Math.Min(region.Size!.Value.Bytes, ulong.MaxValue - sum);
            if (sum != persistent.Range.Size.Bytes)
                continue;
            foreach (ListedRegion region in inside)
            {
                Place(region, at, true);
                at += region.Size!.Value.Bytes;
            }
        }
    }

    /// <summary>What is left of the map holds the rest: certain where one gap has the region's size and no other region has it.</summary>
    private void ByGaps(List<ListedRegion> regions)
    {
        ListedRegion[] open = [.. regions.Where(r => !_places.ContainsKey(r.Name))];
        PhysicalRange[] all = [.. Gaps()];
        foreach (ListedRegion region in open)
        {
            PhysicalRange[] gaps = [.. Gaps()];
            PhysicalRange[] exact = [.. gaps.Where(g => g.Size == region.Size)];
            if (exact.Length > 0)
            {
                bool isOnly = all.Count(g => g.Size == region.Size) == 1 && open.Count(r => r.Size == region.Size) == 1;
                Place(region, exact[0].Start.Bytes, isOnly);
            }
            else if (gaps.FirstOrDefault(g => g.Size >= region.Size!.Value) is { IsEmpty: false } wide)
                Place(region, wide.Start.Bytes, false);
        }
    }

    private IEnumerable<PhysicalRange> Gaps()
    {
        foreach (PersistentRange persistent in _persistent)
        {
            ulong at = persistent.Range.Start.Bytes;
            foreach (PhysicalRange taken in _taken.Where(t => t.Overlaps(persistent.Range)).OrderBy(t => t.Start))
            {
                if (taken.Start.Bytes > at)
                    yield return new PhysicalRange(new PhysicalAddress(at), new ByteSize(taken.Start.Bytes - at));
                at = Math.Max(at, taken.Last.Bytes + 1);
            }
            if (at <= persistent.Range.Last.Bytes)
                yield return PhysicalRange.FromInclusive(new PhysicalAddress(at), persistent.Range.Last);
        }
    }

    private void Place(ListedRegion region, ulong start, bool isCertain)
    {
        if (region.Size!.Value.Bytes - 1 > PhysicalAddress.InputMax - start)
            return;
        var range = new PhysicalRange(new PhysicalAddress(start), region.Size.Value);
        if (_taken.Exists(t => t.Overlaps(range)))
            return;
        _taken.Add(range);
        _places[region.Name] = (range, isCertain);
    }
}

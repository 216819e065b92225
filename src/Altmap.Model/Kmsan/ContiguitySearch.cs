using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Kmsan;

/// <summary>Which memory maps a search goes through.</summary>
public enum SearchedMaps
{
    /// <summary>Free ranges with at least a page between them, nothing freed later.</summary>
    Apart,

    /// <summary>Free ranges that may touch (memblock regions of one zone with different flags), nothing freed later.</summary>
    Touching,

    /// <summary>Free ranges with at least a page between them, and boot memory that is freed later.</summary>
    FreedLater,
}

/// <summary>A memory map, and a torn block on it.</summary>
/// <param name="FreeRanges">As memblock hands them over.</param>
/// <param name="FreedLater">Boot memory that is freed later.</param>
/// <param name="OrderMax">The largest order.</param>
/// <param name="Torn">The first torn block.</param>
public sealed record TornExample(ImmutableArray<PfnRange> FreeRanges, ImmutableArray<PfnRange> FreedLater, int OrderMax, TornBlock Torn);

/// <summary>What a search found.</summary>
/// <param name="Maps">Memory maps that were checked.</param>
/// <param name="TornMaps">Of those, the ones with a torn block.</param>
/// <param name="Smallest">The one with the fewest pages, or null.</param>
public sealed record SearchResult(ulong Maps, ulong TornMaps, TornExample? Smallest);

/// <summary>Looks for torn blocks on all small memory maps, and on large ones at random.</summary>
public static class ContiguitySearch
{
    /// <summary>Largest number of pages of <see cref="Exhaustive"/>: 3^13 maps.</summary>
    public const int PagesMax = 14;

    /// <summary>Every map of pages 1 to <paramref name="pages"/> - 1 (page 0 is never free): each page is not free, free, and, by
    /// <paramref name="kind"/>, the first of a range that touches, or freed later.</summary>
    /// <param name="kind">Which maps.</param>
    /// <param name="pages">2 to <see cref="PagesMax"/>.</param>
    /// <param name="orderMax">The largest order.</param>
    public static SearchResult Exhaustive(SearchedMaps kind, int pages, int orderMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pages, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pages, PagesMax);
        int choices = kind == SearchedMaps.Apart ? 2 : 3;
        byte[] map = new byte[pages];
        var result = new SearchResult(0, 0, null);
        while (true)
        {
            int at = 1;
            while (at < pages && ++map[at] == choices)
                map[at++] = 0;
            if (at == pages)
                return result;
            if (kind == SearchedMaps.Touching && Enumerable.Range(1, pages - 1).Any(i => map[i] == 2 && map[i - 1] == 0))
                continue; // the same as a 1 there
            result = Add(
                result,
                [.. Ranges(map, kind, wanted: 1)],
                kind == SearchedMaps.FreedLater ? [.. Ranges(map, kind, wanted: 2)] : [],
                orderMax
            );
        }
    }

    /// <summary>Random maps of up to 40 ranges whose lengths and gaps are of all magnitudes up to four of the largest blocks.</summary>
    /// <param name="kind">Which maps.</param>
    /// <param name="maps">How many.</param>
    /// <param name="orderMax">The largest order.</param>
    /// <param name="seed">The same seed gives the same maps.</param>
    public static SearchResult Random(SearchedMaps kind, int maps, int orderMax, ulong seed)
    {
        var result = new SearchResult(0, 0, null);
        var random = new SeededRandom(seed);
        for (int i = 0; i < maps; i++)
        {
            var free = ImmutableArray.CreateBuilder<PfnRange>();
            var later = ImmutableArray.CreateBuilder<PfnRange>();
            ulong pfn = 1,
                count = Draw(1, 40);
            for (ulong range = 0; range < count; range++)
            {
                ulong gap = kind == SearchedMaps.Touching && Draw(0, 1) == 0 ? 0 : Length(),
                    end = pfn + gap + Length();
                if (kind == SearchedMaps.FreedLater && gap > 0 && Draw(0, 1) == 0)
                {
                    // At either end of the gap, or all of it.
                    ulong start = Draw(0, 1) == 0 ? pfn : Draw(pfn, pfn + gap - 1);
                    later.Add(new(new(start), new(Draw(0, 1) == 0 ? pfn + gap : Draw(start + 1, pfn + gap))));
                }
                free.Add(new(new(pfn + gap), new(end)));
                pfn = end;
            }
            result = Add(result, free.ToImmutable(), later.ToImmutable(), orderMax);
        }
        return result;

        ulong Draw(ulong min, ulong max)
        {
            (ulong value, random) = random.DrawBelow(max - min + 1);
            return min + value;
        }

        ulong Length() => Draw(1, 1UL << (int)Draw(0, (ulong)orderMax + 2));
    }

    /// <summary>One map.</summary>
    public static TornExample? Try(ImmutableArray<PfnRange> free, ImmutableArray<PfnRange> later, int orderMax)
    {
        var zone = new BuddySpan(0, ZoneKind.Normal, new(new(0), new(ulong.MaxValue)));
        Contiguity found = Contiguity.Check(
            CarveOut.Of(free, orderMax),
            [zone],
            [.. later.Select(r => new MetadataSegment(r, null, "memory freed later"))]
        );
        return found.Torn.FirstOrDefault(t => t.IsCertain) is { } torn ? new(free, later, orderMax, torn) : null;
    }

    private static SearchResult Add(SearchResult result, ImmutableArray<PfnRange> free, ImmutableArray<PfnRange> later, int orderMax)
    {
        if (Try(free, later, orderMax) is not { } found)
            return result with { Maps = result.Maps + 1 };
        bool isSmaller = result.Smallest is not { } smallest || Size(found).CompareTo(Size(smallest)) < 0;
        return new(result.Maps + 1, result.TornMaps + 1, isSmaller ? found : result.Smallest);
    }

    /// <summary>Fewest pages first, then the lowest.</summary>
    private static (ulong Pages, ulong End) Size(TornExample example)
    {
        PfnRange[] all = [.. example.FreeRanges, .. example.FreedLater];
        return (all.Aggregate(0UL, (sum, r) => sum + r.Count.Pages), all.Max(r => r.End.Number));
    }

    /// <summary>Runs of pages of one choice; a 2 in a map of touching ranges starts another run.</summary>
    private static IEnumerable<PfnRange> Ranges(byte[] map, SearchedMaps kind, byte wanted)
    {
        bool touch = kind == SearchedMaps.Touching;
        for (int i = 0; i < map.Length; i++)
        {
            if (map[i] != wanted && !(touch && map[i] == 2))
                continue;
            int end = i + 1;
            while (end < map.Length && map[end] == wanted)
                end++;
            yield return new(new((ulong)i), new((ulong)end));
            i = end - 1;
        }
    }
}

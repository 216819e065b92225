using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Buddy;

/// <summary>Where a zone of a node lies.</summary>
/// <param name="Node">NUMA node.</param>
/// <param name="Kind">Which zone.</param>
/// <param name="Pages">What it spans, half-open.</param>
public readonly record struct BuddySpan(int Node, ZoneKind Kind, PfnRange Pages);

/// <summary>The zones of a machine, each with its free lists: memory never merges across a zone (mm/page_alloc.c page_is_buddy(), 6.1.192).
/// Changes in place.</summary>
public sealed class BuddyAllocator
{
    private readonly ImmutableArray<(BuddySpan Span, BuddyZone Zone)> _zones;

    /// <summary>Empty zones.</summary>
    /// <param name="spans">Ascending, without overlap, in the order in which a node fills them.</param>
    /// <param name="orderMax">The largest order.</param>
    public BuddyAllocator(IEnumerable<BuddySpan> spans, int orderMax)
    {
        _zones = [.. spans.Select(s => (s, new BuddyZone(orderMax)))];
        for (int i = 1; i < _zones.Length; i++)
        {
            if (_zones[i].Span.Pages.Start < _zones[i - 1].Span.Pages.End)
                throw new ArgumentException("the zones overlap or are not ascending", nameof(spans));
        }
        OrderMax = orderMax;
    }

    /// <summary>The largest order.</summary>
    public int OrderMax { get; }

    /// <summary>Zones, ascending.</summary>
    public IEnumerable<(BuddySpan Span, BuddyZone Zone)> Zones => _zones;

    /// <summary>All free pages.</summary>
    public PfnCount FreePages => new(Sum(z => z.FreePages.Pages));

    /// <summary>The largest order with a free block; -1 when nothing is free.</summary>
    public int LargestFreeOrder => _zones.Select(z => z.Zone.LargestFreeOrder).DefaultIfEmpty(-1).Max();

    /// <summary>How many blocks of exactly that order are free.</summary>
    public ulong FreeBlocks(int order) => Sum(z => z.FreeBlocks(order));

    /// <summary>How many blocks of that order could be had one after the other, larger ones split.</summary>
    public ulong Obtainable(int order) => Sum(z => z.Obtainable(order));

    /// <summary>The zone that holds a page. Throws for a page of none.</summary>
    public BuddyZone ZoneOf(Pfn pfn)
    {
        int low = 0,
            high = _zones.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_zones[middle].Span.Pages.End <= pfn)
                low = middle + 1;
            else
                high = middle;
        }
        return low < _zones.Length && _zones[low].Span.Pages.Contains(pfn)
            ? _zones[low].Zone
            : throw new ArgumentException($"{pfn} is in no zone", nameof(pfn));
    }

    /// <summary>Takes a block back. Throws for one that is in no zone, not aligned, too large or free.</summary>
    /// <returns>The block that is free now.</returns>
    public PageBlock Free(PageBlock block, FreePlace place = FreePlace.Kernel) => ZoneOf(block.Start).Free(block, place);

    /// <summary>Takes a block from the highest zone that has one (a zone list of one preference, without watermarks); null when none
    /// has.</summary>
    public PageBlock? Allocate(int order)
    {
        for (int i = _zones.Length - 1; i >= 0; i--)
        {
            if (_zones[i].Zone.Allocate(order) is { } block)
                return block;
        }
        return null;
    }

    private ulong Sum(Func<BuddyZone, ulong> of) => _zones.Aggregate(0UL, (sum, z) => sum + of(z.Zone));
}

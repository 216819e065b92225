using Altmap.Core.Units;
using Altmap.Model.Buddy;

namespace Altmap.Model.DebugMetadata;

/// <summary>What each design leaves in the page allocator just after boot.</summary>
internal static class DesignPools
{
    /// <summary>All free memory, split as memblock hands it over (mm/memblock.c __free_pages_memory()).</summary>
    public static BuddyAllocator Whole(IEnumerable<BuddySpan> zones, IEnumerable<PfnRange> freeRanges, int orderMax)
    {
        var pool = new BuddyAllocator(zones, orderMax);
        foreach (PfnRange range in freeRanges)
            AddRange(pool, range, FreePlace.Tail);
        return pool;
    }

    /// <summary>The given blocks alone, in their order.</summary>
    public static BuddyAllocator OfBlocks(IEnumerable<BuddySpan> zones, IEnumerable<PageBlock> blocks, int orderMax)
    {
        var pool = new BuddyAllocator(zones, orderMax);
        foreach (PageBlock block in blocks)
            pool.Free(block, FreePlace.Tail);
        return pool;
    }

    /// <summary>
    /// page_ext early: a table for each section (mm/page_ext.c alloc_page_ext(): a block that holds it, its tail given back; single pages
    /// where there is no such block),
    /// then of all that is free two of three blocks, from the largest order down, as shadow and origin of the third. This carve-out is a
    /// proposal: no kernel has it.
    /// </summary>
    public static BuddyAllocator PageExtEarly(
        IReadOnlyCollection<BuddySpan> zones,
        IEnumerable<PfnRange> freeRanges,
        int orderMax,
        PageExt tables
    )
    {
        BuddyAllocator whole = Whole(zones, freeRanges, orderMax);
        for (ulong i = 0; i < tables.Sections; i++)
            TakeTable(whole, tables);
        var tracked = new List<PageBlock>();
        for (int order = orderMax; order >= 0; order--)
        {
            while (whole.Obtainable(order) >= 3)
            {
                _ = whole.Allocate(order);
                _ = whole.Allocate(order);
                tracked.Add(whole.Allocate(order)!.Value);
            }
        }
        return OfBlocks(zones, tracked.OrderBy(b => b.Start.Number), orderMax);
    }

    private static void TakeTable(BuddyAllocator pool, PageExt tables)
    {
        ulong pages = tables.TablePages.Pages;
        if (tables.TableOrder <= pool.OrderMax && pool.Allocate(tables.TableOrder) is { } block)
        {
            AddRange(pool, new PfnRange(block.Start + tables.TablePages, block.End), FreePlace.Kernel);
            return;
        }
        for (ulong i = 0; i < pages; i++)
        {
            if (pool.Allocate(0) is null)
                return; // the kernel panics here; the pool is empty, and the run says so
        }
    }

    private static void AddRange(BuddyAllocator pool, PfnRange range, FreePlace place)
    {
        while (!range.IsEmpty)
        {
            PageBlock block = PageBlock.First(range, pool.OrderMax);
            pool.Free(block, place);
            range = range with { Start = block.End };
        }
    }
}

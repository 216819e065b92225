using Altmap.Core.Units;
using Altmap.Model.Buddy;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Model.Tests.Buddy;

public class BuddyZoneTests
{
    private const int OrderMax = 4;

    private static PageBlock Block(ulong pfn, int order) => new(new Pfn(pfn), order);

    [Fact]
    public void After_any_requests_free_blocks_are_aligned_apart_and_merged_and_the_books_balance() =>
        Prop.ForAll(
                (List<(byte Choice, byte Order)> requests, byte odd) =>
                {
                    var zone = new BuddyZone(OrderMax);
                    HashSet<ulong> free = [];
                    List<PageBlock> inUse = [];
                    // Odd ends: memory that was never free does not merge.
                    for (var rest = new PfnRange(new Pfn(odd % 7UL), new Pfn(200 + (odd % 13UL))); !rest.IsEmpty; )
                    {
                        PageBlock first = PageBlock.First(rest, OrderMax);
                        zone.Free(first, FreePlace.Tail);
                        free.UnionWith(Pages(first));
                        rest = rest with { Start = first.End };
                    }
                    foreach ((byte choice, byte order) in requests)
                    {
                        if (choice % 3 != 0 || inUse.Count == 0)
                        {
                            int wanted = order % (OrderMax + 1);
                            bool can = zone.Obtainable(wanted) > 0;
                            PageBlock? block = zone.Allocate(wanted);
                            if (can != block.HasValue)
                                return false;
                            if (block is not { } got)
                                continue;
                            if (got.Order != wanted || !Pages(got).All(free.Remove))
                                return false;
                            inUse.Add(got);
                        }
                        else
                        {
                            PageBlock back = inUse[choice % inUse.Count];
                            inUse.Remove(back);
                            PageBlock merged = zone.Free(back);
                            free.UnionWith(Pages(back));
                            if (merged.Start > back.Start || merged.End < back.End || !zone.IsFree(merged))
                                return false;
                        }
                        if (!IsSound(zone, free))
                            return false;
                    }
                    return true;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void New_memory_waits_at_the_tail_and_split_halves_go_to_the_head()
    {
        var zone = new BuddyZone(OrderMax);
        foreach (ulong pfn in new ulong[] { 0, 32, 64 })
            zone.Free(Block(pfn, 4), FreePlace.Tail);
        Assert.Equal(Block(0, 1), zone.Allocate(1));
        Assert.Equal([Block(2, 1)], zone.FreeList(1));
        Assert.Equal([Block(8, 3)], zone.FreeList(3));
        Assert.Equal([Block(32, 4), Block(64, 4)], zone.FreeList(4));
        Assert.Equal(Block(2, 0), zone.Allocate(0));
        Assert.Equal(Block(4, 1), zone.Allocate(1));
    }

    [Fact]
    public void What_comes_back_goes_to_the_head_unless_a_larger_merge_is_near()
    {
        var zone = new BuddyZone(OrderMax);
        zone.Free(Block(0, 0));
        zone.Free(Block(4, 0));
        Assert.Equal([Block(4, 0), Block(0, 0)], zone.FreeList(0)); // last in, first out
        zone.Free(Block(10, 1));
        zone.Free(Block(8, 0)); // 9 is in use, but 10 is free as one: 8 to 11 may merge soon
        Assert.Equal([Block(4, 0), Block(0, 0), Block(8, 0)], zone.FreeList(0));
        Assert.Equal(Block(8, 2), zone.Free(Block(9, 0)));
    }

    [Fact]
    public void A_block_that_cannot_be_is_refused()
    {
        var zone = new BuddyZone(OrderMax);
        Assert.Throws<ArgumentException>(() => zone.Free(Block(1, 1)));
        Assert.Throws<ArgumentException>(() => zone.Free(Block(32, OrderMax + 1)));
        zone.Free(Block(16, 3));
        Assert.Throws<ArgumentException>(() => zone.Free(Block(16, 3)));
        Assert.Throws<ArgumentException>(() => zone.Free(Block(18, 1)));
        Assert.Equal(8UL, zone.FreePages.Pages);
        Assert.Null(zone.Allocate(4));
        Assert.Equal(3, zone.LargestFreeOrder);
    }

    internal static bool IsSound(BuddyZone zone, IReadOnlySet<ulong> free)
    {
        PageBlock[] blocks = [.. zone.FreeBlocks()];
        bool areAligned = blocks.All(b => b.IsAligned && b.Order <= zone.OrderMax);
        bool areMerged = blocks.All(b => b.Order == zone.OrderMax || !zone.IsFree(b.Buddy));
        ulong[] pages = [.. blocks.SelectMany(Pages)];
        bool areApart = pages.Length == free.Count && free.SetEquals(pages);
        bool balances =
            zone.FreePages.Pages == (ulong)pages.Length
            && Enumerable
                .Range(0, zone.OrderMax + 1)
                .All(o =>
                    zone.FreeBlocks(o) == (ulong)blocks.Count(b => b.Order == o)
                    && zone.FreeList(o)
                        .Order(Comparer<PageBlock>.Create((a, b) => a.Start.CompareTo(b.Start)))
                        .SequenceEqual(blocks.Where(b => b.Order == o))
                );
        return areAligned && areMerged && areApart && balances && zone.Obtainable(0) == zone.FreePages.Pages;
    }

    internal static IEnumerable<ulong> Pages(PageBlock block)
    {
        for (ulong pfn = block.Start.Number; pfn < block.End.Number; pfn++)
            yield return pfn;
    }
}

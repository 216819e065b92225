using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.Kmsan;
using Altmap.Model.Memory.States;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Model.Tests.Kmsan;

[Trait("problem", "B2")]
public class ContiguityTests
{
    private static readonly BuddySpan[] OneZone = [new(0, ZoneKind.Normal, new(default, new(1UL << 40)))];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_small_map_with_ranges_apart_has_a_torn_block(int orderMax)
    {
        SearchResult found = ContiguitySearch.Exhaustive(SearchedMaps.Apart, 13, orderMax);
        Assert.Equal((4095UL, 0UL), (found.Maps, found.TornMaps));
        Assert.Equal(0UL, ContiguitySearch.Random(SearchedMaps.Apart, 300, 10, seed: 1).TornMaps);
    }

    [Fact]
    public void The_smallest_example_with_ranges_that_touch_has_six_pages()
    {
        SearchResult found = ContiguitySearch.Exhaustive(SearchedMaps.Touching, 9, 3);
        TornExample smallest = found.Smallest!;
        Assert.Equal(6UL, smallest.FreeRanges.Aggregate(0UL, (sum, r) => sum + r.Count.Pages));
        Assert.Contains(smallest.FreeRanges.Zip(smallest.FreeRanges.Skip(1)), p => p.First.End == p.Second.Start);
        // The one that was known before the search.
        Assert.NotNull(ContiguitySearch.Try(CarveOutTests.Ranges((1, 2), (3, 7), (7, 8)), [], 3));
    }

    [Fact]
    public void Memory_that_is_freed_later_tears_a_block_with_three_free_pages()
    {
        TornExample smallest = ContiguitySearch.Exhaustive(SearchedMaps.FreedLater, 7, 3).Smallest!;
        Assert.Equal(3UL, smallest.FreeRanges.Aggregate(0UL, (sum, r) => sum + r.Count.Pages));
        Assert.Equal(1UL, Assert.Single(smallest.FreedLater).Count.Pages);
        // Which metadata the initrd has decides: shadow from 4 and origins from 16 would go on at 8 and 20.
        CarveOut carveOut = CarveOut.Of(CarveOutTests.Ranges((8, 12), (20, 24), (36, 40)), 3);
        var initrd = new PfnRange(new(32), new(36));
        TornBlock torn = Assert.Single(
            Contiguity.Check(carveOut, OneZone, [new(initrd, new MetadataPlace(new(100), new(200)), "initrd")]).Torn
        );
        Assert.Equal(
            (new PageBlock(new(32), 3), 4UL, 4UL, true),
            (torn.Block, torn.ShadowPages.Pages, torn.OriginPages.Pages, torn.IsCertain)
        );
        Assert.False(Assert.Single(Contiguity.Check(carveOut, OneZone, [new(initrd, null, "initrd")]).Torn).IsCertain);
    }

    [Fact]
    public void A_node_or_zone_boundary_keeps_blocks_apart()
    {
        CarveOut carveOut = CarveOut.Of(CarveOutTests.Ranges((1, 2), (3, 7), (7, 8)), 3);
        Assert.Single(Contiguity.Check(carveOut, OneZone, []).Torn);
        Assert.Empty(
            Contiguity
                .Check(carveOut, [new(0, ZoneKind.Normal, new(default, new(7))), new(1, ZoneKind.Normal, new(new(7), new(64)))], [])
                .Torn
        );
    }

    [Fact]
    public void Boot_metadata_that_happen_to_go_on_where_a_blocks_end_are_not_torn()
    {
        CarveOut carveOut = CarveOut.Of(CarveOutTests.Ranges((4, 8), (16, 20), (32, 36)), 3);
        var later = new PfnRange(new(36), new(40));
        Assert.Empty(Contiguity.Check(carveOut, OneZone, [new(later, new MetadataPlace(new(8), new(20)), "initrd")]).Torn);
        Assert.Equal(
            4UL,
            Assert
                .Single(Contiguity.Check(carveOut, OneZone, [new(later, new MetadataPlace(new(8), new(21)), "initrd")]).Torn)
                .OriginPages.Pages
        );
        Assert.False(Assert.Single(Contiguity.Check(carveOut, OneZone, [new(later, null, "initrd")]).Torn).IsCertain);
        Assert.Throws<ArgumentException>(() => Contiguity.Check(carveOut, OneZone, [new(new(new(35), new(40)), null, "initrd")]));
    }

    [Fact]
    public void It_agrees_with_a_look_at_every_page() =>
        Prop.ForAll(
                (List<(byte, ushort)> spec, byte order, List<byte> holes) =>
                {
                    int orderMax = 1 + (order % 6);
                    CarveOut carveOut = CarveOut.Of(CarveOutTests.Ranges(spec), orderMax);
                    // Every other gap is freed later, with metadata above all memory.
                    ImmutableArray<PfnRange> ranges = carveOut.FreeRanges;
                    ulong meta = 1UL << 32;
                    var later = ImmutableArray.CreateBuilder<MetadataSegment>();
                    for (int i = 1; i < ranges.Length; i++)
                    {
                        PfnRange gap = new(ranges[i - 1].End, ranges[i].Start);
                        if (gap.IsEmpty || (holes.Count > 0 && holes[i % holes.Count] % 2 == 0))
                            continue;
                        later.Add(new(gap, new MetadataPlace(new(meta), new(meta + 1000)), "later"));
                        meta += 5000;
                    }
                    Dictionary<ulong, (ulong Shadow, ulong Origin)> places = [];
                    foreach ((ReleasedBlock block, _) in carveOut.Blocks())
                        Fill(block.Block.Pages, block.Shadow, block.Origin);
                    foreach (MetadataSegment segment in later)
                        Fill(segment.Pages, segment.Place!.Value.Shadow, segment.Place.Value.Origin);
                    var zone = new BuddyZone(orderMax);
                    foreach (ulong pfn in places.Keys.Order())
                        zone.Free(new(new(pfn), 0));
                    var expected = zone.FreeBlocks()
                        .Select(b => (b, Count(b, shadow: true), Count(b, shadow: false)))
                        .Where(t => t.Item2 + t.Item3 > 0);
                    // Page by page, neighbours of the largest order merge no further; released blocks of that order are whole by
                    // themselves.
                    return Contiguity
                        .Check(carveOut, OneZone, later.ToImmutable())
                        .Torn.Select(t => (t.Block, t.ShadowPages.Pages, t.OriginPages.Pages))
                        .SequenceEqual(expected);

                    ulong Count(PageBlock block, bool shadow) =>
                        CarveOutTests
                            .Pages(block.Start, block.Count.Pages)
                            .Aggregate(
                                0UL,
                                (sum, pfn) =>
                                {
                                    ulong at = pfn - block.Start.Number;
                                    (ulong s, ulong o) = places[pfn];
                                    (ulong s0, ulong o0) = places[block.Start.Number];
                                    return sum + ((shadow ? s != s0 + at : o != o0 + at) ? 1UL : 0UL);
                                }
                            );

                    void Fill(PfnRange pages, Pfn shadow, Pfn origin)
                    {
                        for (ulong i = 0; i < pages.Count.Pages; i++)
                            places[pages.Start.Number + i] = (shadow.Number + i, origin.Number + i);
                    }
                }
            )
            .QuickCheckThrowOnFailure();
}

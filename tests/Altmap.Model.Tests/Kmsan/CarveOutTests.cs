using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Kmsan;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Model.Tests.Kmsan;

[Trait("problem", "B2")]
public class CarveOutTests
{
    internal static ImmutableArray<PfnRange> Ranges(params (ulong Start, ulong End)[] ranges) =>
        [.. ranges.Select(r => new PfnRange(new(r.Start), new(r.End)))];

    /// <summary>Gaps (0: ranges that touch) and lengths of all magnitudes.</summary>
    internal static ImmutableArray<PfnRange> Ranges(List<(byte Gap, ushort Length)> spec)
    {
        ulong pfn = 1;
        var ranges = ImmutableArray.CreateBuilder<PfnRange>();
        foreach ((byte gap, ushort length) in spec)
        {
            ulong start = pfn + (gap % 5UL),
                end = start + 1 + (ulong)(length >> (gap % 16));
            ranges.Add(new(new(start), new(end)));
            pfn = end;
        }
        return ranges.ToImmutable();
    }

    [Fact]
    public void The_worked_example_by_hand()
    {
        CarveOut carveOut = CarveOut.Of(Ranges((1, 30), (35, 58)), 3);
        Assert.Equal(
            "36 o2 4 24|40 o3 8 16|56 o1 2 28|50 o1 48 54|35 o0 1 53",
            string.Join(
                '|',
                carveOut
                    .Blocks()
                    .Select(b => $"{b.Block.Block.Start.Number} o{b.Block.Block.Order} {b.Block.Shadow.Number} {b.Block.Origin.Number}")
            )
        );
        Assert.Equal(
            [ReleasePhase.Boot, ReleasePhase.Boot, ReleasePhase.Boot, ReleasePhase.Discard, ReleasePhase.Discard],
            carveOut.Blocks().Select(b => b.Phase)
        );
        Assert.Equal([new Pfn(52)], carveOut.Leftover);
        Assert.Equal([2UL, 3, 3, 4], carveOut.Orders.Select(o => o.Handed));
    }

    [Fact]
    public void Half_a_million_pages()
    {
        CarveOut carveOut = CarveOut.Of(Ranges((16, 159), (256, 4096), (12288, 524256)), 10);
        Assert.Equal((515951UL, 171983UL), (carveOut.Pages.Pages, carveOut.Released.Pages));
        Assert.Equal([1UL, 1, 1, 1, 2, 2, 2, 1, 2, 2, 502], carveOut.Orders.Select(o => o.Handed));
        Assert.Equal([0UL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 167], carveOut.Orders.Select(o => o.ReleasedAtBoot));
        Assert.Equal([1UL, 1, 1, 1, 0, 2, 0, 1, 1, 1, 0], carveOut.Orders.Select(o => o.ReleasedLater));
        Assert.Equal([new Pfn(0x8e), new Pfn(0x8f)], carveOut.Leftover);
        Assert.True(carveOut.Runs.Length < 30);
    }

    [Fact]
    public void Every_page_is_free_or_shadow_or_origins_or_lost_and_a_third_is_free() =>
        Prop.ForAll(
                (List<(byte, ushort)> spec, byte order) =>
                {
                    int orderMax = order % 11;
                    ImmutableArray<PfnRange> ranges = Ranges(spec);
                    CarveOut carveOut = CarveOut.Of(ranges, orderMax);
                    ulong pages = ranges.Aggregate(0UL, (sum, r) => sum + r.Count.Pages);
                    if (
                        carveOut.Pages.Pages != pages
                        || carveOut.Released.Pages != pages / 3
                        || (ulong)carveOut.Leftover.Length != pages % 3
                    )
                        return false;
                    HashSet<ulong> left = [.. ranges.SelectMany(r => Pages(r.Start, r.Count.Pages))];
                    foreach ((ReleasedBlock block, _) in carveOut.Blocks())
                    {
                        ulong count = block.Block.Count.Pages;
                        if (!block.Block.IsAligned || block.Shadow.Number % count != 0 || block.Origin.Number % count != 0)
                            return false;
                        foreach (Pfn start in new[] { block.Block.Start, block.Shadow, block.Origin })
                        {
                            if (!Pages(start, count).All(left.Remove))
                                return false;
                        }
                    }
                    return left.SetEquals(carveOut.Leftover.Select(p => p.Number));
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Runs_are_the_same_as_one_block_at_a_time() =>
        Prop.ForAll(
                (List<(byte, ushort)> spec, byte order) =>
                {
                    ImmutableArray<PfnRange> ranges = Ranges(spec);
                    CarveOut carveOut = CarveOut.Of(ranges, order % 11);
                    PfnRange some = new(new(100), new(5000));
                    ulong released = carveOut
                        .Blocks()
                        .Where(b => some.Contains(b.Block.Block.Start))
                        .Aggregate(0UL, (sum, b) => sum + b.Block.Block.Count.Pages);
                    return carveOut
                            .Blocks()
                            .Where(b => b.Phase == ReleasePhase.Boot)
                            .Select(b => b.Block)
                            .SequenceEqual(OneByOne(ranges, order % 11))
                        && carveOut.ReleasedIn(some).Pages == released;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void The_role_of_each_page_is_what_its_block_says() =>
        Prop.ForAll(
                (List<(byte, ushort)> spec, byte order) =>
                {
                    CarveOut carveOut = CarveOut.Of(Ranges(spec), order % 5);
                    return carveOut
                            .Blocks()
                            .Take(200)
                            .All(b =>
                                PageRole.Of(carveOut, b.Block.Block.End - new PfnCount(1))
                                    == new PageRole(PageRoleKind.Released, b.Block.Block.End - new PfnCount(1))
                                && PageRole.Of(carveOut, b.Block.Shadow) == new PageRole(PageRoleKind.Shadow, b.Block.Block.Start)
                                && PageRole.Of(carveOut, b.Block.Origin) == new PageRole(PageRoleKind.Origin, b.Block.Block.Start)
                            )
                        && carveOut.Leftover.All(p => PageRole.Of(carveOut, p).Kind == PageRoleKind.Leftover)
                        && PageRole.Of(carveOut, default).Kind == PageRoleKind.NotFree;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Ranges_that_cannot_be_are_refused()
    {
        Assert.Throws<ArgumentException>(() => CarveOut.Of(Ranges((5, 5)), 10));
        Assert.Throws<ArgumentException>(() => CarveOut.Of(Ranges((5, 9), (8, 10)), 10));
        Assert.Equal(0UL, CarveOut.Of([], 10).Pages.Pages);
    }

    internal static IEnumerable<ulong> Pages(Pfn start, ulong count)
    {
        for (ulong i = 0; i < count; i++)
            yield return start.Number + i;
    }

    /// <summary>The rule word for word: two blocks of an order are kept, the third is released.</summary>
    private static IEnumerable<ReleasedBlock> OneByOne(ImmutableArray<PfnRange> ranges, int orderMax)
    {
        var held = new List<ulong>[orderMax + 1];
        for (int i = 0; i <= orderMax; i++)
            held[i] = [];
        foreach (PfnRange range in ranges)
        {
            for (ulong at = range.Start.Number; at < range.End.Number; )
            {
                int order = orderMax;
                while (at % (1UL << order) != 0 || at + (1UL << order) > range.End.Number)
                    order--;
                if (held[order].Count == 2)
                {
                    yield return new(new(new(at), order), new(held[order][0]), new(held[order][1]));
                    held[order].Clear();
                }
                else
                {
                    held[order].Add(at);
                }
                at += 1UL << order;
            }
        }
    }
}

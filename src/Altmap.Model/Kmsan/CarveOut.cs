using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Model.Kmsan;

/// <summary>What became of the blocks of one order.</summary>
/// <param name="Order">Which.</param>
/// <param name="Handed">Blocks that memblock handed over.</param>
/// <param name="ReleasedAtBoot">Of those, the ones that reached the page allocator at once: each third.</param>
/// <param name="ReleasedLater">Blocks of this order that were released when what was held back was shared out
/// (kmsan_memblock_discard()).</param>
public readonly record struct OrderTotals(int Order, ulong Handed, ulong ReleasedAtBoot, ulong ReleasedLater);

/// <summary>
/// Which memory of a boot reaches the page allocator of a KMSAN kernel, in order, and which holds its shadow and origins. Two of three
/// blocks of an order are held back as
/// metadata for the third, whatever zone or node they are in (mm/kmsan/init.c kmsan_memblock_free_pages(), kmsan_memblock_discard();
/// 6.1.192, the same rules in 6.12.117).
/// Costs what there are ranges and orders. Struct pages are taken as initialised: 6.1 can defer that together with KMSAN, and then skips
/// those blocks.
/// </summary>
public sealed record CarveOut
{
    private CarveOut() { }

    /// <summary>The free ranges it was made from.</summary>
    public required ImmutableArray<PfnRange> FreeRanges { get; init; }

    /// <summary>The largest order.</summary>
    public required int OrderMax { get; init; }

    /// <summary>Released blocks in the order in which they reach the page allocator.</summary>
    public required ImmutableArray<ReleasedRun> Runs { get; init; }

    /// <summary>Pages that are neither free nor metadata: none, one or two.</summary>
    public required ImmutableArray<Pfn> Leftover { get; init; }

    /// <summary>By order, from 0.</summary>
    public required ImmutableArray<OrderTotals> Orders { get; init; }

    /// <summary>All pages of the free ranges; MemTotal counts them all (totalram_pages, mm/memblock.c memblock_free_all()).</summary>
    public PfnCount Pages => new(FreeRanges.Aggregate(0UL, (sum, r) => sum + r.Count.Pages));

    /// <summary>Pages that reached the page allocator; as many are shadow, and as many origins.</summary>
    public PfnCount Released => new(Runs.Aggregate(0UL, (sum, r) => sum + r.Pages.Pages));

    /// <summary>Every released block, in order.</summary>
    public IEnumerable<(ReleasedBlock Block, ReleasePhase Phase)> Blocks()
    {
        foreach (ReleasedRun run in Runs)
        {
            for (ulong i = 0; i < run.Count; i++)
                yield return (run[i], run.Phase);
        }
    }

    /// <summary>Released pages whose blocks start in a range.</summary>
    public PfnCount ReleasedIn(PfnRange pages) => new(Runs.Aggregate(0UL, (sum, r) => sum + r.PagesIn(pages).Pages));

    /// <summary>Pages of the free ranges in a range.</summary>
    public PfnCount PagesIn(PfnRange pages) =>
        new(
            FreeRanges.Aggregate(
                0UL,
                (sum, r) =>
                {
                    ulong start = Math.Max(r.Start.Number, pages.Start.Number),
                        end = Math.Min(r.End.Number, pages.End.Number);
                    return sum + (end > start ? end - start : 0);
                }
            )
        );

    /// <summary>The carve-out of free memblock ranges.</summary>
    /// <param name="freeRanges">Half-open, not empty, ascending, without overlap. Ranges that touch stay apart, as memblock's regions
    /// do.</param>
    /// <param name="orderMax">The largest order: 10 on x86-64.</param>
    public static CarveOut Of(ImmutableArray<PfnRange> freeRanges, int orderMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(orderMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(orderMax, 30);
        for (int i = 0; i < freeRanges.Length; i++)
        {
            if (freeRanges[i].IsEmpty || (i > 0 && freeRanges[i].Start < freeRanges[i - 1].End))
                throw new ArgumentException($"range {i} is empty, or not above the one before it", nameof(freeRanges));
        }
        var work = new CarveOutWork(orderMax);
        foreach (PfnRange range in freeRanges)
            work.HandOver(range);
        ImmutableArray<Pfn> leftover = work.Discard();
        return new CarveOut
        {
            FreeRanges = freeRanges,
            OrderMax = orderMax,
            Runs = work.Runs,
            Leftover = leftover,
            Orders =
            [
                .. Enumerable
                    .Range(0, orderMax + 1)
                    .Select(o => new OrderTotals(
                        o,
                        work.Handed[o],
                        Sum(work.Runs, o, ReleasePhase.Boot),
                        Sum(work.Runs, o, ReleasePhase.Discard)
                    )),
            ],
        };
    }

    private static ulong Sum(ImmutableArray<ReleasedRun> runs, int order, ReleasePhase phase) =>
        runs.Aggregate(0UL, (sum, r) => r.Order == order && r.Phase == phase ? sum + r.Count : sum);
}

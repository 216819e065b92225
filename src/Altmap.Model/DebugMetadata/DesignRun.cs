using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Buddy;

namespace Altmap.Model.DebugMetadata;

/// <summary>The state of a pool after a step.</summary>
/// <param name="Step">How many steps were done.</param>
/// <param name="InUse">Pages that the workload has, metadata not counted.</param>
/// <param name="Free">Free pages.</param>
/// <param name="LargestFree">Largest order with a free block; -1: nothing is free.</param>
/// <param name="LargestServed">Largest order that a request would get; -1: none.</param>
public readonly record struct PoolSample(int Step, PfnCount InUse, PfnCount Free, int LargestFree, int LargestServed);

/// <summary>A request of an order that would be refused for the first time.</summary>
/// <param name="Order">The order.</param>
/// <param name="InUse">Pages that the workload had asked for and not returned.</param>
/// <param name="Free">Free pages at that moment: what fragmentation, or the rule of three, made useless.</param>
/// <param name="Obtainable">Blocks of that order that could be had at that moment: fewer than the design needs.</param>
public readonly record struct Refusal(int Order, PfnCount InUse, PfnCount Free, ulong Obtainable);

/// <summary>A workload on one pool.</summary>
/// <param name="Failed">Requests that got nothing.</param>
/// <param name="Requests">All requests.</param>
/// <param name="FirstFailure">Index of the first step that failed; -1: none did.</param>
/// <param name="Refusals">By order: when a request of it would be refused for the first time; null: never in this workload.</param>
/// <param name="Samples">At even distances, the first before any step, the last after all.</param>
public sealed record DesignRun(
    int Failed,
    int Requests,
    int FirstFailure,
    ImmutableArray<Refusal?> Refusals,
    ImmutableArray<PoolSample> Samples
)
{
    private const int SampleCount = 100;

    /// <summary>
    /// Runs a workload. A request of order o takes <paramref name="copies"/> blocks of order o, one after the other; where one is missing,
    /// the others go back and
    /// the request fails. Changes <paramref name="pool"/>.
    /// </summary>
    /// <param name="pool">Free memory at the start.</param>
    /// <param name="copies">1, or 3 where shadow and origin are allocated with the page.</param>
    /// <param name="workload">What is asked.</param>
    public static DesignRun Of(BuddyAllocator pool, int copies, Workload workload)
    {
        var held = new PageBlock[workload.Steps.Length * copies]; // by request; order -1: nothing
        var asked = new sbyte[workload.Steps.Length];
        var refusals = new Refusal?[pool.OrderMax + 1];
        var samples = ImmutableArray.CreateBuilder<PoolSample>();
        int failed = 0,
            requests = 0,
            first = -1,
            every = Math.Max(1, workload.Steps.Length / SampleCount);
        ulong inUse = 0;
        int served = Probe(pool, copies, pool.OrderMax + 1, inUse, refusals);
        samples.Add(new(0, default, pool.FreePages, pool.LargestFreeOrder, LargestServed(pool, copies)));
        for (int i = 0; i < workload.Steps.Length; i++)
        {
            WorkloadStep step = workload.Steps[i];
            Span<PageBlock> blocks = held.AsSpan(step.Id * copies, copies);
            if (step.IsReturn)
            {
                inUse -= 1UL << asked[step.Id];
                GiveBack(pool, blocks);
            }
            else
            {
                requests++;
                asked[step.Id] = step.Order;
                inUse += 1UL << step.Order;
                if (!Take(pool, blocks, step.Order))
                {
                    failed++;
                    if (first < 0)
                        first = i;
                }
                served = Probe(pool, copies, served, inUse, refusals);
            }
            if ((i + 1) % every == 0 || i + 1 == workload.Steps.Length)
                samples.Add(new(i + 1, new(inUse), pool.FreePages, pool.LargestFreeOrder, LargestServed(pool, copies)));
        }
        return new(failed, requests, first, [.. refusals], samples.DrainToImmutable());
    }

    /// <summary>The largest order of which so many blocks could be had; -1: none.</summary>
    public static int LargestServed(BuddyAllocator pool, int copies)
    {
        int order = pool.OrderMax;
        while (order >= 0 && pool.Obtainable(order) < (ulong)copies)
            order--;
        return order;
    }

    /// <summary>Notes the orders that cannot be served any more. A refused order implies every larger one, so only those below the last
    /// known are asked.</summary>
    private static int Probe(BuddyAllocator pool, int copies, int known, ulong inUse, Refusal?[] refusals)
    {
        while (known > 0 && pool.Obtainable(known - 1) is var blocks && blocks < (ulong)copies)
        {
            known--;
            refusals[known] = new(known, new(inUse), pool.FreePages, blocks);
        }
        return known;
    }

    private static bool Take(BuddyAllocator pool, Span<PageBlock> blocks, int order)
    {
        for (int i = 0; i < blocks.Length; i++)
        {
            if (pool.Allocate(order) is { } block)
            {
                blocks[i] = block;
                continue;
            }
            GiveBack(pool, blocks[..i]);
            blocks.Fill(Nothing);
            return false;
        }
        return true;
    }

    private static readonly PageBlock Nothing = new(default, -1);

    private static void GiveBack(BuddyAllocator pool, Span<PageBlock> blocks)
    {
        foreach (PageBlock block in blocks)
        {
            if (block.Order >= 0)
                pool.Free(block);
        }
    }
}

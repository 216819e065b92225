using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Units;

namespace Altmap.Model.DebugMetadata;

/// <summary>A step: a request for 2^order pages, or the return of what an earlier one got.</summary>
/// <param name="Id">Which request: 0, 1, 2, …, each made once and returned at most once.</param>
/// <param name="Order">0 and up; -1: the return.</param>
public readonly record struct WorkloadStep(int Id, sbyte Order)
{
    /// <summary>True for a return.</summary>
    public bool IsReturn => Order < 0;
}

/// <summary>
/// A seeded sequence of requests and returns, the same for every design: pages in use grow evenly from none to all that is usable, with as
/// many returns in between,
/// of requests picked at random. Orders 0 to 3, seven of ten single pages.
/// </summary>
/// <param name="Seed">Same seed, same steps.</param>
/// <param name="Usable">Most pages in use.</param>
/// <param name="Steps">In order.</param>
public sealed record Workload(ulong Seed, PfnCount Usable, ImmutableArray<WorkloadStep> Steps)
{
    /// <summary>Steps for each usable page.</summary>
    public const int StepsPerPage = 3;

    /// <summary>Of 100 requests, how many are of order 0, 1, 2, 3.</summary>
    public static readonly ImmutableArray<int> Mix = [70, 15, 10, 5];

    /// <summary>Makes the steps. Throws for more than 2^26 usable pages: a workload is kept in memory.</summary>
    /// <param name="seed">Of the random choices.</param>
    /// <param name="usable">What use grows to.</param>
    /// <param name="end">Returns follow, at random, until no more than this is in use; null: none.</param>
    public static Workload Of(ulong seed, PfnCount usable, PfnCount? end = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(usable.Pages, 1UL << 26);
        int count = checked((int)(usable.Pages * StepsPerPage));
        var steps = ImmutableArray.CreateBuilder<WorkloadStep>(count);
        var live = new List<WorkloadStep>();
        SeededRandom random = new(seed);
        ulong inUse = 0;
        int next = 0;
        for (int i = 0; i < count; i++)
        {
            ulong target = usable.Pages * (ulong)(i + 1) / (ulong)count;
            if (inUse < target || live.Count == 0)
            {
                (ulong draw, random) = random.DrawBelow(100);
                var step = new WorkloadStep(next++, OrderOf((int)draw));
                live.Add(step);
                steps.Add(step);
                inUse += 1UL << step.Order;
            }
            else
            {
                Return();
            }
        }
        while (end is { } least && inUse > least.Pages)
            Return();
        return new(seed, usable, steps.ToImmutable());

        void Return()
        {
            (ulong draw, random) = random.DrawBelow((ulong)live.Count);
            WorkloadStep back = live[(int)draw];
            live[(int)draw] = live[^1];
            live.RemoveAt(live.Count - 1);
            steps.Add(back with { Order = -1 });
            inUse -= 1UL << back.Order;
        }
    }

    private static sbyte OrderOf(int draw)
    {
        int order = 0;
        while (order < Mix.Length - 1 && draw >= Mix[order])
            draw -= Mix[order++];
        return (sbyte)order;
    }
}

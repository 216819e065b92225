using System.Runtime.ExceptionServices;
using Altmap.Model.Explore;
using Altmap.Model.Explore.Search;

namespace Altmap.Host.Explore;

/// <summary>A search on several threads: each owns some of the states.</summary>
public static class ParallelExplorer
{
    /// <summary>Searches to the fixpoint or to a limit.</summary>
    /// <param name="model">What.</param>
    /// <param name="limits">How far; asked by one thread.</param>
    /// <param name="threads">1 or more; the same states and verdicts with any number.</param>
    public static Exploration Search(ExplorerModel model, SearchLimits limits, int threads)
    {
        if (threads <= 1)
            return Explorer.Search(model, limits);
        var search = new ExplorerSearch(model, limits.Reductions);
        var exchange = new ThreadExchange(threads);
        var parts = new ISearchPart[threads];
        try
        {
            string? stopped = null;
            ExceptionDispatchInfo? failure = null;
            void Run(int me)
            {
                try
                {
                    // Made by its thread, so that what one writes often does not lie beside what another reads.
                    parts[me] = search.Part(exchange, me);
                    if (PartLoop.Run(parts[me], exchange, me, limits) is { } why)
                        Volatile.Write(ref stopped, why);
                }
                catch (Exception e)
                {
                    if (e is not OperationCanceledException)
                        Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
                    exchange.Break();
                }
            }
            Thread[] all = [.. Enumerable.Range(0, threads).Select(p => new Thread(() => Run(p)) { IsBackground = true })];
            foreach (Thread thread in all)
                thread.Start();
            foreach (Thread thread in all)
                thread.Join();
            failure?.Throw();
            return search.Result(parts, stopped, limits.Traces);
        }
        finally
        {
            foreach (ISearchPart? part in parts)
                part?.Dispose();
        }
    }
}

/// <summary>The levels of one part beside others.</summary>
internal static class PartLoop
{
    /// <summary>Level by level until nobody has new states, or a bound is reached; which, or null.</summary>
    /// <param name="part">This part.</param>
    /// <param name="exchange">The others.</param>
    /// <param name="me">Number of this part.</param>
    /// <param name="limits">For all together; progress is told by part 0.</param>
    /// <param name="onLevel">Called when a level of this part is complete.</param>
    public static string? Run(ISearchPart part, IExchange exchange, int me, SearchLimits limits, Action? onLevel = null)
    {
        SearchLimits own = me == 0 ? limits : limits with { OnLevel = static _ => true };
        bool goesOn = true;
        while (true)
        {
            LevelTotals sum = exchange.Sum(me, new LevelTotals(part.Frontier, part.States, part.Bytes, goesOn ? 0 : 1));
            if (sum.Stops > 0)
                return sum.States > limits.StatesMax ? "states" : "memory";
            if (sum.New == 0)
                return null;
            string? bound = Explorer.Bound(new SearchProgress(part.Depth, sum.States, sum.New, sum.Bytes), own);
            // Part 0 may have been told to stop: all hear of it before the next level.
            LevelTotals stops = exchange.Sum(me, new LevelTotals(0, 0, 0, bound is null ? 0 : 1));
            if (stops.Stops > 0)
                return bound ?? "interrupted";
            goesOn = part.Step(() => part.Bytes > limits.BytesMax / exchange.Partitions, limits.StatesMax);
            onLevel?.Invoke();
        }
    }
}

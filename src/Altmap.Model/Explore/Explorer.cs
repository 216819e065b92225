using Altmap.Model.Explore.Search;

namespace Altmap.Model.Explore;

/// <summary>What is left out of a search; its verdicts stay.</summary>
[Flags]
public enum Reductions
{
    /// <summary>Every state.</summary>
    None = 0,

    /// <summary>States that differ only in which walker is which count as one. Traces stay shortest.</summary>
    Symmetry = 1,

    /// <summary>Where the steps of one actor touch nothing that others read or write before them, and nothing that a property speaks of,
    /// the others wait. Verdicts stay; traces need not be shortest.</summary>
    PartialOrder = 2,
}

/// <summary>Where a search stops, and what it leaves out.</summary>
public sealed record SearchLimits
{
    /// <summary>States.</summary>
    public long StatesMax { get; init; } = long.MaxValue;

    /// <summary>Steps from boot.</summary>
    public int DepthMax { get; init; } = int.MaxValue;

    /// <summary>Bytes for states and index.</summary>
    public long BytesMax { get; init; } = long.MaxValue;

    /// <summary>What is left out.</summary>
    public Reductions Reductions { get; init; }

    /// <summary>False: violations are told without their traces.</summary>
    public bool Traces { get; init; } = true;

    /// <summary>Called after each level; false stops.</summary>
    public Func<SearchProgress, bool> OnLevel { get; init; } = static _ => true;
}

/// <summary>How far a search is.</summary>
/// <param name="Depth">Levels complete.</param>
/// <param name="States">States so far.</param>
/// <param name="Frontier">States of the last level.</param>
/// <param name="Bytes">Memory.</param>
public readonly record struct SearchProgress(int Depth, long States, long Frontier, long Bytes);

/// <summary>
/// Bounded model checking over the same steps that the model's commands fold: exact, breadth first, so that a trace is a shortest one.
/// </summary>
public static class Explorer
{
    /// <summary>Searches to the fixpoint or to a limit, in this thread.</summary>
    public static Exploration Search(ExplorerModel model, SearchLimits limits)
    {
        var search = new ExplorerSearch(model, limits.Reductions);
        using ISearchPart part = search.Part(null, 0);
        string? stopped = null;
        while (part.Frontier > 0 && stopped is null)
            stopped =
                Bound(new(part.Depth, part.States, part.Frontier, part.Bytes), limits)
                ?? (
                    part.Step(() => part.Bytes > limits.BytesMax, limits.StatesMax) ? null
                    : part.Bytes > limits.BytesMax ? "memory"
                    : "states"
                );
        return search.Result([part], stopped, limits.Traces);
    }

    /// <summary>The bound that is reached after a level, or null.</summary>
    public static string? Bound(SearchProgress progress, SearchLimits limits) =>
        !limits.OnLevel(progress) ? "interrupted"
        : progress.States > limits.StatesMax ? "states"
        : progress.Depth >= limits.DepthMax ? "depth"
        : progress.Bytes > limits.BytesMax ? "memory"
        : null;
}

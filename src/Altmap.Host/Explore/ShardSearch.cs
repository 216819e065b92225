using System.Globalization;
using Altmap.Model.Explore;
using Altmap.Model.Explore.Search;

namespace Altmap.Host.Explore;

/// <summary>What a shard has done.</summary>
/// <param name="Found">The result of all shards, or null: shard 0 tells it.</param>
/// <param name="OwnStates">States that this shard keeps.</param>
/// <param name="States">States of all.</param>
/// <param name="Stopped">The bound that stopped it, or null.</param>
/// <param name="Resumed">Levels that were there already.</param>
public sealed record ShardResult(Exploration? Found, long OwnStates, long States, string? Stopped, int Resumed);

/// <summary>
/// A search whose states are kept in a directory, level by level: what was killed goes on where it was. With several shards each process
/// owns some of the states, and they give each other states through the directory.
/// </summary>
public static class ShardSearch
{
    private const string Identity = "search.txt";

    /// <summary>Searches as shard <paramref name="me"/> of <paramref name="shards"/>.</summary>
    /// <param name="model">What.</param>
    /// <param name="limits">How far.</param>
    /// <param name="directory">Shared by all shards; made where it is not there.</param>
    /// <param name="me">From 0.</param>
    /// <param name="shards">How many.</param>
    /// <returns>The result, or an error: a directory of another search, a file that cannot be read or written.</returns>
    public static HostResult<ShardResult> Run(ExplorerModel model, SearchLimits limits, string directory, int me, int shards)
    {
        try
        {
            string own = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"shard-{me}"));
            Directory.CreateDirectory(own);
            if (Claim(model, limits, directory, me, shards) is { } error)
                return new(null, error);
            return new(Search(model, limits, directory, own, me, shards), null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(directory, e));
        }
    }

    private static ShardResult Search(ExplorerModel model, SearchLimits limits, string directory, string own, int me, int shards)
    {
        var search = new ExplorerSearch(model, limits.Reductions);
        int levels = LevelsIn(own);
        void Pause()
        {
            Thread.Sleep(5);
            if (!limits.OnLevel(new SearchProgress(-1, 0, 0, 0)))
                throw new OperationCanceledException();
        }
        using var exchange = new DirectoryExchange(directory, shards, me, Math.Max(0, levels - 1), Pause);
        using ISearchPart part = search.Part(shards == 1 ? null : exchange, me);
        if (levels > 0)
            part.Load(levels, l => File.OpenRead(LevelFile(own, l)));
        else
            Save(part, own, 0);
        exchange.Forget();
        string? stopped = null;
        LevelTotals sum;
        bool goesOn = true;
        try
        {
            while (true)
            {
                sum = exchange.Sum(me, new LevelTotals(part.Frontier, part.States, part.Bytes, goesOn ? 0 : 1));
                stopped =
                    sum.Stops > 0 ? "memory"
                    : sum.New == 0 ? null
                    : Explorer.Bound(new SearchProgress(part.Depth, sum.States, sum.New, sum.Bytes), limits);
                if (stopped is not null || sum.New == 0)
                    break;
                goesOn = part.Step(() => part.Bytes > limits.BytesMax / shards, long.MaxValue);
                if (shards == 1)
                    exchange.Receive(me, wait: true); // the next level
                if (goesOn)
                    Save(part, own, part.Depth);
            }
        }
        catch (OperationCanceledException)
        {
            return new ShardResult(null, part.States, part.States, "interrupted", levels);
        }
        long states = part.States;
        if (me != 0)
            return new ShardResult(null, states, sum.States, stopped, levels);
        if (shards == 1)
            return new ShardResult(search.Result([part], stopped, limits.Traces), states, sum.States, stopped, levels);

        // The traces need everybody's states.
        part.Dispose();
        var parts = new List<ISearchPart>();
        try
        {
            for (int shard = 0; shard < shards; shard++)
            {
                string place = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"shard-{shard}"));
                while (LevelsIn(place) < LevelsIn(own))
                    Pause();
                ISearchPart one = search.Part(null, shard);
                parts.Add(one);
                one.Load(LevelsIn(own), l => File.OpenRead(LevelFile(place, l)));
            }
            return new ShardResult(search.Result(parts, stopped, limits.Traces), states, sum.States, stopped, levels);
        }
        catch (OperationCanceledException)
        {
            return new ShardResult(null, states, sum.States, "interrupted", levels);
        }
        finally
        {
            foreach (ISearchPart one in parts)
                one.Dispose();
        }
    }

    /// <summary>The directory is this search's, or nobody's yet.</summary>
    private static HostError? Claim(ExplorerModel model, SearchLimits limits, string directory, int me, int shards)
    {
        Scenario s = model.Scenario;
        string identity = string.Create(
            CultureInfo.InvariantCulture,
            $"policy {s.Policy.Name}: {string.Join(' ', s.Policy.Checks.Select(c => c.Word))}; {s.Policy.Holes}, {s.Policy.Collisions}\n"
                + $"poison {s.Poisons}, faults {s.Faults}, walkers locked {s.WalkersLocked}, "
                + $"without {string.Join(',', s.Without.Order())}\n"
                + $"{s.Bounds}; {model.Bits} bits; reductions {limits.Reductions}\n{shards} shards by sections\n"
        );
        string path = Path.Combine(directory, Identity);
        if (!File.Exists(path))
        {
            // Shards may start at the same moment, on machines with the same process numbers: each writes its own, all the same.
            string temporary = string.Create(CultureInfo.InvariantCulture, $"{path}.{me}.tmp");
            File.WriteAllText(temporary, identity);
            File.Move(temporary, path, overwrite: true);
        }
        string found = File.ReadAllText(path);
        return found == identity
            ? null
            : new HostError(
                directory,
                "another search is kept here",
                found.Trim().Replace("\n", "; ", StringComparison.Ordinal),
                "give an empty directory, or the options of that search"
            );
    }

    private static void Save(ISearchPart part, string own, int level)
    {
        string temporary = LevelFile(own, level) + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
        {
            part.Save(level, file);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, LevelFile(own, level), overwrite: true);
    }

    private static int LevelsIn(string own)
    {
        int levels = 0;
        while (File.Exists(LevelFile(own, levels)))
            levels++;
        return levels;
    }

    private static string LevelFile(string own, int level) =>
        Path.Combine(own, string.Create(CultureInfo.InvariantCulture, $"level-{level:d6}"));
}

using System.Collections.Immutable;
using Altmap.Model.Explore.Packed;

namespace Altmap.Model.Explore.Search;

/// <summary>A part of a search that can be carried out beside others.</summary>
public interface ISearchPart : IDisposable
{
    /// <summary>States of this part.</summary>
    long States { get; }

    /// <summary>Successors made by this part.</summary>
    long Edges { get; }

    /// <summary>Memory of this part, in bytes.</summary>
    long Bytes { get; }

    /// <summary>Depth of the last level found.</summary>
    int Depth { get; }

    /// <summary>States of the last level.</summary>
    long Frontier { get; }

    /// <summary>Where each level starts; the last entry is the number of states.</summary>
    IReadOnlyList<long> Levels { get; }

    /// <summary>Puts the states of a level into a stream, as they lie.</summary>
    void Save(int level, Stream stream);

    /// <summary>Takes levels that were saved, in place of the start.</summary>
    /// <param name="levels">Levels.</param>
    /// <param name="open">The states of one, as they were saved.</param>
    void Load(int levels, Func<int, Stream> open);

    /// <summary>Expands the last level; false: stopped on the way.</summary>
    bool Step(Func<bool> isCancelled, long statesMax);
}

/// <summary>What is the same for all parts of a search.</summary>
internal abstract class SearchSpace
{
    /// <summary>Prepared for a program.</summary>
    public static SearchSpace Of(PackedProgram program, ImmutableArray<Property> properties, Reductions reductions) =>
        program.Words switch
        {
            <= 2 => new SearchSpace<Bits128>(program, properties, reductions),
            <= 4 => new SearchSpace<Bits256>(program, properties, reductions),
            <= 8 => new SearchSpace<Bits512>(program, properties, reductions),
            _ => throw new WorldTooLargeException(program.Bits),
        };

    /// <summary>Bytes of a state.</summary>
    public abstract int StateBytes { get; }

    /// <summary>A part; without exchange the whole.</summary>
    public abstract ISearchPart Part(IExchange? exchange, int me);

    /// <summary>First sightings of violations, over all parts, one a property, the earliest.</summary>
    public abstract ImmutableArray<Sighting> Sightings(IReadOnlyList<ISearchPart> parts);

    /// <summary>The alternatives that lead to a sighting.</summary>
    public abstract ImmutableArray<PackedAlternative> Trace(IReadOnlyList<ISearchPart> parts, Sighting sighting);
}

/// <summary>A world that does not fit into a state of 512 bits.</summary>
/// <param name="bits">What it needs.</param>
public sealed class WorldTooLargeException(int bits) : Exception($"a state of this world needs {bits} bits, and 512 is the limit")
{
    /// <summary>What it needs.</summary>
    public int Bits => bits;
}

/// <inheritdoc/>
internal sealed unsafe class SearchSpace<TBits> : SearchSpace
    where TBits : unmanaged, IBits<TBits>
{
    private readonly Engine<TBits> _engine;
    private readonly Watch<TBits> _watch;
    private readonly int _properties;
    private Helpers<TBits>? _helpers;

    public SearchSpace(PackedProgram program, ImmutableArray<Property> properties, Reductions reductions)
    {
        AmpleSteps? ample = reductions.HasFlag(Reductions.PartialOrder) ? new AmpleSteps(program, properties) : null;
        _engine = new Engine<TBits>(program, reductions.HasFlag(Reductions.Symmetry), ample);
        _watch = new Watch<TBits>(_engine, properties);
        _properties = properties.Length;
    }

    public override int StateBytes => sizeof(TBits);

    public override ISearchPart Part(IExchange? exchange, int me) =>
        new PartitionSearch<TBits>(
            _engine,
            _watch,
            _properties,
            exchange,
            exchange is { IsOneProcess: true } ? LazyInitializer.EnsureInitialized(ref _helpers, () => new(exchange.Partitions)) : null,
            me
        );

    public override ImmutableArray<Sighting> Sightings(IReadOnlyList<ISearchPart> parts) =>
        [
            .. Parts(parts)
                .SelectMany(p => p.Found)
                .OfType<Sighting<TBits>>()
                .GroupBy(s => s.Property)
                .Select(g => g.Aggregate((a, b) => b.Precedes(a) ? b : a))
                .OrderBy(s => s.Property),
        ];

    public override ImmutableArray<PackedAlternative> Trace(IReadOnlyList<ISearchPart> parts, Sighting sighting)
    {
        PartitionSearch<TBits>[] all = [.. Parts(parts)];
        var path = new TBits[sighting.Depth + 1];
        path[^1] = ((Sighting<TBits>)sighting).State;
        var room = new NativeArray<TBits>();
        room.Grow(_engine.MovesMax + 1);
        var taken = new int[_engine.MovesMax + 1];
        int actor = -1;
        fixed (int* moves = taken)
        {
            for (int depth = sighting.Depth; depth > 0; depth--)
                path[depth - 1] = Before(all, depth - 1, path[depth], ref actor, room.Items, moves);
        }

        var trace = ImmutableArray.CreateBuilder<PackedAlternative>(sighting.Depth);
        TBits now = _engine.Start;
        fixed (int* moves = taken)
        {
            for (int depth = 1; depth <= sighting.Depth; depth++)
            {
                // A state that was kept stands for others, of which the reduction may leave out other steps: here all are tried.
                int count = _engine.AllSuccessors(&now, room.Items, moves, out _),
                    found = -1;
                for (int i = 0; i < count && found < 0; i++)
                {
                    TBits same = room.Items[i];
                    _engine.Canonicalise(&same);
                    if (TBits.Same(same, path[depth]))
                        found = i;
                }
                if (found < 0)
                    throw new InvalidOperationException($"no step leads from depth {depth - 1} to the state found at {depth}");
                now = room.Items[found];
                trace.Add(_engine.Program.Alternatives[moves[found]]);
            }
        }
        GC.KeepAlive(room);
        return trace.MoveToImmutable();
    }

    /// <summary>
    /// Of the states of a level that lead to one, that of a step of the same actor as the step after it, for few turns in the story; of
    /// those the one that precedes the others: the same for any order in which they were found.
    /// </summary>
    private TBits Before(PartitionSearch<TBits>[] parts, int depth, in TBits state, ref int actor, TBits* room, int* taken)
    {
        TBits? best = null;
        int bestActor = -1;
        foreach (PartitionSearch<TBits> part in parts)
        {
            for (long i = part.Levels[depth]; i < part.Levels[depth + 1]; i++)
            {
                TBits from = *part.Store[i];
                int count = _engine.Successors(&from, room, taken, out _);
                for (int s = 0; s < count; s++)
                {
                    _engine.Canonicalise(room + s);
                    if (!TBits.Same(room[s], state))
                        continue;
                    int by = _engine.Program.Alternatives[taken[s]].Actor;
                    bool isTurn = by != actor,
                        isBestTurn = bestActor != actor;
                    if (best is not { } other || (isTurn == isBestTurn ? TBits.Precedes(from, other) : isBestTurn))
                        (best, bestActor) = (from, by);
                }
            }
        }
        actor = bestActor;
        return best ?? throw new InvalidOperationException($"no state of depth {depth} leads to one that was found");
    }

    private static IEnumerable<PartitionSearch<TBits>> Parts(IReadOnlyList<ISearchPart> parts) => parts.Cast<PartitionSearch<TBits>>();
}

using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Altmap.Model.Memory.States;

/// <summary>Where a value starts; it holds up to the next run.</summary>
/// <param name="Start">First number.</param>
/// <param name="Value">Its value.</param>
/// <typeparam name="T">The value.</typeparam>
public readonly record struct Run<T>(ulong Start, T Value)
    where T : struct;

/// <summary>
/// A value for every 64-bit number, kept as the places where it changes. Immutable. Neighbouring runs differ. Runs lie in chunks, so that a
/// change copies
/// one or two chunks and the list of chunks: about the square root of what there is.
/// </summary>
/// <typeparam name="T">The value.</typeparam>
public readonly struct RunMap<T> : IEquatable<RunMap<T>>
    where T : struct
{
    private const int RunsPerChunk = 32;

    private readonly ImmutableArray<ImmutableArray<Run<T>>> _chunks;

    private RunMap(ImmutableArray<ImmutableArray<Run<T>>> chunks) => _chunks = chunks;

    /// <summary>The same value everywhere.</summary>
    public RunMap(T value)
        : this([
            [new Run<T>(0, value)],
        ]) { }

    /// <summary>Many layers, a later one over those before it: the same as setting one after the other, but in n log n.</summary>
    /// <param name="background">Where no layer is.</param>
    /// <param name="layers">Half-open, anywhere; an empty one changes nothing.</param>
    public RunMap(T background, IReadOnlyList<(ulong Start, ulong End, T Value)> layers)
        : this(Chunked(Flatten(background, layers))) { }

    /// <summary>The value of a number.</summary>
    public T this[ulong at]
    {
        get
        {
            ImmutableArray<Run<T>> chunk = _chunks[ChunkOf(at)];
            return chunk[IndexIn(chunk, at)].Value;
        }
    }

    /// <summary>All runs, ascending, from 0.</summary>
    public IEnumerable<Run<T>> Runs => _chunks.SelectMany(c => c);

    /// <summary>How many runs.</summary>
    public int Count => _chunks.Sum(c => c.Length);

    /// <summary>The runs that meet [start, end), cut to it, each with its end.</summary>
    public IEnumerable<(ulong Start, ulong End, T Value)> Within(ulong start, ulong end)
    {
        if (start >= end)
            yield break;
        int c = ChunkOf(start),
            i = IndexIn(_chunks[c], start);
        while (c < _chunks.Length)
        {
            Run<T> run = _chunks[c][i];
            if (run.Start >= end)
                yield break;
            if (++i == _chunks[c].Length)
                (c, i) = (c + 1, 0);
            ulong past = c < _chunks.Length ? _chunks[c][i].Start : ulong.MaxValue;
            yield return (Math.Max(start, run.Start), Math.Min(end, past), run.Value);
        }
    }

    /// <summary>True when a value in [start, end) fits.</summary>
    public bool Any(ulong start, ulong end, Func<T, bool> fits)
    {
        if (start >= end)
            return false;
        int c = ChunkOf(start),
            i = IndexIn(_chunks[c], start);
        for (; c < _chunks.Length; c++, i = 0)
        {
            ImmutableArray<Run<T>> chunk = _chunks[c];
            for (; i < chunk.Length; i++)
            {
                if (chunk[i].Start >= end)
                    return false;
                if (fits(chunk[i].Value))
                    return true;
            }
        }
        return false;
    }

    /// <summary>The map with every value in [start, end) replaced.</summary>
    public RunMap<T> Set(ulong start, ulong end, T value) => Change(start, end, _ => value);

    /// <summary>The map with every value in [start, end) changed.</summary>
    public RunMap<T> Change(ulong start, ulong end, Func<T, T> change)
    {
        if (start >= end)
            return this;
        int first = ChunkOf(start),
            last = ChunkOf(end - 1);
        // A run that starts just at an edge may become one with its neighbour in the next chunk.
        if (first > 0 && _chunks[first][0].Start == start)
            first--;
        if (last + 1 < _chunks.Length && _chunks[last + 1][0].Start == end)
            last++;

        var runs = new List<Run<T>>(RunsPerChunk + 8);
        for (int c = first; c <= last; c++)
        {
            ImmutableArray<Run<T>> chunk = _chunks[c];
            for (int i = 0; i < chunk.Length; i++)
            {
                ulong from = chunk[i].Start;
                ulong to =
                    i + 1 < chunk.Length ? chunk[i + 1].Start
                    : c + 1 < _chunks.Length ? _chunks[c + 1][0].Start
                    : ulong.MaxValue;
                T value = chunk[i].Value;
                if (to <= start || from >= end)
                {
                    Add(runs, from, value);
                    continue;
                }
                if (from < start)
                    Add(runs, from, value);
                Add(runs, Math.Max(from, start), change(value));
                if (to > end)
                    Add(runs, end, value);
            }
        }
        return new RunMap<T>(Replace(first, last, runs));
    }

    /// <inheritdoc/>
    public bool Equals(RunMap<T> other) => _chunks == other._chunks || Runs.SequenceEqual(other.Runs);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RunMap<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Runs.Aggregate(0, (hash, run) => HashCode.Combine(hash, run));

    /// <summary>Same runs.</summary>
    public static bool operator ==(RunMap<T> left, RunMap<T> right) => left.Equals(right);

    /// <summary>Other runs.</summary>
    public static bool operator !=(RunMap<T> left, RunMap<T> right) => !left.Equals(right);

    private ImmutableArray<ImmutableArray<Run<T>>> Replace(int first, int last, List<Run<T>> runs)
    {
        ImmutableArray<ImmutableArray<Run<T>>> pieces = Chunked(runs);
        var chunks = ImmutableArray.CreateBuilder<ImmutableArray<Run<T>>>(_chunks.Length - (last - first + 1) + pieces.Length);
        chunks.AddRange(_chunks.AsSpan()[..first]);
        chunks.AddRange(pieces);
        chunks.AddRange(_chunks.AsSpan()[(last + 1)..]);
        return chunks.MoveToImmutable();
    }

    private static ImmutableArray<ImmutableArray<Run<T>>> Chunked(List<Run<T>> runs)
    {
        int pieces = Math.Max(1, (runs.Count + RunsPerChunk - 1) / RunsPerChunk);
        var chunks = ImmutableArray.CreateBuilder<ImmutableArray<Run<T>>>(pieces);
        for (int p = 0; p < pieces; p++)
        {
            int from = (int)((long)runs.Count * p / pieces),
                to = (int)((long)runs.Count * (p + 1) / pieces);
            chunks.Add([.. CollectionsMarshal.AsSpan(runs)[from..to]]);
        }
        return chunks.MoveToImmutable();
    }

    /// <summary>Goes up through all places where a layer begins or ends. The queue holds the layers begun so far, the last painted
    /// first.</summary>
    private static List<Run<T>> Flatten(T background, IReadOnlyList<(ulong Start, ulong End, T Value)> layers)
    {
        int[] byStart = [.. Enumerable.Range(0, layers.Count).Where(i => layers[i].Start < layers[i].End).OrderBy(i => layers[i].Start)];
        ulong[] ends = [.. byStart.Select(i => layers[i].End).Order()];
        var begun = new PriorityQueue<int, int>();
        var runs = new List<Run<T>> { new(0, background) };
        for (int s = 0, e = 0; e < ends.Length; )
        {
            ulong at = s < byStart.Length ? Math.Min(layers[byStart[s]].Start, ends[e]) : ends[e];
            for (; s < byStart.Length && layers[byStart[s]].Start == at; s++)
                begun.Enqueue(byStart[s], -byStart[s]);
            while (e < ends.Length && ends[e] == at)
                e++;
            while (begun.TryPeek(out int over, out _) && layers[over].End <= at)
                begun.Dequeue();
            if (at == 0)
                runs.Clear();
            Add(runs, at, begun.TryPeek(out int top, out _) ? layers[top].Value : background);
        }
        return runs;
    }

    private static void Add(List<Run<T>> runs, ulong start, T value)
    {
        if (runs.Count == 0 || !EqualityComparer<T>.Default.Equals(runs[^1].Value, value))
            runs.Add(new Run<T>(start, value));
    }

    private int ChunkOf(ulong at)
    {
        int low = 0,
            high = _chunks.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_chunks[middle][0].Start <= at)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    private static int IndexIn(ImmutableArray<Run<T>> chunk, ulong at)
    {
        int low = 0,
            high = chunk.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (chunk[middle].Start <= at)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }
}

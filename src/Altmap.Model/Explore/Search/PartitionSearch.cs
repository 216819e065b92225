using System.Runtime.InteropServices;

namespace Altmap.Model.Explore.Search;

/// <summary>
/// Exact breadth-first search of one partition of the states, level by level. Alone it is the whole search; with an
/// <see cref="IExchange"/> it owns the states whose hash is its own, and gives the others away.
/// </summary>
internal sealed unsafe class PartitionSearch<TBits> : ISearchPart
    where TBits : unmanaged, IBits<TBits>
{
    private const int Parcel = 2048; // states sent at once
    private const int Look = 512; // states between looks into the inbox
    private readonly Engine<TBits> _engine;
    private readonly Watch<TBits> _watch;
    private readonly IExchange? _exchange;
    private readonly int _me;
    private readonly int _partitions;
    private readonly Sighting?[] _found;
    private readonly List<long> _levels = [0];
    private readonly TBits[][] _out;
    private readonly int[] _outCount;
    private readonly NativeArray<TBits> _next = new();
    private long _looked;

    public PartitionSearch(Engine<TBits> engine, Watch<TBits> watch, int properties, IExchange? exchange, int me)
    {
        (_engine, _watch, _exchange, _me) = (engine, watch, exchange, me);
        _partitions = exchange?.Partitions ?? 1;
        _found = new Sighting?[properties];
        _out = [.. Enumerable.Range(0, _partitions).Select(p => p == me ? [] : new TBits[Parcel])];
        _outCount = new int[_partitions];
        _next.Grow(engine.MovesMax + 1);
        TBits start = engine.Start;
        engine.Canonicalise(&start);
        if (OwnerOf(TBits.Hash(start)) == me)
            Store.Offer(start, TBits.Hash(start));
        EndLevel();
    }

    /// <summary>The states, in the order of their depth.</summary>
    public StateStore<TBits> Store { get; } = new();

    /// <summary>Where each level starts; the last entry is the number of states.</summary>
    public IReadOnlyList<long> Levels => _levels;

    /// <summary>Depth of the last complete level.</summary>
    public int Depth => _levels.Count - 2;

    /// <summary>Successors made.</summary>
    public long Edges { get; private set; }

    public long States => Store.Count;

    public long Bytes => Store.Bytes;

    public long Frontier => _levels[^1] - _levels[^2];

    public IReadOnlyList<Sighting?> Found => _found;

    /// <summary>Who keeps a state.</summary>
    public int OwnerOf(ulong hash) => _partitions == 1 ? 0 : (int)(((hash >> 32) * (ulong)_partitions) >> 32);

    /// <summary>Expands the last level. False when <paramref name="isCancelled"/> said so: the level is then not complete.</summary>
    /// <param name="isCancelled">Asked now and then.</param>
    /// <param name="statesMax">Stops when there are more states.</param>
    public bool Step(Func<bool> isCancelled, long statesMax)
    {
        long first = _levels[^2],
            past = _levels[^1];
        bool goesOn = true;
        for (long i = first; i < past && goesOn; i++)
        {
            Expand(i);
            if ((i - first) % Look != Look - 1)
                continue;
            Drain(wait: false);
            goesOn = !isCancelled() && Store.Count <= statesMax;
        }
        if (_exchange is not null)
        {
            for (int p = 0; p < _partitions; p++)
                Send(p);
            _exchange.Sent(_me);
            Drain(wait: true);
        }
        EndLevel();
        return goesOn;
    }

    public void Save(int level, Stream stream)
    {
        const int Chunk = 1 << 15;
        for (long at = _levels[level]; at < _levels[level + 1]; at += Chunk)
            stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<TBits>(Store[at], (int)Math.Min(Chunk, _levels[level + 1] - at))));
    }

    public void Load(int levels, Func<int, Stream> open)
    {
        Store.Clear();
        _levels.Clear();
        _levels.Add(0);
        _looked = 0;
        var chunk = new TBits[1 << 12];
        for (int level = 0; level < levels; level++)
        {
            using Stream stream = open(level);
            int bytes;
            while ((bytes = stream.ReadAtLeast(MemoryMarshal.AsBytes(chunk.AsSpan()), chunk.Length * sizeof(TBits), false)) > 0)
                Store.Load(chunk.AsSpan(0, bytes / sizeof(TBits)));
            LookAt(_looked, Store.Count, level);
            _levels.Add(Store.Count);
        }
        // Edges, and who is stuck, of the levels that were expanded.
        for (int level = 0; level + 1 < levels; level++)
        {
            for (long i = _levels[level]; i < _levels[level + 1]; i++)
            {
                Edges += _engine.Successors(Store[i], _next.Items, null, out bool isStuck);
                if (isStuck && _watch.StuckProperty >= 0)
                    _found[_watch.StuckProperty] ??= new Sighting(_watch.StuckProperty, 0, level, _me, i);
            }
        }
    }

    public void Dispose()
    {
        Store.Dispose();
        _next.Release();
    }

    private void Expand(long index)
    {
        TBits state = *Store[index];
        TBits* next = _next.Items;
        int count = _engine.Successors(&state, next, null, out bool isStuck);
        Edges += count;
        if (isStuck && _watch.StuckProperty >= 0 && _found[_watch.StuckProperty] is null)
            _found[_watch.StuckProperty] = new Sighting(_watch.StuckProperty, 0, Depth, _me, index);
        for (int i = 0; i < count; i++)
        {
            if (_engine.UsesSymmetry)
                _engine.Canonicalise(next + i);
            ulong hash = TBits.Hash(next[i]);
            int owner = OwnerOf(hash);
            if (owner == _me)
            {
                Store.Offer(next[i], hash);
                continue;
            }
            _out[owner][_outCount[owner]] = next[i];
            if (++_outCount[owner] == Parcel)
                Send(owner);
        }
    }

    private void Send(int to)
    {
        if (to == _me || _outCount[to] == 0)
            return;
        _exchange!.Send(_me, to, MemoryMarshal.AsBytes(_out[to].AsSpan(0, _outCount[to])));
        _outCount[to] = 0;
    }

    private void Drain(bool wait)
    {
        if (_exchange is null)
            return;
        while (_exchange.Receive(_me, wait) is { Length: > 0 } parcel)
        {
            foreach (ref readonly TBits state in MemoryMarshal.Cast<byte, TBits>(parcel.Span))
                Store.Offer(state, TBits.Hash(state));
        }
    }

    private void EndLevel()
    {
        Store.Flush();
        LookAt(_looked, Store.Count, _levels.Count - 1);
        _levels.Add(Store.Count);
    }

    private void LookAt(long first, long past, int depth)
    {
        for (long i = first; i < past; i++)
            _watch.Look(Store[i], _found, depth, _me, i);
        _looked = past;
    }
}

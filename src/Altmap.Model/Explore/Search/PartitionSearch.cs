using System.Runtime.InteropServices;

namespace Altmap.Model.Explore.Search;

/// <summary>
/// Exact breadth-first search of one partition of the states, level by level. Alone it is the whole search; with an
/// <see cref="IExchange"/> it owns some of the states (<see cref="Packed.PackedProgram.Owner"/>), and gives the others away.
/// </summary>
internal sealed unsafe class PartitionSearch<TBits> : ISearchPart
    where TBits : unmanaged, IBits<TBits>
{
    private const int Parcel = 2048; // states sent at once
    private const int Look = 128; // states between looks into the inbox, and those of a share
    private readonly Engine<TBits> _engine;
    private readonly Watch<TBits> _watch;
    private readonly IExchange? _exchange;
    private readonly Helpers<TBits>? _helpers;
    private readonly int _me;
    private readonly int _partitions;
    private readonly TBits _owner;
    private readonly TBits _notOwner;
    private readonly Sighting<TBits>?[] _found;
    private readonly List<long> _levels = [0];
    private readonly TBits[][] _out;
    private readonly int[] _outCount;
    private readonly NativeArray<TBits> _next = new();
    private long _looked;
    private int _done; // levels, for the helpers

    public PartitionSearch(Engine<TBits> engine, Watch<TBits> watch, int properties, IExchange? exchange, Helpers<TBits>? helpers, int me)
    {
        (_engine, _watch, _exchange, _helpers, _me) = (engine, watch, exchange, helpers, me);
        _partitions = exchange?.Partitions ?? 1;
        _owner = engine.Owner;
        _notOwner = TBits.Change(TBits.From([.. Enumerable.Repeat(ulong.MaxValue, TBits.Words)]), _owner, default);
        _found = new Sighting<TBits>?[properties];
        _out = [.. Enumerable.Range(0, _partitions).Select(p => p == me ? [] : new TBits[Parcel])];
        _outCount = new int[_partitions];
        _next.Grow(engine.MovesMax + 1);
        TBits start = engine.Start;
        engine.Canonicalise(&start);
        if (OwnerOf(start) == me)
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

    public IReadOnlyList<Sighting<TBits>?> Found => _found;

    /// <summary>Expands the last level. False when <paramref name="isCancelled"/> said so: the level is then not complete.</summary>
    /// <param name="isCancelled">Asked now and then.</param>
    /// <param name="statesMax">Stops when there are more states.</param>
    public bool Step(Func<bool> isCancelled, long statesMax)
    {
        long first = _levels[^2],
            past = _levels[^1];
        bool goesOn = true;
        for (long i = first; i < past && goesOn; i += Look)
        {
            var count = (int)Math.Min(Look, past - i);
            if (count == Look && _helpers is { AreWanted: true })
            {
                _helpers.Give(new(_me, new ReadOnlySpan<TBits>(Store[i], count).ToArray()));
                continue;
            }
            for (int s = 0; s < count; s++)
                Expand(*Store[i + s], _me);
            Drain(wait: false);
            goesOn = !isCancelled() && Store.Count <= statesMax;
        }
        Help();
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
                if (isStuck)
                    _watch.NoteStuck(*Store[i], _found, level);
            }
        }
    }

    public void Dispose()
    {
        Store.Dispose();
        _next.Release();
    }

    /// <summary>Expands what others still have of this level.</summary>
    private void Help()
    {
        if (_helpers is null)
            return;
        _helpers.Done();
        _done++;
        var spin = new SpinWait();
        while (_helpers.Take(_done, out Helpers<TBits>.Share? share))
        {
            for (int s = 0; s < share?.States.Length; s++)
                Expand(share.States[s], share.Owner);
            Drain(wait: false);
            if (share is null)
                spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Takes a state's successors to their owners.</summary>
    /// <param name="state">The state.</param>
    /// <param name="owner">Its own owner.</param>
    private void Expand(TBits state, int owner)
    {
        TBits bits = TBits.Change(state, _notOwner, default);
        TBits* next = _next.Items;
        int count = _engine.Successors(&state, next, null, out bool isStuck);
        Edges += count;
        if (isStuck)
            _watch.NoteStuck(state, _found, Depth);
        for (int i = 0; i < count; i++)
        {
            if (_engine.UsesSymmetry)
                _engine.Canonicalise(next + i);
            int to = TBits.Has(next[i], _owner, bits) ? owner : OwnerOf(next[i]);
            if (to == _me)
            {
                Store.Offer(next[i], TBits.Hash(next[i]));
                continue;
            }
            _out[to][_outCount[to]] = next[i];
            if (++_outCount[to] == Parcel)
                Send(to);
        }
    }

    /// <summary>Who keeps a state.</summary>
    private int OwnerOf(in TBits state) =>
        _partitions == 1 ? 0 : (int)(((TBits.Hash(TBits.Change(state, _notOwner, default)) >> 32) * (ulong)_partitions) >> 32);

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
            _watch.Look(Store[i], _found, depth);
        _looked = past;
    }
}

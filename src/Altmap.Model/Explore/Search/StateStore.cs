using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Altmap.Model.Explore.Search;

/// <summary>
/// The states of one partition: an append-only array, which is the queue as well, and an index that is filled to at most one half.
/// Candidates come in batches: while one is looked at, the memory of the next ones is on its way.
/// </summary>
internal sealed unsafe class StateStore<TBits> : IDisposable
    where TBits : unmanaged, IBits<TBits>
{
    /// <summary>Candidates of a batch.</summary>
    public const int Batch = 64;

    private readonly NativeArray<TBits> _states = new();
    private readonly NativeArray<uint> _table = new();
    private readonly NativeArray<TBits> _waiting = new();
    private readonly ulong[] _hashes = new ulong[Batch];
    private int _pending;
    private long _capacity;
    private ulong _tableMask;

    /// <summary>Room for a few.</summary>
    public StateStore()
    {
        _waiting.Grow(Batch);
        _capacity = 1 << 12;
        _states.Grow(_capacity);
        Size(1 << 13);
    }

    /// <summary>How many.</summary>
    public long Count { get; private set; }

    /// <summary>Memory for states and index.</summary>
    public long Bytes => _states.Bytes + _table.Bytes;

    /// <summary>A state by number. Moves when states are added.</summary>
    public TBits* this[long index] => _states.Items + index;

    /// <summary>Takes a candidate; it is looked at when its batch is full, or at <see cref="Flush"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Offer(in TBits state, ulong hash)
    {
        unchecked
        {
            _waiting.Items[_pending] = state;
            _hashes[_pending] = hash;
            if (Sse.IsSupported)
                Sse.Prefetch0(_table.Items + (hash & _tableMask));
            if (++_pending == Batch)
                Flush();
        }
    }

    /// <summary>Looks at all candidates taken so far.</summary>
    public void Flush()
    {
        unchecked
        {
            int count = _pending;
            _pending = 0;
            if (Count + count > _capacity)
                _states.Grow(_capacity = (_capacity * 5 / 4) + Batch);
            if ((ulong)(Count + count) * 2 > _tableMask + 1)
                Size((long)(_tableMask + 1) * 2);
            uint* table = _table.Items;
            TBits* states = _states.Items;
            fixed (ulong* hashes = _hashes)
            {
                if (Sse.IsSupported)
                {
                    for (int i = 0; i < count; i++)
                    {
                        uint entry = table[hashes[i] & _tableMask];
                        if (entry != 0)
                            Sse.Prefetch0(states + (entry - 1));
                    }
                }
                for (int i = 0; i < count; i++)
                {
                    TBits* state = _waiting.Items + i;
                    for (ulong slot = hashes[i] & _tableMask; ; slot = (slot + 1) & _tableMask)
                    {
                        uint entry = table[slot];
                        if (entry == 0)
                        {
                            states[Count] = *state;
                            table[slot] = (uint)++Count;
                            break;
                        }
                        if (TBits.Same(states[entry - 1], *state))
                            break;
                    }
                }
            }
        }
    }

    /// <summary>Forgets all states.</summary>
    public void Clear()
    {
        Count = 0;
        Size((long)_tableMask + 1);
    }

    /// <summary>Adds states that are known to be new: those of a checkpoint.</summary>
    public void Load(ReadOnlySpan<TBits> states)
    {
        while (Count + states.Length > _capacity)
            _states.Grow(_capacity = (_capacity * 5 / 4) + Batch);
        states.CopyTo(new Span<TBits>(_states.Items + Count, states.Length));
        long first = Count;
        Count += states.Length;
        if ((ulong)Count * 2 > _tableMask + 1)
        {
            long size = (long)(_tableMask + 1);
            while (size < Count * 2)
                size *= 2;
            Size(size);
        }
        else
            Index(first);
    }

    public void Dispose()
    {
        _states.Release();
        _table.Release();
        _waiting.Release();
    }

    /// <summary>The old table goes before the new one comes: it follows from the states.</summary>
    private void Size(long size)
    {
        _table.Renew(size);
        _tableMask = (ulong)size - 1;
        Index(0);
    }

    private void Index(long first)
    {
        unchecked
        {
            const int Ahead = 16;
            uint* table = _table.Items;
            TBits* states = _states.Items;
            ulong* hashes = stackalloc ulong[Ahead];
            for (long i = first; i < Count + Ahead; i++)
            {
                if (i - Ahead >= first)
                {
                    ulong slot = hashes[i % Ahead] & _tableMask;
                    while (table[slot] != 0)
                        slot = (slot + 1) & _tableMask;
                    table[slot] = (uint)(i - Ahead + 1);
                }
                if (i >= Count)
                    continue;
                hashes[i % Ahead] = TBits.Hash(states[i]);
                if (Sse.IsSupported)
                    Sse.Prefetch0(table + (hashes[i % Ahead] & _tableMask));
            }
        }
    }
}

using System.Collections.Concurrent;
using Altmap.Model.Explore.Search;

namespace Altmap.Host.Explore;

/// <summary>Partitions that are threads of one process.</summary>
internal sealed class ThreadExchange : IExchange
{
    private const int NoSleep = -1; // the short levels of a search are over sooner than a sleep
    private readonly ConcurrentQueue<(byte[] Parcel, int Length)>[] _inboxes;
    private readonly ConcurrentBag<byte[]> _free = [];
    private readonly byte[]?[] _inHand;
    private readonly int[] _levels;
    private readonly LevelTotals[] _totals;
    private LevelTotals _sum;
    private int _arrived;
    private int _sums;
    private int _sent;
    private volatile bool _isBroken;

    public ThreadExchange(int partitions)
    {
        Partitions = partitions;
        _inboxes = [.. Enumerable.Range(0, partitions).Select(_ => new ConcurrentQueue<(byte[], int)>())];
        _inHand = new byte[partitions][];
        _levels = new int[partitions];
        _totals = new LevelTotals[partitions];
    }

    public int Partitions { get; }

    public bool IsOneProcess => true;

    public void Send(int from, int to, ReadOnlySpan<byte> states)
    {
        if (!_free.TryTake(out byte[]? parcel) || parcel.Length < states.Length)
            parcel = new byte[Math.Max(states.Length, 1 << 16)];
        states.CopyTo(parcel);
        _inboxes[to].Enqueue((parcel, states.Length));
    }

    public ReadOnlyMemory<byte> Receive(int partition, bool wait)
    {
        if (_inHand[partition] is { } done)
        {
            _free.Add(done);
            _inHand[partition] = null;
        }
        var spin = new SpinWait();
        while (true)
        {
            // Asked first: what is there after everybody has sent is all.
            bool isLast = Volatile.Read(ref _sent) >= Partitions * _levels[partition];
            if (_inboxes[partition].TryDequeue(out (byte[] Parcel, int Length) got))
            {
                _inHand[partition] = got.Parcel;
                return got.Parcel.AsMemory(0, got.Length);
            }
            ThrowIfBroken();
            if (!wait || isLast)
                return default;
            spin.SpinOnce(NoSleep);
        }
    }

    public void Sent(int partition)
    {
        _levels[partition]++;
        Interlocked.Increment(ref _sent);
    }

    public LevelTotals Sum(int partition, LevelTotals own)
    {
        _totals[partition] = own;
        int sums = Volatile.Read(ref _sums);
        if (Interlocked.Increment(ref _arrived) == Partitions)
        {
            _sum = _totals.Aggregate((a, b) => a + b);
            _arrived = 0;
            Volatile.Write(ref _sums, unchecked(sums + 1));
            return _sum;
        }
        var spin = new SpinWait();
        while (Volatile.Read(ref _sums) == sums)
        {
            ThrowIfBroken();
            spin.SpinOnce(NoSleep);
        }
        return _sum; // stays until this thread gives its next one
    }

    private void ThrowIfBroken()
    {
        if (_isBroken)
            throw new OperationCanceledException("another thread of the search has failed");
    }

    /// <summary>Nobody waits any longer.</summary>
    public void Break() => _isBroken = true;
}

using System.Collections.Concurrent;

namespace Altmap.Model.Explore.Search;

/// <summary>
/// States of the level under way that a partition gives to others of the same process: who has expanded all of its own takes them, so
/// that a level ends for all at about the same time.
/// </summary>
internal sealed class Helpers<TBits>(int partitions)
    where TBits : unmanaged, IBits<TBits>
{
    private readonly ConcurrentQueue<Share> _shares = [];
    private int _idle;
    private int _done; // with its own states, over all levels

    /// <summary>Some states of a partition.</summary>
    public sealed record Share(int Owner, TBits[] States);

    /// <summary>True when somebody has nothing to do.</summary>
    public bool AreWanted => Volatile.Read(ref _idle) * 4 > _shares.Count;

    /// <summary>For anybody who <see cref="AreWanted"/>.</summary>
    public void Give(Share share) => _shares.Enqueue(share);

    /// <summary>A partition has expanded or given away all of its own states of a level.</summary>
    public void Done()
    {
        Interlocked.Increment(ref _idle);
        Interlocked.Increment(ref _done);
    }

    /// <summary>The next share, for one that is <see cref="Done"/>.</summary>
    /// <param name="level">Levels that it has done.</param>
    /// <param name="share">Null: nothing now.</param>
    /// <returns>False: nobody has any more, and it is not counted as idle any longer.</returns>
    public bool Take(int level, out Share? share)
    {
        // Asked first: what is there after everybody is done is all.
        bool isLast = Volatile.Read(ref _done) >= partitions * level;
        if (_shares.TryDequeue(out share) || !isLast)
            return true;
        Interlocked.Decrement(ref _idle);
        return false;
    }
}

namespace Altmap.Model.Explore.Search;

/// <summary>
/// How the partitions of a search give each other states, level by level: threads of one process, or processes that share a directory.
/// Not thread-safe by itself: each partition calls with its own number.
/// </summary>
public interface IExchange
{
    /// <summary>How many partitions.</summary>
    int Partitions { get; }

    /// <summary>True when the partitions are threads of one process: they then help each other to expand a level.</summary>
    bool IsOneProcess { get; }

    /// <summary>Hands over states of the level under way.</summary>
    void Send(int from, int to, ReadOnlySpan<byte> states);

    /// <summary>States that others have sent, or empty: none now. With <paramref name="wait"/> empty means that the level is over for
    /// everybody and all is received.</summary>
    ReadOnlyMemory<byte> Receive(int partition, bool wait);

    /// <summary>This partition has expanded and sent all of its level.</summary>
    void Sent(int partition);

    /// <summary>Waits for everybody; the sum of what each gives.</summary>
    LevelTotals Sum(int partition, LevelTotals own);
}

/// <summary>What a level brought.</summary>
/// <param name="New">States found.</param>
/// <param name="States">All states so far.</param>
/// <param name="Bytes">Memory held.</param>
/// <param name="Stops">How many partitions must stop: a bound is reached.</param>
public readonly record struct LevelTotals(long New, long States, long Bytes, int Stops)
{
    /// <summary>Both.</summary>
    public static LevelTotals operator +(LevelTotals a, LevelTotals b) =>
        new(a.New + b.New, a.States + b.States, a.Bytes + b.Bytes, a.Stops + b.Stops);
}

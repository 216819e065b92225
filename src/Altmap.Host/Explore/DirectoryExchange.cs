using System.Globalization;
using Altmap.Model.Explore.Search;

namespace Altmap.Host.Explore;

/// <summary>
/// Partitions that are processes, on one machine or many, which share a directory. Each level's states lie in files that are complete when
/// their name is: who is started again writes the same ones once more.
/// </summary>
internal sealed class DirectoryExchange(string directory, int partitions, int me, int level, Action pause) : IExchange, IDisposable
{
    private const int Chunk = 1 << 16; // a multiple of the size of a state
    private readonly FileStream?[] _out = new FileStream?[partitions];
    private readonly byte[] _chunk = new byte[Chunk];
    private FileStream? _in;
    private int _from;

    public bool IsOneProcess => false;

    public int Partitions => partitions;

    public void Send(int from, int to, ReadOnlySpan<byte> states)
    {
        _out[to] ??= Create(to);
        _out[to]!.Write(states);
    }

    public void Sent(int partition)
    {
        for (int to = 0; to < partitions; to++)
        {
            if (to == me)
                continue;
            FileStream file = _out[to] ?? Create(to);
            file.Flush(flushToDisk: true);
            file.Dispose();
            _out[to] = null;
            File.Move(file.Name, Name(level, me, to), overwrite: true);
        }
    }

    public ReadOnlyMemory<byte> Receive(int partition, bool wait)
    {
        while (wait && _from < partitions)
        {
            if (_from == me)
            {
                _from++;
                continue;
            }
            if (_in is null)
            {
                string name = Name(level, _from, me);
                while (!File.Exists(name))
                    pause();
                _in = File.OpenRead(name);
            }
            int count = _in.ReadAtLeast(_chunk, Chunk, throwOnEndOfStream: false);
            if (count > 0)
                return _chunk.AsMemory(0, count);
            _in.Dispose();
            _in = null;
            _from++;
        }
        if (wait)
            (_from, level) = (0, level + 1);
        return default;
    }

    public LevelTotals Sum(int partition, LevelTotals own)
    {
        string Of(int shard) => Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"sum-{level:d6}-{shard}"));
        string temporary = Of(me) + ".tmp";
        File.WriteAllText(temporary, string.Create(CultureInfo.InvariantCulture, $"{own.New} {own.States} {own.Bytes} {own.Stops}\n"));
        File.Move(temporary, Of(me), overwrite: true);
        LevelTotals sum = default;
        for (int shard = 0; shard < partitions; shard++)
        {
            while (!File.Exists(Of(shard)))
                pause();
            long[] numbers = [.. File.ReadAllText(Of(shard)).Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
            sum += new LevelTotals(numbers[0], numbers[1], numbers[2], (int)numbers[3]);
        }
        // Nobody is more than a level behind: what is two levels old was read by all, and saved.
        for (int to = 0; to < partitions && level >= 2; to++)
            File.Delete(Name(level - 2, me, to));
        return sum;
    }

    /// <summary>Takes back what this shard had said of levels that it does not have.</summary>
    public void Forget()
    {
        foreach (string file in Directory.GetFiles(directory, string.Create(CultureInfo.InvariantCulture, $"sum-*-{me}")))
        {
            if (int.Parse(Path.GetFileName(file).Split('-')[1], CultureInfo.InvariantCulture) > level)
                File.Delete(file);
        }
    }

    public void Dispose()
    {
        _in?.Dispose();
        foreach (FileStream? file in _out)
            file?.Dispose();
    }

    private FileStream Create(int to) => new(Name(level, me, to) + ".tmp", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);

    private string Name(int of, int from, int to) =>
        Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"level-{of:d6}-from-{from}-to-{to}"));
}

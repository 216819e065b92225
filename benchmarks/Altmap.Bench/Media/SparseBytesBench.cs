using Altmap.Core.Media;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.Media;

/// <summary>One sector written to, and read from, sparse media of 1 TiB that already hold some pages.</summary>
public class SparseBytesBench
{
    private readonly byte[] _sector = [.. Enumerable.Range(0, 512).Select(i => (byte)((i % 255) + 1))];
    private SparseBytes _media = SparseBytes.Zero(1UL << 40);

    /// <summary>Pages already written.</summary>
    [Params(16, 4096)]
    public int StoredPages { get; set; }

    /// <summary>Fills the media.</summary>
    [GlobalSetup]
    public void Fill()
    {
        _media = SparseBytes.Zero(1UL << 40);
        for (int page = 0; page < StoredPages; page++)
            _media = _media.Write((ulong)page << 20, _sector);
    }

    /// <summary>A write gives new media that share all other pages.</summary>
    [Benchmark]
    public SparseBytes WriteSector() => _media.Write(3UL << 20, _sector);

    /// <summary>A read.</summary>
    [Benchmark]
    public void ReadSector() => _media.Read(3UL << 20, _sector);
}

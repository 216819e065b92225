using Altmap.Formats.Checksums;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.Checksums;

/// <summary>The checksum of a block, against the word-by-word definition and against just copying the bytes.</summary>
public class FletcherBenchmarks
{
    private byte[] _bytes = [],
        _copy = [];

    /// <summary>A block; and 1 GiB, where memory is the limit.</summary>
    [Params(4096, 1 << 30)]
    public int SizeBytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _bytes = new byte[SizeBytes];
        _copy = new byte[SizeBytes];
        for (int i = 0; i < SizeBytes; i++)
            _bytes[i] = unchecked((byte)(i * 31));
        if (Vectorised() != WordByWord())
            throw new InvalidOperationException("the two sums differ");
    }

    [Benchmark]
    public ulong Vectorised() => Fletcher64.Compute(_bytes);

    [Benchmark(Baseline = true)]
    public ulong WordByWord()
    {
        uint lo = 0;
        ulong hi = 0;
        foreach (uint word in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(_bytes))
        {
            unchecked
            {
                lo += word;
                hi += lo;
            }
        }
        return unchecked(hi << 32) | lo;
    }

    [Benchmark]
    public void Copy() => _bytes.AsSpan().CopyTo(_copy);
}

using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.Kmsan;
using Altmap.Model.Memory.States;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.Memory;

/// <summary>KMSAN's carve-out of 1 GiB to 16 TiB in 24 ranges: totals cost what there are ranges, a list what there are blocks.</summary>
public class KmsanBenchmarks
{
    private CarveOut _carveOut = null!;

    /// <summary>GiB of free memory.</summary>
    [Params(1, 16, 256, 1024, 16384)]
    public int Gibibytes { get; set; }

    /// <summary>For the list of blocks.</summary>
    [GlobalSetup]
    public void Setup() => _carveOut = Totals();

    /// <summary>Runs, totals by order.</summary>
    [Benchmark]
    public CarveOut Totals()
    {
        ulong pages = ByteSize.GiB((ulong)Gibibytes).Bytes / 4096 / 24;
        return CarveOut.Of(
            [
                .. Enumerable
                    .Range(0, 24)
                    .Select(i => new PfnRange(new(256 + ((ulong)i * (pages + 77))), new(256 + ((ulong)i * (pages + 77)) + pages))),
            ],
            10
        );
    }

    /// <summary>Every block.</summary>
    [Benchmark]
    public ulong Blocks() => _carveOut.Blocks().Aggregate(0UL, (sum, b) => sum + b.Block.Shadow.Number);

    /// <summary>Torn blocks.</summary>
    [Benchmark]
    public int Torn() => Contiguity.Check(_carveOut, [new BuddySpan(0, ZoneKind.Normal, new(default, new(1UL << 40)))], []).Torn.Length;

    /// <summary>The free lists filled with all that was released, in order.</summary>
    [Benchmark]
    public ulong FreeLists()
    {
        var zone = new BuddyZone(10);
        foreach ((ReleasedBlock block, _) in _carveOut.Blocks())
            zone.Free(block.Block, FreePlace.Tail);
        return zone.FreePages.Pages;
    }
}

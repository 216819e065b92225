using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.DebugMetadata;
using Altmap.Model.Memory.States;
using Altmap.Model.StructPages;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.DebugMetadata;

/// <summary>struct page laid out, and every page of a pool asked for: each request takes one block, or three.</summary>
[MemoryDiagnoser]
public class DesignBenchmarks
{
    private static readonly KernelProfile Kernel = KernelProfiles.Find("6.12")!;
    private static readonly ArchitectureRules X86 = ArchitectureRules.Find(Kernel, Architecture.X86_64, ByteSize.KiB(4))!;
    private readonly StructPageConfig _config = StructPageConfig.DistributionOf(Architecture.X86_64) with { Kmsan = true };
    private Workload _workload = null!;
    private ulong _pages;

    /// <summary>MiB of free memory.</summary>
    [Params(64, 256, 1024)]
    public int Megabytes { get; set; }

    /// <summary>The same workload for both.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _pages = (ulong)Megabytes * 256;
        _workload = Workload.Of(1, new PfnCount(_pages / 3));
    }

    /// <summary>One layout with its flags word.</summary>
    [Benchmark]
    public StructPageLayout Layout() => StructPageLayout.Of(_config, Kernel, X86);

    /// <summary>One block a request.</summary>
    [Benchmark]
    public DesignRun One() => DesignRun.Of(Pool(), 1, _workload);

    /// <summary>Page, shadow and origin.</summary>
    [Benchmark]
    public DesignRun Lazy() => DesignRun.Of(Pool(), 3, _workload);

    private BuddyAllocator Pool()
    {
        ImmutableArray<BuddySpan> zones = [new(0, ZoneKind.Normal, new PfnRange(default, new Pfn(_pages)))];
        var pool = new BuddyAllocator(zones, X86.PageOrderMax);
        for (ulong pfn = 0; pfn < _pages; pfn += 1024)
            pool.Free(new PageBlock(new Pfn(pfn), 10), FreePlace.Tail);
        return pool;
    }
}

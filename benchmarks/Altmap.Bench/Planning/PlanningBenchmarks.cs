using Altmap.Bench.Machines;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Planning;
using Altmap.Shell;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.Planning;

/// <summary>One ledger: no memory is allocated for it.</summary>
public class LedgerBenchmarks
{
    private static readonly KernelProfile Kernel = KernelProfiles.Find("6.1")!;
    private static readonly ArchitectureRules Rules = ArchitectureRules.Find(Kernel, Architecture.X86_64, ByteSize.KiB(4))!;
    private static readonly PhysicalRange Range = new(new PhysicalAddress(ByteSize.GiB(4).Bytes), ByteSize.GiB(1024));
    private readonly PfnDeviceSettings _settings = NamespacePlan
        .Of(Range, InfoBlockKind.Dax, PageMapMode.Pmem, ByteSize.MiB(2), Kernel, Rules)
        .Settings!.Value;

    /// <summary>fsdax or devdax with its page map on the device.</summary>
    [Benchmark]
    public ulong Device() => Ledger.OfDevice(_settings, new ByteSize(64), Range, Kernel, Rules).Of(LedgerItem.Data).Bytes;

    /// <summary>The same device given to kmem.</summary>
    [Benchmark]
    public ulong SystemRam() =>
        Ledger.OfSystemRam(_settings, new ByteSize(64), Range, ByteSize.MiB(128), ByteSize.Zero, Rules).Of(LedgerItem.SystemRam).Bytes;

    /// <summary>The plan: info-block laid out and judged, and its ledger.</summary>
    [Benchmark]
    public NamespacePlan Plan() => NamespacePlan.Of(Range, InfoBlockKind.Dax, PageMapMode.Pmem, ByteSize.MiB(2), Kernel, Rules);
}

/// <summary>The smallest namespaces for so much on a machine with 64 TiB of persistent memory.</summary>
public class UsableBenchmarks
{
    private Machine _machine = null!;

    /// <summary>How many.</summary>
    [Params(1, 10, 100, 1000)]
    public int Count { get; set; }

    /// <summary>24 regions with labels.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var steps = new StepBenchmarks { Namespaces = 0 };
        steps.Setup();
        ShellState state = steps.State;
        _machine = state.Machine;
    }

    /// <summary>Namespaces of 30 GiB each, planned one after the other.</summary>
    [Benchmark]
    public UsablePlan Plan()
    {
        UsablePlan plan = UsablePlanner.Plan(
            _machine,
            new UsableWish(ByteSize.GiB(30), CapacityMode.FsDax, [PageMapMode.Pmem], [ByteSize.MiB(2)]) { Count = Count }
        );
        return plan.IsComplete ? plan : throw new InvalidOperationException("no room");
    }
}

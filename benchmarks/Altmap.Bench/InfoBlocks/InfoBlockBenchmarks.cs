using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.InfoBlocks;

/// <summary>One good block: the kernel's verdict (which must not allocate), all findings, and the way through a record.</summary>
public class InfoBlockBenchmarks
{
    private readonly KernelProfile _profile = KernelProfiles.Find("6.12")!;
    private ArchitectureRules _arch = null!;
    private NamespaceExtent _ns;
    private byte[] _block = [];

    [GlobalSetup]
    public void Setup()
    {
        _arch = ArchitectureRules.Find(_profile, Architecture.X86_64, ByteSize.KiB(4))!;
        var range = new PhysicalRange(new PhysicalAddress(1UL << 32), ByteSize.GiB(1));
        _ns = new NamespaceExtent(range, Uuid.Zero);
        var request = new PageMapRequest(range, InfoBlockKind.Pfn, PageMapMode.Pmem, ByteSize.MiB(2), new Uuid(1, 2), Uuid.Zero, default);
        _block = PfnLayout.Plan(request, "namespace0.0", _profile, _arch).Block!.ToBytes();
        if (!Probe().IsAccepted || Findings().Count != 0)
            throw new InvalidOperationException("the block is not good");
    }

    [Benchmark(Baseline = true)]
    public PfnVerdict Probe() => PfnValidation.Probe(_block, InfoBlockKind.Pfn, _ns, "namespace0.0", _profile, _arch);

    [Benchmark]
    public IReadOnlyList<Finding> Findings() => InfoBlockChecks.Validate(_block, _ns, _profile, _arch);

    [Benchmark]
    public InfoBlock? Parse() => InfoBlock.Parse(_block);

    [Benchmark]
    public byte[] ParseAndWrite() => InfoBlock.Parse(_block)!.ToBytes();
}

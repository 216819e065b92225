using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.Labels;

/// <summary>A 128 KiB area of 256-byte labels, half of them used.</summary>
[MemoryDiagnoser]
public class LabelAreaBench
{
    private static readonly KernelProfile Kernel = KernelProfiles.All.First(p => p.Name == "6.1");
    private SparseBytes _area = SparseBytes.Zero(0);
    private LabelArea _parsed = null!;

    /// <summary>Fills the area.</summary>
    [GlobalSetup]
    public void Fill()
    {
        _parsed = LabelArea.Parse(LabelInitialisation.InitLabels(SparseBytes.Zero(131072), LabelVersion.V1_2).Bytes, Kernel);
        for (ulong i = 1; i <= 255; i++)
        {
            var label = new NamespaceLabel
            {
                Uuid = new Uuid(7, i),
                Name = LabelBytes.FromName("ns"),
                Dpa = new DimmAddress(i << 24),
                RawSize = ByteSize.MiB(16),
            };
            _parsed = _parsed.PutLabel(label, 0).Area;
        }
        _area = _parsed.Bytes;
    }

    /// <summary>What the kernel does when a DIMM comes up.</summary>
    [Benchmark]
    public LabelArea Parse() => LabelArea.Parse(_area, Kernel);

    /// <summary>All findings.</summary>
    [Benchmark]
    public IReadOnlyList<Finding> Validate() => LabelChecks.Validate(_area, Kernel);

    /// <summary>One label update.</summary>
    [Benchmark]
    public LabelWriteResult Put() => _parsed.PutLabel(_parsed.ActiveLabels[0], 0);
}

using Altmap.Bench.Machines;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Shell;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.Memory;

/// <summary>Whole machines of 1 to 64 TiB in 24 regions with 10 to 1000 namespaces, each with its info-block and page map: cost must follow
/// the namespaces, not the bytes.</summary>
public class MapGrowthBenchmarks
{
    private readonly StepBenchmarks _steps = new();
    private readonly Pfn[] _asked = new Pfn[1 << 16];
    private MemoryMap _map = null!;
    private int _next;

    /// <summary>TiB of persistent memory.</summary>
    [Params(1, 4, 16, 64)]
    public int Terabytes { get; set; }

    /// <summary>Namespaces.</summary>
    [Params(10, 100, 1000)]
    public int Namespaces { get; set; }

    /// <summary>The machine with its namespaces, and pages to ask for.</summary>
    [GlobalSetup]
    public void Setup()
    {
        (_steps.Terabytes, _steps.Namespaces) = (Terabytes, Namespaces);
        _steps.Setup();
        _map = MemoryMap.Of(_steps.State.Machine);
        SeededRandom random = new(1);
        for (int i = 0; i < _asked.Length; i++)
        {
            // Any page would nearly always be one of free space: all ranges are asked equally often.
            (ulong range, random) = random.DrawBelow((ulong)_map.Ranges.Length);
            PfnRange pages = _map.Ranges[(int)range].Pages;
            (ulong page, random) = random.DrawBelow(pages.Count.Pages);
            _asked[i] = pages.Start + new PfnCount(page);
        }
    }

    /// <summary>Boot with all info-blocks found again, and the map.</summary>
    [Benchmark]
    public MemoryMap BootAndMap() => MemoryMap.Of(Boot.Again(_steps.State.Machine));

    /// <summary>The map alone, with owners.</summary>
    [Benchmark]
    public MemoryMap Map() => MemoryMap.Of(_steps.State.Machine);

    /// <summary>One page looked up.</summary>
    [Benchmark]
    public bool Lookup() => _map[_asked[_next = (_next + 1) & (_asked.Length - 1)]].IsOnline;

    /// <summary>One namespace more: the command, its output included.</summary>
    [Benchmark]
    public ShellState CreateNamespace() => _steps.CreateNamespace();
}

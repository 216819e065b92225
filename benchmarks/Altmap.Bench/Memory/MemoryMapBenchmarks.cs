using Altmap.Bench.Machines;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;
using Altmap.Shell;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.Memory;

/// <summary>The memory side of a machine of 1 to 64 TiB with 10 to 1000 device maps: what it costs must follow the ranges, not the
/// bytes.</summary>
public class MemoryMapBenchmarks
{
    private Machine _machine = null!;
    private MemoryMap _map = null!;
    private RunLengthState _pages;
    private Pfn[] _asked = [];
    private int _next;

    /// <summary>TiB of RAM and devices.</summary>
    [Params(1, 64)]
    public int Terabytes { get; set; }

    /// <summary>Device maps, each 2 MiB into a section.</summary>
    [Params(10, 1000)]
    public int Ranges { get; set; }

    /// <summary>RAM below, devices above it, side by side.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _machine = SessionBenchmarks.Start(Description());
        _machine = _machine with { Mm = Build() };
        _map = MemoryMap.Of(_machine);
        _pages = _machine.Mm.Pages;
        SeededRandom random = new(1);
        _asked = new Pfn[1 << 16];
        for (int i = 0; i < _asked.Length; i++)
        {
            (ulong value, random) = random.DrawBelow(_map.End.Number);
            _asked[i] = new Pfn(value);
        }
    }

    /// <summary>All device maps, one after the other, on a booted machine.</summary>
    [Benchmark]
    public MemoryState Build()
    {
        MemoryState memory = _machine.Mm with { Pages = Booted(_machine.Mm) };
        RunLengthState pages = memory.Pages;
        for (int i = 0; i < Ranges; i++)
        {
            (pages, Errno errno) = DeviceMapSteps.Map(Request(i)).Fold(pages);
            if (errno != Errno.None)
                throw new InvalidOperationException($"{i}: {errno}");
        }
        return memory with { Pages = pages };
    }

    /// <summary>The run-length view.</summary>
    [Benchmark]
    public MemoryMap Map() => MemoryMap.Of(_machine);

    /// <summary>One page looked up.</summary>
    [Benchmark]
    public bool Lookup() => _map[_asked[_next = (_next + 1) & (_asked.Length - 1)]].IsOnline;

    /// <summary>One device unmapped and mapped again.</summary>
    [Benchmark]
    public RunLengthState Step()
    {
        DeviceMapRequest request = Request(Ranges / 2);
        (RunLengthState pages, _) = DeviceMapSteps.Unmap(_pages.Geometry, request.Range, poisons: false).Fold(_pages);
        return DeviceMapSteps.Map(request).Fold(pages).State;
    }

    private static RunLengthState Booted(MemoryState memory) => BlockSteps.Boot(memory.Geometry, [.. memory.BootRam]);

    private DeviceMapRequest Request(int index)
    {
        ulong subSections = ByteSize.GiB((ulong)Terabytes * 1024) / ByteSize.MiB(2) / (ulong)Ranges,
            start = ByteSize.GiB(4) / ByteSize.MiB(2);
        ulong first = start + 1 + ((ulong)index * subSections);
        return new DeviceMapRequest
        {
            Geometry = Geometry.X86,
            Range = new PfnRange(new Pfn(first * 512), new Pfn((first + subSections - 1) * 512)),
            Altmap = new AltmapSpace(new PfnCount(2), new PfnCount(4094)),
        };
    }

    private static MachineDescription Description() =>
        new()
        {
            Name = "large",
            Kernel = "6.1",
            Architecture = Architecture.X86_64,
            PageSize = ByteSize.KiB(4),
            Memory = [new FirmwareRange(new PhysicalRange(new PhysicalAddress(0), ByteSize.GiB(2)), FirmwareRangeType.SystemRam, 0)],
        };
}

/// <summary>A whole machine of 64 TiB: 24 regions, 500 namespaces with their info-blocks, booted again, and its map.</summary>
public class LargeMachineBenchmarks
{
    private readonly StepBenchmarks _steps = new() { Namespaces = 500 };

    /// <summary>The machine with its namespaces.</summary>
    [GlobalSetup]
    public void Setup() => _steps.Setup();

    /// <summary>Boot and map.</summary>
    [Benchmark]
    public MemoryMap BootAndMap() => MemoryMap.Of(Boot.Again(_steps.State.Machine));

    /// <summary>The map alone.</summary>
    [Benchmark]
    public MemoryMap Map() => MemoryMap.Of(_steps.State.Machine);
}

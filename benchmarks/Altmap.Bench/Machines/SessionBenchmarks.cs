using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.Shell;
using Altmap.Shell.Scripts;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.Machines;

/// <summary>From a machine file to a booted machine, and a recorded session of 21 commands on it.</summary>
public class SessionBenchmarks
{
    private readonly byte[] _file = File.ReadAllBytes(BenchInputs.Golden("a_fsdax", "machine.json"));
    private readonly ImmutableArray<RecordedCommand> _commands = RecordedSession
        .Parse(File.ReadAllText(BenchInputs.Golden("a_fsdax", "session.create.log")))
        .Commands;

    /// <summary>Parse and boot.</summary>
    [Benchmark]
    public Machine Boot() => Start(MachineFile.Parse(_file, "machine.json").Description!);

    /// <summary>Parse, boot, and all 21 commands.</summary>
    [Benchmark]
    public ShellState BootAndSession()
    {
        var state = new ShellState(Boot(), UuidSource.FromSeed(1));
        foreach (RecordedCommand command in _commands)
            state = CommandShell.Run(state, command.Words, command.RedirectTo).State;
        return state;
    }

    internal static Machine Start(MachineDescription description)
    {
        KernelProfile kernel = KernelProfiles.Find(description.Kernel)!;
        var source = new MachineSource(
            description,
            ImmutableSortedDictionary<string, SparseBytes>.Empty,
            ImmutableSortedDictionary<string, SparseBytes>.Empty
        );
        return Model.Boot.Start(source, kernel, ArchitectureRules.Find(kernel, description.Architecture, description.PageSize)!).Machine!;
    }
}

/// <summary>One more namespace on a machine that has 0, 100 or 500 in 24 regions over 64 TiB: the cost of a step grows with what it
/// changes, not with the machine.</summary>
public class StepBenchmarks
{
    private ShellState _state = null!;
    private ImmutableArray<string> _create;

    /// <summary>Namespaces that are there already.</summary>
    [Params(0, 100, 500)]
    public int Namespaces { get; set; }

    internal int Terabytes { get; set; } = 64;

    /// <summary>24 regions, each on a DIMM of its own, 64 TiB in all.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _state = new ShellState(SessionBenchmarks.Start(Large(24, ByteSize.GiB((ulong)Terabytes * 1024 / 24))), UuidSource.FromSeed(1));
        Run("ndctl disable-region all");
        Run("ndctl init-labels all");
        Run("ndctl enable-region all");
        for (int i = 0; i < Namespaces; i++)
            Run($"ndctl create-namespace -r region{i % 24} -m fsdax -s 512M");
        _create = ["ndctl", "create-namespace", "-r", "region5", "-m", "fsdax", "-s", "512M"];
    }

    internal ShellState State => _state;

    /// <summary>The command, JSON output included.</summary>
    [Benchmark]
    public ShellState CreateNamespace() => CommandShell.Run(_state, _create).State;

    /// <summary>All namespaces listed.</summary>
    [Benchmark]
    public string List() => CommandShell.Run(_state, ["ndctl", "list", "-Ni"]).Stdout;

    private void Run(string line)
    {
        CommandResult result = CommandShell.Run(_state, [.. line.Split(' ')]);
        if (result.ExitCode != 0)
            throw new InvalidOperationException(result.Merged);
        _state = result.State;
    }

    private static MachineDescription Large(int regions, ByteSize size) =>
        new()
        {
            Name = "large",
            Kernel = "6.1",
            Architecture = Architecture.X86_64,
            PageSize = ByteSize.KiB(4),
            Memory = [new FirmwareRange(new PhysicalRange(new PhysicalAddress(0), ByteSize.GiB(2)), FirmwareRangeType.SystemRam, 0)],
            Buses = [new BusDescription("ndbus0", "ACPI.NFIT")],
            Dimms =
            [
                .. Enumerable
                    .Range(0, regions)
                    .Select(i => new DimmDescription
                    {
                        Name = $"nmem{i}",
                        Handle = (uint)i + 1,
                        Vendor = 0x8680,
                        Serial = 0x56341200 + (uint)i,
                        Id = "8680-56341200",
                        LabelAreaSize = ByteSize.KiB(128),
                    }),
            ],
            Regions =
            [
                .. Enumerable
                    .Range(0, regions)
                    .Select(i => new RegionDescription
                    {
                        Name = $"region{i}",
                        Bus = "ndbus0",
                        Range = new PhysicalRange(new PhysicalAddress(ByteSize.GiB(4).Bytes + ((ulong)i * size.Bytes)), size),
                        Mappings = [new MappingDescription($"nmem{i}", new DimmAddress(0), size, 0)],
                    }),
            ],
        };
}

using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Hardware;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Tests.Memory;

/// <summary>Small machines for the memory side.</summary>
internal static class MemoryMachines
{
    public static readonly NdDevice Namespace = new(NdDeviceKind.Namespace, 0, 0);

    /// <summary>2 GiB of RAM on x86-64 and a command line.</summary>
    public static Machine X86(string kernel, string commandLine, ulong ramMebibytes = 2048, params (string Key, ulong Value)[] config) =>
        Boot(
            new MachineDescription
            {
                Name = "m",
                Kernel = kernel,
                Architecture = Architecture.X86_64,
                PageSize = ByteSize.KiB(4),
                CommandLine = commandLine,
                Config = config.ToImmutableSortedDictionary(c => c.Key, c => c.Value),
                Memory = [Ram(0, 640), Ram(1024, (ramMebibytes - 1) * 1024)],
                Buses = [new BusDescription("ndbus0", "e820")],
            }
        );

    /// <summary>arm64: RAM from 1 GiB to <paramref name="pmem"/> and from its end to 9 GiB; the range is pmem.</summary>
    public static Machine Arm64(string kernel, ByteSize page, PhysicalRange pmem, bool hasRamBehind = true) =>
        Boot(
            new MachineDescription
            {
                Name = "m",
                Kernel = kernel,
                Architecture = Architecture.Arm64,
                PageSize = page,
                Memory =
                [
                    new FirmwareRange(
                        new PhysicalRange(new PhysicalAddress(1UL << 30), pmem.Start - new PhysicalAddress(1UL << 30)),
                        FirmwareRangeType.SystemRam,
                        0
                    ),
                    .. hasRamBehind
                        ? new[]
                        {
                            new FirmwareRange(
                                new PhysicalRange(pmem.End, new PhysicalAddress(9UL << 30) - pmem.End),
                                FirmwareRangeType.SystemRam,
                                0
                            ),
                        }
                        : [],
                ],
                Buses = [new BusDescription("ndbus0", "of_pmem")],
                Regions =
                [
                    new RegionDescription
                    {
                        Name = "region0",
                        Bus = "ndbus0",
                        Range = pmem,
                    },
                ],
            }
        );

    public static Machine Boot(MachineDescription description)
    {
        KernelProfile kernel = KernelProfiles.Find(description.Kernel)!;
        var source = new MachineSource(
            description,
            ImmutableSortedDictionary<string, SparseBytes>.Empty,
            ImmutableSortedDictionary<string, SparseBytes>.Empty
        );
        (Machine? machine, string? panic) = Model.Boot.Start(
            source,
            kernel,
            ArchitectureRules.Find(kernel, description.Architecture, description.PageSize)!
        );
        Assert.Null(panic);
        return machine!;
    }

    /// <summary>Unbinds the namespace and binds a pfn or dax device over it.</summary>
    public static StepResult Create(Machine machine, NdDeviceKind kind, PageMapMode mode, ByteSize align, NdDevice? target = null)
    {
        NdDevice ndns = target ?? Namespace;
        if (machine.FindNamespace(ndns)!.IsBound)
            machine = DriverCore.Unbind(machine, NdDrivers.Pmem, ndns).Machine;
        RegionState region = machine.Regions[ndns.Number];
        var seed = new NdDevice(kind, ndns.Number, (kind == NdDeviceKind.Dax ? region.DaxSeed : region.PfnSeed)!.Value);
        machine = PfnAttributes.SetUuid(machine, seed, Uuid.Parse("c0000000-0000-4000-8000-000000000000")).Machine;
        machine = PfnAttributes.SetMode(machine, seed, mode).Machine;
        machine = PfnAttributes.SetAlign(machine, seed, align).Machine;
        StepResult claimed = PfnAttributes.SetNamespace(machine, seed, ndns.Name);
        Assert.Equal(Errno.None, claimed.Errno);
        return DriverCore.Bind(claimed.Machine, NdDrivers.Of(kind), seed);
    }

    private static FirmwareRange Ram(ulong startKib, ulong sizeKib) =>
        new(new PhysicalRange(new PhysicalAddress(startKib * 1024), ByteSize.KiB(sizeKib)), FirmwareRangeType.SystemRam, 0);
}

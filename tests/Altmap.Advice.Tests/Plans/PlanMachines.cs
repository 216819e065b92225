using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Hardware;

namespace Altmap.Advice.Tests.Plans;

/// <summary>Machines of RAM from 1 MiB on, and of windows that soft-reserved memory fills.</summary>
internal static class PlanMachines
{
    public static MachineSource Source(
        string kernel,
        ulong endOfRam,
        bool isVirtual,
        ImmutableArray<PhysicalRange> windows,
        string commandLine = ""
    ) =>
        new(
            new MachineDescription
            {
                Name = "plans",
                Kernel = kernel,
                Architecture = Architecture.X86_64,
                PageSize = ByteSize.KiB(4),
                CommandLine = commandLine,
                Memory =
                [
                    new(new PhysicalRange(new(0x100000), new(endOfRam - 0x100000)), FirmwareRangeType.SystemRam, 0),
                    .. windows.Select(w => new FirmwareRange(w, FirmwareRangeType.SoftReserved, 1)),
                ],
                CxlWindows = windows,
                Config = ImmutableSortedDictionary<string, ulong>.Empty.Add("hypervisor", isVirtual ? 1UL : 0UL),
            },
            ImmutableSortedDictionary<string, SparseBytes>.Empty,
            ImmutableSortedDictionary<string, SparseBytes>.Empty
        );

    public static Machine Booted(MachineSource source)
    {
        KernelProfile kernel = KernelProfiles.Find(source.Description.Kernel)!;
        ArchitectureRules rules = ArchitectureRules.Find(kernel, source.Description.Architecture, source.Description.PageSize)!;
        return Boot.Start(source, kernel, rules).Machine!;
    }
}

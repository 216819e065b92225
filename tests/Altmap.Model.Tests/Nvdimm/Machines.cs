using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.Tests.Nvdimm;

/// <summary>Small machines made for a test.</summary>
internal static class Machines
{
    public static readonly PhysicalAddress Start = new(ByteSize.GiB(4).Bytes);

    /// <summary>One region of 1 GiB at 4 GiB over <paramref name="dimms"/> DIMMs; with label areas of 128 KiB, blank or given.</summary>
    public static Machine Nfit(
        int dimms = 1,
        string kernel = "6.1",
        IReadOnlyList<SparseBytes>? labels = null,
        ByteSize? size = null,
        PhysicalAddress? start = null
    )
    {
        ByteSize total = size ?? ByteSize.GiB(1);
        var description = new MachineDescription
        {
            Name = "nfit",
            Kernel = kernel,
            Architecture = Architecture.X86_64,
            PageSize = ByteSize.KiB(4),
            Memory = [Ram(0, 2)],
            Buses = [new BusDescription("ndbus0", "ACPI.NFIT")],
            Dimms =
            [
                .. Enumerable
                    .Range(0, dimms)
                    .Select(i => new DimmDescription
                    {
                        Name = $"nmem{i}",
                        Handle = (uint)i + 1,
                        Vendor = 0x8680,
                        Serial = 0x56341200 + ((uint)i << 24),
                        Id = $"8680-{0x56341200 + ((uint)i << 24):x8}",
                        LabelAreaSize = labels is null && dimms == 0 ? ByteSize.Zero : ByteSize.KiB(128),
                    }),
            ],
            Regions =
            [
                new RegionDescription
                {
                    Name = "region0",
                    Bus = "ndbus0",
                    Range = new PhysicalRange(start ?? Start, total),
                    Mappings =
                    [
                        .. Enumerable
                            .Range(0, dimms)
                            .Select(i => new MappingDescription(
                                $"nmem{i}",
                                new DimmAddress(0),
                                new ByteSize(total.Bytes / (ulong)dimms),
                                i
                            )),
                    ],
                },
            ],
        };
        ImmutableSortedDictionary<string, SparseBytes> areas = (labels ?? [])
            .Select((l, i) => KeyValuePair.Create($"nmem{i}", l))
            .ToImmutableSortedDictionary();
        return Boot(description, areas);
    }

    /// <summary>memmap= ranges on an e820 bus.</summary>
    public static Machine E820(string commandLine, string kernel = "6.1") =>
        Boot(
            new MachineDescription
            {
                Name = "e820",
                Kernel = kernel,
                Architecture = Architecture.X86_64,
                PageSize = ByteSize.KiB(4),
                Memory = [Ram(0, 4)],
                CommandLine = commandLine,
                Buses = [new BusDescription("ndbus0", "e820")],
            },
            ImmutableSortedDictionary<string, SparseBytes>.Empty
        );

    private static FirmwareRange Ram(ulong startGiB, ulong sizeGiB) =>
        new(new PhysicalRange(new PhysicalAddress(ByteSize.GiB(startGiB).Bytes), ByteSize.GiB(sizeGiB)), FirmwareRangeType.SystemRam, 0);

    private static Machine Boot(MachineDescription description, ImmutableSortedDictionary<string, SparseBytes> labels)
    {
        KernelProfile kernel = KernelProfiles.Find(description.Kernel)!;
        ArchitectureRules architecture = ArchitectureRules.Find(kernel, description.Architecture, description.PageSize)!;
        (Machine? machine, string? panic) = Model.Boot.Start(
            new MachineSource(description, labels, ImmutableSortedDictionary<string, SparseBytes>.Empty),
            kernel,
            architecture
        );
        Assert.Null(panic);
        return machine!;
    }
}

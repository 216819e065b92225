using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Tests.Memory;

/// <summary>Boot: holes, zones, block sizes. Numbers are those that real kernels printed or showed, unless said.</summary>
public class MemoryBootTests
{
    private static ulong Holes(Machine machine, ZoneKind zone) =>
        machine
            .Mm.Pages.Memmap.Within(0, 1UL << 40)
            .Where(r => r.Value is { Content: MemmapContent.Hole } m && m.Zone == zone)
            .Aggregate(0UL, (sum, r) => sum + r.End - r.Start);

    [Fact]
    [Trait("problem", "E1")]
    public void Unavailable_ranges_are_those_that_the_kernel_prints()
    {
        Machine machine = MemoryMachines.Boot(
            new MachineDescription
            {
                Name = "m",
                Kernel = "6.1",
                Architecture = Architecture.X86_64,
                PageSize = ByteSize.KiB(4),
                CommandLine = "memmap=192M!1088M",
                Memory = [Range(0x1000, 0x9fbff), Range(0x100000, 0x7ffdcfff)],
            }
        );
        Assert.Equal(1UL + 97, Holes(machine, ZoneKind.Dma));
        Assert.Equal(16384UL + 35, Holes(machine, ZoneKind.Dma32));
        Assert.Equal(new ZoneSpan(0, ZoneKind.Dma, new Pfn(1), new PfnCount(4095), new PfnCount(3998)), machine.Mm.ZoneOf(0, ZoneKind.Dma));

        static FirmwareRange Range(ulong first, ulong last) =>
            new(PhysicalRange.FromInclusive(new PhysicalAddress(first), new PhysicalAddress(last)), FirmwareRangeType.SystemRam, 0);
    }

    [Fact]
    public void Older_kernels_give_every_hole_to_the_first_zone() =>
        Assert.Equal(0UL, Holes(MemoryMachines.X86("5.4", "memmap=192M!1088M"), ZoneKind.Dma32));

    [Theory]
    [InlineData("5.10", 4096UL, 256UL)]
    [InlineData("5.10", 16384UL, 1984UL)]
    public void arm64_of_5_10_initialises_only_the_rest_of_a_pageblock(string kernel, ulong page, ulong holes)
    {
        var pmem = new PhysicalRange(new PhysicalAddress(0x140100000), ByteSize.MiB(2047));
        Assert.Equal(holes, Holes(MemoryMachines.Arm64(kernel, new ByteSize(page), pmem), ZoneKind.Normal));
    }

    [Theory]
    [InlineData("6.1", 67 * 1024, 1, 1024)]
    [InlineData("6.1", (65 * 1024) + 512, 1, 512)]
    [InlineData("6.1", (65 * 1024) + 512, 0, 2048)]
    [InlineData("6.1", 63 * 1024, 0, 128)]
    [InlineData("7.2", 67 * 1024, 1, 1024)]
    public void Memory_blocks_are_as_large_as_the_kernel_makes_them(string kernel, int ramMebibytes, int hypervisor, int blockMebibytes)
    {
        Machine machine = MemoryMachines.X86(kernel, "", (ulong)ramMebibytes, ("hypervisor", (ulong)hypervisor));
        Assert.Equal(ByteSize.MiB((ulong)blockMebibytes), machine.Mm.BlockSize);
    }

    [Fact]
    public void Each_node_has_its_zones_and_a_block_of_two_nodes_has_none()
    {
        ulong middle = 5UL << 30;
        Machine machine = MemoryMachines.Boot(
            new MachineDescription
            {
                Name = "m",
                Kernel = "6.1",
                Architecture = Architecture.X86_64,
                PageSize = ByteSize.KiB(4),
                Memory = [Range(0, middle + (64UL << 20), 0), Range(middle + (64UL << 20), 2 * middle, 1)],
            }
        );
        Assert.Equal(
            [(0, ZoneKind.Dma), (0, ZoneKind.Dma32), (0, ZoneKind.Normal), (1, ZoneKind.Normal)],
            machine.Mm.Zones.Select(z => (z.Node, z.Kind))
        );
        ulong shared = middle / machine.Mm.BlockSize.Bytes;
        Assert.Equal("none", MemoryBlocks.ValidZones(machine, new(shared)));
        Assert.Equal("Normal", MemoryBlocks.ValidZones(machine, new(shared + 1)));
        Assert.Equal(1, MemoryBlocks.Find(machine, new(shared + 1)).Node);

        static FirmwareRange Range(ulong start, ulong end, int node) =>
            new(new PhysicalRange(new PhysicalAddress(start), new ByteSize(end - start)), FirmwareRangeType.SystemRam, node);
    }

    [Fact]
    public void A_machine_without_memory_has_an_empty_map() =>
        Assert.Empty(
            MemoryMap
                .Of(
                    MemoryMachines.Boot(
                        new MachineDescription
                        {
                            Name = "m",
                            Kernel = "6.1",
                            Architecture = Architecture.X86_64,
                            PageSize = ByteSize.KiB(4),
                        }
                    )
                )
                .Ranges
        );

    [Theory]
    [InlineData("6.1")]
    [InlineData("4.19")]
    public void Memory_beyond_every_address_does_no_harm(string kernel)
    {
        Machine machine = MemoryMachines.Boot(
            new MachineDescription
            {
                Name = "m",
                Kernel = kernel,
                Architecture = Architecture.X86_64,
                PageSize = ByteSize.KiB(4),
                Memory = [Range(0, 1UL << 31), Range((1UL << 46) - 4096, 1UL << 46), Range(ulong.MaxValue - 0xffffff, ulong.MaxValue)],
                Buses = [new BusDescription("ndbus0", "of_pmem")],
                Regions =
                [
                    new RegionDescription
                    {
                        Name = "region0",
                        Bus = "ndbus0",
                        Range = new PhysicalRange(new PhysicalAddress(1UL << 63), ByteSize.GiB(1)),
                    },
                ],
            }
        );
        Assert.Equal(1UL << 34, MemoryMap.Of(machine).End.Number);
        Assert.Empty(machine.Mm.Maps);
        Assert.False(PfnStory.Of(machine, new Pfn(ulong.MaxValue)).IsOnline);

        static FirmwareRange Range(ulong start, ulong end) =>
            new(new PhysicalRange(new PhysicalAddress(start), new ByteSize(end - start)), FirmwareRangeType.SystemRam, 0);
    }
}

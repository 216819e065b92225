using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;
using Altmap.TestSupport;

namespace Altmap.Model.Tests.Memory;

/// <summary>The size of a memory block on x86-64, against boots with windows made by a CEDT (tests/golden/cxl_windows).</summary>
public class MemoryBlockSizeTests
{
    public static TheoryData<string> Boots =>
        [.. Directory.GetFiles(Golden.Path("cxl_windows"), "*.txt").Select(Path.GetFileName).OfType<string>()];

    [Theory]
    [Trait("problem", "D1")]
    [MemberData(nameof(Boots))]
    public void A_boot_picks_the_recorded_size(string file)
    {
        string[] lines = File.ReadAllLines(Golden.Path("cxl_windows", file));
        string kernel = file.EndsWith(".7.2.txt", StringComparison.Ordinal) ? "7.2" : "6.12";
        string recorded = Assert.Single(lines, l => l.Contains("Memory block size", StringComparison.Ordinal)).Split(' ')[^1];
        Machine machine = Boot(
            kernel,
            Field(lines, "cmdline"),
            [.. lines.Where(l => l.StartsWith("BIOS-e820: [mem", StringComparison.Ordinal)).Select(Range)],
            [.. Windows(Field(lines, "windows"))],
            Field(lines, "cpu").Contains("-hypervisor", StringComparison.Ordinal) ? 0UL : 1
        );
        Assert.Equal(recorded, $"{machine.Mm.BlockSize.Bytes >> 20}MB");
        Assert.Null(machine.Mm.BlockSizing.Doubt);
    }

    /// <summary>A real window of 121.25 GiB at 0xC050000000, aligned to 256 MiB, on bare metal.</summary>
    [Theory]
    [Trait("problem", "D1")]
    [InlineData("6.12", 2048, BlockSizeDecider.BareMetal)]
    [InlineData("7.2", 256, BlockSizeDecider.Window)]
    public void A_window_of_256_MiB_bounds_the_block_from_6_15_on(string kernel, ulong mebibytes, BlockSizeDecider decider)
    {
        Machine machine = Boot(kernel, "", [Ram(0x1_0000_0000, 0xc0_4fff_ffff)], [Window(0xc0_5000_0000, 0x1e_5000_0000)], 0);
        Assert.Equal((ByteSize.MiB(mebibytes), decider), (machine.Mm.BlockSize, machine.Mm.BlockSizing.Decider));
    }

    [Theory]
    [InlineData("7.2", true)]
    [InlineData("6.12", false)]
    public void Soft_reserved_memory_and_no_word_of_windows_leaves_the_size_open(string kernel, bool isOpen)
    {
        FirmwareRange[] memory =
        [
            Ram(0x1_0000_0000, 0xc0_4fff_ffff),
            new(PhysicalRange.FromInclusive(new(0xc0_5000_0000), new(0xde_9fff_ffff)), FirmwareRangeType.SoftReserved, 1),
        ];
        // Such a kernel gives the memory to kmem at boot, so that nothing of the machine is known without the size of a block.
        if (isOpen)
            Assert.Contains("cxl_windows", Assert.Throws<NotModelledException>(() => Boot(kernel, "", memory, default, 0)).Message);
        else
            Assert.Null(Boot(kernel, "", memory, default, 0).Mm.BlockSizing.Doubt);
        Assert.Null(Boot(kernel, "", memory, [], 0).Mm.BlockSizing.Doubt);
    }

    [Fact]
    public void Windows_never_make_a_block_larger()
    {
        for (ulong align = 1UL << 28; align <= 1UL << 34; align <<= 1)
        {
            ByteSize with = Boot("7.2", "", [Ram(0, (68UL << 30) - 1)], [Window(align * 64, align)], 1).Mm.BlockSize;
            Assert.True(with <= Boot("7.2", "", [Ram(0, (68UL << 30) - 1)], [], 1).Mm.BlockSize);
            Assert.True(with.Bytes <= align);
        }
    }

    private static Machine Boot(
        string kernel,
        string commandLine,
        FirmwareRange[] memory,
        ImmutableArray<PhysicalRange> windows,
        ulong hypervisor
    ) =>
        MemoryMachines.Boot(
            new MachineDescription
            {
                Name = "m",
                Kernel = kernel,
                Architecture = Architecture.X86_64,
                PageSize = ByteSize.KiB(4),
                CommandLine = commandLine,
                Memory = [.. memory],
                CxlWindows = windows,
                Buses = [new BusDescription("ndbus0", "e820")],
                Config = ImmutableSortedDictionary<string, ulong>.Empty.Add("hypervisor", hypervisor),
            }
        );

    private static string Field(string[] lines, string name) =>
        lines.First(l => l.StartsWith(name + "\t", StringComparison.Ordinal)).Split('\t', 2)[1];

    private static FirmwareRange Ram(ulong start, ulong last) =>
        new(PhysicalRange.FromInclusive(new(start), new(last)), FirmwareRangeType.SystemRam, 0);

    private static PhysicalRange Window(ulong start, ulong size) => new(new(start), new(size));

    /// <summary><c>BIOS-e820: [mem 0xA-0xB]  System RAM</c>.</summary>
    private static FirmwareRange Range(string line)
    {
        string[] ends = line[(line.IndexOf('[', StringComparison.Ordinal) + 5)..line.IndexOf(']', StringComparison.Ordinal)].Split('-');
        FirmwareRangeType type =
            line.EndsWith("System RAM", StringComparison.Ordinal) || line.EndsWith("usable", StringComparison.Ordinal)
                ? FirmwareRangeType.SystemRam
                : FirmwareRangeType.Reserved;
        return new(PhysicalRange.FromInclusive(new(Hex(ends[0])), new(Hex(ends[1]))), type, 0);
    }

    /// <summary><c>72G+128M,256M 76G,512M</c>, or <c>-</c>.</summary>
    private static IEnumerable<PhysicalRange> Windows(string text) =>
        text == "-"
            ? []
            : text.Split(' ')
                .Select(w => w.Split(','))
                .Select(w => Window(w[0].Split('+').Aggregate(0UL, (s, p) => s + Size(p)), Size(w[1])));

    private static ulong Size(string text) => ulong.Parse(text[..^1], CultureInfo.InvariantCulture) << (text[^1] == 'G' ? 30 : 20);

    private static ulong Hex(string text) => ulong.Parse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

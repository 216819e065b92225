using System.Collections.Immutable;
using System.Text;
using Altmap.Core.Kernels;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.Model.MachineFiles.Captures;
using Altmap.TestSupport;

namespace Altmap.Model.Tests.Hardware;

/// <summary>memmap= on the firmware's map, against what /proc/iomem showed on real kernels.</summary>
public class FirmwareMapTests
{
    private static readonly string[] Shown = ["System RAM", "Reserved", "Persistent Memory (legacy)"];

    public static TheoryData<string> BootLogs() =>
        new(
            Directory
                .EnumerateFiles(Golden.Path("p_online", "6.1"), "dmesg.txt", SearchOption.AllDirectories)
                .Select(f => Path.GetFileName(Path.GetDirectoryName(f)!))
                .Order()
        );

    [Theory]
    [MemberData(nameof(BootLogs))]
    public void Firmware_map_and_command_line_give_iomem(string @case)
    {
        string directory = Golden.Path("p_online", "6.1", @case);
        string log = File.ReadAllText(Path.Combine(directory, "dmesg.txt"));
        string commandLine = log.Split('\n').First(l => l.Contains("Command line: ", StringComparison.Ordinal)).Split("Command line: ")[1];
        var notes = new List<string>();
        ImmutableArray<FirmwareRange> memory = FirmwareMemory.Read(
            new CaptureTexts { Name = "c", Dmesg = log },
            new AcpiTables([]),
            [],
            commandLine,
            Architecture.X86_64,
            new("iomem.txt"),
            notes,
            []
        );
        Assert.Empty(notes);
        Assert.Equal(
            TopLevel(Path.Combine(directory, "iomem.txt")),
            FirmwareMap.Apply(memory, commandLine, Architecture.X86_64).ToString()
        );
    }

    [Theory]
    [InlineData("f_memmap", "f_memmap/0-before/iomem.txt")]
    [InlineData("d_multi", "d_multi/1-four/iomem.txt")]
    [InlineData("q_kernels/7.2/x_align1g", "q_kernels/7.2/x_align1g/after/iomem.txt")]
    [InlineData("p_online/6.1/aligned", "p_online/6.1/aligned/iomem.txt")]
    [InlineData("p_online/6.1/mis-4K", "p_online/6.1/mis-4K/iomem.txt")]
    [InlineData("p_online/6.1/holes", "p_online/6.1/holes/iomem.txt")]
    public void A_machine_file_gives_iomem(string machine, string iomem)
    {
        MachineDescription m = Load(machine);
        Assert.Equal(TopLevel(Golden.Path(iomem)), FirmwareMap.Apply(m.Memory, m.CommandLine, m.Architecture).ToString());
    }

    [Fact]
    public void Regions_of_the_e820_bus_are_those_of_sysfs()
    {
        string sysfs = Encoding.UTF8.GetString(Golden.Gunzip(Golden.Path("f_memmap", "0-before", "sysfs.txt.gz")));
        var listing = new SysfsListing(sysfs, new("sysfs.txt"));
        ImmutableArray<RegionDescription> regions = E820Regions.Resolve(Load("f_memmap"));
        Assert.Equal(
            listing
                .Devices("region")
                .Select(r =>
                    (
                        r,
                        listing.Number(r, "resource")!.Value,
                        listing.Number(r, "size")!.Value,
                        listing.Node(r, "numa_node"),
                        listing.Node(r, "target_node")
                    )
                ),
            regions.Select(r => (r.Name, r.Range.Start.Bytes, r.Range.Size.Bytes, r.NumaNode, r.TargetNode))
        );
        Assert.All(regions, r => Assert.Equal("ndbus0", r.Bus));
    }

    [Fact]
    public void Persistent_memory_behind_the_last_ram_has_no_node()
    {
        MachineDescription machine = Machine("memmap=256M!1792M");
        Assert.Equal(
            [("region0", 0x70000000UL, -1), ("region1", 0x7ffdd000UL, -1)],
            E820Regions.Resolve(machine).Select(r => (r.Name, r.Range.Start.Bytes, r.TargetNode))
        );
    }

    [Theory]
    [InlineData(
        "memmap=64M!1G,4K!1200M",
        "00000000-00000fff : Reserved|00001000-0009fbff : System RAM|0009fc00-000fffff : Reserved|00100000-3fffffff : System "
            + "RAM|40000000-43ffffff : Persistent Memory (legacy)|44000000-4affffff : System RAM|4b000000-4b000fff : Persistent Memory "
            + "(legacy)|4b001000-7ffdcfff : System RAM|7ffdd000-7fffffff : Reserved"
    )]
    [InlineData(
        "mem=1G",
        "00000000-00000fff : Reserved|00001000-0009fbff : System RAM|0009fc00-000fffff : Reserved|00100000-3fffffff : System "
            + "RAM|7ffdd000-7fffffff : Reserved"
    )]
    [InlineData(
        "memmap=exactmap memmap=640K@0 memmap=1023M@1M",
        "00000000-00000fff : Reserved|00001000-0009ffff : System RAM|00100000-3fffffff : System RAM"
    )]
    [InlineData(
        "memmap=1M#1G",
        "00000000-00000fff : Reserved|00001000-0009fbff : System RAM|0009fc00-000fffff : Reserved|00100000-3fffffff : System "
            + "RAM|40000000-400fffff : ACPI Tables|40100000-7ffdcfff : System RAM|7ffdd000-7fffffff : Reserved"
    )]
    [InlineData(
        "memmap=1G%1G-1+0xefffffff",
        "00000000-00000fff : Reserved|00001000-0009fbff : System RAM|0009fc00-000fffff : Reserved|00100000-3fffffff : System "
            + "RAM|40000000-7ffdcfff : Soft Reserved|7ffdd000-7fffffff : Reserved"
    )]
    [InlineData(
        "memmap=0x4000000!010000000000",
        "00000000-00000fff : Reserved|00001000-0009fbff : System RAM|0009fc00-000fffff : Reserved|00100000-3fffffff : System "
            + "RAM|40000000-43ffffff : Persistent Memory (legacy)|44000000-7ffdcfff : System RAM|7ffdd000-7fffffff : Reserved"
    )]
    [InlineData("-- memmap=64M!1G", null)]
    [InlineData("memmap=x memmap=!1G quiet memmap", null)]
    public void Command_lines(string commandLine, string? expected)
    {
        expected ??=
            "00000000-00000fff : Reserved|00001000-0009fbff : System RAM|0009fc00-000fffff : Reserved|00100000-7ffdcfff : System "
            + "RAM|7ffdd000-7fffffff : Reserved";
        MachineDescription machine = Machine(commandLine);
        Assert.Equal(expected.Replace('|', '\n'), FirmwareMap.Apply(machine.Memory, commandLine, Architecture.X86_64).ToString());
    }

    [Fact]
    public void Exactmap_with_one_range_does_not_boot() =>
        Assert.Equal(
            "Invalid user supplied memory map",
            FirmwareMap.Apply(Machine("").Memory, "memmap=exactmap memmap=1G@0", Architecture.X86_64).Panic
        );

    [Fact]
    public void Hostile_command_lines_give_a_map()
    {
        foreach (
            string text in new[]
            {
                "memmap=18446744073709551615!1",
                "memmap=16E!16E",
                "memmap=1E@15E",
                "memmap=0!0",
                "memmap=\"1G!1G",
                "memmap=" + new string('9', 3000),
                "mem=0 mem=1 memmap=1%0-1",
            }
        )
        {
            FirmwareMap map = FirmwareMap.Apply(Machine(text).Memory, text, Architecture.X86_64);
            Assert.All(map.Entries.Zip(map.Entries.Skip(1)), p => Assert.True(p.First.Range.Last < p.Second.Range.Start));
        }
    }

    private static MachineDescription Load(string machine) =>
        MachineFile.Parse(File.ReadAllBytes(Golden.Path(machine, "machine.json")), machine).Description!;

    private static MachineDescription Machine(string commandLine) =>
        MachineFiles.MachineFileTests.Parse(
            $$"""
            {"format":"altmap-machine/1","kernel":"6.1","cmdline":{{System.Text.Json.JsonSerializer.Serialize(
                commandLine
            )}},"buses":[{"dev":"ndbus0","provider":"e820"}],
             "memory":[{"start":"0x0","end":"0x9fbff","type":"System RAM"},{"start":"0x9fc00","end":"0xfffff","type":"Reserved"},
              {"start":"0x100000","end":"0x7ffdcfff","type":"System RAM"},{"start":"0x7ffdd000","end":"0x7fffffff","type":"Reserved"}]}
            """
        );

    private static string TopLevel(string iomem) =>
        string.Join(
            '\n',
            File.ReadAllLines(iomem).Where(l => l.Length > 0 && !char.IsWhiteSpace(l[0]) && Shown.Contains(l.Split(" : ")[1]))
        );
}

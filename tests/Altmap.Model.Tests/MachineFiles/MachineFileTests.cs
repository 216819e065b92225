using System.Text;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.TestSupport;

namespace Altmap.Model.Tests.MachineFiles;

public class MachineFileTests
{
    public static TheoryData<string> GoldenMachines() =>
        new(
            Directory
                .EnumerateFiles(Golden.Root, "machine*.json", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Golden.Root, f))
                .Order()
        );

    [Theory]
    [MemberData(nameof(GoldenMachines))]
    public void Every_golden_machine_parses_and_comes_back(string file)
    {
        MachineFileResult result = MachineFile.Parse(File.ReadAllBytes(Golden.Path(file)), file);
        Assert.Empty(result.Errors);
        string text = MachineFile.Write(result.Description!);
        MachineFileResult again = MachineFile.Parse(Encoding.UTF8.GetBytes(text), file);
        Assert.Empty(again.Errors);
        Assert.Equal(text, MachineFile.Write(again.Description!));
        Same(result.Description!, again.Description!);
    }

    [Fact]
    public void There_are_golden_machines() => Assert.True(GoldenMachines().Count >= 90, "the golden machines are gone");

    [Fact]
    public void Values_arrive()
    {
        MachineDescription m = Parse(
            """
            {"format":"altmap-machine/1","name":"n","kernel":"6.12","arch":"arm64","page_size":"64K","cmdline":"a=b","config":{"struct_page_size":128,"nvdimm_kmsan":1,"memory_block_bytes":"2G"},
             "memory":[{"start":"0x40000000","end":1342177279,"type":"System RAM","node":1},{"start":"0x0","end":"0xfff","type":"Soft Reserved"}],
             "buses":[{"dev":"ndbus0","provider":"ACPI.NFIT"}],
             "dimms":[{"dev":"nmem0","handle":"0x1","phys_id":"0x2","vendor":"0x8680","serial":"0x56341200","id":"8680-56341200","label_bytes":"128K","labels":"l.gz"},{"dev":"nmem1","handle":2}],
             "regions":[{"dev":"region3","bus":"ndbus0","type":"pmem","start":"0x100000000","size":"2G","numa_node":-1,"target_node":1,"range_index":7,"set_cookie":"0xf1a2","media":"m.raw",
               "mappings":[{"dimm":"nmem1","offset":65536,"size":"1G","position":1},{"dimm":"nmem0","offset":"0x10000","size":1073741824,"position":0,"region_offset":"0x100"}]}],
             "steps":["ndctl list"]}
            """
        );
        Assert.Equal(Architecture.Arm64, m.Architecture);
        Assert.Equal(ByteSize.KiB(64), m.PageSize);
        Assert.Equal(128UL, m.Config["struct_page_size"]);
        Assert.Equal(2UL << 30, m.Config["memory_block_bytes"]);
        Assert.Equal([0UL, 0x40000000UL], m.Memory.Select(r => r.Range.Start.Bytes));
        Assert.Equal(0x4fffffffUL, m.Memory[1].Range.Last.Bytes);
        Assert.Equal(1, m.Memory[1].Node);
        Assert.Equal(0x56341200U, m.Dimms[0].Serial);
        Assert.Equal(ByteSize.KiB(128), m.Dimms[0].LabelAreaSize);
        RegionDescription region = Assert.Single(m.Regions);
        Assert.Equal((-1, 1, 7, 0xf1a2UL), (region.NumaNode, region.TargetNode, region.RangeIndex, region.SetCookie!.Value));
        Assert.Equal(new MappingDescription("nmem1", new DimmAddress(65536), ByteSize.GiB(1), 1), region.Mappings[0]);
        Assert.Equal([0UL, 0x100UL], region.Mappings.Select(m => m.RegionOffset));
        Assert.Equal("m.raw", region.MediaFile);
        Assert.Equal(["ndctl list"], m.Steps);
        Same(m, Parse(MachineFile.Write(m)));
    }

    [Fact]
    public void The_least_machine()
    {
        MachineDescription m = Parse("""{"format":"altmap-machine/1","kernel":"6.1"}""");
        Assert.Equal((Architecture.X86_64, 4096UL, ""), (m.Architecture, m.PageSize.Bytes, m.CommandLine));
    }

    [Fact]
    public void A_kernel_may_be_a_file_or_judged_by_the_caller()
    {
        Assert.Equal("my/kernel", Parse("""{"format":"altmap-machine/1","kernel":"my/kernel"}""").Kernel);
        byte[] text = """{"format":"altmap-machine/1","kernel":"mine"}"""u8.ToArray();
        Assert.Empty(MachineFile.Parse(text, "m", name => name == "mine").Errors);
        Assert.NotEmpty(MachineFile.Parse(text, "m").Errors);
    }

    [Fact]
    public void A_byte_order_mark_is_no_error() =>
        Assert.Empty(MachineFile.Parse(Encoding.UTF8.GetBytes("\ufeff{\"format\":\"altmap-machine/1\",\"kernel\":\"6.1\"}"), "m").Errors);

    [Fact]
    public void No_more_than_twenty_errors()
    {
        string ranges = string.Join(",", Enumerable.Repeat("""{"start":"x","end":"y","type":"z"}""", 100));
        Assert.Equal(InputErrors.CountMax, MachineFile.Parse(Encoding.UTF8.GetBytes($$"""{"memory":[{{ranges}}]}"""), "m").Errors.Length);
    }

    internal static MachineDescription Parse(string json)
    {
        MachineFileResult result = MachineFile.Parse(Encoding.UTF8.GetBytes(json), "machine.json");
        Assert.Empty(result.Errors);
        return result.Description!;
    }

    private static void Same(MachineDescription a, MachineDescription b)
    {
        Assert.Equal(
            (a.Name, a.Kernel, a.Architecture, a.PageSize, a.CommandLine),
            (b.Name, b.Kernel, b.Architecture, b.PageSize, b.CommandLine)
        );
        Assert.Equal(a.Config, b.Config);
        Assert.Equal(a.Memory, b.Memory);
        Assert.Equal(a.Buses, b.Buses);
        Assert.Equal(a.Dimms, b.Dimms);
        Assert.Equal(a.Steps, b.Steps);
        Assert.Equal(a.Regions.Select(r => r with { Mappings = [] }), b.Regions.Select(r => r with { Mappings = [] }));
        Assert.Equal(a.Regions.Select(r => r.Mappings.AsEnumerable()), b.Regions.Select(r => r.Mappings.AsEnumerable()));
    }
}

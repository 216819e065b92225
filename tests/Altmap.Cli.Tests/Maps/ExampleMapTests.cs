using Altmap.Cli.Scripts;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Maps;

/// <summary>The machines of examples/ and the numbers that people know of them.</summary>
public class ExampleMapTests
{
    [Theory]
    [InlineData("carve-out-x86_64", "6.1", "", "126 MiB lost to alignment", "memory49-63: no such block -> online in Movable")]
    [InlineData("carve-out-x86_64", "5.10", "", "126 MiB lost to alignment", "memory49-63: no such block -> online in Movable")]
    [InlineData("carve-out-arm64-4k", "6.12", "", "126 MiB lost to alignment", "memory41-55: no such block -> online in Movable")]
    [InlineData("carve-out-arm64-4k", "5.10", "", "1022 MiB lost to alignment", "memory6: no such block -> online in Movable")]
    [InlineData("carve-out-arm64-64k", "6.12", " -a 65536", "510 MiB lost to alignment", "memory11-13: no such block -> online in Movable")]
    [InlineData("carve-out-arm64-64k", "6.12", "", "512 MiB info-block and padding", "memory11-13: no such block -> online in Movable")]
    [Trait("problem", "D1")]
    public void Memory_carved_out_comes_back_but_for_what_is_no_whole_block(
        string machine,
        string kernel,
        string options,
        string lost,
        string blocks
    )
    {
        CliResult result = Script(
            Example(machine),
            kernel,
            $"ndctl create-namespace -f -e namespace0.0 -m devdax -M mem{options}\ndaxctl reconfigure-device --mode=system-ram "
                + $"dax0.0\ndiff\nmap\n"
        );
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(lost, result.Output.Replace("\n", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains(blocks, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("problem", "C1")]
    public void Whole_sections_pad_and_lose_DAX()
    {
        string map = OneLine(
            Script(
                Example("shared-section"),
                "4.19",
                "ndctl create-namespace -f -e namespace1.0 -m fsdax -M mem\nmap --section 2799\n"
            ).Output
        );
        Assert.Contains("pfn1.0 start_pad 64 MiB", map, StringComparison.Ordinal);
        Assert.Contains(
            "namespace1.0 has a start_pad of 64 MiB. Block I/O starts at 0x5780200000 and is right; DAX looks at 0x577c200000, where "
                + "the device has no struct pages: the kernel's probe of sector 0 fails, and DAX is off.",
            map,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "pmem regions share section 2799 (region0 64 MiB, region1 64 MiB). This kernel maps devices in whole sections",
            map,
            StringComparison.Ordinal
        );
    }

    [Fact]
    [Trait("problem", "C4")]
    public void Sub_sections_need_no_pad()
    {
        string map = OneLine(
            Script(
                Example("shared-section"),
                "6.1",
                "ndctl create-namespace -f -e namespace1.0 -m fsdax -M mem\nmap --section 2799\n"
            ).Output
        );
        Assert.DoesNotContain("start_pad", map, StringComparison.Ordinal);
        Assert.Contains("namespace1.0 62 MiB", map, StringComparison.Ordinal);
        Assert.Contains("in sub-sections of 2 MiB, so both can be used", map, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("6.12-16k", "ram", 33554432, true)]
    [InlineData("6.12-16k", "pmem", 33554432, false)]
    [InlineData("6.12-16k", "ram", 16384, false)]
    [InlineData("7.2-16k", "ram", 33554432, true)]
    [Trait("problem", "D3")]
    public void Struct_pages_of_RAM_that_a_map_overwrites_are_shown(string recorded, string mode, int align, bool isDamaged)
    {
        string lines = $"""
            echo namespace0.0 > /sys/bus/nd/drivers/nd_pmem/unbind
            echo {align} > /sys/bus/nd/devices/dax0.0/align
            echo {mode} > /sys/bus/nd/devices/dax0.0/mode
            echo c0000000-0000-4000-8000-000000000000 > /sys/bus/nd/devices/dax0.0/uuid
            echo namespace0.0 > /sys/bus/nd/devices/dax0.0/namespace
            echo dax0.0 > /sys/bus/nd/drivers/dax_pmem/bind

            """;
        string text = OneLine(
            Script(
                Golden.Path("s_arm64", recorded, "gib-2m", "machine.json"),
                recorded.Split('-')[0],
                $"{lines}map\npfn 0x1bffff000-0x1c1e00000\n"
            ).Output
        );
        Assert.Equal(
            isDamaged,
            text.Contains(
                "KERNEL DEFECT: the struct pages of 1920 pages of System RAM (30 MiB) are overwritten: pfn 458752-460671 "
                    + "(0x1c0000000-0x1c1dfffff), by dax0.0.",
                StringComparison.Ordinal
            )
        );
        Assert.Equal(
            isDamaged,
            text.Contains(
                "pfns 458752-460671 (0x1c0000000-0x1c1dfffff, 30 MiB), section 56, owner System RAM: online",
                StringComparison.Ordinal
            )
        );
        Assert.Equal(
            isDamaged,
            text.Contains(
                "WRONG: a page of System RAM whose struct page a device map has overwritten: a kernel defect",
                StringComparison.Ordinal
            )
        );
    }

    private static string Example(string name) => Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "examples", $"{name}.json"));

    private static CliResult Script(string machine, string kernel, string script) =>
        Cli.RunWith(script, "run", machine, "--kernel", kernel, "--script", "-");

    private static string OneLine(string text) => string.Join(' ', text.Split(['\n', ' '], StringSplitOptions.RemoveEmptyEntries));
}

using System.Text.Json;
using Altmap.Cli.Planning;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Planning;

public class PlanCompareTests
{
    private const long MiB = 1 << 20;

    private static readonly string Examples = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "examples"));

    /// <summary>A namespace of 1 TiB at 4 GiB; lost is the reserve and 2 MiB of info-block area. The reserve for 80 bytes is no multiple of
    /// 2 MiB on 64K pages.</summary>
    [Theory]
    [InlineData("x86_64", "4K", "2M", 16L << 30, 20L << 30, 32L << 30)]
    [InlineData("aarch64", "16K", "16K", 4L << 30, 5L << 30, 8L << 30)]
    [InlineData("aarch64", "64K", "64K", 1L << 30, 5L << 28, 2L << 30)]
    [Trait("problem", "A1")]
    [Trait("problem", "A2")]
    public void The_reserve_of_a_TiB_is_that_of_its_pages(string arch, string page, string align, long at64, long at80, long at128)
    {
        JsonElement rows = Group(0, Compare("--start", "4G", "--size", "1T", "--arch", arch, "--page-size", page, "--align", align));
        long[] lost =
        [
            .. new[] { "reserve-64", "reserve-80", "reserve-128", "reserve-real" }.Select(id =>
                Row(rows, id).GetProperty("lost").GetInt64() - (2 * MiB)
            ),
        ];
        Assert.Equal([at64, at80, at128, at80], lost);
        Assert.Equal(
            (2 * MiB, at64),
            (Row(rows, "ram").GetProperty("lost").GetInt64(), Row(rows, "ram").GetProperty("ram_cost").GetInt64())
        );
        Assert.All(
            rows.EnumerateArray(),
            r => Assert.Equal(1L << 40, r.GetProperty("lost").GetInt64() + r.GetProperty("usable").GetInt64())
        );
    }

    [Fact]
    [Trait("problem", "A2")]
    public void A_KMSAN_kernel_takes_what_leaves_room_for_its_struct_page()
    {
        JsonElement rows = Group(0, Compare("--start", "4G", "--size", "16G"));
        string Answer(string id) => Row(rows, id).GetProperty("debug_kernel").GetString()!;
        Assert.Equal(
            ["does not make (EINVAL), refuses to open (EOPNOTSUPP)", "makes, opens", "makes, opens", "makes, opens", "makes, opens"],
            new[] { "reserve-64", "reserve-80", "reserve-128", "reserve-real", "ram" }.Select(Answer)
        );
        Assert.Equal(
            (true, 0),
            (
                Row(rows, "reserve-80").GetProperty("proposed_only").GetBoolean(),
                Row(rows, "reserve-80").GetProperty("kernels").GetArrayLength()
            )
        );
        Assert.Equal(["6.1.0"], Row(rows, "reserve-128").GetProperty("kernels").EnumerateArray().Select(k => k.GetString()));
    }

    /// <summary>2 GiB at a GiB boundary. Lost in front is what recordings show, with the metadata on top; arm64's are in s_arm64.</summary>
    [Theory]
    [InlineData("carve-out-x86_64.json", "6.1", "2M", 126, 2)]
    [InlineData("carve-out-arm64-4k.json", "5.10", "2M", 1022, 2)]
    [InlineData("carve-out-arm64-4k.json", "6.12", "2M", 126, 2)]
    [InlineData("carve-out-arm64-64k.json", "6.12", "64K", 510, 2)]
    [InlineData("carve-out-arm64-64k.json", "6.12", "512M", 0, 512)]
    [Trait("problem", "D1")]
    [Trait("problem", "D2")]
    public void Given_back_as_System_RAM_a_range_loses_what_was_recorded(
        string machine,
        string kernel,
        string align,
        long front,
        long metadata
    )
    {
        JsonElement rows = Group(
            1,
            Compare(Path.Combine(Examples, machine), "--kernel", kernel, "--mode", "devdax", "--map", "mem", "--align", align)
        );
        long Lost(string id) => Row(rows, id).GetProperty("lost").GetInt64();
        Assert.Equal((front + metadata) * MiB, Lost("as-is"));
        Assert.Equal(2 * MiB, Lost("early"));
        Assert.Equal((metadata * MiB, 0L, 0L), (Lost("label-kept"), Lost("label-outside"), Lost("label-none")));
        Assert.Equal(2048 * MiB, Row(rows, "early").GetProperty("usable").GetInt64());
        Assert.Equal(
            $"{metadata} MiB of metadata, {(front == 0 ? "0" : $"{front} MiB")} lost in front of the first whole block, 0 behind the last",
            Row(rows, "as-is").GetProperty("why").GetString()
        );
    }

    [Fact]
    [Trait("problem", "D2")]
    [Trait("problem", "D3")]
    public void Two_MiB_early_with_large_pages_names_the_hazard()
    {
        string machine = Path.Combine(Examples, "carve-out-arm64-64k.json");
        string Why(string align) =>
            Row(Group(1, Compare(machine, "--mode", "devdax", "--map", "mem", "--align", align)), "early").GetProperty("why").GetString()!;
        Assert.Contains("writes the struct pages of 510 MiB behind the range", Why("512M")); // s_arm64: overrun-ram
        Assert.DoesNotContain("Hazard", Why("64K"));
        Assert.Contains("never goes offline", Why("64K"));
        JsonElement smaller = Row(Group(1, Compare(machine, "--mode", "devdax", "--map", "mem", "--align", "64K")), "sections-128MiB");
        Assert.Equal(("no", true), (smaller.GetProperty("huge_pages").GetString(), smaller.GetProperty("proposed_only").GetBoolean()));
    }

    [Fact]
    [Trait("problem", "C1")]
    [Trait("problem", "C4")]
    [Trait("problem", "E4")]
    public void Regions_that_share_a_section_cost_64_MiB_under_sections()
    {
        JsonElement rows = Group(2, Compare(Path.Combine(Examples, "start-pad.json"), "namespace1.0"));
        JsonElement sub = Row(rows, "sub-section"),
            section = Row(rows, "section"),
            thrown = Row(rows, "throw-pmem");
        Assert.Equal(
            ("yes", "no", "yes", "yes"),
            (
                sub.GetProperty("dax").GetString(),
                section.GetProperty("dax").GetString(),
                section.GetProperty("block_io").GetString(),
                thrown.GetProperty("dax").GetString()
            )
        );
        Assert.Contains(
            "start_pad 64 MiB: block I/O starts at 0x587c200000, the pfns of DAX at 0x5878200000",
            section.GetProperty("why").GetString()
        );
        Assert.Equal(64 * MiB, section.GetProperty("lost").GetInt64() - sub.GetProperty("lost").GetInt64());
        Assert.Equal(["4.19"], section.GetProperty("kernels").EnumerateArray().Select(k => k.GetString()));
        Assert.True(Row(rows, "throw-ram").GetProperty("proposed_only").GetBoolean());
    }

    [Fact]
    [Trait("problem", "E4")]
    public void Throwing_away_the_RAM_costs_what_lies_in_the_section()
    {
        string machine = Path.Combine(Examples, "start-pad.json");
        JsonElement rows = Group(2, Compare(machine, "namespace0.0")); // RAM ends where the region starts, 64 MiB into a section
        Assert.Equal(
            64 * MiB,
            Row(rows, "throw-ram").GetProperty("ram_cost").GetInt64() - Row(rows, "sub-section").GetProperty("ram_cost").GetInt64()
        );
        Assert.Equal("not the shared block", Row(rows, "sub-section").GetProperty("hot_remove").GetString());
    }

    [Fact]
    public void A_range_of_a_machine_has_the_machines_neighbours()
    {
        string machine = Path.Combine(Examples, "start-pad.json");
        JsonElement rows = Group(2, Compare(machine, "--start", "0x577c000000", "--size", "4G"));
        Assert.Equal(
            64 * MiB,
            Row(rows, "section").GetProperty("lost").GetInt64() - Row(rows, "sub-section").GetProperty("lost").GetInt64()
        );
    }

    [Theory]
    [InlineData("give a MACHINE, or --start and --size", "--compare")]
    [InlineData("--size: 0; a namespace has bytes", "--compare", "--start", "4G", "--size", "0")]
    [InlineData("--size: \"-1\" is no size", "--compare", "--start", "4G", "--size=-1")]
    [InlineData("is no size; expected a number up to 2^56", "--compare", "--start", "4G", "--size", "18446744073709551615")]
    [InlineData(
        "--align: 3145728 (3 MiB) is none that x86_64 offers with pages of 4 KiB; expected 4K, 2M, 1G",
        "--compare",
        "--start",
        "4G",
        "--size",
        "1G",
        "--align",
        "3M"
    )]
    [InlineData("there is no kernel \"six\"; expected a version as 6.8", "--compare", "--start", "4G", "--size", "1G", "--kernel", "six")]
    [InlineData("not with --all-kernels", "--compare", "--start", "4G", "--size", "1G", "--all-kernels")]
    public void Wrong_use_says_what_is_possible(string message, params string[] args)
    {
        CliResult result = Cli.Run(["plan", .. args]);
        Assert.Equal((16, ""), (result.ExitCode, result.Output));
        Assert.Contains(message, result.Error);
    }

    [Theory]
    [InlineData("lies in no region; expected a range in region0", "--start", "1T", "--size", "1G")]
    [InlineData("there is no namespace \"namespace9.0\" with a size; expected namespace0.0, namespace1.0", "namespace9.0")]
    [InlineData("--start and --size go together", "--start", "1T")]
    [InlineData("a NAMESPACE, or --start and --size: not both", "namespace0.0", "--start", "1T", "--size", "1G")]
    public void What_a_machine_does_not_have_is_told_with_what_it_has(string message, params string[] args)
    {
        CliResult result = Cli.Run(["plan", "--compare", Path.Combine(Examples, "start-pad.json"), .. args]);
        Assert.Equal((16, ""), (result.ExitCode, result.Output));
        Assert.Contains(message, result.Error);
    }

    /// <summary>Every alternative that <c>plan</c> can express is what it says: one model, two commands.</summary>
    [Theory]
    [InlineData("x86_64", "4K", "6.1")]
    [InlineData("x86_64", "4K", "4.19")]
    [InlineData("x86_64", "4K", "5.4")]
    [InlineData("x86_64", "4K", "6.1.0")]
    [InlineData("x86_64", "4K", "6.12+kmsan")]
    [InlineData("aarch64", "16K", "5.10")]
    [InlineData("aarch64", "64K", "7.2")]
    [Trait("problem", "D1")]
    public void What_plan_can_express_costs_what_plan_says(string arch, string page, string kernel)
    {
        string[] where = ["--arch", arch, "--page-size", page, "--kernel", kernel];
        foreach (
            (string start, string map, string mode) in from s in (string[])["4G", "0x104000000"]
            from m in (string[])["dev", "mem"]
            from o in (string[])["fsdax", "devdax"]
            select (s, m, o)
        )
        {
            JsonElement answer = Compare(["--start", start, "--size", "16G", "--map", map, "--mode", mode, .. where]);
            long Usable(string id, int group) => Row(Group(group, answer), id).GetProperty("usable").GetInt64();
            long Plan(params string[] args)
            {
                string[] block = arch == "x86_64" && args.Contains("system-ram") ? ["--block-size", "128M"] : [];
                using JsonDocument plan = JsonDocument.Parse(
                    Cli.Run(["plan", "--size", "16G", .. where, .. block, "--json", .. args]).Output
                );
                return plan.RootElement.GetProperty("usable").GetInt64();
            }
            string place = $"{arch} {page} {kernel} {start} {map} {mode}";
            Assert.True(Usable("as-is", 1) == Plan("--start", start, "--mode", "system-ram", "--map", map), place);
            foreach (
                JsonElement align in Group(1, answer)
                    .EnumerateArray()
                    .Where(r => r.GetProperty("id").GetString()!.StartsWith("align-", StringComparison.Ordinal))
            )
                Assert.True(
                    align.GetProperty("usable").GetInt64()
                        == Plan(
                            "--start",
                            start,
                            "--mode",
                            "system-ram",
                            "--map",
                            map,
                            "--align",
                            align.GetProperty("id").GetString()!["align-".Length..]
                        ),
                    place + align
                );
            Assert.True(Usable("ram", 0) == Plan("--start", start, "--mode", mode, "--map", "mem"), place);
            foreach (
                JsonElement present in Group(0, answer)
                    .EnumerateArray()
                    .Concat(Group(2, answer).EnumerateArray())
                    .Where(r => r.GetProperty("present").GetBoolean())
            )
                Assert.True(
                    present.GetProperty("usable").GetInt64() == Plan("--start", start, "--mode", mode, "--map", map),
                    place + present
                );
        }
    }

    [Theory]
    [InlineData("6.1", "dev", "reserve-64")]
    [InlineData("6.1.0", "dev", "reserve-128")]
    [InlineData("6.1", "mem", "ram")]
    [InlineData("large-pages.json", "dev", "reserve-real")]
    public void One_way_of_the_page_map_is_the_kernels_own(string kernel, string map, string id)
    {
        string name = kernel.EndsWith(".json", StringComparison.Ordinal) ? Path.Combine(Examples, kernel) : kernel;
        JsonElement answer = Compare("--start", "4G", "--size", "1T", "--map", map, "--kernel", name);
        Assert.Equal(
            [id],
            Group(0, answer)
                .EnumerateArray()
                .Where(r => r.GetProperty("present").GetBoolean())
                .Select(r => r.GetProperty("id").GetString()!)
        );
    }

    /// <summary>With the page map on the device more than 2 MiB come before the data, and it grows with them.</summary>
    [Fact]
    [Trait("problem", "D1")]
    public void Starting_early_makes_room_for_the_page_map()
    {
        JsonElement early = Row(Group(1, Compare("--start", "4G", "--size", "16G", "--map", "dev")), "early");
        Assert.Equal(16L << 30, early.GetProperty("usable").GetInt64());
        Assert.Contains("0 lost in front of the first whole block", early.GetProperty("why").GetString());
    }

    [Fact]
    public void A_kernel_without_kmem_has_no_System_RAM_in_any_answer()
    {
        JsonElement row = Row(Group(1, Compare("--start", "4G", "--size", "16G", "--kernel", "4.19")), "as-is");
        Assert.Equal(0, row.GetProperty("usable").GetInt64());
        Assert.StartsWith("kernel 4.19 has no kmem driver", row.GetProperty("why").GetString());
        Assert.DoesNotContain("4.19", row.GetProperty("kernels").EnumerateArray().Select(k => k.GetString()));
        CliResult plan = Cli.Run("plan", "--start", "4G", "--size", "16G", "--mode", "system-ram", "--kernel", "4.19");
        Assert.Equal(4, plan.ExitCode);
        Assert.Contains("has no kmem driver", plan.Output);
    }

    [Fact]
    [Trait("problem", "D1")]
    public void Where_the_bytes_before_the_range_are_taken_it_says_so()
    {
        string Why(string machine, params string[] args) =>
            Row(Group(1, Compare([machine, .. args])), "early").GetProperty("why").GetString()!;
        using var scratch = new Scratch();
        File.WriteAllText(
            scratch["nfit.json"],
            """
            {"format": "altmap-machine/1", "kernel": "6.1", "buses": [{"dev": "ndbus0", "provider": "ACPI.NFIT"}], "regions": [{"dev": "region0", "bus": "ndbus0", "start": "0x100000000", "size": "2G"}],
             "memory": [{"start": "0x0", "end": "0xffffffff", "type": "System RAM"}]}
            """
        );
        Assert.Contains(
            "NOT POSSIBLE here: bytes before the range are System RAM, and a region of the firmware cannot be moved",
            Why(scratch["nfit.json"], "--start", "4G", "--size", "2G", "--map", "mem")
        );
        File.WriteAllText(
            scratch["m.json"],
            """
            {"format": "altmap-machine/1", "kernel": "6.1", "cmdline": "memmap=2G!4G", "buses": [{"dev": "ndbus0", "provider": "e820"}],
             "memory": [{"start": "0x0", "end": "0x27fffffff", "type": "System RAM"}]}
            """
        );
        Assert.Contains("another start in memmap=", Why(scratch["m.json"], "--start", "4G", "--size", "2G", "--map", "mem"));
    }

    [Fact]
    public void Text_fits_80_columns_and_equal_ways_are_one_line()
    {
        CliResult result = Cli.Run("plan", "--compare", "--start", "4G", "--size", "1T", "--block-size", "128M");
        Assert.Equal(0, result.ExitCode);
        Assert.All(result.Output.Split('\n').Skip(1), line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains("each of 4 ways to keep them apart loses the same", result.Output);
        Assert.DoesNotContain("map sub-sections", result.Output);
    }

    private static JsonElement Compare(params string[] args)
    {
        // Without a machine nobody knows how large a memory block of x86-64 is.
        bool isX86 = args[0] == "--start" && !args.Contains("aarch64");
        CliResult result = Cli.Run(["plan", "--compare", .. args, .. isX86 ? (string[])["--block-size", "128M"] : [], "--json"]);
        Assert.Equal((0, ""), (result.ExitCode, result.ExitCode == 0 ? "" : result.Error));
        JsonElement root = JsonDocument.Parse(result.Output).RootElement;
        return root.ValueKind == JsonValueKind.Array ? root[0] : root;
    }

    private static JsonElement Group(int index, JsonElement answer) => answer.GetProperty("groups")[index].GetProperty("alternatives");

    private static JsonElement Row(JsonElement rows, string id) => rows.EnumerateArray().Single(r => r.GetProperty("id").GetString() == id);
}

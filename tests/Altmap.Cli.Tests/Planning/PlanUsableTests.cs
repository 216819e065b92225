using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Planning;

/// <summary><c>plan --usable</c>, the books of a machine, pictures, and bad input.</summary>
public class PlanUsableTests
{
    private static string Machine(string group) => Golden.Path(group, "machine.json");

    /// <summary>A region of 8 GiB over DIMMs with empty label areas, as ndctl init-labels leaves them.</summary>
    private static string Labelled(Scratch scratch, int ways = 1, ulong startMiB = 4096)
    {
        string dimms = string.Join(
            ",",
            Enumerable
                .Range(0, ways)
                .Select(i =>
                    $$"""{"dev":"nmem{{i}}","handle":"0x{{i + 1}}","phys_id":"0x{{i}}","vendor":"0x8680","device":"0x1","rev_id":"0x1","serial":"0x5634120{{i}}","id":"8680-5634120{{i}}","format":"0x301","label_bytes":"128K"}"""
                )
        );
        string mappings = string.Join(
            ",",
            Enumerable
                .Range(0, ways)
                .Select(i => $$"""{"dimm":"nmem{{i}}","offset":0,"size":{{(8UL << 30) / (ulong)ways}},"position":{{i}}}""")
        );
        string names = string.Join(' ', Enumerable.Range(0, ways).Select(i => $"nmem{i}"));
        File.WriteAllText(
            scratch["m.json"],
            $$"""
            {"format":"altmap-machine/1","name":"m","kernel":"6.1","arch":"x86_64","page_size":4096,"cmdline":"",
             "memory":[{"start":"0x100000","end":"0x7fffffff","type":"System RAM","node":0}],
             "buses":[{"dev":"ndbus0","provider":"ACPI.NFIT"}],"dimms":[{{dimms}}],
             "regions":[{"dev":"region0","bus":"ndbus0","type":"pmem","start":"0x{{startMiB
                << 20:x}}","size":"8G","numa_node":0,"target_node":0,"range_index":1,"mappings":[{{mappings}}]}],
             "steps":["ndctl disable-region region0","ndctl init-labels -f {{names}}","ndctl enable-region region0"]}
            """
        );
        return scratch["m.json"];
    }

    private static JsonElement Json(params string[] args)
    {
        CliResult result = Cli.Run([.. args, "--json"]);
        Assert.True(result.ExitCode == 0, result.Error);
        return JsonDocument.Parse(result.Output).RootElement.Clone();
    }

    private static string[] Commands(JsonElement plan) => [.. plan.GetProperty("commands").EnumerateArray().Select(c => c.GetString()!)];

    /// <summary>1 GiB and its page map are 1042 MiB; what comes behind would then start 2 MiB past a multiple of 16 MiB, and ndctl refuses
    /// that.</summary>
    [Fact]
    public void One_gibibyte_and_the_next_namespace_starts_aligned()
    {
        using var scratch = new Scratch();
        JsonElement plan = Json("plan", Labelled(scratch), "--usable", "1G");
        Assert.Equal(["ndctl create-namespace -r region0 -m fsdax -M dev -a 2M -s 1056M"], Commands(plan));
        Assert.Equal(
            (1056L << 20, true, "namespace0.0"),
            (plan.GetProperty("size").GetInt64(), plan.GetProperty("checked").GetBoolean(), plan.GetProperty("namespace").GetString())
        );
        Assert.True(plan.GetProperty("usable").GetInt64() >= 1L << 30);
        Assert.Equal(1042L << 20, Json("plan", "--start", "4G", "--usable", "1G").GetProperty("size").GetInt64());
    }

    /// <summary>The commands, run by themselves, give what was promised; one step smaller does not.</summary>
    [Theory]
    [InlineData("fsdax", "1G", 1)]
    [InlineData("devdax", "700M", 2)]
    [InlineData("fsdax", "1G", 4)]
    [InlineData("sector", "300M", 1)]
    [InlineData("raw", "300M", 2)]
    public void The_commands_do_what_they_promise_and_nothing_smaller_does(string mode, string usable, int ways)
    {
        using var scratch = new Scratch();
        string machine = Labelled(scratch, ways);
        JsonElement plan = Json("plan", machine, "--usable", usable, "--mode", mode);
        string command = Assert.Single(Commands(plan));
        long wanted = usable == "1G" ? 1L << 30 : long.Parse(usable[..^1], System.Globalization.CultureInfo.InvariantCulture) << 20;
        Assert.True(SizeGiven(machine, command) >= wanted);
        long size = plan.GetProperty("size").GetInt64() - (16L << 20);
        string smaller = command[..(command.LastIndexOf(' ') + 1)] + size.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(SizeGiven(machine, smaller) < wanted, smaller);
    }

    private static long SizeGiven(string machine, string command)
    {
        CliResult made = Cli.Run(["run", machine, "--", .. command.Split(' ')]);
        Assert.True(made.ExitCode == 0, made.Error);
        using JsonDocument json = JsonDocument.Parse(made.Output);
        return json.RootElement.GetProperty("size").GetInt64();
    }

    [Fact]
    public void Several_and_the_rest()
    {
        using var scratch = new Scratch();
        JsonElement[] plans =
        [
            .. Json("plan", Labelled(scratch, 2), "--usable", "1G", "--count", "3", "--rest", "sector", "--align", "any", "--map", "any")
                .EnumerateArray(),
        ];
        Assert.Equal(["fsdax", "fsdax", "fsdax", "sector"], plans.Select(p => p.GetProperty("mode").GetString()));
        Assert.All(plans, p => Assert.True(p.GetProperty("checked").GetBoolean()));
        Assert.Equal(8L << 30, plans.Sum(p => p.GetProperty("size").GetInt64()));
        ulong next = 4UL << 30;
        foreach (JsonElement plan in plans)
        {
            ulong start = Convert.ToUInt64(plan.GetProperty("start").GetString(), 16);
            Assert.Equal((next, 0UL), (start, start % (16UL << 20)));
            next = start + plan.GetProperty("size").GetUInt64();
        }
    }

    [Fact]
    [Trait("problem", "D1")]
    public void System_ram_goes_through_daxctl()
    {
        using var scratch = new Scratch();
        JsonElement plan = Json("plan", Labelled(scratch), "--usable", "1G", "--mode", "system-ram", "--map", "mem");
        Assert.Equal(
            ["ndctl create-namespace -r region0 -m devdax -M mem -a 2M -s 1152M", "daxctl reconfigure-device --mode=system-ram dax0.0"],
            Commands(plan)
        );
        Assert.Equal(
            (1L << 30, true, 128L << 20),
            (plan.GetProperty("usable").GetInt64(), plan.GetProperty("checked").GetBoolean(), plan.GetProperty("memory_block").GetInt64())
        );
    }

    /// <summary>Where the kernel puts memory online by itself, daxctl stops: the policy is changed first, and the commands were
    /// run.</summary>
    [Fact]
    [Trait("problem", "D1")]
    public void A_kernel_that_onlines_by_itself_is_told_not_to_first()
    {
        using var scratch = new Scratch();
        JsonElement plan = Json(
            "plan",
            Labelled(scratch),
            "--usable",
            "1G",
            "--mode",
            "system-ram",
            "--map",
            "mem",
            "--count",
            "2",
            "--kernel",
            "6.12"
        );
        Assert.Equal(
            [
                "echo offline > /sys/devices/system/memory/auto_online_blocks",
                "ndctl create-namespace -r region0 -m devdax -M mem -a 2M -s 1152M",
                "daxctl reconfigure-device --mode=system-ram dax0.0",
            ],
            Commands(plan[0])
        );
        Assert.StartsWith("ndctl create-namespace", Commands(plan[1])[0]);
        Assert.All(plan.EnumerateArray(), p => Assert.True(p.GetProperty("checked").GetBoolean()));
    }

    [Fact]
    public void All_commands_come_first_then_their_sum_then_the_ledgers()
    {
        using var scratch = new Scratch();
        string[] lines = Cli.Run("plan", Labelled(scratch), "--usable", "1G", "--count", "3").Output.Split('\n');
        Assert.All(lines[..3], l => Assert.StartsWith("run: ndctl create-namespace", l));
        Assert.Equal("on the model 3 namespaces of 3.09 GiB give 3265265664 (3.04 GiB); left: 4.9 GiB in region0", lines[3]);
        Assert.DoesNotContain(lines[4..], l => l.StartsWith("run: ", StringComparison.Ordinal));
    }

    /// <summary>Without a machine the second starts where the first ends.</summary>
    [Fact]
    public void Several_in_a_row_need_no_machine()
    {
        JsonElement[] plans = [.. Json("plan", "--start", "4G", "--usable", "1G", "--count", "3").EnumerateArray()];
        long[] starts = [.. plans.Select(p => Convert.ToInt64(p.GetProperty("start").GetString(), 16))];
        Assert.Equal([4L << 30, (4L << 30) + (1042L << 20), (4L << 30) + (2084L << 20)], starts);
        Assert.All(plans, p => Assert.True(p.GetProperty("usable").GetInt64() >= 1L << 30));
        // Whole sections: the next one starts with a section.
        Assert.All(
            Json("plan", "--start", "4G", "--usable", "1G", "--count", "3", "--kernel", "4.19").EnumerateArray(),
            p => Assert.Equal(0, Convert.ToInt64(p.GetProperty("start").GetString(), 16) % (128 << 20))
        );
        Assert.StartsWith(
            "kernel 6.1: 3 namespaces from 0x100000000 to 0x1c3600000: ",
            Cli.Run("plan", "--start", "4G", "--usable", "1G", "--count", "3").Output
        );
    }

    [Fact]
    public void What_ndctl_would_not_take_on_a_region_is_noted()
    {
        using var scratch = new Scratch();
        Assert.Contains(
            "ndctl refuses this size on region0: it is no multiple of 16 MiB",
            Cli.Run("plan", Labelled(scratch), "--start", "4G", "--size", "1042M").Error
        );
        File.WriteAllText(
            scratch["legacy.json"],
            """
            {"format": "altmap-machine/1", "kernel": "6.1", "cmdline": "memmap=2G!4G", "buses": [{"dev": "ndbus0", "provider": "e820"}],
             "memory": [{"start": "0x0", "end": "0x27fffffff", "type": "System RAM"}]}
            """
        );
        Assert.Contains(
            "makes no info-block on region0",
            Cli.Run("plan", scratch["legacy.json"], "--start", "4G", "--size", "2G", "--map", "mem").Error
        );
        Assert.Contains(
            "--align 16K",
            Cli.Run(
                "plan",
                "--start",
                "4378853376",
                "--size",
                "4G",
                "--mode",
                "devdax",
                "--kernel",
                "4.19",
                "--arch",
                "aarch64",
                "--page-size",
                "16K"
            ).Error
        );
    }

    [Theory]
    [InlineData("a_fsdax")]
    [InlineData("c_sector")]
    [InlineData("d_multi")]
    [InlineData("e_legacy")]
    [InlineData("f_memmap")]
    [InlineData("f_nfit")]
    [InlineData("g_kmem")]
    [InlineData("r_tools")]
    public void The_books_of_a_machine_balance(string group)
    {
        JsonElement books = JsonDocument.Parse(Cli.Run("plan", Machine(group), "--whole", "--json").Output).RootElement;
        Assert.Equal(
            books.GetProperty("size").GetInt64(),
            books.GetProperty("ledger").EnumerateArray().Sum(e => e.GetProperty("bytes").GetInt64())
        );
        JsonElement[] spaces = [.. books.GetProperty("dimms").EnumerateArray(), .. books.GetProperty("regions").EnumerateArray()];
        Assert.NotEmpty(spaces);
        Assert.All(
            spaces,
            s =>
                Assert.Equal(
                    s.GetProperty("size").GetInt64(),
                    s.GetProperty("extents").EnumerateArray().Sum(e => e.GetProperty("size").GetInt64())
                )
        );
        Assert.All(
            books.GetProperty("namespaces").EnumerateArray(),
            n =>
                Assert.Equal(
                    n.GetProperty("size").GetInt64(),
                    n.GetProperty("ledger").EnumerateArray().Sum(e => e.GetProperty("bytes").GetInt64())
                )
        );
    }

    [Fact]
    public void A_dimm_shows_who_has_it_and_what_is_free()
    {
        using var scratch = new Scratch();
        string machine = Labelled(scratch, 2);
        Assert.Equal(0, Cli.Run("run", machine, "--save", scratch["s.json"], "--", "ndctl", "create-namespace", "-s", "1G").ExitCode);
        JsonElement books = JsonDocument.Parse(Cli.Run("plan", scratch["s.json"], "--whole", "--json").Output).RootElement;
        foreach (JsonElement dimm in books.GetProperty("dimms").EnumerateArray())
        {
            Assert.Equal(
                [("namespace", "namespace0.0", 512L << 20), ("free", "region0", 3584L << 20)],
                dimm.GetProperty("extents")
                    .EnumerateArray()
                    .Select(e =>
                        (e.GetProperty("what").GetString()!, e.GetProperty("owner").GetString()!, e.GetProperty("size").GetInt64())
                    )
            );
        }
        Assert.Contains("free in region0", Cli.Run("plan", scratch["s.json"]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_stands_on_its_own()
    {
        using var scratch = new Scratch();
        Assert.Equal(0, Cli.Run("plan", Machine("d_multi"), "--svg", scratch["a.svg"]).ExitCode);
        Assert.Equal(
            0,
            Cli.Run(
                "plan",
                "--start",
                "5G",
                "--size",
                "2G",
                "--mode",
                "system-ram",
                "--block-size",
                "128M",
                "--svg",
                scratch["b.svg"]
            ).ExitCode
        );
        string machine = File.ReadAllText(scratch["a.svg"]),
            plan = File.ReadAllText(scratch["b.svg"]);
        Assert.Contains("nmem0", machine, StringComparison.Ordinal);
        Assert.Contains("trimmed before the first memory block", plan, StringComparison.Ordinal);
        Assert.Equal("svg", System.Xml.Linq.XDocument.Parse(plan).Root!.Name.LocalName);
        Assert.Equal(8, Cli.Run("plan", "--start", "4G", "--size", "1G", "--svg", scratch["no/such/folder.svg"]).ExitCode);
    }

    [Fact]
    [Trait("problem", "D2")]
    public void An_overrun_is_called_a_danger()
    {
        string[] args =
        [
            "plan",
            "--start",
            "0x13fe00000",
            "--size",
            "2050M",
            "--mode",
            "devdax",
            "--map",
            "mem",
            "--arch",
            "aarch64",
            "--page-size",
            "16K",
            "--kernel",
            "6.12",
        ];
        Assert.Contains(
            "DANGER: this kernel overwrites the struct pages of 31457280 (30 MiB) behind the range",
            Cli.Run(args).Output,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("DANGER", Cli.Run([.. args, "--align", "16K"]).Output, StringComparison.Ordinal);
    }

    public static TheoryData<string, int, string> BadInput() =>
        new()
        {
            { "--usable 0", 16, "0 bytes need no namespace; expected a size" },
            { "--usable 18446744073709551615", 16, "expected a number up to 2^56" },
            { "--usable -1", 16, "expected a number up to 2^56" },
            { "--usable abc", 16, "is no size" },
            { "--usable 1G --align 3M", 16, "expected 4K, 2M, 1G, or any" },
            { "--usable 1G --map ram", 16, "expected dev, mem, any" },
            { "--usable 1G --mode fsdex", 16, "did you mean \"fsdax\"?" },
            { "--usable 1G --mode hotplug", 16, "expected fsdax" },
            { "--usable 1G --count 0", 16, "expected 1 to 4096" },
            { "--usable 1G --count -2", 16, "is no number" },
            { "--usable 1G --rest all", 16, "expected fsdax" },
            { "--usable 1G --region region9", 16, "expected region0, region1" },
            { "--usable 1G --kernel nine", 16, "there is no kernel \"nine\"; expected a version" },
            { "--usable 1G --size 1G", 16, "exclude each other" },
            { "--usable 1G --start 4G", 16, "the kernel chooses the start" },
            { "--usable 1G --arch aarch64", 16, "a MACHINE says that itself: not with --arch, --page-size or --block-size" },
            { "--usable 1G --mode sector --sector-size 513", 16, "expected 512, 520, 528, 4096" },
            {
                "--usable 1G --mode system-ram --block-size 3M",
                16,
                "a MACHINE says that itself: not with --arch, --page-size or --block-size"
            },
            { "--usable 3G", 4, "the most that one gives is 2111832064 (1.96 GiB)" },
            { "--usable 1G --count 5", 4, "after 2 namespaces of 1.03 GiB; the most that one gives is" },
            { "--start 0x1000 --size 1G", 16, "lies in no region; expected a range in region0 0x100000000-0x17fffffff" },
            { "--start 5G --size 2G", 16, "lies in no region" },
            { "--start 4G", 16, "give --usable, or --start and --size" },
            { "--count 3", 16, "give --usable, or --start and --size" },
            { "namespace0.0 --usable 1G", 16, "is there already" },
            { "namespace9.9", 16, "expected namespace0.0, namespace1.0" },
            { "--whole", 16, "--whole goes with MACHINE and --json" },
        };

    [Theory]
    [MemberData(nameof(BadInput))]
    public void Bad_input_is_told_what_is_possible(string args, int exitCode, string hint)
    {
        CliResult result = Cli.Run(["plan", Machine("d_multi"), .. args.Split(' ')]);
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
        Assert.Contains(hint, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--start 4G --size 18446744073709551615", 16, "expected a number up to 2^56")]
    [InlineData("--start -4G --size 1G", 16, "is no size")]
    [InlineData("--start 4G --size 1G --usable 1G", 16, "exclude each other")]
    [InlineData("--start 4G --usable 1G --rest raw", 16, "need a MACHINE")]
    [InlineData("--start 4G --size 1G --count 2", 16, "--count goes with --usable")]
    [InlineData("--start 4G --usable 1G --count 0", 16, "expected 1 to 4096")]
    [InlineData("--start 0x100001000 --usable 1G", 4, "a start that is a multiple of 2097152 (2 MiB) may")]
    [InlineData("--start 4G --size 1G --mode hotplug --block-size 0", 16, "expected a power of two")]
    public void Bad_input_without_a_machine(string args, int exitCode, string hint)
    {
        CliResult result = Cli.Run(["plan", .. args.Split(' ')]);
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
        Assert.Contains(hint, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Wishes_that_overlap_are_told_what_is_free()
    {
        using var scratch = new Scratch();
        Assert.Equal(
            0,
            Cli.Run("run", Labelled(scratch), "--save", scratch["s.json"], "--", "ndctl", "create-namespace", "-s", "1G").ExitCode
        );
        CliResult result = Cli.Run("plan", scratch["s.json"], "--start", "4608M", "--size", "1G");
        Assert.Equal((16, ""), (result.ExitCode, result.Output));
        Assert.Contains(
            "overlaps namespace0.0 0x100000000-0x13fffffff; free in region0: 0x140000000-0x2ffffffff",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(0, Cli.Run("plan", scratch["s.json"], "--start", "5G", "--size", "1G").ExitCode);
    }
}

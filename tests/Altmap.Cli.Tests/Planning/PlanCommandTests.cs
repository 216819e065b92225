using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Planning;

public class PlanCommandTests
{
    private static readonly string SoftReserved = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "examples", "soft-reserved.json"));

    [Fact]
    [Trait("problem", "A1")]
    public void The_ledger_adds_up_on_every_kernel()
    {
        CliResult result = Cli.Run("plan", "--start", "4G", "--size", "1T", "--all-kernels", "--json");
        using JsonDocument json = JsonDocument.Parse(result.Output);
        Assert.Equal(0, result.ExitCode);
        foreach (JsonElement plan in json.RootElement.EnumerateArray())
            Assert.Equal(1L << 40, plan.GetProperty("ledger").EnumerateArray().Sum(e => e.GetProperty("bytes").GetInt64()));
    }

    [Fact]
    public void A_namespace_of_a_machine_has_the_size_that_ndctl_lists()
    {
        using var scratch = new Scratch();
        CliResult created = Cli.Run(
            "run",
            Golden.Path("d_multi", "machine.json"),
            "--save",
            scratch["m.json"],
            "--",
            "ndctl",
            "create-namespace",
            "-e",
            "namespace0.0",
            "-m",
            "fsdax",
            "-f"
        );
        Assert.Equal(0, created.ExitCode);
        using JsonDocument listed = JsonDocument.Parse(created.Output),
            plan = JsonDocument.Parse(Cli.Run("plan", scratch["m.json"], "namespace0.0", "--json").Output);
        Assert.Equal(listed.RootElement.GetProperty("size").GetInt64(), plan.RootElement.GetProperty("usable").GetInt64());
        Assert.Equal(2L << 30, plan.RootElement.GetProperty("size").GetInt64());
        using JsonDocument all = JsonDocument.Parse(Cli.Run("plan", scratch["m.json"], "--json").Output);
        Assert.Equal(["fsdax", "raw"], all.RootElement.EnumerateArray().Select(p => p.GetProperty("mode").GetString()).Order());
    }

    [Fact]
    [Trait("problem", "D1")]
    public void What_windows_lose_is_said_for_every_kernel_and_for_guests()
    {
        CliResult result = Cli.Run("plan", SoftReserved, "--windows", "--json");
        Assert.Equal(0, result.ExitCode);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        var lost = json
            .RootElement.GetProperty("cases")
            .EnumerateArray()
            .Where(c => !c.GetProperty("guest").GetBoolean())
            .ToDictionary(
                c => c.GetProperty("kernel").GetString()!,
                c =>
                    c.GetProperty("ranges")[0].GetProperty("lost_front").GetInt64()
                    + c.GetProperty("ranges")[0].GetProperty("lost_back").GetInt64()
            );
        Assert.Equal((1280L << 20, 0L), (lost["6.12"], lost["7.2"]));
        Assert.NotEmpty(json.RootElement.GetProperty("proposals").EnumerateArray());
    }

    [Theory]
    [InlineData("--windows needs a MACHINE", "--windows")]
    [InlineData("with a MACHINE, --kernel and --json alone", "MACHINE", "--windows", "--usable", "1G")]
    [InlineData("with a MACHINE, --kernel and --json alone", "MACHINE", "--windows", "--compare")]
    [InlineData("exclude each other", "MACHINE", "--windows", "--kernel", "6.1", "--all-kernels")]
    public void Windows_go_with_nothing_else(string message, params string[] words)
    {
        CliResult result = Cli.Run(["plan", .. words.Select(w => w == "MACHINE" ? SoftReserved : w)]);
        Assert.Equal(16, result.ExitCode);
        Assert.Contains(message, result.Error);
    }

    [Fact]
    public void A_refusal_names_the_rule()
    {
        CliResult result = Cli.Run("plan", "--start", "0x100001000", "--size", "1G", "--json");
        using JsonDocument json = JsonDocument.Parse(result.Output);
        Assert.Equal(
            (4, false, 22, "namespace0.0: start 0x0000000100001000 misaligned to 0x200000", 0L),
            (
                result.ExitCode,
                json.RootElement.GetProperty("accepted").GetBoolean(),
                json.RootElement.GetProperty("errno").GetInt32(),
                json.RootElement.GetProperty("message").GetString(),
                json.RootElement.GetProperty("usable").GetInt64()
            )
        );
    }

    [Fact]
    public void A_plan_of_a_machine_names_the_namespace()
    {
        string machine = Golden.Path("d_multi", "machine.json");
        Assert.StartsWith("kernel 6.1: namespace1.0: raw: ", Cli.Run("plan", machine, "namespace1.0").Output);
        using JsonDocument all = JsonDocument.Parse(Cli.Run("plan", machine, "--json").Output);
        Assert.Equal(
            ["namespace0.0", "namespace1.0"],
            all.RootElement.EnumerateArray().Select(p => p.GetProperty("namespace").GetString())
        );
    }

    [Theory]
    [InlineData(
        "refused: No such device or address (ENXIO): fewer than 16777216 (16 MiB), the least that a page map is made for",
        "1M",
        "2M"
    )]
    public void A_bare_error_number_has_a_reason(string line, string size, string align)
    {
        CliResult result = Cli.Run("plan", "--start", "4G", "--size", size, "--align", align);
        Assert.Equal((4, line), (result.ExitCode, result.Output.Split('\n')[1]));
    }

    /// <summary>As a page size that there is not; a script gets the plan that the kernel refuses.</summary>
    [Fact]
    public void An_align_that_there_is_not_is_wrong_use_or_a_refused_plan()
    {
        CliResult text = Cli.Run("plan", "--start", "4G", "--size", "1G", "--align", "3M"),
            json = Cli.Run("plan", "--start", "4G", "--size", "1G", "--align", "3M", "--json");
        Assert.Equal((16, ""), (text.ExitCode, text.Output));
        Assert.Contains("--align: 3145728 (3 MiB) is none that x86_64 offers with pages of 4 KiB; expected 4K, 2M, 1G", text.Error);
        using JsonDocument plan = JsonDocument.Parse(json.Output);
        Assert.Equal(
            (4, false, 22),
            (json.ExitCode, plan.RootElement.GetProperty("accepted").GetBoolean(), plan.RootElement.GetProperty("errno").GetInt32())
        );
    }

    [Theory]
    [InlineData("--mode raw --map mem", "--map is of a page map, and raw has none")]
    [InlineData("--mode hotplug --align 16M", "--align is of a page map, and hotplug has none")]
    [InlineData("--sector-size 512", "--sector-size is of a BTT, and fsdax has none")]
    [InlineData("--block-size 128M", "--block-size is of memory that is added, and fsdax adds none")]
    [InlineData("--compare --svg x.svg", "--compare and --svg exclude each other")]
    public void An_option_that_would_be_ignored_is_wrong_use(string options, string message)
    {
        CliResult result = Cli.Run(["plan", "--start", "4G", "--size", "1G", .. options.Split(' ')]);
        Assert.Equal((16, ""), (result.ExitCode, result.Output));
        Assert.Contains(message, result.Error);
    }

    /// <summary>A kernel that has no answer does not silence the others.</summary>
    [Fact]
    public void Every_kernel_answers_for_itself()
    {
        CliResult result = Cli.Run("plan", "--start", "0x100100000", "--usable", "1G", "--all-kernels", "--json");
        using JsonDocument plans = JsonDocument.Parse(result.Output);
        Assert.Equal(4, result.ExitCode);
        Assert.InRange(plans.RootElement.GetArrayLength(), 1, 8);
        Assert.Contains("note: kernel 6.1: no size from 0x100100000", result.Error);
    }

    [Fact]
    public void What_looks_alike_stands_together_in_the_legend()
    {
        string[] sector =
        [
            .. Cli.Run("plan", "--start", "4G", "--size", "2G", "--mode", "sector")
                .Output.Split('\n')
                .Skip(1)
                .TakeWhile(l => !l.StartsWith("what ", StringComparison.Ordinal)),
        ];
        string[] letters = [.. string.Join("   ", sector.Skip(1)).Split("   ", StringSplitOptions.RemoveEmptyEntries).Select(e => e[..2])];
        Assert.Equal(letters.Distinct(), letters);
        Assert.Contains(
            "- trimmed before the first memory block, trimmed after the last memory block",
            Cli.Run("plan", "--start", "0x102000000", "--size", "1G", "--mode", "hotplug").Output
        );
    }

    [Fact]
    public void A_machines_config_takes_the_place_of_a_rule()
    {
        using var scratch = new Scratch();
        string text = File.ReadAllText(Golden.Path("d_multi", "machine.json"))
            .Replace("\"cmdline\"", "\"config\": {\"max_struct_page_size\": 128},\n \"cmdline\"");
        File.WriteAllText(scratch["m.json"], text);
        long Usable(string machine)
        {
            Cli.Run(
                "run",
                machine,
                "--save",
                scratch["s.json"],
                "--force",
                "--",
                "ndctl",
                "create-namespace",
                "-e",
                "namespace0.0",
                "-m",
                "fsdax",
                "-f"
            );
            using JsonDocument plan = JsonDocument.Parse(Cli.Run("plan", scratch["s.json"], "namespace0.0", "--json").Output);
            return plan.RootElement.GetProperty("usable").GetInt64();
        }
        Assert.Equal(32L << 20, Usable(Golden.Path("d_multi", "machine.json")) - Usable(scratch["m.json"]));
    }

    [Theory]
    [InlineData("plan")]
    [InlineData("plan", "--size", "1G")]
    [InlineData("plan", "m.json", "--size", "1G")]
    [InlineData("plan", "--start", "4G", "--size", "1X")]
    [InlineData("plan", "--start", "4G", "--size", "0")]
    [InlineData("plan", "--start", "4G", "--size", "1G", "--map", "ram")]
    [InlineData("plan", "--start", "4G", "--size", "1G", "--arch", "aarch64", "--page-size", "8K")]
    [InlineData("plan", "--start", "4G", "--size", "1G", "--kernel", "6.1", "--all-kernels")]
    public void Wrong_use_exits_with_16(params string[] args) =>
        Assert.Equal((16, ""), Cli.Run(args) is var r ? (r.ExitCode, r.Output) : default);
}

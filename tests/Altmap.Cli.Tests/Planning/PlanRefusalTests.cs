using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Planning;

/// <summary>Nothing is planned that the machine's own model refuses, and nothing is assumed in silence.</summary>
public class PlanRefusalTests
{
    /// <summary>A 1 GiB DIMM behind a 2 MiB NVDIMM: the kernel takes all of a DIMM or nothing, kmem cuts off.</summary>
    private const string Plugged = """
        {"format":"altmap-machine/1","name":"m","kernel":"5.10","config":{"hypervisor":1},
         "memory":[{"start":"0x1000","end":"0x9fbff","type":"System RAM"},{"start":"0x100000","end":"0x1fffffff","type":"System RAM"}]}
        """;

    /// <summary>The firmware gives the region no node of its own.</summary>
    private const string NoNode = """
        {"format":"altmap-machine/1","name":"m","kernel":"6.1",
         "memory":[{"start":"0x1000","end":"0x9fbff","type":"System RAM"},{"start":"0x100000","end":"0x7fffffff","type":"System RAM"}],
         "buses":[{"dev":"ndbus0","provider":"ACPI.NFIT"}],
         "dimms":[{"dev":"nmem0","serial":"0x1","vendor":"0x8680","device":"0x1","label_bytes":"128K"}],
         "regions":[{"dev":"region0","bus":"ndbus0","start":"0x3080000000","size":"126G","numa_node":0,"target_node":-1,"mappings":[{"dimm":"nmem0","size":"126G"}]}],
         "steps":["ndctl disable-region all","ndctl init-labels -f nmem0","ndctl enable-region all"]}
        """;

    /// <summary>A carve-out of the command line.</summary>
    private const string CarveOut = """
        {"format": "altmap-machine/1", "kernel": "6.1", "cmdline": "memmap=2G!6G", "buses": [{"dev": "ndbus0", "provider": "e820"}],
         "memory": [{"start": "0x0", "end": "0xbfffffff", "type": "System RAM"}, {"start": "0x100000000", "end": "0x33fffffff", "type": "System RAM"}]}
        """;

    [Fact]
    public void A_page_map_in_RAM_is_named_where_it_gives_what_was_asked()
    {
        string tour = Path.Combine(Golden.Root, "..", "..", "examples", "tour", "machine.json");
        CliResult asked = Cli.Run("plan", tour, "--usable", "2040M", "--mode", "fsdax"),
            more = Cli.Run("plan", tour, "--usable", "2047M", "--mode", "fsdax");
        Assert.Equal((4, 4), (asked.ExitCode, more.ExitCode));
        Assert.Contains("with --map mem it gives 2145386496 (1.99 GiB)", asked.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--map mem", more.Error, StringComparison.Ordinal); // the info-block takes 2 MiB
        Assert.Equal(0, Cli.Run("plan", tour, "--usable", "2040M", "--mode", "fsdax", "--map", "mem").ExitCode);
    }

    [Fact]
    [Trait("problem", "D1")]
    public void A_DIMM_is_all_or_nothing_and_kmem_cuts_off()
    {
        string[] range = ["--start", "0x100200000", "--size", "1G", "--block-size", "128M"];
        CliResult kmem = Cli.Run(["plan", "--mode", "hotplug", .. range]);
        Assert.Equal(0, kmem.ExitCode);
        Assert.Contains("as kmem adds it (hmem, CXL)", kmem.Output);
        Assert.Contains("--mode dimm", kmem.Output);
        CliResult dimm = Cli.Run(["plan", "--mode", "dimm", .. range, "--json"]);
        JsonElement plan = JsonDocument.Parse(dimm.Output).RootElement;
        Assert.Equal(
            (4, 0L, "Block size [0x8000000] unaligned hotplug range: start 0x100200000, size 0x40000000"),
            (dimm.ExitCode, plan.GetProperty("usable").GetInt64(), plan.GetProperty("message").GetString())
        );
        Assert.Equal("the next address that a DIMM can have is 0x108000000", plan.GetProperty("reason").GetString());
    }

    [Fact]
    [Trait("problem", "D1")]
    public void A_DIMM_of_a_machine_is_what_run_says()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["m.json"], Plugged);
        foreach ((string start, int exitCode) in ((string, int)[])[("0x100200000", 4), ("0x108000000", 0), ("0x1f000000", 4)])
        {
            CliResult plan = Cli.Run("plan", scratch["m.json"], "--mode", "dimm", "--start", start, "--size", "1G"),
                run = Cli.Run("run", scratch["m.json"], "--", "hotplug", "add-dimm", start, "1G");
            Assert.Equal((exitCode, exitCode == 0), (plan.ExitCode, run.ExitCode == 0));
        }
    }

    [Fact]
    [Trait("problem", "D1")]
    public void A_region_without_a_node_gives_no_System_RAM_and_says_why()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["m.json"], NoNode);
        CliResult plan = Cli.Run("plan", scratch["m.json"], "--usable", "100G", "--mode", "system-ram");
        Assert.Equal((4, ""), (plan.ExitCode, plan.Output));
        Assert.Contains("the model of this machine refuses system-ram in region0", plan.Error);
        Assert.Contains("kmem dax0.0: rejecting DAX region with invalid node: -1", plan.Error);
        Assert.Contains("target_node of region0 is -1: the firmware gives it no proximity domain", plan.Error);
        Assert.Equal(
            0,
            Cli.Run("run", scratch["m.json"], "--save", scratch["n.json"], "--", "ndctl", "create-namespace", "-m", "devdax").ExitCode
        );
        CliResult compared = Cli.Run("plan", "--compare", "--about", "system-ram", scratch["n.json"], "namespace0.0", "--json");
        JsonElement answer = JsonDocument.Parse(compared.Output).RootElement;
        Assert.All(answer.GetProperty("ways").EnumerateArray(), w => Assert.False(w.GetProperty("accepted").GetBoolean()));
        JsonElement asIs = answer.GetProperty("groups")[0].GetProperty("alternatives")[0];
        Assert.Equal((0L, 0), (asIs.GetProperty("usable").GetInt64(), asIs.GetProperty("kernels").GetArrayLength()));
        Assert.Contains("refused by every kernel: rejecting DAX region with invalid node: -1", asIs.GetProperty("why").GetString());
    }

    /// <summary>A CXL window of 121.25 GiB: the size of a memory block decides, and without it there is no answer.</summary>
    [Fact]
    [Trait("problem", "D1")]
    public void Without_a_block_size_the_answer_is_unknown()
    {
        string[] range = ["plan", "--mode", "hotplug", "--start", "0xc050000000", "--size", "0x1E50000000", "--kernel", "6.12"];
        CliResult text = Cli.Run(range),
            json = Cli.Run([.. range, "--json"]),
            given = Cli.Run([.. range, "--block-size", "2G", "--json"]);
        Assert.Equal((1, 1, 0), (text.ExitCode, json.ExitCode, given.ExitCode));
        Assert.StartsWith("unknown: needs --block-size, or a MACHINE", text.Output);
        JsonElement plan = JsonDocument.Parse(json.Output).RootElement;
        Assert.Equal("needs --block-size, or a MACHINE", plan.GetProperty("unknown").GetString());
        Assert.Equal(
            [121.25, 121.25, 121, 120, 120],
            plan.GetProperty("blocks").EnumerateArray().Select(b => b.GetProperty("usable").GetInt64() / (double)(1L << 30))
        );
        JsonElement of2G = JsonDocument.Parse(given.Output).RootElement;
        Assert.Equal(120L << 30, of2G.GetProperty("usable").GetInt64());
        Assert.False(of2G.TryGetProperty("unknown", out _));
        // Where it does not matter, it is not asked for; arm64 has one size.
        Assert.Equal(0, Cli.Run("plan", "--mode", "hotplug", "--start", "4G", "--size", "4G").ExitCode);
        Assert.Equal(0, Cli.Run("plan", "--mode", "hotplug", "--start", "0x102000000", "--size", "4G", "--arch", "aarch64").ExitCode);
    }

    [Fact]
    [Trait("problem", "D1")]
    public void A_namespace_that_is_there_is_asked_what_it_would_give()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["m.json"], CarveOut);
        string[] args = ["plan", scratch["m.json"], "namespace0.0", "--mode", "system-ram", "--map", "mem"];
        CliResult text = Cli.Run([.. args, "--script", scratch["make.sh"]]);
        Assert.Equal(0, text.ExitCode);
        Assert.StartsWith("loses: what namespace0.0 holds is lost\nrun: ndctl create-namespace -f -e namespace0.0", text.Output);
        JsonElement plan = JsonDocument.Parse(Cli.Run([.. args, "--json"]).Output).RootElement;
        Assert.Equal((15L * (128 << 20), true), (plan.GetProperty("usable").GetInt64(), plan.GetProperty("checked").GetBoolean()));
        string[] script = File.ReadAllLines(scratch["make.sh"]);
        Assert.Equal("#!/bin/sh -e", script[0]);
        Assert.Equal(plan.GetProperty("commands").EnumerateArray().Select(c => c.GetString()!), script.Where(l => !l.StartsWith('#')));
        Assert.Contains("\"total_memblocks\":15", Cli.Run("run", scratch["m.json"], "--script", scratch["make.sh"]).Output);
        Assert.Equal(16, Cli.Run([.. args, "--script", scratch["make.sh"]]).ExitCode); // nothing is overwritten
    }

    /// <summary>"What would my carve-out give as System RAM?": a machine and a mode are enough.</summary>
    [Fact]
    [Trait("problem", "D1")]
    public void A_machine_and_a_mode_ask_every_namespace()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["m.json"], CarveOut.Replace("memmap=2G!6G", "memmap=2G!6G memmap=1G!9G"));
        CliResult result = Cli.Run(
            "plan",
            scratch["m.json"],
            "--mode",
            "system-ram",
            "--map",
            "mem",
            "--script",
            scratch["all.sh"],
            "--json"
        );
        Assert.Equal(0, result.ExitCode);
        JsonElement[] plans = [.. JsonDocument.Parse(result.Output).RootElement.EnumerateArray()];
        Assert.Equal(["namespace0.0", "namespace1.0"], plans.Select(p => p.GetProperty("namespace").GetString()));
        Assert.Equal([15L * (128 << 20), 7L * (128 << 20)], plans.Select(p => p.GetProperty("usable").GetInt64()));
        string output = Cli.Run("run", scratch["m.json"], "--transcript", "--script", scratch["all.sh"]).Output;
        Assert.Equal(4, output.Split('\n').Count(l => l == "# rc=0"));
    }

    /// <summary>What --compare offers can be pasted: the earlier carve-out too, once the machine is booted with it.</summary>
    [Theory]
    [InlineData("4G", "6G")]
    [InlineData("2G", "6G")]
    [Trait("problem", "D1")]
    public void Every_way_of_a_comparison_is_accepted_and_gives_what_it_says(string size, string start)
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["m.json"], CarveOut.Replace("2G!6G", $"{size}!{start}"));
        JsonElement[] ways =
        [
            .. JsonDocument
                .Parse(Cli.Run("plan", "--compare", scratch["m.json"], "--json").Output)
                .RootElement[0]
                .GetProperty("ways")
                .EnumerateArray(),
        ];
        Assert.Contains(ways, w => w.GetProperty("boot").GetString() is not null && w.GetProperty("accepted").GetBoolean());
        foreach (JsonElement way in ways.Where(w => w.GetProperty("accepted").GetBoolean() && !w.GetProperty("present").GetBoolean()))
        {
            string machine = File.ReadAllText(scratch["m.json"]);
            if (way.GetProperty("boot").GetString() is { } boot)
                machine = machine.Replace($"memmap={size}!{start}", boot);
            File.WriteAllText(scratch["w.json"], machine);
            File.WriteAllLines(scratch["w.sh"], way.GetProperty("commands").EnumerateArray().Select(c => c.GetString()!));
            CliResult run = Cli.Run("run", scratch["w.json"], "--transcript", "--script", scratch["w.sh"], "--save", scratch["s.json"]);
            Assert.All(run.Output.Split('\n').Where(l => l.StartsWith("# rc=", StringComparison.Ordinal)), l => Assert.Equal("# rc=0", l));
            JsonElement plan = JsonDocument.Parse(Cli.Run("plan", scratch["s.json"], "namespace0.0", "--json").Output).RootElement;
            Assert.Equal(way.GetProperty("usable").GetInt64(), plan.GetProperty("usable").GetInt64());
        }
    }

    [Fact]
    public void The_rest_says_where_it_looks()
    {
        CliResult result = Cli.Run("plan", Golden.Path("d_multi", "machine.json"), "--usable", "1G", "--rest", "raw");
        Assert.DoesNotContain("--rest is the largest free extent of region0; it leaves 0", result.Error);
        Assert.Contains(
            result.ExitCode == 0 ? "--rest is the largest free extent of region" : "nothing is left for --rest in region",
            result.Error
        );
    }

    [Fact]
    public void The_most_that_one_gives_was_made_on_the_model()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["m.json"], CarveOut);
        CliResult result = Cli.Run("plan", scratch["m.json"], "--usable", "2G", "--mode", "system-ram");
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("the most that one gives is 2013265920 (1.87 GiB)", result.Error);
        Assert.Equal(0, Cli.Run("plan", scratch["m.json"], "--usable", "2013265920", "--mode", "system-ram").ExitCode);
    }
}

using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.StructPages;

public class StructPageCommandTests
{
    /// <summary>The machine of the recording: 1 GiB in QEMU, 256 MiB of it persistent.</summary>
    private const string Machine = """
        {
          "format": "altmap-machine/1", "name": "kmsan", "kernel": "KERNEL", "arch": "x86_64", "page_size": 4096, "cmdline": "memmap=256M!512M",
          "memory": [{"start": "0x0", "end": "0x9fbff", "type": "System RAM"}, {"start": "0x100000", "end": "0x3ffdffff", "type": "System RAM"}],
          "buses": [{"dev": "ndbus0", "provider": "e820"}], "steps": STEPS
        }
        """;

    private const string Create = "[\"ndctl create-namespace -f -e namespace0.0 -m fsdax -M dev\"]";

    /// <summary>Two lines when it meets a block written for 64 bytes, two when it is to make one.</summary>
    private static readonly string[] Recorded = File.ReadAllLines(Golden.Path("kmsan_kernel", "messages.txt"));

    private static string Write(Scratch scratch, string kernel, string steps = "[]")
    {
        string path = scratch["machine.json"];
        File.WriteAllText(
            path,
            Machine.Replace("KERNEL", kernel, StringComparison.Ordinal).Replace("STEPS", steps, StringComparison.Ordinal)
        );
        return path;
    }

    [Fact]
    [Trait("problem", "A2")]
    public void A_KMSAN_kernel_refuses_to_make_a_page_map_on_the_device_in_the_recorded_words()
    {
        using var scratch = new Scratch();
        string machine = Write(scratch, "6.12+kmsan");
        File.WriteAllText(
            scratch["script.sh"],
            "ndctl create-namespace -f -e namespace0.0 -m fsdax -M dev\ndmesg\nndctl create-namespace -f -e namespace0.0 -m fsdax -M mem\n"
        );
        CliResult run = Cli.Run("run", machine, "--script", scratch["script.sh"], "--transcript");
        Assert.Contains(string.Join('\n', Recorded[2..]), run.Output, StringComparison.Ordinal);
        Assert.Contains("failed to reconfigure namespace: No such device or address\n# rc=250", run.Output, StringComparison.Ordinal);
        Assert.Contains("\"map\":\"mem\"", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("problem", "A2")]
    [Trait("problem", "A3")]
    public void A_KMSAN_kernel_refuses_an_existing_page_map_in_the_recorded_words()
    {
        using var scratch = new Scratch();
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", Empty(scratch, "disk.img"), "-s", "256M", "-m", "fsdax", "-M", "dev").ExitCode);
        CliResult check = Cli.Run(
            "infoblock",
            "check",
            scratch["disk.img"],
            "--start",
            "512M",
            "--size",
            "256M",
            "--provider",
            "e820",
            "--kernel",
            "6.12+kmsan",
            "--json"
        );
        using JsonDocument answer = JsonDocument.Parse(check.Output);
        Assert.Equal("unbound", answer.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(95, answer.RootElement.GetProperty("errno").GetInt32());
        Assert.Equal(Recorded[..2], answer.RootElement.GetProperty("messages").EnumerateArray().Select(m => m.GetString()));
        Assert.Equal(
            0,
            Cli.Run(
                "infoblock",
                "check",
                scratch["disk.img"],
                "--start",
                "512M",
                "--size",
                "256M",
                "--provider",
                "e820",
                "--kernel",
                "6.12"
            ).ExitCode
        );
    }

    [Theory]
    [Trait("problem", "A3")]
    [InlineData("--kernel", "6.12+kmsan")]
    [InlineData("--config", "KMSAN")]
    [InlineData("--config", "KMSAN,NVDIMM_KMSAN")]
    public void Blocks_of_a_machine_meet_the_larger_struct_page(string option, string value)
    {
        using var scratch = new Scratch();
        CliResult result = Cli.Run("struct-page", Write(scratch, "6.12", Create), option, value, "--json");
        Assert.Equal(4, result.ExitCode);
        using JsonDocument answer = JsonDocument.Parse(result.Output);
        JsonElement machine = answer.RootElement.GetProperty("machine"),
            block = machine.GetProperty("namespaces")[0];
        // Six sections with RAM: the seventh and eighth are persistent.
        Assert.Equal(6 * 32768UL * 80, machine.GetProperty("memmap").GetUInt64());
        Assert.Equal(
            ("refused", 64, 95),
            (
                block.GetProperty("verdict").GetString() == "unbound" ? "refused" : "",
                block.GetProperty("page_struct_size").GetInt32(),
                block.GetProperty("errno").GetInt32()
            )
        );
        Assert.Equal(Recorded[..2], block.GetProperty("messages").EnumerateArray().Select(m => m.GetString()));
        JsonElement onDevice = machine.GetProperty("regions")[0];
        bool records = value.Contains("NVDIMM", StringComparison.Ordinal);
        // With the real size recorded the layout is taken; mapping it needs three blocks of 2 MiB, of which a data offset of 6 MiB holds
        // two.
        Assert.False(onDevice.GetProperty("accepted").GetBoolean());
        Assert.Equal(records ? 12 : 22, onDevice.GetProperty("errno").GetInt32());
        Assert.Equal(
            records ? null : "Memory debug options prevent using pmem for the page map",
            onDevice.GetProperty("message").GetString()
        );
    }

    [Fact]
    [Trait("problem", "A1")]
    public void A_block_made_for_128_bytes_opens_and_strands_half_of_its_page_map()
    {
        using var scratch = new Scratch();
        CliResult result = Cli.Run("struct-page", Write(scratch, "6.1.0", Create), "--kernel", "6.1", "--json");
        Assert.Equal(0, result.ExitCode);
        using JsonDocument answer = JsonDocument.Parse(result.Output);
        JsonElement block = answer.RootElement.GetProperty("machine").GetProperty("namespaces")[0];
        Assert.Equal(("bound", 128), (block.GetProperty("verdict").GetString(), block.GetProperty("page_struct_size").GetInt32()));
        ulong pages = ((256UL << 20) - (10UL << 20)) / 4096; // 8 MiB of struct pages and the info-block area, rounded to 2 MiB
        Assert.Equal(64 * pages, block.GetProperty("stranded").GetUInt64());
    }

    [Theory]
    [Trait("problem", "A1")]
    [InlineData("6.1", "", 17181966336)]
    [InlineData("6.1.0", "", 34361835520)]
    [InlineData("6.1", "KMSAN,NVDIMM_KMSAN", 21476933632)]
    public void Page_map_of_a_TiB(string kernel, string config, ulong dataoff)
    {
        string[] words = config.Length == 0 ? [] : ["--config", config];
        using JsonDocument answer = JsonDocument.Parse(Cli.Run(["struct-page", "--kernel", kernel, .. words, "--json"]).Output);
        Assert.Equal(dataoff, answer.RootElement.GetProperty("page_map_per_tib")[0].GetProperty("dataoff").GetUInt64());
    }

    /// <summary>The table of options in docs/debug-metadata.md.</summary>
    [Theory]
    [Trait("problem", "A2")]
    [InlineData(64, 64, 133175443456)]
    [InlineData(80, 80, 132646961152)]
    [InlineData(128, 64, 131061514240)]
    [InlineData(128, 80, 131061514240)]
    [InlineData(64, 80, 132646961152)]
    public void Options_for_the_reserve(int max, int structPage, ulong usable)
    {
        using var scratch = new Scratch();
        File.WriteAllText(
            scratch["kernel.json"],
            $$"""
            { "format": "altmap-kernel/1", "name": "option", "based_on": "6.1",
              "rules": { "info-block.max-struct-page-size": {{max}}, "struct-page.size": {{structPage}}, "info-block.large-struct-page": "record-real-size" } }
            """
        );
        using JsonDocument answer = JsonDocument.Parse(
            Cli.Run("plan", "--start", "4G", "--size", "126G", "--kernel", scratch["kernel.json"], "--json").Output
        );
        Assert.Equal(usable, answer.RootElement.GetProperty("usable").GetUInt64());
        Assert.Contains(
            usable.ToString(System.Globalization.CultureInfo.InvariantCulture),
            File.ReadAllText(Path.Combine(Golden.Root, "..", "..", "docs", "debug-metadata.md")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    [Trait("problem", "B1")]
    public void All_sizes_and_the_one_that_was_not_zeroed()
    {
        using JsonDocument answer = JsonDocument.Parse(Cli.Run("struct-page", "--sizes", "--json").Output);
        var cells = answer.RootElement.EnumerateArray().SelectMany(r => r.GetProperty("kernels").EnumerateArray()).ToList();
        Assert.Equal(
            [56, 64, 72, 80, 88, 96],
            cells
                .Where(c => c.GetProperty("size").ValueKind == JsonValueKind.Number)
                .Select(c => c.GetProperty("size").GetInt32())
                .Distinct()
                .Order()
        );
        Assert.Equal(
            ["6.1.0 96"],
            cells
                .Where(c => c.GetProperty("possible").GetBoolean() && !c.GetProperty("zeroed").GetBoolean())
                .Select(c => $"{c.GetProperty("kernel").GetString()} {c.GetProperty("size").GetInt32()}")
        );
    }

    [Theory]
    [InlineData(16, "--config", "FOO")]
    [InlineData(16, "--config", "")]
    [InlineData(16, "--sizes", "--config", "KMSAN")]
    [InlineData(16, "--kernel", "6.1", "--all-kernels")]
    [InlineData(16, "--kernel", "5.10+kmsan")]
    [InlineData(16, "--arch", "sparc")]
    [InlineData(16, "/nowhere.json", "--arch", "x86_64")]
    [InlineData(8, "/nowhere.json")]
    [InlineData(1, "--arch", "ppc64le")]
    [InlineData(4, "--kernel", "5.10", "--config", "KMSAN")]
    [InlineData(4, "--kernel", "6.1.0", "--config", "KMSAN,SPARSEMEM_VMEMMAP=n")]
    public void Wrong_use_and_wrong_answers_have_their_codes(int exitCode, params string[] words)
    {
        CliResult result = Cli.Run(["struct-page", .. words]);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.NotEqual(exitCode == 4, result.Error.Length > 0 && result.Output.Length == 0);
    }

    [Fact]
    public void Every_kernel_has_a_line()
    {
        CliResult result = Cli.Run("struct-page", "--all-kernels", "--config", "KMSAN");
        Assert.Contains(
            "does not build with CONFIG_NVDIMM_PFN",
            Cli.Run(
                "struct-page",
                "--all-kernels",
                "--arch",
                "aarch64",
                "--config",
                "LAST_CPUPID,KASAN_SW_TAGS,NODES_SHIFT=10,NR_CPUS=4096"
            ).Output,
            StringComparison.Ordinal
        );
        Assert.Equal(10, result.Output.TrimEnd('\n').Split('\n').Length);
    }

    private static string Empty(Scratch scratch, string name)
    {
        using FileStream file = File.Create(scratch[name]);
        file.SetLength(256 << 20);
        return scratch[name];
    }
}

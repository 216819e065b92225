using System.Globalization;
using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Compatibility;

public class UpgradeCommandTests
{
    private static readonly string Examples = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "examples"));

    public static TheoryData<string> Kernels => ["5.10", "6.1", "6.12", "7.2"];

    [Theory]
    [MemberData(nameof(Kernels))]
    [Trait("problem", "C3")]
    public void Edited_blocks_under_each_kernel_are_what_it_was_recorded_to_make_of_them(string kernel)
    {
        JsonElement report = Upgrade(4, Golden.Path("l_bad", "machine.json"), "--from", "6.1", "--to", kernel);
        Dictionary<string, JsonElement> byRegion = report
            .GetProperty("namespaces")
            .EnumerateArray()
            .ToDictionary(n => n.GetProperty("namespace").GetString()!);
        int compared = 0;
        foreach (
            string[] row in File.ReadLines(Golden.Path("l_bad", "infoblock-outcomes.tsv"))
                .Where(l => l[0] != '#')
                .Select(l => l.Split('\t'))
                .Where(r => r[0] == kernel)
        )
        {
            JsonElement after = byRegion[$"namespace{row[2]["region".Length..]}.0"].GetProperty("after");
            bool isUnbound = row[3].EndsWith("(no driver)", StringComparison.Ordinal),
                isBound = row[4].Length > 0 && !isUnbound;
            Assert.Equal((row[1], !isUnbound), (row[1], after.GetProperty("open").GetBoolean()));
            if (isBound)
                Assert.Equal((row[1], long.Parse(row[5], CultureInfo.InvariantCulture)), (row[1], after.GetProperty("size").GetInt64()));
            compared++;
        }
        Assert.Equal(42, compared);
    }

    [Fact]
    [Trait("problem", "C1")]
    [Trait("problem", "C2")]
    public void A_start_pad_of_64_MiB_opens_without_DAX_and_says_where_each_reader_starts()
    {
        JsonElement ns = Namespace(Upgrade(0, Example("start-pad.json"), "--from", "4.19", "--to", "6.1"), 1);
        Assert.Equal(
            ("opens without DAX", 64L << 20, "0x587c200000", "0x5878200000", false),
            (
                Text(ns, "verdict"),
                ns.GetProperty("after").GetProperty("start_pad").GetInt64(),
                Text(ns.GetProperty("after"), "data_start"),
                Text(ns.GetProperty("after"), "dax_start"),
                ns.GetProperty("after").GetProperty("dax").GetBoolean()
            )
        );
        Assert.Equal(
            ("misreads", 0xfc200000L),
            (Text(ns.GetProperty("data_only"), "verdict"), ns.GetProperty("data_only").GetProperty("data_offset").GetInt64())
        );
        Assert.Contains("67108864 (64 MiB) before the data", Text(ns.GetProperty("data_only"), "why"));
        Assert.Contains("does not probe sector 0, and programs map the wrong pages", Text(ns, "why"));
        ns = Namespace(Upgrade(0, Example("start-pad.json"), "--from", "4.19", "--to", "5.10"), 1);
        Assert.Equal("opens without DAX", Text(ns, "verdict"));
        Assert.EndsWith("the kernel's probe of sector 0 fails, and DAX is off", Text(ns, "why"));
        Assert.Equal(ns.GetProperty("before").GetProperty("size").GetInt64(), ns.GetProperty("after").GetProperty("size").GetInt64());
    }

    [Fact]
    [Trait("problem", "C3")]
    [Trait("problem", "C4")]
    public void A_kernel_of_whole_sections_does_not_open_a_layout_of_sub_sections()
    {
        JsonElement ns = Namespace(Upgrade(4, Example("start-pad.json"), "--from", "6.1", "--to", "4.19"), 1);
        Assert.Equal(("refuses", 12), (Text(ns, "verdict"), ns.GetProperty("errno").GetInt32()));
        Assert.Contains("this kernel maps whole sections", Text(ns, "why"));
        Assert.Equal("opens", Text(ns.GetProperty("data_only"), "verdict"));
    }

    [Fact]
    [Trait("problem", "C4")]
    public void System_RAM_in_the_section_keeps_a_kernel_of_whole_sections_out()
    {
        using var scratch = new Scratch();
        string machine = File.ReadAllText(Example("start-pad.json"))
            .Replace("\"0x577c000000\", \"size\": \"252G\"", "\"0x1000000000\", \"size\": \"1G\"")
            .Replace("\"start\": \"0x100000000\", \"end\": \"0x187bffffff\"", "\"start\": \"0xffc000000\", \"end\": \"0xfffffffff\"")
            .Replace("0x1000000000", "0x1004000000")
            .Replace("0xfffffffff", "0x1003ffffff");
        File.WriteAllText(scratch["m.json"], machine);
        JsonElement ns = Namespace(Upgrade(4, scratch["m.json"], "--from", "6.1", "--to", "4.19"), 1);
        Assert.Equal(("refuses", 6), (Text(ns, "verdict"), ns.GetProperty("errno").GetInt32()));
        Assert.Contains("attempted on mixed region", Text(ns, "why"));
        JsonElement back = Namespace(Upgrade(0, scratch["m.json"], "--from", "4.19", "--to", "6.1"), 1);
        Assert.Equal(
            ("opens without DAX", 64L << 20),
            (Text(back, "verdict"), back.GetProperty("after").GetProperty("start_pad").GetInt64())
        );
    }

    [Fact]
    [Trait("problem", "A1")]
    public void A_larger_reserve_stays_until_the_namespace_is_made_anew()
    {
        JsonElement ns = Namespace(Upgrade(0, Example("start-pad.json"), "--from", "6.1.0", "--to", "6.1"), 1);
        long size = ns.GetProperty("after").GetProperty("size").GetInt64();
        Assert.Equal(("opens", size), (Text(ns, "verdict"), ns.GetProperty("before").GetProperty("size").GetInt64()));
        // 64 bytes for each of 252 GiB / 4 KiB pages.
        Assert.Equal(252L << 24, ns.GetProperty("after").GetProperty("made_anew").GetInt64() - size);
        JsonElement back = Namespace(Upgrade(0, Example("start-pad.json"), "--from", "6.1", "--to", "6.1.0"), 1);
        Assert.Equal(
            ("opens", 252L << 24),
            (
                Text(back, "verdict"),
                back.GetProperty("after").GetProperty("size").GetInt64() - back.GetProperty("after").GetProperty("made_anew").GetInt64()
            )
        );
    }

    [Fact]
    [Trait("problem", "A3")]
    public void A_kernel_with_KMSAN_refuses_in_the_words_that_were_recorded()
    {
        string[] recorded = File.ReadAllLines(Golden.Path("kmsan_kernel", "messages.txt"));
        JsonElement ns = Namespace(Upgrade(4, Example("start-pad.json"), "--from", "6.12", "--to", "6.12+kmsan"), 1);
        Assert.Equal(("refuses", 95), (Text(ns, "verdict"), ns.GetProperty("errno").GetInt32()));
        Assert.Equal(
            recorded[..2],
            ns.GetProperty("messages")
                .EnumerateArray()
                .Select(m => m.GetString()!.Replace("pfn1.1", "pfn0.1").Replace("namespace1.0", "namespace0.0"))
        );
    }

    [Fact]
    [Trait("problem", "A3")]
    public void Pages_of_64_KiB_refuse_devdax_aligned_to_2_MiB()
    {
        JsonElement ns = Namespace(Upgrade(4, Example("devdax-arm64.json"), "--to-page-size", "64K"), 0);
        Assert.Equal(
            ("refuses", " dax0.1: init failed, alignment mismatch: 536870912:2097152"),
            (Text(ns, "verdict"), ns.GetProperty("messages")[0].GetString())
        );
    }

    [Fact]
    [Trait("problem", "A3")]
    public void A_page_map_for_64_KiB_pages_is_refused_with_4_KiB()
    {
        using var scratch = new Scratch();
        string machine = File.ReadAllText(Example("devdax-arm64.json"))
            .Replace("\"page_size\": 4096", "\"page_size\": 65536")
            .Replace("-m devdax -M mem", "-m fsdax -M dev");
        File.WriteAllText(scratch["m.json"], machine);
        JsonElement ns = Namespace(Upgrade(4, scratch["m.json"], "--to-page-size", "4K"), 0);
        Assert.Equal(
            ("refuses", " pfn0.1: init failed, page size mismatch 65536"),
            (Text(ns, "verdict"), ns.GetProperty("messages")[0].GetString())
        );
    }

    [Fact]
    [Trait("problem", "D1")]
    public void Smaller_sections_change_what_a_devdax_device_gives_as_System_RAM()
    {
        JsonElement ns = Namespace(Upgrade(0, Example("devdax-arm64.json"), "--from", "5.10", "--to", "6.12"), 0);
        Assert.Equal(
            ("changes", 1024L << 20, 1920L << 20),
            (
                Text(ns, "verdict"),
                ns.GetProperty("before").GetProperty("system_ram").GetInt64(),
                ns.GetProperty("after").GetProperty("system_ram").GetInt64()
            )
        );
    }

    /// <summary>Kernels before the one errno for all refusals bring the namespace up raw: the worst that can happen.</summary>
    [Fact]
    [Trait("problem", "C3")]
    public void A_refused_block_that_comes_up_raw_is_misread()
    {
        using var scratch = new Scratch();
        File.WriteAllText(
            scratch["old.json"],
            """{"format": "altmap-kernel/1", "name": "old", "based_on": "5.4", "rules": {"info-block.offset-check": "dataoff"}}"""
        );
        File.WriteAllText(
            scratch["m.json"],
            File.ReadAllText(Example("start-pad.json")).Replace("-m fsdax -M dev", "-m fsdax -M dev -a 1G")
        );
        JsonElement ns = Namespace(Upgrade(4, scratch["m.json"], "--from", "6.1", "--to", scratch["old.json"]), 1);
        Assert.Equal(
            ("misreads", "raw", true),
            (Text(ns, "verdict"), Text(ns.GetProperty("after"), "mode"), ns.GetProperty("after").GetProperty("open").GetBoolean())
        );
        Assert.Contains("before the data; a file system is not found", Text(ns, "why"));
    }

    [Fact]
    public void Larger_pages_take_DAX_from_a_file_system_with_smaller_blocks()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["m.json"], File.ReadAllText(Example("devdax-arm64.json")).Replace("-m devdax -M mem", "-m fsdax -M mem"));
        JsonElement ns = Namespace(Upgrade(0, scratch["m.json"], "--to-page-size", "16K"), 0);
        Assert.Contains("one with blocks of 4 KiB mounts without DAX", ns.GetProperty("notes").EnumerateArray().Single().GetString());
        string text = Cli.Run("upgrade", scratch["m.json"], "--to-page-size", "16K").Output;
        Assert.Contains("kernel 6.12, 4 KiB pages ", text);
        Assert.Contains("kernel 6.12, 16 KiB pages ", text);
    }

    [Fact]
    [Trait("problem", "D1")]
    public void System_RAM_under_a_kernel_that_onlines_by_itself_needs_another_policy_first()
    {
        using var scratch = new Scratch();
        string machine = File.ReadAllText(Example("devdax-arm64.json"));
        int steps = machine.LastIndexOf(']');
        File.WriteAllText(
            scratch["m.json"],
            machine[..steps].TrimEnd() + ", \"daxctl reconfigure-device -m system-ram dax0.0\"" + machine[steps..]
        );
        string[] notes =
        [
            .. Namespace(Upgrade(0, scratch["m.json"], "--from", "5.10", "--to", "6.12"), 0)
                .GetProperty("notes")
                .EnumerateArray()
                .Select(n => n.GetString()!),
        ];
        Assert.Equal(2, notes.Length);
        Assert.Contains("gives 2013265920 (1.87 GiB) as System RAM instead of 1073741824 (1 GiB)", notes[0]);
        Assert.Contains("stops there with EBUSY; before it: echo offline > /sys/devices/system/memory/auto_online_blocks", notes[1]);
    }

    /// <summary>ndctl is asked once: what it says of each is what it says of that one alone.</summary>
    [Fact]
    public void Every_namespace_has_what_ndctl_lists_of_it()
    {
        string machine = Golden.Path("l_bad", "machine.json");
        JsonElement[] all = [.. Upgrade(4, machine, "--from", "6.1", "--to", "6.12").GetProperty("namespaces").EnumerateArray()];
        Assert.InRange(all.Length, 10, 1000);
        foreach (JsonElement ns in all.Take(10))
        {
            CliResult listed = Cli.Run("run", machine, "--kernel", "6.12", "--", "ndctl", "list", "-N", "-i", "-n", Text(ns, "namespace")!);
            using JsonDocument json = JsonDocument.Parse(listed.Output);
            JsonElement one = json.RootElement.ValueKind == JsonValueKind.Array ? json.RootElement[0] : json.RootElement;
            Assert.StartsWith(one.GetProperty("mode").GetString()!, Text(ns, "ndctl"));
            Assert.Contains($"size {one.GetProperty("size")}", Text(ns, "ndctl"));
        }
    }

    [Theory]
    [InlineData("give --to K")]
    [InlineData("kernel \"3.2\" has no libnvdimm, which came with 4.2; expected a version as 6.8", "--to", "3.2")]
    [InlineData("there is no kernel \"six\"", "--from", "six")]
    [InlineData("--to-page-size: x86_64 has no pages of 16384 bytes; expected 4096", "--to-page-size", "16K")]
    [InlineData("--to-page-size: \"-4K\" is no size", "--to-page-size", "-4K")]
    [InlineData("--to-page-size: \"lots\" is no size", "--to-page-size", "lots")]
    public void Wrong_use_says_what_is_possible(string message, params string[] options)
    {
        CliResult result = Cli.Run(["upgrade", Example("start-pad.json"), .. options]);
        Assert.Equal((16, ""), (result.ExitCode, result.Output));
        Assert.Contains(message, result.Error);
    }

    private static string Example(string name) => Path.Combine(Examples, name);

    private static JsonElement Namespace(JsonElement report, int region) =>
        report
            .GetProperty("namespaces")
            .EnumerateArray()
            .Single(n => Text(n, "namespace") == string.Create(CultureInfo.InvariantCulture, $"namespace{region}.0"));

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static JsonElement Upgrade(int exitCode, params string[] args)
    {
        CliResult result = Cli.Run(["upgrade", .. args, "--json"]);
        Assert.Equal((exitCode, ""), (result.ExitCode, result.ExitCode == exitCode ? "" : result.Error));
        return JsonDocument.Parse(result.Output).RootElement;
    }
}

using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Kmsan;

[Trait("problem", "B2")]
public class KmsanCommandTests
{
    private static CliResult Ranges(string text, params string[] args) => Cli.RunWith(text, ["kmsan", "--ranges", "-", .. args]);

    [Fact]
    public void The_fixed_shape_of_the_JSON()
    {
        CliResult result = Ranges("1 30\n35 58\n", "--kernel", "6.12", "--blocks", "--json");
        Assert.Equal(0, result.ExitCode);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        JsonElement root = json.RootElement;
        Assert.Equal("6.12", root.GetProperty("kernel").GetString());
        ulong[] counts = [.. new[] { "pages", "freed", "shadow", "origin", "leftover" }.Select(k => root.GetProperty(k).GetUInt64())];
        Assert.Equal([52UL, 17, 17, 17, 1], counts);
        Assert.Equal(
            17UL,
            root.GetProperty("blocks").EnumerateArray().Aggregate(0UL, (sum, b) => sum + (1UL << b.GetProperty("order").GetInt32()))
        );
        JsonElement first = root.GetProperty("blocks")[0];
        Assert.Equal([36UL, 2, 4, 24], new[] { "pfn", "order", "shadow_pfn", "origin_pfn" }.Select(k => first.GetProperty(k).GetUInt64()));
        Assert.False(JsonDocument.Parse(Ranges("1 30\n", "--json").Output).RootElement.TryGetProperty("blocks", out _));
    }

    [Theory]
    [InlineData("", "<stdin>:1: there is no range in it")]
    [InlineData("256 4096\n4000 5000\n", "<stdin>:2: range 4000 5000 overlaps range 256 4096 of line 1")]
    [InlineData("256 4096\n\n1 9\n", "<stdin>:3: range 1 9 is below range 256 4096 of line 1")]
    [InlineData("256 99999999999\n", "<stdin>:1: range 256 99999999999 goes beyond the last page")]
    [InlineData("256 4096\nsixteen\n", "<stdin>:2: no range: \"sixteen\"")]
    public void A_bad_range_is_told_with_its_line(string text, string message)
    {
        CliResult result = Ranges(text);
        Assert.Equal((16, ""), (result.ExitCode, result.Output));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no KMSAN", "--kernel", "5.10")]
    [InlineData("overlaps the free ranges", "--initrd", "20-40")]
    [InlineData("is no range", "--initrd", "20")]
    [InlineData("ends before it starts", "--initrd", "0x9000-0x1000")]
    [InlineData("overlaps other memory", "--initrd", "31-33", "--freed-later", "32-34")]
    [InlineData("boot of a MACHINE", "--early", "4M")]
    public void A_wrong_option_is_told(string message, params string[] args)
    {
        CliResult result = Ranges("1 30\n35 58\n", args);
        Assert.Equal((16, ""), (result.ExitCode, result.Output));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Neither_or_both_inputs_are_wrong_use()
    {
        Assert.Equal(16, Cli.Run("kmsan").ExitCode);
        Assert.Equal(16, Ranges("1 30\n", Golden.Path("e_legacy", "machine.json")).ExitCode);
        Assert.Equal(8, Cli.Run("kmsan", "--ranges", "/no/such/file").ExitCode);
    }

    [Fact]
    public void The_initrd_of_the_recorded_boot_tears_a_block()
    {
        string ranges = string.Join(
            '\n',
            File.ReadLines(Golden.Path("kmsan_kernel", "torn.txt"))
                .Where(l => l.StartsWith("free ", StringComparison.Ordinal))
                .Select(l => l[5..])
        );
        CliResult result = Ranges(ranges, "--kernel", "6.12", "--initrd", "0x3fe00000-0x403d7fff");
        Assert.Equal(4, result.ExitCode);
        Assert.Contains(
            "TORN: free block at pfn 261120, order 10: 512 shadow and 512 origin pages of 1024 not side by side",
            result.Output,
            StringComparison.Ordinal
        );
        Assert.Equal(0, Ranges(ranges).ExitCode);
    }

    public static TheoryData<string> Machines =>
        [
            .. Directory
                .GetFiles(Golden.Root, "machine*.json", SearchOption.AllDirectories)
                .Where(p => !p.Contains("s_arm64", StringComparison.Ordinal))
                .Select(p => Path.GetRelativePath(Golden.Root, p))
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [MemberData(nameof(Machines))]
    public void Books_balance_on_every_recorded_machine(string machine)
    {
        CliResult result = Cli.Run("kmsan", Golden.Path(machine), "--kernel", "6.12", "--json", "--blocks");
        Assert.True(result.ExitCode == 0, result.Error);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        ulong Get(string key) => json.RootElement.GetProperty(key).GetUInt64();
        Assert.Equal(Get("pages"), Get("freed") + Get("shadow") + Get("origin") + Get("leftover"));
        Assert.Equal(
            Get("freed"),
            json.RootElement.GetProperty("blocks")
                .EnumerateArray()
                .Aggregate(0UL, (sum, b) => sum + (1UL << b.GetProperty("order").GetInt32()))
        );
        Assert.Equal(
            Get("pages"),
            json.RootElement.GetProperty("zones").EnumerateArray().Aggregate(0UL, (sum, z) => sum + z.GetProperty("pages").GetUInt64())
        );
        Assert.Equal(
            Get("freed"),
            json.RootElement.GetProperty("zones").EnumerateArray().Aggregate(0UL, (sum, z) => sum + z.GetProperty("freed").GetUInt64())
        );
        ulong inUse = json
            .RootElement.GetProperty("boot")
            .EnumerateArray()
            .Aggregate(0UL, (sum, u) => sum + u.GetProperty("bytes").GetUInt64());
        Assert.NotEqual(0UL, inUse);
    }

    [Fact]
    public void There_is_no_KMSAN_on_arm64()
    {
        string machine = Directory
            .GetFiles(Golden.Path("s_arm64"), "machine*.json", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .First();
        CliResult result = Cli.Run("kmsan", machine, "--kernel", "6.12");
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains("unsupported: KMSAN on aarch64", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--search", "--search looks at memory maps of its own")]
    [InlineData("--seed 5", "--seed goes with --search or --compare")]
    [InlineData("--kernel-image 0x10000000000-0x20000000000", "is not in one range of System RAM")]
    [InlineData("--kernel-image 0-0", "--kernel-image: \"0-0\" starts below 1 MiB")]
    [InlineData("--initrd 0-0xffffffffffffff", "is not in one range of System RAM")]
    public void What_cannot_be_or_would_be_ignored_is_wrong_use(string options, string message)
    {
        CliResult result = Cli.Run(["kmsan", Golden.Path("a_fsdax", "machine.json"), "--kernel", "6.12", .. options.Split(' ')]);
        Assert.Equal((16, ""), (result.ExitCode, result.Output));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_initrd_in_the_first_MiB_is_counted_there()
    {
        CliResult result = Cli.Run("kmsan", Golden.Path("a_fsdax", "machine.json"), "--kernel", "6.12", "--initrd", "0x1001-0x2001");
        Assert.Contains("note: what of the initrd lies in the first MiB is counted there", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_search_tells_its_bounds_and_the_smallest_examples()
    {
        string output = Cli.Run("kmsan", "--search").Output;
        Assert.Contains("apart: none within these bounds", output, StringComparison.Ordinal);
        Assert.Contains("touching: smallest example", output, StringComparison.Ordinal);
        Assert.Contains("apart, memory freed later: smallest example", output, StringComparison.Ordinal);
    }
}

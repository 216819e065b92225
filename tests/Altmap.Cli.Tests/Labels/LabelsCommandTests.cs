using System.IO.Compression;
using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Labels;

public class LabelsCommandTests
{
    [Fact]
    public void An_area_is_made_read_and_checked()
    {
        using var scratch = new Scratch();
        string file = scratch["labels.nmem3.bin"];
        Assert.Equal(
            (0, "initialized 1 nmem\n"),
            Cli.Run("labels", "init", file, "--size", "128K", "--label-version", "1.2") is var r ? (r.ExitCode, r.Error) : default
        );
        Assert.Equal(128 * 1024, new FileInfo(file).Length);
        Assert.Equal(
            (16, $"altmap: {file}: labels already initialized; --force loses them\n"),
            Cli.Run("labels", "init", file) is var again ? (again.ExitCode, again.Error) : default
        );
        Assert.Equal(0, Cli.Run("labels", "init", file, "--force").ExitCode);
        CliResult check = Cli.Run("labels", "check", file);
        Assert.Equal(
            (0, "kernel 6.1: labels 1.1, index 0 rules, 0 labels count, 1020 of 1020 slots free"),
            (check.ExitCode, check.Output.Split('\n')[0])
        );
        using JsonDocument json = JsonDocument.Parse(Cli.Run("labels", "check", file, "--all-kernels", "--json").Output);
        Assert.All(json.RootElement.EnumerateArray(), k => Assert.Equal("1.1", k.GetProperty("version").GetString()));
    }

    [Fact]
    public void A_clean_area_has_no_finding_and_init_can_answer_in_json()
    {
        using var scratch = new Scratch();
        using JsonDocument made = JsonDocument.Parse(
            Cli.Run("labels", "init", scratch["a.bin"], "--size", "128K", "-V", "1.2", "--json").Output
        );
        Assert.Equal(
            (131072, "1.2", 510),
            (
                made.RootElement.GetProperty("size").GetInt32(),
                made.RootElement.GetProperty("version").GetString(),
                made.RootElement.GetProperty("slots").GetInt32()
            )
        );
        Assert.Equal(
            "kernel 6.1: labels 1.2, index 0 rules, 0 labels count, 510 of 510 slots free\n",
            Cli.Run("labels", "check", scratch["a.bin"]).Output
        );
    }

    /// <summary>The live labels are those whose namespaces the recorded kernel had; the deleted one's label is still in its
    /// slots.</summary>
    [Fact]
    public void Read_tells_live_labels_from_those_in_free_slots()
    {
        const string capture = "2-beta-destroyed",
            uuidOf = "/sys/bus/nd/devices/namespace0.";
        using var packed = new GZipStream(File.OpenRead(Golden.Path("d_multi", capture, "sysfs.txt.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(packed);
        string[] recorded =
        [
            .. reader
                .ReadToEnd()
                .Split('\n')
                .Where(l => l.StartsWith(uuidOf, StringComparison.Ordinal) && l.Contains("/uuid:", StringComparison.Ordinal))
                .Select(l => l[(l.IndexOf(':') + 1)..])
                .Where(u => u.Length > 0)
                .Order(StringComparer.Ordinal),
        ];
        string text = Cli.Run("labels", "read", Golden.Path("d_multi", capture, "labels.nmem0.bin.gz")).Output;
        string[][] rows =
        [
            .. text[text.IndexOf("\nstate", StringComparison.Ordinal)..]
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Skip(1)
                .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
        ];
        Assert.Equal(recorded, rows.Where(r => r[0] == "live").Select(r => r[1]).Order(StringComparer.Ordinal));
        Assert.Equal(["beta"], rows.Where(r => r[0] == "free").Select(r => r[2]).Distinct());
    }

    /// <summary>The bytes themselves are compared with recordings where they are made.</summary>
    [Fact]
    public void A_captures_area_is_named_after_its_dimm()
    {
        CliResult result = Cli.Run("labels", "read", Golden.Path("d_multi", "1-four", "labels.nmem1.bin.gz"), "--json");
        Assert.Equal((0, "read 1 nmem\n"), (result.ExitCode, result.Error));
        Assert.StartsWith("[\n  {\n    \"dev\":\"nmem1\",\n    \"index\":[\n", result.Output);
        Assert.Equal(5, result.Output.Split("\"isetcookie\"").Length - 1); // a free slot too, whose number fits
    }

    [Fact]
    public void Damage_exits_with_4()
    {
        using var scratch = new Scratch();
        Cli.Run("labels", "init", scratch["a"], "--size", "128K");
        byte[] bytes = File.ReadAllBytes(scratch["a"]);
        bytes[0] ^= 1;
        bytes[256] ^= 1;
        File.WriteAllBytes(scratch["a"], bytes);
        CliResult check = Cli.Run("labels", "check", scratch["a"]);
        Assert.Equal(4, check.ExitCode);
        Assert.Contains("error labels.index.none-valid", check.Output);
    }

    [Theory]
    [InlineData("not labels at all ")]
    [InlineData("\0\0\0\0")]
    public void What_is_no_label_area_is_not_read_as_one(string text)
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["a"], string.Concat(Enumerable.Repeat(text, 8192)));
        CliResult read = Cli.Run("labels", "read", scratch["a"]);
        Assert.Equal((4, ""), (read.ExitCode, read.Output));
        Assert.StartsWith($"note: {scratch["a"]}: no index block is valid", read.Error);
        Assert.Equal(4, Cli.Run("labels", "read", scratch["a"], "--json").ExitCode);
    }

    [Theory]
    [InlineData("labels", "init", "/nosuch/area", "--size", "128K")]
    [InlineData("labels", "read", "/nosuch")]
    public void A_missing_file_is_an_io_error(params string[] args) => Assert.NotEqual(0, Cli.Run(args).ExitCode);
}

using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Commands;

public class LabelsCommandTests
{
    [Fact]
    public void An_area_is_made_read_and_checked()
    {
        using var scratch = new Scratch();
        string file = scratch["labels.nmem3.bin"];
        Assert.Equal((0, "initialized 1 nmem\n"), Cli.Run("labels", "init", file, "--size", "128K", "--label-version", "1.2") is var r ? (r.ExitCode, r.Error) : default);
        Assert.Equal(128 * 1024, new FileInfo(file).Length);
        Assert.Equal((16, $"altmap: {file}: labels already initialized; --force loses them\n"), Cli.Run("labels", "init", file) is var again ? (again.ExitCode, again.Error) : default);
        Assert.Equal(0, Cli.Run("labels", "init", file, "--force").ExitCode);
        CliResult check = Cli.Run("labels", "check", file);
        Assert.Equal((0, "kernel 6.1: labels 1.1, index 0 rules, 0 labels count, 1020 of 1020 slots free"), (check.ExitCode, check.Output.Split('\n')[0]));
        using JsonDocument json = JsonDocument.Parse(Cli.Run("labels", "check", file, "--all-kernels", "--json").Output);
        Assert.All(json.RootElement.EnumerateArray(), k => Assert.Equal("1.1", k.GetProperty("version").GetString()));
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
    [InlineData("labels", "init", "/nosuch/area", "--size", "128K")]
    [InlineData("labels", "read", "/nosuch")]
    public void A_missing_file_is_an_io_error(params string[] args) => Assert.NotEqual(0, Cli.Run(args).ExitCode);
}

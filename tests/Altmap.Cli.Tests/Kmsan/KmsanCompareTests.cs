using System.Text.Json;
using System.Xml.Linq;

namespace Altmap.Cli.Tests.Kmsan;

[Trait("problem", "B3")]
public class KmsanCompareTests
{
    private const string Free = "256 4096\n9736 32767\n32768 65536\n";

    private static string[] Ranges(Scratch scratch)
    {
        File.WriteAllText(scratch["free.txt"], Free);
        return ["kmsan", "--ranges", scratch["free.txt"], "--kernel", "6.12", "--compare", "--seeds", "2", "--simulate", "32M"];
    }

    [Fact]
    public void Four_designs_and_their_workloads_as_JSON()
    {
        using var scratch = new Scratch();
        CliResult result = Cli.Run([.. Ranges(scratch), "--json"]);
        Assert.Equal(0, result.ExitCode);
        using JsonDocument answer = JsonDocument.Parse(result.Output);
        JsonElement[] designs = [.. answer.RootElement.GetProperty("designs").EnumerateArray()];
        Assert.Equal(
            ["none", "struct-page-boot", "struct-page-lazy", "page-ext-early"],
            designs.Select(d => d.GetProperty("design").GetString())
        );
        Assert.Equal([64, 80, 80, 64], designs.Select(d => d.GetProperty("struct_page_bytes").GetInt32()));
        Assert.Equal([1, 1, 3, 1], designs.Select(d => d.GetProperty("blocks_per_request").GetInt32()));
        Assert.Equal(JsonValueKind.Null, designs[1].GetProperty("off_bytes").ValueKind);
        Assert.All(designs, d => Assert.Equal(2, d.GetProperty("runs").GetArrayLength()));
        Assert.Equal(8192, answer.RootElement.GetProperty("simulated").GetInt32());
        Assert.Equal(5, answer.RootElement.GetProperty("late_switch").GetArrayLength());
    }

    [Fact]
    public void The_picture_has_a_curve_for_each_design_and_quantity()
    {
        using var scratch = new Scratch();
        Assert.Equal(0, Cli.Run([.. Ranges(scratch), "--svg", scratch["designs.svg"]]).ExitCode);
        XDocument picture = XDocument.Load(scratch["designs.svg"]);
        Assert.Equal(2 * 12, picture.Descendants().Count(e => e.Name.LocalName == "polyline")); // and a piece of each in a legend
        string once = File.ReadAllText(scratch["designs.svg"]);
        Cli.Run([.. Ranges(scratch), "--svg", scratch["again.svg"]]);
        Assert.Equal(once, File.ReadAllText(scratch["again.svg"]));
    }

    [Theory]
    [InlineData(16, "--seeds", "0")]
    [InlineData(16, "--seeds", "101")]
    [InlineData(16, "--seeds", "x")]
    [InlineData(16, "--simulate", "4K")]
    [InlineData(16, "--simulate", "1T")]
    [InlineData(16, "--seed", "-1")]
    [InlineData(16, "--blocks")]
    [InlineData(16, "--search")]
    [InlineData(16, "--kernel", "5.10")]
    [InlineData(8, "--svg", "/nowhere/designs.svg")]
    public void Wrong_values_are_told(int exitCode, params string[] words)
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["free.txt"], Free);
        string[] kernel = words[0] == "--kernel" ? [] : ["--kernel", "6.12"];
        CliResult result = Cli.Run(["kmsan", "--ranges", scratch["free.txt"], "--compare", .. kernel, .. words]);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.NotEqual("", result.Error);
    }

    [Fact]
    public void Its_options_are_refused_without_it()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["free.txt"], Free);
        CliResult result = Cli.Run("kmsan", "--ranges", scratch["free.txt"], "--svg", scratch["designs.svg"]);
        Assert.Equal(16, result.ExitCode);
        Assert.Contains("belong to --compare", result.Error, StringComparison.Ordinal);
    }
}

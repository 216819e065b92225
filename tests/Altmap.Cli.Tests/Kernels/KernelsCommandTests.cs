using System.Text.Json;
using Altmap.Core.Kernels;

namespace Altmap.Cli.Tests.Kernels;

public class KernelsCommandTests
{
    [Fact]
    public void Every_rule_and_every_word_is_listed_with_what_it_means()
    {
        CliResult result = Cli.Run("kernels", "--rules");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        foreach (Rule rule in Rules.All)
        {
            Assert.Contains(rule.Name, result.Output, StringComparison.Ordinal);
            Assert.All(rule.Words, w => Assert.Contains(w.Meaning, result.Output, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_rule_is_told_with_the_kernels_that_have_each_word()
    {
        using JsonDocument json = JsonDocument.Parse(Cli.Run("kernels", "--rules", "info-block.layout", "--json").Output);
        JsonElement rule = Assert.Single(json.RootElement.EnumerateArray());
        JsonElement[] words = [.. rule.GetProperty("words").EnumerateArray()];
        Assert.Equal(Rules.InfoBlockLayout.Words.Select(w => w.Word), words.Select(w => w.GetProperty("word").GetString()));
        // Each kernel that ships has one of the words, or shares none with another.
        Assert.Equal(
            KernelProfiles.Named.Select(k => k.Name).Order(StringComparer.Ordinal),
            words.SelectMany(w => w.GetProperty("kernels").EnumerateArray().Select(k => k.GetString()!)).Order(StringComparer.Ordinal)
        );
        using JsonDocument number = JsonDocument.Parse(Cli.Run("kernels", "--rules", "struct-page.size", "--json").Output);
        Assert.Equal(65535, number.RootElement[0].GetProperty("max").GetInt32());
    }

    /// <summary>No cell is left out: what is not recorded was read, or says that it was not.</summary>
    [Fact]
    public void Evidence_has_a_line_for_each_rule_and_a_column_for_each_kernel()
    {
        string[] lines = Cli.Run("kernels", "--evidence").Output.TrimEnd('\n').Split('\n');
        Assert.Equal(Rules.All.Length + 5, lines.Length);
        Assert.Equal(["rule", .. KernelProfiles.All.Select(k => k.Name)], Cells(lines[0]));
        foreach ((Rule rule, int i) in Rules.All.Select((r, i) => (r, i)))
        {
            string[] cells = Cells(lines[i + 1]);
            Assert.Equal(rule.Name, cells[0]);
            Assert.Equal(
                KernelProfiles.All.Select(k => k.SettingOf(rule).Confirmation),
                cells[1..]
                    .Select(c =>
                        c switch
                        {
                            "recorded" => Confirmation.RealKernel,
                            "read" => Confirmation.SourceOnly,
                            _ => Confirmation.Inferred,
                        }
                    )
            );
        }
        static string[] Cells(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    [Theory]
    [InlineData("did you mean \"info-block.layout\"?", "--rules", "info-block.layuot")]
    [InlineData("leave K out", "6.1", "--rules", "info-block.layout")]
    public void A_wrong_rule_is_told(string message, params string[] args)
    {
        CliResult result = Cli.Run(["kernels", .. args]);
        Assert.Equal((16, ""), (result.ExitCode, result.Output));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }
}

using System.Text.RegularExpressions;
using Altmap.Cli.Commands;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Commands;

public partial class ExplainCommandTests
{
    /// <summary>The codes stand in the sources of the checks, some without the prefix that a helper adds.</summary>
    [Fact]
    public void Every_code_has_a_page_and_every_page_a_code()
    {
        var codes = new SortedSet<string>(StringComparer.Ordinal);
        string formats = Path.Combine(Golden.Root, "..", "..", "src", "Altmap.Formats");
        foreach (
            string file in (string[])
                [.. Directory.GetFiles(Path.Combine(formats, "InfoBlocks")), .. Directory.GetFiles(Path.Combine(formats, "Labels"))]
        )
        {
            string text = File.ReadAllText(file);
            foreach (Match match in Whole().Matches(text))
                codes.Add(match.Groups[1].Value);
            foreach (Match match in OfIndex().Matches(text))
                codes.Add("labels.index." + match.Groups[1].Value);
            foreach (Match match in Found().Matches(text))
                codes.Add("labels." + match.Groups[1].Value);
            if (file.EndsWith("LabelSlotChecks.cs", StringComparison.Ordinal))
                foreach (Match match in OfLabel().Matches(text))
                    codes.Add("labels.label." + match.Groups[1].Value);
        }
        Assert.Equal(codes, ExplainPages.All.Select(p => p.Code).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_page_says_what_it_means_and_what_to_do()
    {
        Assert.Equal(
            """
            pfn.mode: mode is neither 1 (mem) nor 2 (dev)

            Consequence: the namespace comes up raw, and no new block can be written over this one
            What to do:  zero the block, then create the namespace anew

            """,
            Cli.Run("explain", "pfn.mode").Output
        );
        Assert.Equal(
            (16, "altmap: there is no code \"pfn.mod\"; \"altmap explain\" lists them; did you mean \"pfn.mode\"?\n"),
            Cli.Run("explain", "pfn.mod") is var r ? (r.ExitCode, r.Error) : default
        );
    }

    [Fact]
    public void Pages_are_data_too()
    {
        using var all = System.Text.Json.JsonDocument.Parse(Cli.Run("explain", "--json").Output);
        using var one = System.Text.Json.JsonDocument.Parse(Cli.Run("explain", "pfn.mode", "--json").Output);
        Assert.Equal(ExplainPages.All.Length, all.RootElement.GetArrayLength());
        Assert.Equal("zero the block, then create the namespace anew", one.RootElement.GetProperty("remedy").GetString());
    }

    [GeneratedRegex("""[ (]"((?:pfn|labels)\.[a-z0-9-]+(?:\.[a-z0-9-]+)*)" *[,:]""")]
    private static partial Regex Whole();

    [GeneratedRegex("""Add\(\s*IndexRule\.[A-Za-z]+,\s*"([a-z-]+)",""")]
    private static partial Regex OfIndex();

    [GeneratedRegex("""Find\(\s*"([a-z.-]+[a-z])",""")]
    private static partial Regex Found();

    [GeneratedRegex("""[ (]Add\(\s*"([a-z-]+)",""")]
    private static partial Regex OfLabel();
}

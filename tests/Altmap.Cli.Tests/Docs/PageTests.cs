using System.Text;
using Altmap.Cli.Tests.Json;
using Altmap.Model.MachineFiles;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Docs;

/// <summary>
/// Every command that a page shows is run, in the order of the page, and must print what the page shows. ALTMAP_APPROVE=1 writes what it
/// prints into the page.
/// A <c>console</c> block holds lines <c>$ altmap …</c>, each followed by its output (errors first, as they come).
/// </summary>
public class PageTests
{
    private static readonly string Checkout = Path.GetFullPath(Path.Combine(Golden.Root, "..", ".."));

    public static TheoryData<string> Pages =>
        [
            .. Directory
                .GetFiles(Path.Combine(Checkout, "docs"), "*.md")
                .Select(p => $"docs/{Path.GetFileName(p)}")
                .Append("README.md")
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_shows_what_its_commands_print(string page)
    {
        using var scratch = new Scratch();
        string path = Path.Combine(Checkout, page),
            text = File.ReadAllText(path);
        string rewritten = Rewrite(text, command => RunOne(command, scratch));
        if (Environment.GetEnvironmentVariable("ALTMAP_APPROVE") == "1")
            File.WriteAllText(path, rewritten);
        else
            Assert.Equal(text, rewritten);
    }

    [Fact]
    public void Every_key_of_config_is_documented()
    {
        string page = File.ReadAllText(Path.Combine(Checkout, "docs", "machine-file.md"));
        Assert.All(
            MachineConfig.Keys,
            k => Assert.Matches($@"\| `{k.Name}` \| [^|]+ \| {System.Text.RegularExpressions.Regex.Escape(k.Meaning)} \|", page)
        );
    }

    [Theory]
    [InlineData("README.md", "docs/")]
    [InlineData("docs/README.md", "")]
    public void Every_page_is_linked(string from, string folder)
    {
        string text = File.ReadAllText(Path.Combine(Checkout, from));
        Assert.All(
            Directory
                .GetFiles(Path.Combine(Checkout, "docs"), "*.md")
                .Select(Path.GetFileName)
                .Where(p => p != "README.md" || folder.Length > 0),
            p => Assert.Contains($"({folder}{p})", text, StringComparison.Ordinal)
        );
    }

    private static string Rewrite(string text, Func<string, string> run)
    {
        var result = new StringBuilder();
        bool inBlock = false,
            skips = false;
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            bool isFence = line.StartsWith("```", StringComparison.Ordinal);
            if (isFence)
                (inBlock, skips) = (!inBlock && line == "```console", false);
            if (inBlock && line.StartsWith("$ ", StringComparison.Ordinal))
            {
                skips = line.StartsWith("$ altmap", StringComparison.Ordinal);
                result.Append(line).Append('\n');
                if (skips)
                    result.Append(run(line[2..]));
            }
            else if (!skips)
            {
                result.Append(line).Append('\n');
            }
        }
        return result.ToString();
    }

    /// <summary>Files of the checkout are meant where a word starts with examples/; other files are the page's own.</summary>
    private static string RunOne(string command, Scratch scratch)
    {
        string[] words =
        [
            .. ScriptParser
                .ParseLine(command)!
                .Value.Line!.Words.Skip(1)
                .Select(w =>
                    w.StartsWith("examples/", StringComparison.Ordinal) ? Path.Combine(Checkout, w)
                    : Path.GetExtension(w) is ".img" or ".bin" or ".json" or ".sh" ? scratch[w]
                    : w
                ),
        ];
        string shown = Cli.RunMerged(words);
        if (OutputSchemas.NameOf(words) is not null && JsonPart(shown) is { } json)
            OutputSchemas.Check(words, json);
        return shown
            .Replace(scratch[""] + "/", "", StringComparison.Ordinal)
            .Replace((scratch[""] + "/").Replace("/", "\\/"), "", StringComparison.Ordinal)
            .Replace(Checkout + "/", "", StringComparison.Ordinal);
    }

    /// <summary>The document in what a page shows, without what standard error says before and behind it; null: none.</summary>
    private static byte[]? JsonPart(string text)
    {
        int start = text.IndexOfAny(['{', '[']),
            end = text.LastIndexOfAny(['}', ']']);
        return start < 0 || (start > 0 && text[start - 1] != '\n') || end < start ? null : Encoding.UTF8.GetBytes(text[start..(end + 1)]);
    }
}

using System.Text.RegularExpressions;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Docs;

/// <summary>docs/problems.md has a section for each problem that tests are marked with, and each section a command with its output;
/// that the output is right is checked where all pages are.</summary>
public partial class ProblemsPageTests
{
    private static readonly string Checkout = Path.GetFullPath(Path.Combine(Golden.Root, "..", ".."));

    [Fact]
    public void Every_problem_has_a_section_with_a_command_and_tests()
    {
        string[] sections = File.ReadAllText(Path.Combine(Checkout, "docs", "problems.md")).Split("\n## ")[1..];
        string[] ids = [.. sections.Select(s => SectionId().Match(s)).Where(m => m.Success).Select(m => m.Groups[1].Value)];
        Assert.Equal(ids.Distinct().Order(StringComparer.Ordinal), ids);
        Assert.All(sections, s => Assert.True(s.Contains("\n$ altmap ", StringComparison.Ordinal), s.Split('\n')[0]));
        string[] marked =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(Checkout, "tests"), "*Tests.cs", SearchOption.AllDirectories)
                .SelectMany(f => ProblemTrait().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value))
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(marked, ids);
    }

    [GeneratedRegex(@"^([A-E][1-9])\. ")]
    private static partial Regex SectionId();

    [GeneratedRegex("""\[Trait\("problem", "([A-E][1-9])"\)\]""")]
    private static partial Regex ProblemTrait();
}

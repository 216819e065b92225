using System.Globalization;
using System.Text.RegularExpressions;
using Altmap.Core.Kernels;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Docs;

/// <summary>The pages that the conformance suite writes (tests/Altmap.Conformance) are as it writes them, and say nothing that cannot
/// be.</summary>
public partial class ConformancePagesTests
{
    private static string[] Page(string name) => File.ReadAllLines(Path.Combine(Golden.Root, "..", "..", "docs", name));

    [Fact]
    [Trait("problem", "A4")]
    public void Each_row_of_the_tallies_names_kernel_release_seed_and_counts()
    {
        string[][] rows = [.. Page("conformance.md").Where(l => l.StartsWith('|')).Select(l => l.Split('|')[1..^1])];
        Assert.Equal(
            ["kernel", "release", "what", "seed", "compared", "agree", "not modelled", "skipped", "notes"],
            rows[0].Select(c => c.Trim())
        );
        Assert.True(rows.Length > 5);
        foreach (string[] row in rows[2..].Select(r => r.Select(c => c.Trim()).ToArray()))
        {
            Assert.Equal(9, row.Length);
            Assert.NotNull(KernelProfiles.Find(row[0]));
            Assert.Matches(@"^(\d+\.\d+\.\d+\S* \(\S+\), ndctl \d+\S*)?$", row[1]);
            int[] counts = [.. row[4..8].Select(c => int.Parse(c, NumberStyles.None, CultureInfo.InvariantCulture))];
            Assert.True(counts[1] <= counts[0], string.Join(" | ", row));
            Assert.True(counts.Sum() > 0);
            bool hasSeed = !row[2].StartsWith("cases", StringComparison.Ordinal) && row[2] != "kernel";
            Assert.Equal(hasSeed, row[3].Length > 0);
            // What does not agree is named.
            Assert.True(hasSeed || counts[1] == counts[0] || row[8].Contains("not the same: ", StringComparison.Ordinal));
        }
        Assert.Equal(rows.Length - 2, rows[2..].Select(r => string.Join('|', r[0], r[2], r[3])).Distinct().Count());
    }

    [Fact]
    [Trait("problem", "A4")]
    public void Each_defect_has_a_section_a_command_and_a_place_where_it_was_seen()
    {
        string[] lines = Page("findings.md");
        Match[] rows = [.. lines.Select(l => Row().Match(l)).Where(m => m.Success)];
        string[] sections = [.. lines.Where(l => l.StartsWith("## ", StringComparison.Ordinal)).Select(l => l[3..])];
        Assert.Equal(rows.Select(r => r.Groups["id"].Value), sections);
        Assert.True(rows.Count(r => r.Groups["seen"].Value != "not yet") >= 20, "at least 20 were seen");
        foreach (string id in sections)
        {
            string[] section =
            [
                .. lines.SkipWhile(l => l != $"## {id}").Skip(1).TakeWhile(l => !l.StartsWith("## ", StringComparison.Ordinal)),
            ];
            Assert.Single(
                section,
                l =>
                    l.StartsWith("- Shown by `./test --kernel ", StringComparison.Ordinal)
                    && l.Contains($" defect/{id}`", StringComparison.Ordinal)
            );
            Assert.Single(section, l => l.StartsWith("- Cost: ", StringComparison.Ordinal) && l.Length > 20);
            Assert.Single(section, l => l.StartsWith("- Altmap: ", StringComparison.Ordinal) && l.Length > 20);
        }
    }

    [GeneratedRegex(@"^\| (kernel|ndctl|daxctl) \| \[.+\]\(#(?<id>[a-z0-9-]+)\) \| (?<seen>[^|]+) \|$")]
    private static partial Regex Row();
}

using System.Reflection;
using System.Text.RegularExpressions;
using Altmap.Core.Findings;

namespace Altmap.Formats.Tests.Findings;

/// <summary>Codes are objects: what a check gives is in a table, and every table is walked.</summary>
public partial class MediaFindingsTests
{
    [Fact]
    public void Every_table_and_every_code_of_the_project_is_listed()
    {
        FieldInfo[] fields =
        [
            .. typeof(MediaFindings)
                .Assembly.GetTypes()
                .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)),
        ];
        FindingTable[] tables = [.. fields.Where(f => f.FieldType == typeof(FindingTable)).Select(f => (FindingTable)f.GetValue(null)!)];
        Assert.NotEmpty(tables);
        Assert.Equal(tables.ToHashSet(), MediaFindings.Tables.ToHashSet());
        FindingCode[] codes = [.. fields.Where(f => f.FieldType == typeof(FindingCode)).Select(f => (FindingCode)f.GetValue(null)!)];
        Assert.Equal(codes.Length, MediaFindings.Codes.Length);
        Assert.Equal(codes.ToHashSet(), MediaFindings.Codes.ToHashSet());
    }

    [Fact]
    public void A_code_has_a_name_that_stands_once_and_a_page()
    {
        Assert.Equal(MediaFindings.Codes.Length, MediaFindings.Codes.Select(c => c.Name).Distinct().Count());
        Assert.All(
            MediaFindings.Codes,
            code =>
            {
                Assert.Matches(Name(), code.Name);
                Assert.NotEqual("", code.Title);
                Assert.NotEqual("", code.Consequence);
                Assert.NotEqual("", code.Advice);
            }
        );
    }

    /// <summary>Recovery before destruction: no advice begins with giving the data up.</summary>
    [Fact]
    public void No_advice_initialises_or_recreates_first() =>
        Assert.All(
            MediaFindings.Codes,
            code =>
            {
                Assert.DoesNotContain("init-labels -f", code.Advice, StringComparison.Ordinal);
                if (
                    code.Advice.Contains("anew", StringComparison.Ordinal)
                    && code.Advice.Contains("create the namespace", StringComparison.Ordinal)
                )
                    Assert.Matches("(copy|save).*create the namespace", code.Advice);
            }
        );

    [Fact]
    public void A_name_stands_once() =>
        Assert.Throws<ArgumentException>(() =>
        {
            var table = new FindingTable("a.");
            table.Add("b", Severity.Note, "t", "c", "a", "s");
            table.Add("b", Severity.Note, "t", "c", "a", "s");
        });

    [GeneratedRegex(@"^[a-z]+(\.[a-z0-9-]+)+$")]
    private static partial Regex Name();
}

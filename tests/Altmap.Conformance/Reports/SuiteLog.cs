using System.Globalization;
using System.Text.RegularExpressions;
using Altmap.Conformance.Guests;

namespace Altmap.Conformance.Reports;

/// <summary>What a run printed, read again: long runs are made by themselves, and the pages written afterwards.</summary>
internal static partial class SuiteLog
{
    /// <summary>Rows of the pages. Of a series or a case that was run several times the last one counts.</summary>
    public static IEnumerable<SuiteTally> Tallies(IReadOnlyList<string> lines, Laboratory laboratory) =>
        Rows(lines, laboratory).GroupBy(r => (r.Name, r.Row.Key)).Select(g => g.Last().Row);

    private static IEnumerable<(string Name, SuiteTally Row)> Rows(IReadOnlyList<string> lines, Laboratory laboratory)
    {
        for (int i = 0; i < lines.Count; i++)
        {
            if (Series().Match(lines[i]) is { Success: true } series)
            {
                int Number(string group) => int.TryParse(series.Groups[group].Value, CultureInfo.InvariantCulture, out int n) ? n : 0;
                var outcomes = new List<string>();
                int unknown = Number("unknown");
                for (int j = i + 1; j < lines.Count && Outcome().Match(lines[j]) is { Success: true } outcome; j++)
                {
                    if (outcome.Groups[2].Value.StartsWith("commands left out", StringComparison.Ordinal))
                        unknown += int.Parse(outcome.Groups[1].Value, CultureInfo.InvariantCulture);
                    else if (!outcome.Groups[2].Value.StartsWith("not modelled", StringComparison.Ordinal))
                        outcomes.Add($"{outcome.Groups[1].Value} {outcome.Groups[2].Value}");
                }
                if (series.Groups["commands"].Success)
                    outcomes.Insert(0, $"{series.Groups["commands"].Value} commands; not modelled: commands left out");
                if (Number("races") > 0)
                    outcomes.Add($"{Number("races")} races");
                string kernel = series.Groups["kernel"].Value;
                var row = new SuiteTally(
                    kernel,
                    laboratory.ReleaseOf(kernel),
                    series.Groups["what"].Value,
                    series.Groups["seed"].Value,
                    Number("compared"),
                    Number("agree"),
                    unknown,
                    0,
                    string.Join("; ", outcomes)
                );
                yield return ("", row);
            }
            else if (Case().Match(lines[i]) is { Success: true } one)
            {
                string kernel = one.Groups["kernel"].Value,
                    name = one.Groups["name"].Value;
                bool good = one.Groups["how"].Value == "PASS",
                    skip = one.Groups["how"].Value == "SKIP";
                var row = new SuiteTally(
                    kernel,
                    laboratory.ReleaseOf(kernel),
                    $"cases of {name.Split('/')[0]}",
                    "",
                    skip ? 0 : 1,
                    good ? 1 : 0,
                    0,
                    skip ? 1 : 0,
                    ""
                )
                {
                    Names = good || skip ? [] : [name],
                };
                yield return (name, row);
            }
        }
    }

    /// <summary>Cases that passed, with their kernels.</summary>
    public static IEnumerable<(string Case, string Kernel)> Passed(IEnumerable<string> lines) =>
        lines
            .Select(l => Case().Match(l))
            .Where(m => m.Success && m.Groups["how"].Value == "PASS")
            .Select(m => (m.Groups["name"].Value, m.Groups["kernel"].Value))
            .Distinct();

    [GeneratedRegex(
        @"^(?<what>[a-zA-Z -]+) on (?<kernel>\d+\.\d+), seed (?<seed>\d+): (?<compared>\d+) compared, (?<agree>\d+) agree, "
            + @"((?<unknown>\d+) not modelled|(?<commands>\d+) commands), (?<races>\d+) races"
    )]
    private static partial Regex Series();

    [GeneratedRegex(@"^ +(\d+) (.+)$")]
    private static partial Regex Outcome();

    [GeneratedRegex(@"^(?<how>PASS|FAIL|SKIP) (?<name>[a-z]+/\S+) on (?<kernel>\d+\.\d+)\b")]
    private static partial Regex Case();
}

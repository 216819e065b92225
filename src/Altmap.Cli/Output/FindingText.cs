using Altmap.Core.Findings;

namespace Altmap.Cli.Output;

/// <summary>Findings about media, for people: the facts and what to do.</summary>
internal static class FindingText
{
    public static void Write(CliHost host, IEnumerable<Finding> findings)
    {
        foreach (Finding finding in findings)
        {
            host.Out.WriteLine(
                $"  {finding.Severity.Word()} {finding.Code}{(finding.Place is { } place ? $" at {place}" : "")}: "
                    + string.Join("; ", finding.Evidence.Select(Fact))
            );
            if (finding.Remedy.Loses.Length > 0)
                host.Out.WriteLine($"    may lose: {finding.Remedy.Loses}");
            if (finding.Remedy.Advice.Length > 0)
                host.Out.WriteLine($"    {finding.Remedy.Advice}");
            foreach (string command in finding.Remedy.Commands)
                host.Out.WriteLine($"    $ {command}");
        }
    }

    /// <summary>A fact that nothing else was expected of stands alone.</summary>
    private static string Fact(Evidence evidence) =>
        evidence.Expected.Length == 0 ? evidence.Actual : $"expected {evidence.Expected}, found {evidence.Actual}";
}

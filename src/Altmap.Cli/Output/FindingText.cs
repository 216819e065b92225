using Altmap.Core.Findings;

namespace Altmap.Cli.Output;

/// <summary>Findings for people.</summary>
internal static class FindingText
{
    public static void Write(CliHost host, IEnumerable<Finding> findings)
    {
        foreach (Finding finding in findings)
        {
            host.Out.WriteLine(
                $"  {JsonOutput.Word(finding.Severity)} {finding.Code} at 0x{finding.OffsetBytes:x}: expected {finding.Expected}, "
                    + $"found {finding.Actual}"
            );
            if (finding.Remedy.Length > 0)
                host.Out.WriteLine($"    {finding.Remedy}");
        }
    }
}

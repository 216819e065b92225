using Altmap.Cli.Output;
using Altmap.Core.Findings;

namespace Altmap.Cli.Doctor;

/// <summary>A report for people: the worst first, what may be lost before what to type.</summary>
internal static class DoctorText
{
    public static void Write(CliHost host, MachineReport report)
    {
        string what = report.Content.Length > 0 ? report.Content : $"{report.Name}, kernel {report.Kernel}";
        host.Out.WriteLine($"{what}: {Summary(report)}");
        foreach (Finding finding in report.Findings)
            Write(host, finding);
        foreach (var question in report.Unknown)
            host.Out.WriteLine($"\nunknown{(question.Code is { } code ? $" ({code})" : "")}: {question.Subject}: needs {question.Needs}");
    }

    public static string Summary(MachineReport report)
    {
        string found = report.Findings.IsEmpty
            ? "nothing found"
            : string.Join(
                ", ",
                from severity in (Severity[])[Severity.Error, Severity.Warning, Severity.Note]
                let count = report.Count(severity)
                where count > 0
                select Numbers.Count(count, severity.Word())
            );
        return report.Unknown.IsEmpty ? found : $"{found}; {Numbers.Count(report.Unknown.Length, "question")} without an answer";
    }

    private static void Write(CliHost host, Finding finding)
    {
        host.Out.WriteLine();
        host.Out.WriteLine($"{finding.Severity.Word()} {finding.Code}: {finding.Subject}: {finding.Code.Title}");
        if (finding.Place is { } place)
            host.Out.WriteLine($"  where: {place}");
        foreach (Evidence evidence in finding.Evidence)
            host.Out.WriteLine(
                $"  {evidence.What}: {evidence.Actual}{(evidence.Expected.Length > 0 ? $" (right: {evidence.Expected})" : "")}"
            );
        host.Out.WriteLine($"  so: {finding.Consequence}");
        Remedy remedy = finding.Remedy;
        if (remedy.Loses.Length > 0)
            host.Out.WriteLine($"  may lose: {remedy.Loses}");
        if (remedy.Advice.Length > 0)
            host.Out.WriteLine($"  do: {remedy.Advice}");
        if (remedy.CommandLine is { } line)
            host.Out.WriteLine($"    kernel command line: {line}");
        foreach (string command in remedy.Commands)
            host.Out.WriteLine($"    $ {command}");
        foreach (string before in remedy.Before)
            host.Out.WriteLine($"    before: {before}");
        foreach (string after in remedy.After)
            host.Out.WriteLine($"    after:  {after}");
    }
}

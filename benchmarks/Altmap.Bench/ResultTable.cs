using System.Globalization;
using System.Text;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Altmap.Bench;

/// <summary>The results of one class. Each row has units of its own: a table may reach from nanoseconds to seconds.</summary>
internal static class ResultTable
{
    private static readonly string[] Units = ["ns", "us", "ms", "s"];

    public static string Of(Summary summary)
    {
        string[] parameters = [.. summary.Reports[0].BenchmarkCase.Parameters.Items.Select(p => p.Name)];
        bool hasBaseline = summary.Reports.Any(r => r.BenchmarkCase.Descriptor.Baseline);
        var rows = new List<string[]>
        {
            (string[])["", .. parameters, "mean", "std dev", .. hasBaseline ? ["ratio"] : Array.Empty<string>(), "allocated"],
        };
        foreach (
            BenchmarkReport report in summary.Reports.OrderBy(
                r => r.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo,
                StringComparer.Ordinal
            )
        )
        {
            BenchmarkCase run = report.BenchmarkCase;
            string ratio =
                BaselineOf(summary, run)?.ResultStatistics is { Mean: > 0 } baseline && report.ResultStatistics is { } own
                    ? (own.Mean / baseline.Mean).ToString("f2", CultureInfo.InvariantCulture)
                    : "";
            rows.Add([
                run.Descriptor.WorkloadMethodDisplayInfo,
                .. run.Parameters.Items.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Value}")),
                Time(report.ResultStatistics?.Mean),
                Time(report.ResultStatistics?.StandardDeviation),
                .. hasBaseline ? [ratio] : Array.Empty<string>(),
                Bytes(report.GcStats.GetBytesAllocatedPerOperation(run)),
            ]);
        }
        var text = new StringBuilder();
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => r[c].Length))];
        foreach (string[] row in rows)
            text.AppendLine(
                string.Join("  ", row.Select((cell, c) => c == 0 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd()
            );
        return text.ToString();
    }

    private static BenchmarkReport? BaselineOf(Summary summary, BenchmarkCase run) =>
        summary.Reports.FirstOrDefault(r =>
            r.BenchmarkCase.Descriptor.Baseline && r.BenchmarkCase.Parameters.DisplayInfo == run.Parameters.DisplayInfo
        );

    private static string Time(double? nanoseconds)
    {
        if (nanoseconds is not { } value)
            return "failed";
        int unit = 0;
        for (; value >= 1000 && unit < Units.Length - 1; unit++)
            value /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{value:f2} {Units[unit]}");
    }

    private static string Bytes(long? bytes) =>
        bytes switch
        {
            null => "",
            < 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
            < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:f1} KiB"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:f1} MiB"),
        };
}

using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Findings;

namespace Altmap.Cli.Doctor;

/// <summary>Many machines in one call: two at a time or as many as there are processors, in the order in which they were named, in bounded
/// memory.</summary>
internal static class DoctorFleet
{
    private const int AheadMax = 64;

    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static int Run(CliHost host, string[] paths, string? kernel, string? upgrade, bool isJson)
    {
        var table = new TextTable("machine", "kernel", ">errors", ">warnings", ">notes", ">unknown", "the worst");
        int worst = ExitCode.Success,
            done = 0;
        var progress = new FleetProgress(host, paths.Length);
        foreach (MachineReport report in Examined(paths, kernel, upgrade))
        {
            progress.Show(++done);
            worst = Math.Max(worst, report.ExitCode);
            if (isJson)
                WriteLine(host, report);
            else
                AddRow(table, report);
        }
        progress.Clear();
        if (!isJson)
        {
            table.Write(host);
            host.Out.WriteLine();
            host.Out.WriteLine($"{Numbers.Count(paths.Length, "machine")}; altmap doctor MACHINE tells the findings of one");
        }
        return worst;
    }

    /// <summary>In order; workers run at most <see cref="AheadMax"/> machines ahead of what was taken.</summary>
    private static IEnumerable<MachineReport> Examined(string[] paths, string? kernel, string? upgrade)
    {
        int workers = Math.Max(1, Math.Min(Environment.ProcessorCount, paths.Length));
        using var ahead = new SemaphoreSlim(AheadMax);
        using var stop = new CancellationTokenSource();
        var ready = new ConcurrentDictionary<int, MachineReport>();
        using var arrived = new SemaphoreSlim(0);
        int next = -1;
        Task[] tasks =
        [
            .. Enumerable
                .Range(0, workers)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        while (true)
                        {
                            ahead.Wait(stop.Token);
                            int mine = Interlocked.Increment(ref next);
                            if (mine >= paths.Length)
                            {
                                ahead.Release();
                                return;
                            }
                            ready[mine] = DoctorCommand.Examine(paths[mine], kernel, upgrade).Report;
                            arrived.Release();
                        }
                    })
                ),
        ];
        try
        {
            for (int i = 0; i < paths.Length; i++)
            {
                MachineReport? report;
                while (!ready.TryRemove(i, out report))
                {
                    arrived.Wait(200);
                    if (Array.Find(tasks, t => t.IsFaulted) is { } broken)
                        broken.GetAwaiter().GetResult(); // our own mistake: tell it as such
                }
                ahead.Release();
                yield return report;
            }
        }
        finally
        {
            stop.Cancel();
        }
    }

    private static void AddRow(TextTable table, MachineReport report)
    {
        if (report.Failure is { } failure)
        {
            table.Add(report.Path, "", "", "", "", "", $"not examined: {failure.Messages[0]}");
            return;
        }
        table.Add(
            report.Path,
            report.Kernel,
            Numbers.Of(report.Count(Severity.Error)),
            Numbers.Of(report.Count(Severity.Warning)),
            Numbers.Of(report.Count(Severity.Note)),
            Numbers.Of(report.Unknown.Length),
            report.Findings.IsEmpty ? "" : report.Findings[0].Code.Name
        );
    }

    private static void WriteLine(CliHost host, MachineReport report)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, OneLine))
            DoctorJson.Write(json, report);
        host.Out.Flush();
        host.OutputBytes.Write(buffer.WrittenSpan);
        host.OutputBytes.Write("\n"u8);
        host.OutputBytes.Flush();
    }

    /// <summary>A bar on standard error, on a terminal alone.</summary>
    private sealed class FleetProgress(CliHost host, int total)
    {
        private const int Width = 30;
        private int _shown = -1;

        public void Show(int done)
        {
            int cells = (int)((long)done * Width / total);
            if (!host.IsOutputTerminal || host.IsQuiet || (cells == _shown && done != total))
                return;
            _shown = cells;
            host.Error.Write(
                string.Create(CultureInfo.InvariantCulture, $"\r[{new string('#', cells)}{new string('.', Width - cells)}] {done}/{total} ")
            );
        }

        public void Clear()
        {
            if (_shown >= 0)
                host.Error.Write($"\r{new string(' ', Width + 24)}\r");
        }
    }
}

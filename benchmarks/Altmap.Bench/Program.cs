using System.Globalization;
using Altmap.Bench;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

// ./bench --spin [--full]: the explorer beside SPIN.
// ./bench --start: the native program's starts beside ndctl's.
// ./bench [FILTER…] [--full] [options of BenchmarkDotNet]. Leading words without a dash are filters, matched anywhere in the name.
List<string> rest = [.. args];
bool full = rest.Remove("--full");
if (rest.Remove("--spin"))
    return SpinComparison.Run(full);
if (rest.IndexOf("--start") is >= 0 and var at)
    return StartComparison.Run(rest[at + 1]);
string[] filters = [.. rest.TakeWhile(a => !a.StartsWith('-'))];
rest.RemoveRange(0, filters.Length);
bool isQuestion = rest.Exists(a => a is "--list" or "--help" or "--info" or "--version");
if (filters.Length > 0)
    rest.AddRange(["--filter", .. filters.Select(f => $"*{f}*")]);
else if (!rest.Contains("--filter") && !isQuestion)
    rest.AddRange(["--filter", "*"]);

// In this process: BenchmarkDotNet 0.14 cannot generate projects for the pinned SDK. Short by default: minutes for everything.
Job job = (full ? Job.Default : Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(100))).WithToolchain(
    InProcessEmitToolchain.Instance
);
string folder = Path.Combine(".build", "bench");
Directory.CreateDirectory(folder);
using var quiet = new QuietLogger(File.CreateText(Path.Combine(folder, "bench.log")), Console.Error);
IConfig config = ManualConfig
    .CreateEmpty()
    .AddJob(job)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddExporter(MarkdownExporter.Default)
    .AddLogger(isQuestion ? ConsoleLogger.Default : quiet)
    .WithArtifactsPath(folder);
List<Summary> summaries = [.. BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. rest], config)];
if (isQuestion)
    return 0;

Console.WriteLine(string.Join('\n', HostEnvironmentInfo.GetCurrent().ToFormattedString()));
foreach (Summary summary in summaries.Where(s => s.Reports.Length > 0))
{
    Console.WriteLine(
        string.Create(
            CultureInfo.InvariantCulture,
            $"\n{summary.Reports[0].BenchmarkCase.Descriptor.Type.Name} ({summary.TotalTime.TotalSeconds:f0} s)"
        )
    );
    Console.Write(ResultTable.Of(summary));
}
return summaries.Count > 0 && summaries.All(s => !s.HasCriticalValidationErrors && s.Reports.All(r => r.Success)) ? 0 : 1;

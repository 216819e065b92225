using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

// ./bench [FILTER…] [--full] [options of BenchmarkDotNet]. Leading words without a dash are filters, matched anywhere in the name.
List<string> rest = [.. args];
bool full = rest.Remove("--full");
string[] filters = [.. rest.TakeWhile(a => !a.StartsWith('-'))];
rest.RemoveRange(0, filters.Length);
if (filters.Length > 0) rest.AddRange(["--filter", .. filters.Select(f => $"*{f}*")]);
else if (!rest.Contains("--filter") && !rest.Contains("--list")) rest.AddRange(["--filter", "*"]);

// In this process: BenchmarkDotNet 0.14 cannot generate projects for the pinned SDK. Short by default: minutes for everything.
Job job = (full ? Job.Default : Job.ShortRun).WithToolchain(InProcessEmitToolchain.Instance);
IConfig config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddLogger(ConsoleLogger.Default)
    .WithArtifactsPath(Path.Combine(".build", "bench"));
var summaries = BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. rest], config).ToList();
return rest.Contains("--list") || (summaries.Count > 0 && summaries.All(s => !s.HasCriticalValidationErrors && s.Reports.All(r => r.Success))) ? 0 : 1;

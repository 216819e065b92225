using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Explore;

/// <summary>The job files of examples/cluster: as a real scheduler runs them, and as it would.</summary>
[SupportedOSPlatform("linux")]
public class ClusterTests(ITestOutputHelper output)
{
    private static readonly string Jobs = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "examples", "cluster"));
    private static readonly string[] Search = ["--policy", "taint-pagemap", "--faults", "map-failure", "--bounds", "pages=4"];

    /// <summary>./test --cluster.</summary>
    [Fact(Explicit = true)]
    [Trait("needs", "cluster")]
    public void A_killed_task_of_a_Slurm_array_is_run_again_and_the_result_is_that_of_one_process()
    {
        Assert.SkipWhen(SlurmCluster.Missing is not null, SlurmCluster.Missing ?? "");
        using var scratch = new Scratch();
        string shared = scratch["search"],
            work = scratch["work"];
        Directory.CreateDirectory(scratch["slurm"]);
        Directory.CreateDirectory(work);
        using SlurmCluster cluster = SlurmCluster.Start(scratch["slurm"], cpus: 4);
        var environment = new Dictionary<string, string>
        {
            ["DIR"] = shared,
            ["SHARDS"] = "3",
            ["ALTMAP"] = Cli.Program,
            ["PATH"] = Environment.GetEnvironmentVariable("PATH")!,
        };
        string[] job = [Path.Combine(Jobs, "explore.sbatch"), .. Search, "--json"];
        string array = cluster.Submit(work, environment, ["--mem-per-cpu=500M", "--array=0-2", .. job]);

        // One task is killed in the middle; the others wait for it.
        int Levels(int shard) =>
            Directory.Exists(Path.Combine(shared, $"shard-{shard}"))
                ? Directory.GetFiles(Path.Combine(shared, $"shard-{shard}"), "level-??????").Length
                : 0;
        cluster.WaitFor(() => Levels(1) > 12, "shard 1 has a few levels");
        cluster.Kill($"{array}_1");
        cluster.WaitFor(() => !cluster.Tasks(array).Any(t => t.StartsWith($"{array}_1 ", StringComparison.Ordinal)), "the task is gone");
        int before = Levels(1);
        Assert.Equal([$"{array}_0 RUNNING", $"{array}_2 RUNNING"], cluster.Tasks(array).Order(StringComparer.Ordinal));
        string again = cluster.Submit(work, environment, ["--mem-per-cpu=500M", "--array=1", .. job]);
        cluster.WaitFor(() => cluster.Tasks(array).Length + cluster.Tasks(again).Length == 0, "all are done");
        output.WriteLine($"killed after {before} of {Levels(1)} levels");
        Assert.InRange(before, 12, Levels(1) - 2);

        CliResult whole = Cli.Run(["explore", .. Search, "--json", "--directory", scratch["one"]]);
        Assert.Equal(4, whole.ExitCode);
        string said = File.ReadAllText(Path.Combine(work, "altmap-explore-0.out"));
        using JsonDocument one = JsonDocument.Parse(whole.Output),
            many = JsonDocument.Parse(said[said.IndexOf('{', StringComparison.Ordinal)..]);
        foreach (string key in (string[])["states", "steps", "depth", "complete"])
            Assert.Equal(one.RootElement.GetProperty(key).GetRawText(), many.RootElement.GetProperty(key).GetRawText());
        Assert.Equal(Violations(one), Violations(many));
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"had {before} levels of this search"),
            File.ReadAllText(Path.Combine(work, "altmap-explore-1.out")),
            StringComparison.Ordinal
        );
        List<string> states = States(scratch["one"], 1);
        Assert.Equal(one.RootElement.GetProperty("states").GetInt32(), states.Count);
        Assert.Equal(states, States(shared, 3));
    }

    /// <summary>The script of the Indexed Job, as /bin/sh of a container runs it.</summary>
    [Theory]
    [InlineData("", 0)] // a property does not hold: the container has done its work
    [InlineData("--policy nonsense", 16)]
    public async Task The_script_of_the_Kubernetes_job_answers(string wrong, int exitCode)
    {
        using var scratch = new Scratch();
        string[] lines = File.ReadAllLines(Path.Combine(Jobs, "explore-job.yaml"));
        int first = Array.FindIndex(lines, l => l.EndsWith("- |", StringComparison.Ordinal)) + 1,
            indent = lines[first].Length - lines[first].TrimStart().Length;
        string script = string.Join(
            '\n',
            lines[first..].TakeWhile(l => l.Length - l.TrimStart().Length >= indent).Select(l => l[indent..])
        );
        Assert.Contains("\"$JOB_COMPLETION_INDEX/4\"", script, StringComparison.Ordinal);
        Assert.Contains("  completions: 4", lines);
        Assert.Contains("  parallelism: 4", lines);
        script = script
            .Replace("/tmp/", scratch[""] + "/", StringComparison.Ordinal)
            .Replace("/shared", scratch[""], StringComparison.Ordinal)
            .Replace("INDEX/4", "INDEX/1", StringComparison.Ordinal)
            .Replace("walkers=3,pages=5", $"walkers=1,pages=2 {wrong}", StringComparison.Ordinal);
        var start = new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["JOB_COMPLETION_INDEX"] = "0";
        start.Environment["PATH"] = Path.GetDirectoryName(Cli.Program) + ":" + Environment.GetEnvironmentVariable("PATH");
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == exitCode, await error);
        if (exitCode != 0)
            return;
        Assert.Contains("properties do not hold", said, StringComparison.Ordinal);
        Assert.Equal(said, File.ReadAllText(Path.Combine(scratch["search"], "result.txt")));
    }

    private static IEnumerable<string> Violations(JsonDocument json) =>
        json
            .RootElement.GetProperty("violations")
            .EnumerateArray()
            .Select(v => $"{v.GetProperty("property").GetString()} {v.GetProperty("trace").GetArrayLength()}");

    /// <summary>Every state that shards have kept, with its level.</summary>
    private static List<string> States(string directory, int shards)
    {
        var states = new List<string>();
        string[] folders = [.. Enumerable.Range(0, shards).Select(s => Path.Combine(directory, $"shard-{s}"))];
        int size = folders.Sum(f => (int)new FileInfo(Path.Combine(f, "level-000000")).Length); // one state
        foreach (string file in folders.SelectMany(f => Directory.GetFiles(f, "level-??????")))
        {
            byte[] bytes = File.ReadAllBytes(file);
            for (int at = 0; at < bytes.Length; at += size)
                states.Add($"{Path.GetFileName(file)} {Convert.ToHexString(bytes, at, size)}");
        }
        states.Sort(StringComparer.Ordinal);
        return states;
    }
}

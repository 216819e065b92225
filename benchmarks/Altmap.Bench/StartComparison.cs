using System.Diagnostics;
using System.Globalization;
using Altmap.Host.FileSystems;

namespace Altmap.Bench;

/// <summary>
/// How long commands take from start to end as processes: the native program, beside the real <c>ndctl read-infoblock</c> on the same file.
/// The commands take turns, so that others who use the machine disturb all alike; medians.
/// </summary>
internal static class StartComparison
{
    private const int Rounds = 41;

    public static int Run(string program)
    {
        string folder = Path.Combine(".build", "bench", "start");
        Directory.CreateDirectory(folder);
        string image = Path.Combine(folder, "head.img");
        File.Delete(image);
        Measure([program, "infoblock", "write", "-q", "-o", image, "-s", "256M"]);
        string[][] commands =
        [
            ["ndctl", "read-infoblock", "-j", "-i", image],
            [program, "infoblock", "read", image],
            [program, "--version"],
            [program, "map", "examples/shared-section.json"],
            [program, "run", "examples/nvdimm.json", "--", "ndctl", "list"],
        ];
        var demands = new Demands();
        bool hasNdctl = new ExternalTool("ndctl", "ndctl").IsThere;
        if (!hasNdctl)
        {
            Console.WriteLine("ndctl is not here (Debian package ndctl): nothing to compare infoblock read with: NOT MET");
            demands.Miss();
        }
        List<double>[] times = [.. commands.Select(_ => new List<double>())];
        for (int round = 0; round < Rounds; round++)
        {
            for (int c = hasNdctl ? 0 : 1; c < commands.Length; c++)
                times[c].Add(Measure(commands[c]));
        }
        double[] medians = [.. times.Select(t => t.Count == 0 ? double.NaN : t.Order().ElementAt(t.Count / 2))];
        for (int c = 0; c < commands.Length; c++)
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{medians[c], 8:0.0} ms  {string.Join(' ', commands[c].Select(Path.GetFileName))}"
                )
            );
        if (hasNdctl)
            demands.AtMost("times ndctl's read-infoblock", medians[1] / medians[0], 2);
        demands.AtMost("ms for --version", medians[2], 10);
        demands.AtMost("ms for map of a small machine", medians[3], 25);
        demands.AtMost("ms for run … -- ndctl list", medians[4], 25);
        demands.AtMost("MB of program", new FileInfo(program).Length / 1e6, 20);
        return demands.ExitCode;
    }

    private static double Measure(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var clock = Stopwatch.StartNew();
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        double time = clock.Elapsed.TotalMilliseconds;
        return process.ExitCode == 0 ? time : throw new InvalidOperationException($"{string.Join(' ', command)}: {errors.Result}");
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Altmap.TestSupport;

/// <summary>What SPIN says of an exported model.</summary>
/// <param name="States">States stored.</param>
/// <param name="Violated">Properties that it found violated, sorted.</param>
/// <param name="CpuSeconds">Of its search alone.</param>
/// <param name="StateBytes">Bytes a state, table and stack apart.</param>
public sealed record SpinResult(long States, IReadOnlyList<string> Violated, double CpuSeconds, double StateBytes);

/// <summary>Runs SPIN and the C compiler (Debian packages spin and gcc).</summary>
public static partial class Spin
{
    /// <summary>Why it cannot run here, or null.</summary>
    public static string? Missing { get; } =
        Find("spin") is null ? "SPIN is not there (Debian package spin)"
        : Find("gcc") is null ? "no C compiler is there (Debian package gcc)"
        : null;

    /// <summary>Exact search without reductions.</summary>
    /// <param name="promela">The model.</param>
    /// <param name="optimise">For the C compiler.</param>
    /// <param name="isLarge">True: room for millions of states from the start, so that it is as fast as it can be.</param>
    public static SpinResult Run(string promela, string optimise = "-O1", bool isLarge = false)
    {
        string folder = Directory.CreateTempSubdirectory("altmap-spin-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "model.pml"), promela);
            Start(folder, "spin", "-a", "model.pml");
            Start(folder, "gcc", "-w", optimise, "-DNOREDUCE", "-DSAFETY", "-o", "pan", "pan.c");
            string said = "";
            // Its stack and table are cleared before the search, which takes longer than a small search: the smallest room that will do.
            foreach ((int depth, int table) in ((int, int)[])[(200_000, 18), (40_000_000, 24)])
            {
                if (isLarge && depth < 40_000_000)
                    continue;
                said = Start(
                    folder,
                    "bash",
                    "-c",
                    string.Create(CultureInfo.InvariantCulture, $"TIMEFORMAT='cpu %U %S'; time ./pan -E -m{depth} -w{table}")
                );
                if (!said.Contains("max search depth too small", StringComparison.Ordinal))
                    break;
            }
            if (
                !said.Contains("errors: 0", StringComparison.Ordinal)
                || said.Contains("max search depth too small", StringComparison.Ordinal)
            )
                throw new InvalidOperationException($"SPIN did not search everything: {said}");
            Match cpu = Cpu().Match(said);
            return new SpinResult(
                (long)Number(Stored().Match(said).Groups[1].Value),
                [.. Told().Matches(said).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal)],
                Number(cpu.Groups[1].Value) + Number(cpu.Groups[2].Value),
                Number(Vector().Match(said).Groups[1].Value)
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string Start(string folder, string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? said + errors.Result
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {said}{errors.Result}");
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(p => Path.Combine(p, program)).FirstOrDefault(File.Exists);

    [GeneratedRegex(@"^ *([0-9.e+]+) states, stored", RegexOptions.Multiline)]
    private static partial Regex Stored();

    [GeneratedRegex("^violated: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Told();

    [GeneratedRegex("^cpu ([0-9.]+) ([0-9.]+)$", RegexOptions.Multiline)]
    private static partial Regex Cpu();

    [GeneratedRegex("State-vector ([0-9]+) byte")]
    private static partial Regex Vector();
}

using System.Globalization;
using Altmap.Conformance.Packages;

namespace Altmap.Conformance;

/// <summary>What <c>./test --kernel</c> was told.</summary>
internal sealed record SuiteOptions
{
    /// <summary>For people.</summary>
    public const string Usage = """
        usage: ./test --kernel [5.10|6.1|6.12|7.2|all] [FILTER] [options]
          FILTER                 only cases whose name contains it
          --list                 names of the cases, and nothing else
          --smoke                a few cases and a few hundred fuzzed inputs, for every change
          --fuzz-infoblocks N    N random and mutated info-blocks, N/5 BTTs and N/5 label areas
          --fuzz-btts N          BTTs only
          --fuzz-labels N        label areas only
          --fuzz-sessions N      N random sessions of 20 to 36 commands of ndctl, daxctl and sysfs
          --seed S               seed of the fuzzing (1)
          --write-docs           puts the tallies into docs/conformance.md
          --from-log FILE        runs nothing: takes tallies and cases out of what an earlier run printed (and writes the pages)
          --record DIR           keeps sessions, maps and captures that were run in DIR, in the layout of tests/golden
          --jobs N               guests at once (2)
          --time SECONDS         what did not begin by then, or end soon after, is skipped and counted
          --fetch-time SECONDS   for fetching packages; a kernel that is not there by then is skipped and counted
          --cache DIR            where fetched packages are kept ($XDG_CACHE_HOME/altmap/conformance)
        """;

    public IReadOnlyList<string> Kernels { get; init; } = [];
    public string? Filter { get; init; }
    public bool IsList { get; init; }
    public bool IsSmoke { get; init; }
    public bool WritesDocs { get; init; }
    public int InfoBlocks { get; init; }
    public int Btts { get; init; }
    public int Labels { get; init; }
    public int Sessions { get; init; }
    public ulong Seed { get; init; } = 1;
    public string Cache { get; init; } = DefaultCache();
    public int Jobs { get; init; } = 2;
    public IReadOnlyList<string> Logs { get; init; } = [];
    public string? RecordTo { get; init; }
    public int? Seconds { get; init; }
    public int? FetchSeconds { get; init; }

    /// <summary>How long guests may run, from when this is asked for.</summary>
    public TimeBudget Time => Budget(Seconds);

    /// <summary>How long fetching may take, from when this is asked for.</summary>
    public TimeBudget FetchTime => Budget(FetchSeconds);

    /// <summary>True: inputs are fuzzed, and no cases are run.</summary>
    public bool Fuzzes => InfoBlocks + Btts + Labels + Sessions > 0;

    /// <summary>Reads the words; null for wrong use.</summary>
    public static SuiteOptions? Parse(string[] args)
    {
        var options = new SuiteOptions();
        for (int i = 0; i < args.Length; i++)
        {
            string word = args[i];
            int number = 0;
            bool takesNumber =
                word
                is "--fuzz-infoblocks"
                    or "--only-infoblocks"
                    or "--fuzz-btts"
                    or "--fuzz-labels"
                    or "--fuzz-sessions"
                    or "--seed"
                    or "--jobs"
                    or "--time"
                    or "--fetch-time";
            if (
                takesNumber
                && !(
                    i + 1 < args.Length
                    && int.TryParse(args[++i], NumberStyles.None, CultureInfo.InvariantCulture, out number)
                    && number > 0
                )
            )
                return null;
            SuiteOptions? next = word switch
            {
                "--fuzz-infoblocks" => options with
                {
                    InfoBlocks = number,
                    Btts = Math.Max(1, number / 5),
                    Labels = Math.Max(1, number / 5),
                },
                "--only-infoblocks" => options with { InfoBlocks = number },
                "--fuzz-btts" => options with { Btts = number },
                "--fuzz-labels" => options with { Labels = number },
                "--fuzz-sessions" => options with { Sessions = number },
                "--seed" => options with { Seed = (ulong)number },
                "--from-log" when i + 1 < args.Length => options with { Logs = [.. options.Logs, args[++i]] },
                "--record" when i + 1 < args.Length => options with { RecordTo = Path.GetFullPath(args[++i]) },
                "--jobs" => options with { Jobs = number },
                "--time" => options with { Seconds = number },
                "--fetch-time" => options with { FetchSeconds = number },
                "--list" => options with { IsList = true },
                "--smoke" => options with { IsSmoke = true },
                "--write-docs" => options with { WritesDocs = true },
                "--cache" when i + 1 < args.Length => options with { Cache = Path.GetFullPath(args[++i]) },
                "all" when options.Kernels.Count == 0 => options with { Kernels = [.. KernelSeries.All.Select(k => k.Series)] },
                _ when KernelSeries.All.Any(k => k.Series == word) => options with { Kernels = [.. options.Kernels, word] },
                _ when options.Filter is null && !word.StartsWith('-') => options with { Filter = word },
                _ => null,
            };
            if (next is null)
                return null;
            options = next;
        }
        return options.Kernels.Count == 0 ? options with { Kernels = ["6.1"] } : options;
    }

    private static TimeBudget Budget(int? seconds) => new(seconds is { } some ? TimeSpan.FromSeconds(some) : null);

    private static string DefaultCache()
    {
        string? root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(root))
            root = Path.Combine(Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home : Path.GetTempPath(), ".cache");
        return Path.Combine(root, "altmap", "conformance");
    }
}

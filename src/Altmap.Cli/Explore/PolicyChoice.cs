using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Core.Json;
using Altmap.Host;
using Altmap.Model.Explore;
using Altmap.Model.Memory.Steps;

namespace Altmap.Cli.Explore;

/// <summary><c>--policy</c>: how pfn_to_online_page() judges, by name or by file; the same words wherever it is asked for.</summary>
internal static class PolicyChoice
{
    private const int PolicyBytesMax = 1 << 20;

    /// <summary>The option, with every word that is allowed.</summary>
    /// <param name="what">What it is for, before the words.</param>
    public static Option<string?> Option(string what)
    {
        var policy = new Option<string?>("--policy")
        {
            Description =
                what
                + ". A name: "
                + string.Join("; ", Policy.All.Select(p => $"{p.Name} ({p.Title})"))
                + ". Or a file, as ./mine.json, format "
                + PolicyFile.Format
                + ": \"checks\", or \"based_on\" with \"remove\" and \"add\". Checks: "
                + string.Join("; ", Enum.GetValues<OnlineTest>().Select(t => $"{OnlineCheck.WordOf(t)}: {OnlineCheck.MeaningOf(t)}"))
                + $"; each also with {OnlineCheck.TaintedPrefix} before it, asked in tainted sections only. \"holes\": "
                + string.Join("; ", PolicyFile.HoleWords.Select(w => $"{w.Word}: {w.Meaning}"))
                + ". \"collisions\": "
                + string.Join("; ", PolicyFile.CollisionWords.Select(w => $"{w.Word}: {w.Meaning}")),
            HelpName = "POLICY|FILE",
        };
        policy.CompletionSources.Add([.. Policy.All.Select(p => p.Name)]);
        return policy;
    }

    /// <summary>The policy of a name or of a file.</summary>
    public static Policy Of(string nameOrFile)
    {
        if (Policy.Find(nameOrFile) is { } named)
            return named;
        if (!nameOrFile.Contains('/', StringComparison.Ordinal) && !nameOrFile.EndsWith(".json", StringComparison.Ordinal))
        {
            string[] names = [.. Policy.All.Select(p => p.Name)];
            throw CliError.Usage(
                $"--policy: there is no policy {Quote.Text(nameOrFile)}; expected one of {string.Join(", ", names)}, or a file "
                    + $"(./mine.json) {NearestWord.Hint(nameOrFile, names)}".TrimEnd()
            );
        }
        HostResult<byte[]> read = BoundedFile.Read(nameOrFile, PolicyBytesMax);
        if (read.Error is { } error)
            throw CliError.Of(error);
        PolicyFileResult result = PolicyFile.Parse(read.Value, nameOrFile);
        return result.Policy ?? throw CliError.Of([.. result.Errors.Select(HostError.Of)]);
    }
}

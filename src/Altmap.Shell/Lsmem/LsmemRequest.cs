using System.Collections.Immutable;
using Altmap.Core;

namespace Altmap.Shell.Lsmem;

/// <summary>Columns of lsmem, in the order of its help.</summary>
internal enum LsmemColumn
{
    Range,
    Size,
    State,
    Removable,
    Block,
    Node,
    Zones,
}

/// <summary>How rows are printed.</summary>
internal enum LsmemFormat
{
    Table,
    Json,
    Pairs,
    Raw,
}

/// <summary>When the summary is printed.</summary>
internal enum LsmemSummary
{
    /// <summary>After a table, not after the other formats.</summary>
    Default,
    Never,
    Always,
    Only,
}

/// <summary>The options of lsmem, read as util-linux 2.38.1 does with getopt_long(): seen by running it.</summary>
internal sealed record LsmemRequest
{
    private const int ColumnsMax = 14;
    private const string TryHelp = "Try 'lsmem --help' for more information.\n";
    private static readonly ImmutableArray<LsmemColumn> s_all = [.. Enum.GetValues<LsmemColumn>()];

    /// <summary>Long name, letter or NUL, whether it takes a value (null: it may).</summary>
    private static readonly ImmutableArray<(string Name, char Letter, bool? TakesValue)> s_options =
    [
        ("all", 'a', false),
        ("bytes", 'b', false),
        ("help", 'h', false),
        ("json", 'J', false),
        ("noheadings", 'n', false),
        ("output", 'o', true),
        ("output-all", '\0', false),
        ("pairs", 'P', false),
        ("raw", 'r', false),
        ("sysroot", 's', true),
        ("split", 'S', true),
        ("version", 'V', false),
        ("summary", '\0', null),
    ];

    public bool All { get; private init; }

    public bool Bytes { get; private init; }

    public bool NoHeadings { get; private init; }

    public LsmemFormat Format { get; private init; }

    public LsmemSummary Summary { get; private init; }

    public ImmutableArray<LsmemColumn> Columns { get; private init; } = s_all[..5];

    /// <summary>What keeps blocks apart that touch.</summary>
    public ImmutableArray<LsmemColumn> Split { get; private init; } = [];

    /// <summary>The name of a column as headers have it.</summary>
    public static string Name(LsmemColumn column) => column.ToString().ToUpperInvariant();

    /// <summary>The request; or what is printed instead, and the exit code.</summary>
    public static (LsmemRequest? Request, string Stdout, string Stderr, int ExitCode) Parse(ImmutableArray<string> words)
    {
        var request = new LsmemRequest();
        string? output = null,
            split = null;
        bool isExtra = false,
            isOnlyOptions = true;
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            if (word == "--" && isOnlyOptions)
            {
                isOnlyOptions = false;
                continue;
            }
            if (!isOnlyOptions || word.Length < 2 || word[0] != '-')
            {
                isExtra = true;
                continue;
            }
            (List<(string Name, string? Value)>? found, string? error) = word.StartsWith("--", StringComparison.Ordinal)
                ? Long(words, ref i)
                : Short(words, ref i);
            foreach ((string name, string? value) in found)
            {
                if (name is "help")
                    return (null, Help, "", 0);
                if (name is "version")
                    return (null, "lsmem from util-linux 2.38.1\n", "", 0);
                if (name is "sysroot")
                    throw new NotModelledException("lsmem --sysroot");
                (output, split) = (name == "output" ? value : output, name == "split" ? value : split);
                if (request.With(name, value) is not { } next)
                    return (null, "", "lsmem: unsupported --summary argument\n", 1);
                if (next.Format != request.Format && request.Format != LsmemFormat.Table)
                    return (null, "", "lsmem: mutually exclusive arguments: --json --pairs --raw\n", 1);
                request = next;
            }
            if (error is not null)
                return (null, "", $"lsmem: {error}\n{TryHelp}", 1);
        }
        if (isExtra)
            return (null, "", $"lsmem: bad usage\n{TryHelp}", 1);
        if (request.Format != LsmemFormat.Table && request.Summary == LsmemSummary.Only)
            return (null, "", "lsmem: options --{raw,json,pairs} and --summary=only are mutually exclusive\n", 1);
        if (request.Summary == LsmemSummary.Only)
            return (request, "", "", 0); // the columns are not even read
        return request.WithColumns(output, split);
    }

    private LsmemRequest? With(string option, string? value) =>
        option switch
        {
            "all" => this with { All = true },
            "bytes" => this with { Bytes = true },
            "noheadings" => this with { NoHeadings = true },
            "json" => this with { Format = LsmemFormat.Json },
            "pairs" => this with { Format = LsmemFormat.Pairs },
            "raw" => this with { Format = LsmemFormat.Raw },
            "output-all" => this with { Columns = s_all },
            "summary" => value switch
            {
                null or "only" => this with { Summary = LsmemSummary.Only },
                "never" => this with { Summary = LsmemSummary.Never },
                "always" => this with { Summary = LsmemSummary.Always },
                _ => null,
            },
            _ => this,
        };

    private (LsmemRequest? Request, string Stdout, string Stderr, int ExitCode) WithColumns(string? output, string? split)
    {
        LsmemRequest request = this;
        if (output is not null)
        {
            bool adds = output.StartsWith('+');
            if (ReadColumns(adds ? output[1..] : output, out string? unknown) is not { } columns)
                return (null, "", unknown is null ? "" : $"lsmem: unknown column: {unknown}\n", 1);
            request = request with { Columns = adds ? [.. Columns, .. columns] : columns };
            if (request.Columns.Length > ColumnsMax)
                return (null, "", "", 1);
        }
        if (split is null)
            return (request with { Split = request.Columns }, "", "", 0);
        if (string.Equals(split, "none", StringComparison.OrdinalIgnoreCase))
            return (request, "", "", 0);
        return ReadColumns(split, out string? bad) is { } apart
            ? (request with { Split = apart }, "", "", 0)
            : (null, "", bad is null ? "" : $"lsmem: unknown column: {bad}\n", 1);
    }

    /// <summary>A list of names, any case. An empty name fails without a word; an unknown one is complained of with all that follows
    /// it.</summary>
    private static ImmutableArray<LsmemColumn>? ReadColumns(string list, out string? unknown)
    {
        unknown = null;
        var columns = ImmutableArray.CreateBuilder<LsmemColumn>();
        for (int at = 0; at < list.Length || at == 0; )
        {
            int comma = list.IndexOf(',', at);
            int end = comma < 0 || comma == list.Length - 1 ? list.Length : comma;
            string name = list[at..end];
            if (name.Length == 0)
                return null;
            LsmemColumn[] found = [.. s_all.Where(c => string.Equals(Name(c), name, StringComparison.OrdinalIgnoreCase))];
            if (found.Length == 0)
            {
                unknown = list[at..];
                return null;
            }
            columns.Add(found[0]);
            at = end + 1;
        }
        return columns.ToImmutable();
    }

    private static (List<(string, string?)> Found, string? Error) Short(ImmutableArray<string> words, ref int i)
    {
        var found = new List<(string, string?)>();
        string word = words[i];
        for (int at = 1; at < word.Length; at++)
        {
            char letter = word[at];
            if (s_options.FirstOrDefault(o => o.Letter == letter && letter != '\0') is not { Name: { } name } option)
                return (found, $"invalid option -- '{letter}'");
            if (option.TakesValue is not true)
            {
                found.Add((name, null));
                continue;
            }
            if (at + 1 < word.Length)
                found.Add((name, word[(at + 1)..]));
            else if (i + 1 < words.Length)
                found.Add((name, words[++i]));
            else
                return (found, $"option requires an argument -- '{letter}'");
            break;
        }
        return (found, null);
    }

    private static (List<(string, string?)> Found, string? Error) Long(ImmutableArray<string> words, ref int i)
    {
        string[] parts = words[i][2..].Split('=', 2);
        var exact = s_options.Where(o => o.Name == parts[0]).ToList();
        var fitting = exact.Count > 0 ? exact : [.. s_options.Where(o => o.Name.StartsWith(parts[0], StringComparison.Ordinal))];
        if (fitting.Count == 0)
            return ([], $"unrecognized option '--{parts[0]}'");
        if (fitting.Count > 1)
            return ([], $"option '{words[i]}' is ambiguous; possibilities: {string.Join(' ', fitting.Select(o => $"'--{o.Name}'"))}");
        (string name, _, bool? takesValue) = fitting[0];
        if (parts.Length == 2)
            return takesValue is false ? ([], $"option '--{name}' doesn't allow an argument") : ([(name, parts[1])], null);
        if (takesValue is not true)
            return ([(name, null)], null);
        return i + 1 < words.Length ? ([(name, words[++i])], null) : ([], $"option '--{name}' requires an argument");
    }

    private const string Help = """

        Usage:
         lsmem [options]

        List the ranges of available memory with their online status.

        Options:
         -J, --json           use JSON output format
         -P, --pairs          use key="value" output format
         -a, --all            list each individual memory block
         -b, --bytes          print SIZE in bytes rather than in human readable format
         -n, --noheadings     don't print headings
         -o, --output <list>  output columns
             --output-all     output all columns
         -r, --raw            use raw output format
         -S, --split <list>   split ranges by specified columns
         -s, --sysroot <dir>  use the specified directory as system root
             --summary[=when] print summary information (never,always or only)

         -h, --help           display this help
         -V, --version        display version

        Available output columns:
              RANGE  start and end address of the memory range
               SIZE  size of the memory range
              STATE  online status of the memory range
          REMOVABLE  memory is removable
              BLOCK  memory block number or blocks range
               NODE  numa node of memory
              ZONES  valid zones for the memory range

        For more details see lsmem(1).

        """;
}

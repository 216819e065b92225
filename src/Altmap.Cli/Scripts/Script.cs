using System.Collections.Immutable;
using System.Globalization;
using Altmap.Advice.Sessions;
using Altmap.Cli.Common;
using Altmap.Shell.Scripts;

namespace Altmap.Cli.Scripts;

/// <summary>A script that can be run, and the remarks in it that a transcript repeats.</summary>
/// <param name="Lines">Commands, in order.</param>
/// <param name="Remarks">Lines that start with <c>## </c>, with their numbers.</param>
internal sealed record Script(ImmutableArray<ScriptLine> Lines, ImmutableArray<(int LineNumber, string Text)> Remarks)
{
    public static readonly Script Empty = new([], []);

    /// <summary>Reads a script; mistakes end the command, each with its place.</summary>
    public static Script Parse(string name, string text)
    {
        ScriptResult parsed = ScriptParser.Parse(text);
        if (!parsed.IsValid && IsRecording(text))
            throw CliError.Usage(
                $"{name}: this looks like a recorded session (\"+ command\", its output, \"# rc=N\"); compare it with: altmap replay "
                    + $"MACHINE {(name == "<stdin>" ? "-" : name)}"
            );
        if (!parsed.IsValid)
            throw new CliError(
                ExitCode.Usage,
                [
                    .. parsed.Errors.Select(e =>
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{name}:{e.LineNumber}{(e.Column == 0 ? "" : $":{e.Column}")}: {e.Message}"
                        )
                    ),
                ]
            );
        IEnumerable<(int, string)> remarks = text.Split('\n')
            .Select((line, i) => (i + 1, line.TrimEnd('\r')))
            .Where(l => l.Item2.StartsWith("## ", StringComparison.Ordinal));
        return new(parsed.Lines, [.. remarks]);
    }

    private static bool IsRecording(string text)
    {
        string[] lines = text.Split('\n');
        return lines.Any(l => l.StartsWith("+ ", StringComparison.Ordinal))
            && lines.Any(l => l.StartsWith("# rc=", StringComparison.Ordinal));
    }

    /// <summary>One command from the words of our own command line. A word <c>&gt;</c> redirects; a single word with blanks is a line that
    /// was quoted as a whole.</summary>
    public static Script OfWords(IReadOnlyList<string> words)
    {
        string text =
            words is [var line] && line.Contains(' ') ? line : string.Join(' ', words.Select(w => w == ">" ? w : StepText.QuoteWord(w)));
        if (ScriptParser.ParseLine(text) is not { } parsed)
            return Empty;
        return parsed.Error is { } error ? throw CliError.Usage($"the command: {error.Message}") : new([parsed.Line!], []);
    }
}

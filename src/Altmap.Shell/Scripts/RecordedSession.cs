using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Altmap.Shell.Scripts;

/// <summary>A command that a real machine was seen to run, and what it said.</summary>
/// <param name="Text">What stands after <c>+ </c>, without the <c> : message</c> of a refused write.</param>
/// <param name="Words">
/// The command's words. A recording has lost its quotes: each blank separates two words, so two in a row enclose an empty one, and all that
/// follows <c>sh -c </c> is that shell's one argument, given here as the words of the command in it.
/// </param>
/// <param name="RedirectTo">Where standard output went, or null. Empty when the recorded path was empty.</param>
/// <param name="Output">Standard output and error together, each line ended by LF. Empty when <see cref="IsComplete"/> is false.</param>
/// <param name="ExitCode">As recorded; without a record, 1 when a <see cref="Failure"/> stands in its place, otherwise 0.</param>
public sealed record RecordedCommand(string Text, ImmutableArray<string> Words, string? RedirectTo, string Output, int ExitCode)
{
    /// <summary>Line of the recording, from 1.</summary>
    public int LineNumber { get; init; }

    /// <summary>True when <c># rc=N</c> closed the command; false: output and exit code were not recorded.</summary>
    public bool IsComplete { get; init; } = true;

    /// <summary>The message of a refused write that was recorded as <c>+ echo V &gt; PATH : MESSAGE</c>, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>The <c>## </c> comments and other notes of the recorder that stand before this command, in order.</summary>
    public ImmutableArray<string> NotesBefore { get; init; } = [];
}

/// <summary>
/// A recorded session: <c>+ command</c>, its output, <c># rc=N</c>. Lines outside of that are the recorder's notes. Sessions recorded with
/// sysfs writes
/// alone have no <c># rc=</c>; there, a refused write carries its message on its own line.
/// </summary>
/// <param name="Commands">In order.</param>
/// <param name="NotesAfter">Notes behind the last command.</param>
/// <param name="Errors">What is not a recording; the commands are then those before it.</param>
public sealed record RecordedSession(
    ImmutableArray<RecordedCommand> Commands,
    ImmutableArray<string> NotesAfter,
    ImmutableArray<ScriptError> Errors
)
{
    /// <summary>Most lines of a recording (outputs included).</summary>
    public const int LinesMax = 1_000_000;

    private const string CommandMark = "+ ";
    private const string ClosingMark = "# rc=";
    private const int ExitCodeMax = 255; // what a shell's $? can be

    /// <summary>True without errors.</summary>
    public bool IsValid => Errors.IsEmpty;

    /// <summary>Reads a recording. Any text is accepted.</summary>
    public static RecordedSession Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var commands = ImmutableArray.CreateBuilder<RecordedCommand>();
        var notes = ImmutableArray.CreateBuilder<string>();
        var errors = ImmutableArray.CreateBuilder<ScriptError>();
        var open = default(Open?);
        var damaged = default((int LineNumber, string Line)?);
        var reader = new LineReader(text.TrimStart(ScriptParser.ByteOrderMark));
        for (var number = 1; reader.Next(out var line); number++)
        {
            if (number > LinesMax || (line.Length > ScriptParser.LineCharsMax && line.StartsWith(CommandMark, StringComparison.Ordinal)))
            {
                errors.Add(
                    new ScriptError(
                        number,
                        0,
                        number > LinesMax
                            ? $"a recording has at most {LinesMax} lines"
                            : $"a command has at most {ScriptParser.LineCharsMax} characters"
                    )
                );
                break;
            }
            if (line.StartsWith(CommandMark, StringComparison.Ordinal))
            {
                damaged ??= open?.Damaged;
                Abandon(ref open, commands, notes);
                open = new Open(line[CommandMark.Length..], number, notes.DrainToImmutable());
            }
            else if (open is not null && ExitCodeOf(line) is { } exitCode)
            {
                commands.Add(open.Close(exitCode));
                open = null;
            }
            else if (open is not null && line.StartsWith(ClosingMark, StringComparison.Ordinal))
            {
                open.Lines.Add(line); // it is output where another closes the command
                open.Damaged ??= (number, line);
            }
            else
            {
                (open is not null ? (IList<string>)open.Lines : notes).Add(line);
            }
        }
        damaged ??= open?.Damaged;
        Abandon(ref open, commands, notes);
        if (errors.Count == 0 && damaged is { } mark)
            errors.Add(
                new ScriptError(
                    mark.LineNumber,
                    0,
                    $"the recording is damaged: \"{mark.Line}\" is no end of a command; expected \"# rc=\" and an exit code from 0 to "
                        + $"{ExitCodeMax}"
                )
            );
        // Recordings of sysfs writes close nothing; where others were closed, another command that is not has lost its end.
        if (
            errors.Count == 0
            && commands.Any(c => c.IsComplete)
            && commands.FirstOrDefault(c => c is { IsComplete: false, RedirectTo: null }) is { } cut
        )
            errors.Add(new ScriptError(cut.LineNumber, 0, "the recording is cut off: no \"# rc=\" closes this command; give a whole one"));
        return new RecordedSession(commands.ToImmutable(), notes.ToImmutable(), errors.ToImmutable());
    }

    /// <summary>A command that nothing closed: the lines behind it are notes, not its output.</summary>
    private static void Abandon(ref Open? open, ImmutableArray<RecordedCommand>.Builder commands, ImmutableArray<string>.Builder notes)
    {
        if (open is null)
            return;
        RecordedCommand unclosed = open.Unclosed();
        commands.Add(unclosed);
        notes.AddRange(unclosed.IsComplete ? open.Lines.SkipWhile(IsAnswer) : open.Lines);
        open = null;
    }

    /// <summary>A line of the monitor's: JSON, which no recorder writes as a note.</summary>
    private static bool IsAnswer(string line) => line.StartsWith("{\"", StringComparison.Ordinal);

    private static int? ExitCodeOf(string line) =>
        line.StartsWith(ClosingMark, StringComparison.Ordinal)
        && int.TryParse(line.AsSpan(ClosingMark.Length).TrimEnd(' '), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
        && code <= ExitCodeMax
            ? code
            : null;

    private sealed class Open(string text, int lineNumber, ImmutableArray<string> notesBefore)
    {
        public int LineNumber => lineNumber;

        public List<string> Lines { get; } = [];

        /// <summary>The first line that would close the command if it had an exit code.</summary>
        public (int LineNumber, string Line)? Damaged { get; set; }

        public RecordedCommand Close(int exitCode)
        {
            var output = new StringBuilder();
            foreach (var line in Lines)
                output.Append(line).Append('\n');
            return Build(text, output.ToString(), exitCode);
        }

        public RecordedCommand Unclosed()
        {
            // The monitor has no exit codes: its answer closes its command.
            if (text.StartsWith(RecordedWords.MonitorMark, StringComparison.Ordinal))
                return Build(text, string.Concat(Lines.TakeWhile(IsAnswer).Select(l => l + "\n")), 0);
            // "echo VALUE > PATH : MESSAGE": no path in sysfs or procfs has " : " in it.
            var into = text.IndexOf(" > ", StringComparison.Ordinal);
            var colon = into < 0 ? -1 : text.IndexOf(" : ", into + 2, StringComparison.Ordinal);
            if (colon < 0)
                return Build(text, "", 0) with { IsComplete = false };
            return Build(text[..colon], "", 1) with { IsComplete = false, Failure = text[(colon + 3)..] };
        }

        private RecordedCommand Build(string command, string output, int exitCode)
        {
            var (words, redirectTo) = RecordedWords.Split(command);
            return new RecordedCommand(command, words, redirectTo, output, exitCode) { LineNumber = lineNumber, NotesBefore = notesBefore };
        }
    }
}

using System.Buffers;
using System.Collections.Immutable;

namespace Altmap.Shell.Scripts;

/// <summary>
/// Reads the commands that people type or keep in a script: one a line, quotes, backslash, <c>#</c> comments, and
/// <c>&gt; path</c>. The rest of the shell's language is refused by name, never guessed at.
/// </summary>
public static class ScriptParser
{
    /// <summary>Longest line, in UTF-16 units.</summary>
    public const int LineCharsMax = 64 * 1024;

    /// <summary>Most lines of a script.</summary>
    public const int LinesMax = 100_000;

    /// <summary>Errors after which reading stops.</summary>
    public const int ErrorsMax = 100;

    private const int NestingMax = 8;
    private static readonly SearchValues<char> ControlCharacters = SearchValues.Create([
        .. Enumerable.Range(0, ' ').Select(c => (char)c).Where(c => c != '\t'),
    ]);
    private static readonly SearchValues<char> Quotes = SearchValues.Create('\'', '"', '\\');
    internal const char ByteOrderMark = '\ufeff'; // some editors begin a file with it

    /// <summary>Reads a script. Any text is accepted; what is no command becomes an error.</summary>
    public static ScriptResult Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = ImmutableArray.CreateBuilder<ScriptLine>();
        var errors = ImmutableArray.CreateBuilder<ScriptError>();
        var number = 0;
        var reader = new LineReader(text.TrimStart(ByteOrderMark));
        while (reader.Next(out var line) && errors.Count < ErrorsMax)
        {
            number++;
            var first = number;
            while (EndsWithContinuation(line) && line.Length <= LineCharsMax && reader.Next(out var more))
            {
                number++;
                line = string.Concat(line.AsSpan(0, line.Length - 1), more);
            }
            if (number > LinesMax)
            {
                errors.Add(new ScriptError(first, 0, $"a script has at most {LinesMax} lines"));
                break;
            }
            if (Read(line, first) is { } result)
            {
                if (result.Error is { } error)
                    errors.Add(error);
                else
                    lines.Add(result.Line!);
            }
        }
        return new ScriptResult(lines.ToImmutable(), errors.ToImmutable());
    }

    /// <summary>Reads one command, as typed at a prompt. Null for a blank line or a comment; otherwise one of the two is set.</summary>
    public static (ScriptLine? Line, ScriptError? Error)? ParseLine(string text, int lineNumber = 1)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Read(text, lineNumber);
    }

    private static (ScriptLine? Line, ScriptError? Error)? Read(string line, int number)
    {
        if (line.Length > LineCharsMax)
            return (null, new ScriptError(number, 0, $"a line has at most {LineCharsMax} characters"));
        // A saved machine keeps its steps as lines of JSON text, which has no control characters.
        if (line.AsSpan().IndexOfAny(ControlCharacters) is >= 0 and var control)
            return (
                null,
                new ScriptError(number, control + 1, $"a control character (U+{(int)line[control]:X4}); a command is one line of text")
            );
        var read = new LineLexer(line).Read();
        if (read.Error is not null && GrepLine.Parse(line) is not null)
            return (new ScriptLine(number, line.Trim(' ', '\t'), ["sh", "-c", line], null), null);
        if (read.Error is not null)
            return (null, new ScriptError(number, read.Column, read.Error));
        if (read.Words.IsEmpty && read.RedirectTo is null)
            return null;
        var command = new ScriptLine(number, line.Trim(' ', '\t'), read.Words, read.RedirectTo);
        if (read.Words is not [var shell, "-c", _] || !IsShell(shell))
        {
            string written = line[..read.End].Trim(' ', '\t');
            if (written.AsSpan().ContainsAny(Quotes))
                command = command with { Echo = written };
        }
        return Unwrap(command, 0);
    }

    /// <summary><c>sh -c 'COMMAND'</c> is COMMAND: people need it to redirect under sudo, and recordings are full of it.</summary>
    private static (ScriptLine? Line, ScriptError? Error)? Unwrap(ScriptLine line, int depth)
    {
        if (line.Words is not [var shell, "-c", var command] || !IsShell(shell))
            return (line, null);
        if (line.RedirectTo is not null || depth == NestingMax)
            return (null, new ScriptError(line.LineNumber, 0, "sh -c takes one command, with its redirection inside the quotes"));
        var read = new LineLexer(command).Read();
        if (read.Error is not null && GrepLine.Parse(command) is not null)
            return (line, null);
        if (read.Error is not null)
            return (null, new ScriptError(line.LineNumber, 0, $"in sh -c: {read.Error}"));
        if (command.Contains('\n'))
            return (null, new ScriptError(line.LineNumber, 0, "in sh -c: one command only"));
        if (read.Words.IsEmpty && read.RedirectTo is null)
            return null;
        return Unwrap(line with { Words = read.Words, RedirectTo = read.RedirectTo }, depth + 1);
    }

    internal static bool IsShell(string word) => word is "sh" or "bash" or "/bin/sh" or "/bin/bash" or "/usr/bin/sh" or "/usr/bin/bash";

    private static bool EndsWithContinuation(string line)
    {
        var backslashes = 0;
        while (backslashes < line.Length && line[^(backslashes + 1)] == '\\')
            backslashes++;
        return backslashes % 2 == 1 && !line.AsSpan().TrimStart(" \t").StartsWith("#");
    }
}

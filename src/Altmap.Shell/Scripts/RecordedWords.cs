using System.Collections.Immutable;

namespace Altmap.Shell.Scripts;

/// <summary>
/// The words of a command that was recorded by <c>echo "+ $*"</c>: joined by single blanks, quotes gone, so what looks like a pattern or a
/// variable is plain text.
/// </summary>
internal static class RecordedWords
{
    /// <summary>How a line to the hypervisor's monitor starts.</summary>
    public const string MonitorMark = "qmp ";

    public static (ImmutableArray<string> Words, string? RedirectTo) Split(string text)
    {
        // A line to the monitor is one word of JSON.
        if (text.StartsWith(MonitorMark, StringComparison.Ordinal))
            return (["qmp", text[MonitorMark.Length..].Trim()], null);
        if (ShellArgument(text) is { } inner)
        {
            // The argument was read by a shell: here quotes, comments and blanks mean what they mean there.
            var read = new LineLexer(inner).Read();
            if (read.Error is null && !(read.Words.IsEmpty && read.RedirectTo is null))
            {
                return read.Words is [var shell, "-c", var nested] && ScriptParser.IsShell(shell) && read.RedirectTo is null
                    ? Split($"{shell} -c {nested}")
                    : (read.Words, read.RedirectTo);
            }
            return ([.. text.Split(' ', 3)], null);
        }
        if (text.AsSpan().ContainsAny("'\"\\"))
        {
            // Not from "$*" but written by hand or by our own transcript, if it reads as a command line.
            var read = new LineLexer(text).Read();
            if (read.Error is null && !read.Words.IsEmpty)
                return (read.Words, read.RedirectTo);
        }
        return SplitAtBlanks(text);
    }

    private static string? ShellArgument(string text)
    {
        var parts = text.Split(' ', 3);
        if (parts is not [var shell, "-c", var argument] || !ScriptParser.IsShell(shell))
            return null;
        var trimmed = argument.Trim(' ');
        var quoted =
            trimmed.Length >= 2
            && trimmed[0] is '\'' or '"'
            && trimmed[^1] == trimmed[0]
            && !trimmed.AsSpan(1, trimmed.Length - 2).Contains(trimmed[0]);
        return quoted ? trimmed[1..^1] : argument;
    }

    private static (ImmutableArray<string> Words, string? RedirectTo) SplitAtBlanks(string text)
    {
        var parts = text.Split(' ');
        if (parts is [.. var before, ">", var path])
            return ([.. before], path);
        if (parts is [.. var head, ['>', not ('>' or '&'), ..] last])
            return ([.. head], last[1..]);
        return ([.. parts], null);
    }
}

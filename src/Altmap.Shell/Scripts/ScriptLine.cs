using System.Collections.Immutable;

namespace Altmap.Shell.Scripts;

/// <summary>One command of a script.</summary>
/// <param name="LineNumber">From 1; of a command continued with <c>\</c>, its first line.</param>
/// <param name="Text">As written, without surrounding blanks; a comment after it is kept.</param>
/// <param name="Words">After quotes and backslashes are taken away; the redirection is not among them. Never empty, save for a lone <c>&gt;
/// path</c>.</param>
/// <param name="RedirectTo">Where standard output goes (<c>&gt; path</c>), or null.</param>
public sealed record ScriptLine(int LineNumber, string Text, ImmutableArray<string> Words, string? RedirectTo)
{
    /// <summary>What a recording has after <c>+ </c>: the words with single blanks between them, as a shell's <c>echo "$*"</c> shows them,
    /// <c>sh -c</c> among them; a line with quotes of its own as it was written, since its words could not be told apart
    /// again.</summary>
    public string Echo { get; init; } = string.Join(' ', Words) + (RedirectTo is null ? "" : $" > {RedirectTo}");
}

/// <summary>A line that is not a command we can run.</summary>
/// <param name="LineNumber">From 1.</param>
/// <param name="Column">From 1, in UTF-16 units of the line; 0 for the line as a whole.</param>
/// <param name="Message">What is wrong and what is expected.</param>
public sealed record ScriptError(int LineNumber, int Column, string Message)
{
    /// <summary><c>line 3, column 7: …</c></summary>
    public override string ToString() => Column == 0 ? $"line {LineNumber}: {Message}" : $"line {LineNumber}, column {Column}: {Message}";
}

/// <summary>A script, or why it is none.</summary>
/// <param name="Lines">Its commands in order; those of the good lines when there are errors.</param>
/// <param name="Errors">Empty when every line can be run. At most <see cref="ScriptParser.ErrorsMax"/>.</param>
public sealed record ScriptResult(ImmutableArray<ScriptLine> Lines, ImmutableArray<ScriptError> Errors)
{
    /// <summary>True without errors.</summary>
    public bool IsValid => Errors.IsEmpty;
}

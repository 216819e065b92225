using System.Collections.Immutable;

namespace Altmap.Shell.Scripts;

/// <summary>
/// The two uses of grep that people look into sysfs with: <c>COMMAND | grep [-E] WORDS</c>, and <c>grep [-H] WORDS FOLDER/*</c>. WORDS are
/// plain words with <c>|</c> between them, or <c>.</c> for every line that is not empty; other patterns are not modelled.
/// </summary>
/// <param name="Words">A line with one of them is kept; empty: every line that is not empty.</param>
/// <param name="Command">What is before the pipe, or null.</param>
/// <param name="Folder">What stands before <c>/*</c>, or null.</param>
internal sealed record GrepLine(ImmutableArray<string> Words, ImmutableArray<string>? Command, string? Folder)
{
    /// <summary>Reads a command line as a shell would; null: it is neither of the two.</summary>
    public static GrepLine? Parse(string text)
    {
        int pipe = PipeOf(text);
        if (pipe >= 0)
        {
            LineLexer.Result before = new LineLexer(text[..pipe]).Read(),
                after = new LineLexer(text[(pipe + 1)..]).Read();
            return
                before is { Error: null, RedirectTo: null, Words.IsEmpty: false }
                && after is { Error: null, RedirectTo: null, Words: ["grep", .. var rest] }
                && Without("-E", rest) is [var pattern]
                && WordsOf(pattern) is { } words
                ? new GrepLine(words, before.Words, null)
                : null;
        }
        if (!text.EndsWith("/*", StringComparison.Ordinal))
            return null;
        LineLexer.Result line = new LineLexer(text[..^2]).Read();
        return
            line is { Error: null, RedirectTo: null, Words: ["grep", .. var options] }
            && Without("-H", options) is [var sought, var folder]
            && WordsOf(sought) is { } each
            ? new GrepLine(each, null, folder)
            : null;
    }

    /// <summary>The lines of a text that are kept.</summary>
    public IEnumerable<string> Kept(string text) =>
        text.Split('\n').Where(l => Words.IsEmpty ? l.Length > 0 : Words.Any(w => l.Contains(w, StringComparison.Ordinal)));

    private static ImmutableArray<string> Without(string option, ImmutableArray<string> words) =>
        words is [var first, ..] && first == option ? words[1..] : words;

    private static ImmutableArray<string>? WordsOf(string pattern) =>
        pattern == "." ? []
        : pattern.Split('|') is var words && words.All(w => w.Length > 0 && w.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            ? [.. words]
        : null;

    /// <summary>Where the one pipe stands that no quote hides; -1: there is none, or more.</summary>
    private static int PipeOf(string text)
    {
        int found = -1;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quote != '\0')
                quote = c == quote ? '\0' : quote;
            else if (c == '\\')
                i++;
            else if (c is '\'' or '"')
                quote = c;
            else if (c == '|' && found >= 0)
                return -1;
            else if (c == '|')
                found = i;
        }
        return found;
    }
}

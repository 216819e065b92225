using System.Text;

namespace Altmap.Cli.Manual;

/// <summary>A manual page in the macros of man(7). Text goes through escapes, so that no word of it can be taken for a macro.</summary>
internal sealed class RoffWriter
{
    private const int LineMax = 78;
    private readonly StringBuilder _text = new();
    private bool _isOpen; // a paragraph macro stands last, and nothing behind it

    public void Title(string name, int section, string date, string version) =>
        _text.Append($".TH {Word(name.ToUpperInvariant())} {section} {date} {Word(version)} \"Altmap manual\"\n");

    public void Section(string title)
    {
        _text.Append($".SH {Word(title.ToUpperInvariant())}\n");
        _isOpen = true;
    }

    public void SubSection(string title)
    {
        _text.Append($".SS {Word(title)}\n");
        _isOpen = true;
    }

    /// <summary>Text with <c>`code`</c> in bold.</summary>
    public void Paragraph(string text)
    {
        if (!_isOpen)
            _text.Append(".PP\n");
        Text(text);
    }

    /// <summary>A term and what it means.</summary>
    public void Term(string term, string text)
    {
        _isOpen = false;
        _text.Append(".TP\n").Append(Inline(term)).Append('\n');
        if (text.Length == 0)
            _text.Append("\\&\n"); // a term needs a body
        else
            Text(text);
    }

    /// <summary>A point of a list.</summary>
    public void Bullet(string text)
    {
        _text.Append(".IP \\(bu 2\n");
        Text(text);
    }

    /// <summary>Lines as they are.</summary>
    public void Code(IEnumerable<string> lines)
    {
        if (!_isOpen)
            _text.Append(".PP\n");
        _isOpen = false;
        _text.Append(".nf\n.RS 2\n");
        foreach (string line in lines)
            _text.Append(Protected(Escape(line.TrimEnd()))).Append('\n');
        _text.Append(".RE\n.fi\n");
    }

    public override string ToString() => _text.ToString();

    private void Text(string text)
    {
        _isOpen = false;
        int width = 0;
        foreach (string word in Inline(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            bool isNew = width == 0 || width + word.Length + 1 > LineMax;
            if (width > 0)
                _text.Append(isNew ? '\n' : ' ');
            _text.Append(isNew ? Protected(word) : word);
            width = (isNew ? 0 : width + 1) + word.Length;
        }
        _text.Append('\n');
    }

    /// <summary>What is in backquotes becomes bold.</summary>
    private static string Inline(string text)
    {
        var line = new StringBuilder();
        string[] parts = text.ReplaceLineEndings(" ").Split('`');
        for (int i = 0; i < parts.Length; i++)
            line.Append(i % 2 == 1 ? $"\\fB{Escape(parts[i])}\\fP" : Escape(parts[i]));
        return line.ToString();
    }

    private static string Escape(string text) =>
        text.Replace("\\", "\\e", StringComparison.Ordinal)
            .Replace("-", "\\-", StringComparison.Ordinal)
            .Replace("'", "\\(aq", StringComparison.Ordinal)
            .Replace("`", "\\(ga", StringComparison.Ordinal)
            .Replace("^", "\\(ha", StringComparison.Ordinal)
            .Replace("~", "\\(ti", StringComparison.Ordinal)
            .Replace("…", "\\&...", StringComparison.Ordinal)
            .Replace("≤", "\\(<=", StringComparison.Ordinal)
            .Replace("≥", "\\(>=", StringComparison.Ordinal)
            .Replace("×", "\\(mu", StringComparison.Ordinal)
            .Replace("→", "\\(->", StringComparison.Ordinal);

    /// <summary>A line that starts like a macro is text all the same.</summary>
    private static string Protected(string line) =>
        line.StartsWith('.') || line.StartsWith("\\(aq", StringComparison.Ordinal) ? $"\\&{line}" : line;

    private static string Word(string text) => $"\"{Escape(text).Replace("\"", "\\(dq", StringComparison.Ordinal)}\"";
}

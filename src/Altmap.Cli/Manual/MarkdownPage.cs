namespace Altmap.Cli.Manual;

/// <summary>A page of docs as a page of the manual: headings, paragraphs, tables, lists and blocks of code; the text of links without
/// where they lead.</summary>
internal static class MarkdownPage
{
    public static void Write(RoffWriter roff, string markdown)
    {
        string[] lines = markdown.ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; )
        {
            string line = lines[i];
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                int past = Array.FindIndex(lines, i + 1, l => l.StartsWith("```", StringComparison.Ordinal));
                past = past < 0 ? lines.Length : past;
                roff.Code(lines[(i + 1)..past]);
                i = past + 1;
            }
            else if (line.StartsWith('#'))
            {
                Heading(roff, line);
                i++;
            }
            else if (line.StartsWith('|'))
            {
                int past = Past(lines, i, l => l.StartsWith('|'));
                foreach (string row in lines[Math.Min(past, i + 2)..past])
                    Row(roff, row);
                i = past;
            }
            else if (line.Trim().Length == 0)
            {
                i++;
            }
            else
            {
                bool isPoint = IsPoint(line);
                int past = Past(lines, i + 1, l => l.Trim().Length > 0 && !IsPoint(l) && !l.StartsWith('#') && !l.StartsWith('|'));
                string text = Plain(string.Join(' ', lines[i..past].Select(l => l.Trim())));
                if (isPoint)
                    roff.Bullet(text[2..]);
                else
                    roff.Paragraph(text);
                i = past;
            }
        }
    }

    private static bool IsPoint(string line) => line.TrimStart().StartsWith("- ", StringComparison.Ordinal);

    private static int Past(string[] lines, int from, Func<string, bool> belongs)
    {
        while (from < lines.Length && belongs(lines[from]))
            from++;
        return from;
    }

    /// <summary>The page's own title is its name already.</summary>
    private static void Heading(RoffWriter roff, string line)
    {
        int level = line.TakeWhile(c => c == '#').Count();
        string title = line[level..].Trim().Replace("`", "", StringComparison.Ordinal);
        if (level == 1)
            roff.Section("Description");
        else if (level == 2)
            roff.Section(title);
        else
            roff.SubSection(title);
    }

    private static void Row(RoffWriter roff, string line)
    {
        string[] cells = [.. Cells(line).Select(c => Plain(c.Trim()))];
        roff.Term(cells[0], string.Join(": ", cells[1..].Where(c => c.Length > 0)));
    }

    /// <summary>Cells of a row; a bar behind a backslash is text.</summary>
    private static string[] Cells(string line) =>
        [.. line.Trim('|', ' ').Replace("\\|", "\u0001", StringComparison.Ordinal).Split('|').Select(c => c.Replace('\u0001', '|'))];

    /// <summary><c>[text](where)</c> is text.</summary>
    private static string Plain(string text)
    {
        int at;
        while ((at = text.IndexOf("](", StringComparison.Ordinal)) > 0)
        {
            int open = text.LastIndexOf('[', at),
                close = text.IndexOf(')', at);
            if (open < 0 || close < 0)
                break;
            text = text[..open] + text[(open + 1)..at] + text[(close + 1)..];
        }
        return text;
    }
}

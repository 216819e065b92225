using System.Text;

namespace Altmap.Cli.Output;

/// <summary>Bars of text: a row of cells, each part as wide as its share. Parts that are there are seen: each takes a cell at least, while
/// there are cells.</summary>
internal static class TextBar
{
    /// <summary>A bar of exactly <paramref name="cells"/> columns, or an empty one where no part has an amount. Neighbours of one tone have
    /// a line between them.</summary>
    public static string Draw(IReadOnlyList<BarPart> parts, int cells, Screen screen)
    {
        int[] widths = Widths([.. parts.Select(p => p.Amount)], cells);
        var text = new StringBuilder();
        bool[] borders = Borders(parts, widths);
        for (int i = 0; i < parts.Count; i++)
        {
            if (widths[i] == 0)
                continue;
            string part = new(Cell(parts[i].Tone, screen), widths[i]);
            if (borders[i])
                part = Border(screen) + part[1..];
            text.Append(Colored(part, parts[i].Tone, screen));
        }
        return text.ToString();
    }

    /// <summary>True where a part of a bar has a cell of its own and less than half a cell's share.</summary>
    public static bool IsStretched(IReadOnlyList<BarPart> parts, int cells)
    {
        UInt128 total = 0;
        foreach (BarPart part in parts)
            total += part.Amount;
        return parts.Any(p => p.Amount > 0 && (UInt128)p.Amount * (UInt128)cells * 2 < total);
    }

    /// <summary>True where neighbours of one tone have a line between them.</summary>
    public static bool HasBorder(IReadOnlyList<BarPart> parts, int cells) =>
        Borders(parts, Widths([.. parts.Select(p => p.Amount)], cells)).Contains(true);

    /// <summary>What the cells mean, as <c># System RAM   P pmem</c>, each label once, wrapped to the screen; no newline at the
    /// end.</summary>
    public static string Legend(IEnumerable<BarPart> parts, Screen screen, int indent = 0)
    {
        var text = new StringBuilder();
        int column = screen.Width;
        foreach (BarPart part in parts.DistinctBy(p => (p.Tone, p.Label)))
        {
            int width = part.Label.Length + 2;
            if (column + 3 + width > screen.Width)
            {
                if (text.Length > 0)
                    text.Append('\n');
                text.Append(' ', indent);
                column = indent;
            }
            else
            {
                text.Append("   ");
                column += 3;
            }
            text.Append(Colored(Cell(part.Tone, screen).ToString(), part.Tone, screen)).Append(' ').Append(part.Label);
            column += width;
        }
        return text.ToString();
    }

    /// <summary>The line between neighbours of one tone.</summary>
    public static char Border(Screen screen) => screen.HasUnicode ? '│' : '|';

    private static bool[] Borders(IReadOnlyList<BarPart> parts, int[] widths)
    {
        bool[] borders = new bool[parts.Count];
        Tone? before = null;
        for (int i = 0; i < parts.Count; i++)
        {
            if (widths[i] == 0)
                continue;
            borders[i] = parts[i].Tone == before && widths[i] > 1;
            before = parts[i].Tone;
        }
        return borders;
    }

    /// <summary>
    /// Shares <paramref name="cells"/> out: in proportion, by largest remainder, then a cell for each part that got none, taken from the
    /// widest. With more parts than cells the largest are shown.
    /// </summary>
    internal static int[] Widths(IReadOnlyList<ulong> amounts, int cells)
    {
        int[] widths = new int[amounts.Count];
        UInt128 total = 0;
        foreach (ulong amount in amounts)
            total += amount;
        if (total == 0 || cells <= 0)
            return widths;
        UInt128[] rests = new UInt128[amounts.Count];
        int left = cells;
        for (int i = 0; i < widths.Length; i++)
        {
            (UInt128 whole, rests[i]) = UInt128.DivRem((UInt128)amounts[i] * (UInt128)cells, total);
            left -= widths[i] = (int)whole;
        }
        foreach (int i in Enumerable.Range(0, widths.Length).OrderByDescending(i => rests[i]).ThenBy(i => i).Take(left))
            widths[i]++;
        foreach (
            int i in Enumerable
                .Range(0, widths.Length)
                .Where(i => amounts[i] > 0 && widths[i] == 0)
                .OrderByDescending(i => amounts[i])
                .ThenBy(i => i)
        )
        {
            int widest = Array.IndexOf(widths, widths.Max());
            if (widths[widest] <= 1)
                break;
            widths[widest]--;
            widths[i]++;
        }
        return widths;
    }

    /// <summary>Without colour shades of grey are hard to tell apart: letters are not.</summary>
    private static char Cell(Tone tone, Screen screen) =>
        screen is { HasUnicode: true, HasColor: true } ? tone.Look().Unicode : tone.Look().Ascii;

    private static string Colored(string text, Tone tone, Screen screen) => screen.HasColor ? $"\e[{tone.Look().Ansi}m{text}\e[0m" : text;
}

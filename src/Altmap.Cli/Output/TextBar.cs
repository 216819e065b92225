using System.Text;

namespace Altmap.Cli.Output;

/// <summary>Bars of text: a row of cells, each part as wide as its share. Parts that are there are seen: each takes a cell at least, while there are cells.</summary>
internal static class TextBar
{
    /// <summary>A bar of exactly <paramref name="cells"/> columns (fewer only where no part has an amount: none).</summary>
    public static string Draw(IReadOnlyList<BarPart> parts, int cells, Screen screen)
    {
        int[] widths = Widths([.. parts.Select(p => p.Amount)], cells);
        return Draw([.. parts.SelectMany((p, i) => Enumerable.Repeat(p.Tone, widths[i]))], screen);
    }

    /// <summary>One column for each tone.</summary>
    public static string Draw(IReadOnlyList<Tone> cells, Screen screen)
    {
        var text = new StringBuilder();
        for (int i = 0; i < cells.Count;)
        {
            int start = i;
            while (i < cells.Count && cells[i] == cells[start]) i++;
            text.Append(Colored(new string(Cell(cells[start], screen), i - start), cells[start], screen));
        }
        return text.ToString();
    }

    /// <summary>What the cells mean, as <c># System RAM   P pmem</c>, each label once, wrapped to the screen; no newline at the end.</summary>
    public static string Legend(IEnumerable<BarPart> parts, Screen screen, int indent = 0)
    {
        var text = new StringBuilder();
        int column = screen.Width;
        foreach (BarPart part in parts.DistinctBy(p => (p.Tone, p.Label)))
        {
            int width = part.Label.Length + 2;
            if (column + 3 + width > screen.Width)
            {
                if (text.Length > 0) text.Append('\n');
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

    /// <summary>
    /// Shares <paramref name="cells"/> out: in proportion, by largest remainder, then a cell for each part that got none, taken from the widest. With more parts than cells the largest are shown.
    /// </summary>
    internal static int[] Widths(IReadOnlyList<ulong> amounts, int cells)
    {
        int[] widths = new int[amounts.Count];
        UInt128 total = 0;
        foreach (ulong amount in amounts) total += amount;
        if (total == 0 || cells <= 0) return widths;
        UInt128[] rests = new UInt128[amounts.Count];
        int left = cells;
        for (int i = 0; i < widths.Length; i++)
        {
            (UInt128 whole, rests[i]) = UInt128.DivRem((UInt128)amounts[i] * (UInt128)cells, total);
            left -= widths[i] = (int)whole;
        }
        foreach (int i in Enumerable.Range(0, widths.Length).OrderByDescending(i => rests[i]).ThenBy(i => i).Take(left)) widths[i]++;
        foreach (int i in Enumerable.Range(0, widths.Length).Where(i => amounts[i] > 0 && widths[i] == 0).OrderByDescending(i => amounts[i]).ThenBy(i => i))
        {
            int widest = Array.IndexOf(widths, widths.Max());
            if (widths[widest] <= 1) break;
            widths[widest]--;
            widths[i]++;
        }
        return widths;
    }

    private static char Cell(Tone tone, Screen screen) => screen.HasUnicode ? tone.Look().Unicode : tone.Look().Ascii;

    private static string Colored(string text, Tone tone, Screen screen) => screen.HasColor ? $"\e[{tone.Look().Ansi}m{text}\e[0m" : text;
}

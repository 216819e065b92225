using System.Text;

namespace Altmap.Cli.Output;

/// <summary>The differences of two texts in the unified form, with three lines around each.</summary>
internal static class LineDiff
{
    private const int Context = 3;

    /// <summary>Above this product of line counts the common middle is not searched for.</summary>
    private const long CellsMax = 4_000_000;

    /// <summary>Lines that start with a blank, <c>-</c> (only in <paramref name="before"/>) or <c>+</c>; parts far from any difference are
    /// left out. Empty when the texts are the same.</summary>
    public static string Unified(string before, string after)
    {
        string[] a = before.TrimEnd('\n').Split('\n'),
            b = after.TrimEnd('\n').Split('\n');
        List<(char Mark, string Line, int A, int B)> lines = Compare(a, b);
        var text = new StringBuilder();
        int shown = -1; // the last line shown
        for (int i = 0; i < lines.Count; i++)
        {
            if (lines[i].Mark == ' ')
                continue;
            int from = Math.Max(shown + 1, i - Context),
                to = Math.Min(lines.Count - 1, i + Context);
            if (from > shown + 1 || shown < 0)
                text.Append($"@@ -{lines[from].A + 1} +{lines[from].B + 1} @@\n");
            for (int k = from; k <= to; k++)
                text.Append(lines[k].Mark).Append(lines[k].Line).Append('\n');
            shown = Math.Max(shown, to);
        }
        return text.ToString();
    }

    private static List<(char Mark, string Line, int A, int B)> Compare(string[] a, string[] b)
    {
        int head = 0,
            tail = 0;
        while (head < a.Length && head < b.Length && a[head] == b[head])
            head++;
        while (tail < a.Length - head && tail < b.Length - head && a[^(tail + 1)] == b[^(tail + 1)])
            tail++;
        int[,]? common = (long)(a.Length - head - tail) * (b.Length - head - tail) <= CellsMax ? Common(a, b, head, tail) : null;
        var lines = new List<(char, string, int, int)>();
        int i = 0,
            j = 0;
        for (; i < head; i++, j++)
            lines.Add((' ', a[i], i, j));
        while (i < a.Length - tail || j < b.Length - tail)
        {
            bool both = i < a.Length - tail && j < b.Length - tail;
            if (both && a[i] == b[j])
            {
                lines.Add((' ', a[i], i++, j++));
            }
            else if (j >= b.Length - tail || (both && (common is null || common[i + 1 - head, j - head] >= common[i - head, j + 1 - head])))
            {
                lines.Add(('-', a[i], i, j));
                i++;
            }
            else
            {
                lines.Add(('+', b[j], i, j));
                j++;
            }
        }
        for (; i < a.Length; i++, j++)
            lines.Add((' ', a[i], i, j));
        return lines;
    }

    /// <summary>How many lines the rests from (i, j) on have in common.</summary>
    private static int[,] Common(string[] a, string[] b, int head, int tail)
    {
        int rows = a.Length - head - tail,
            columns = b.Length - head - tail;
        int[,] common = new int[rows + 1, columns + 1];
        for (int i = rows - 1; i >= 0; i--)
        {
            for (int j = columns - 1; j >= 0; j--)
                common[i, j] = a[head + i] == b[head + j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }
        return common;
    }
}

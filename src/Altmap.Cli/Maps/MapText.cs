using System.Text;
using Altmap.Cli.Output;

namespace Altmap.Cli.Maps;

/// <summary>A map as text, fitted to the screen.</summary>
internal static class MapText
{
    private const int WordsMin = 30;

    public static void Write(TextWriter output, MapView view, Screen screen)
    {
        output.WriteLine(view.Title);
        WriteWrapped(output, view.Subtitle, 0, screen.Width);
        WriteWrapped(output, view.Totals, 0, screen.Width);
        if (view.Rows.IsEmpty)
            return;
        output.WriteLine();
        int cells = WriteRows(output, view, screen);
        output.WriteLine();
        output.WriteLine(TextBar.Legend(view.Legend, screen));
        IReadOnlyList<BarPart>[] bars = [.. view.Rows.Select(view.BarOf)];
        if (bars.Any(b => TextBar.HasBorder(b, cells)))
            output.WriteLine($"{TextBar.Border(screen)} begins another part of the same kind");
        if (bars.Any(b => TextBar.IsStretched(b, cells)))
            output.WriteLine("not to scale: the smallest part has a cell too");
        foreach (MapNote note in view.Notes)
            WriteWrapped(output, $"! {note.Text}", 2, screen.Width);
    }

    /// <returns>Cells of a bar.</returns>
    private static int WriteRows(TextWriter output, MapView view, Screen screen)
    {
        string[] numbers = [.. view.Rows.Select(view.NumbersOf)],
            starts = [.. view.Rows.Select(r => view.StartOf(r).ToString())];
        int first = Math.Max(view.UnitName.Length, numbers.Max(n => n.Length)),
            second = Math.Max("first byte".Length, starts.Max(s => s.Length));
        int left = 2 + first + 2 + second + 2;
        int cells = new[] { 64, 32 }.FirstOrDefault(c => left + c + 2 + WordsMin <= screen.Width, 16);
        int words = left + cells + 2,
            wordsWidth = Math.Max(20, screen.Width - words);
        string cell = new Core.Units.ByteSize(view.UnitSize.Bytes / (ulong)cells).ToHuman();
        output.WriteLine($"  {view.UnitName.PadRight(first)}  {"first byte".PadLeft(second)}  {$"{cells} x {cell}".PadRight(cells)}  what");
        for (int i = 0; i < view.Rows.Length; i++)
        {
            MapRow row = view.Rows[i];
            string[] lines = [.. view.WordsOf(row).SelectMany(w => Wrap(w, wordsWidth))];
            output.WriteLine(
                $"{(row.IsMarked ? '!' : ' ')} {numbers[i].PadRight(first)}  {starts[i].PadLeft(second)}  "
                    + $"{TextBar.Draw(view.BarOf(row), cells, screen)}  {lines[0]}"
            );
            foreach (string line in lines.Skip(1))
                output.WriteLine(new string(' ', words) + line);
        }
        return cells;
    }

    private static void WriteWrapped(TextWriter output, string text, int indent, int width)
    {
        bool isFirst = true;
        foreach (string line in Wrap(text, width - indent))
        {
            output.WriteLine((isFirst ? "" : new string(' ', indent)) + line);
            isFirst = false;
        }
    }

    /// <summary>Lines of at most so many columns, cut at blanks; a longer word stands alone.</summary>
    internal static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }
            if (line.Length > 0)
                line.Append(' ');
            line.Append(word);
        }
        yield return line.ToString();
    }
}

using Altmap.Cli.Output;
using Altmap.Core.Units;

namespace Altmap.Cli.Maps;

/// <summary>A map as a picture.</summary>
internal static class MapSvg
{
    private const double BarLeft = 240,
        BarWidth = 512,
        BarHeight = 20,
        LineHeight = 14,
        WordsLeft = BarLeft + BarWidth + 16;
    private const int NoteColumns = 165;

    public static SvgPicture Draw(MapView view)
    {
        var picture = new SvgPicture(view.Title, 1180);
        double y = 56 - LineHeight;
        foreach (string line in MapText.Wrap($"{view.Subtitle}. {view.Totals}.", NoteColumns))
            picture.Text(SvgPicture.Margin, y += LineHeight, line, SvgType.Small);
        y = picture.Legend(SvgPicture.Margin, y + LineHeight, view.Legend) + 8;
        double whole = picture.Width - (2 * SvgPicture.Margin);
        picture.Text(SvgPicture.Margin, y + 4, "to scale", SvgType.Bold);
        picture.Bar(SvgPicture.Margin, y + 12, whole, BarHeight, view.Strip);
        picture.AxisX(
            SvgPicture.Margin,
            y + 12 + BarHeight,
            whole,
            SvgTicks.Of(view.Window.Start.ToAddress(view.PageSize).Bytes, view.Window.End.ToAddress(view.PageSize).Bytes)
        );
        y += 12 + BarHeight + 44;
        picture.Text(SvgPicture.Margin, y + 4, view.UnitName, SvgType.Bold);
        picture.Text(BarLeft - 16, y + 4, "first byte", SvgType.Bold, SvgAnchor.End);
        picture.AxisX(
            BarLeft,
            y,
            BarWidth,
            Enumerable
                .Range(0, 5)
                .Select(i => new SvgTick(i / 4.0, i == 0 ? "0" : new ByteSize(view.UnitSize.Bytes / 4 * (ulong)i).ToHuman()))
        );
        y += 30;
        foreach (MapRow row in view.Rows)
        {
            string[] words = [.. view.WordsOf(row)];
            picture.Text(SvgPicture.Margin, y + 14, view.NumbersOf(row), row.IsMarked ? SvgType.Bold : SvgType.Normal);
            picture.Text(BarLeft - 16, y + 14, view.StartOf(row).ToString(), SvgType.Normal, SvgAnchor.End);
            picture.Bar(BarLeft, y, BarWidth, BarHeight, view.BarOf(row));
            if (row.IsMarked)
                picture.Frame(BarLeft - 1, y - 1, BarWidth + 2, BarHeight + 2);
            for (int i = 0; i < words.Length; i++)
                picture.Text(WordsLeft, y + 14 + (i * LineHeight), words[i], SvgType.Small);
            y += Math.Max(BarHeight, words.Length * LineHeight) + 8;
        }
        foreach (MapNote note in view.Notes)
        {
            y += 6;
            foreach (string line in MapText.Wrap($"! {note.Text}", NoteColumns))
                picture.Text(SvgPicture.Margin, y += LineHeight, line, SvgType.Small);
        }
        return picture;
    }
}

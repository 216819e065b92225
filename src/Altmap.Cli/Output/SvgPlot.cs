using System.Globalization;

namespace Altmap.Cli.Output;

/// <summary>A curve of a plot.</summary>
/// <param name="Label">What it shows.</param>
/// <param name="Tone">Its colour; a tone for each curve.</param>
/// <param name="Points">Ascending in X; finite, not negative.</param>
internal sealed record SvgSeries(string Label, Tone Tone, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A plot of curves over one linear scale from 0, with axes and legend.</summary>
internal static class SvgPlot
{
    private const double Left = 76, Below = 24;

    /// <summary>Draws into a picture, as wide as it.</summary>
    /// <param name="picture">Where.</param>
    /// <param name="y">Upper end.</param>
    /// <param name="height">Of the plot itself; names of the axes and legend come on top of it.</param>
    /// <param name="nameX">What the horizontal axis counts, with its unit.</param>
    /// <param name="nameY">What the vertical axis counts, with its unit.</param>
    /// <param name="series">At least one.</param>
    /// <returns>Where the next thing may start below it.</returns>
    public static double Draw(SvgPicture picture, double y, double height, string nameX, string nameY, IReadOnlyList<SvgSeries> series)
    {
        double maxX = Top(series.SelectMany(s => s.Points).Select(p => p.X)), maxY = Top(series.SelectMany(s => s.Points).Select(p => p.Y));
        double plotWidth = picture.Width - Left - SvgPicture.Margin, top = y + Below;
        picture.Text(SvgPicture.Margin, y + 12, nameY, SvgType.Small);
        picture.AxisY(Left, top, height, Ticks(maxY));
        picture.AxisX(Left, top + height, plotWidth, Ticks(maxX));
        picture.Text(picture.Width - SvgPicture.Margin, top + height + 34, nameX, SvgType.Small, SvgAnchor.End);
        foreach (SvgSeries one in series)
            picture.Curve(one.Points.Select(p => (Left + (plotWidth * p.X / maxX), top + (height * (1 - (p.Y / maxY))))), one.Tone);
        return picture.Legend(Left, top + height + 44, series.Select(s => new BarPart(1, s.Tone, s.Label)));
    }

    /// <summary>The least 1, 2 or 5 with zeros that is no less than the largest value.</summary>
    internal static double Top(IEnumerable<double> values)
    {
        double max = values.DefaultIfEmpty().Max();
        if (!(max > 0)) return 1;
        double unit = Math.Pow(10, Math.Floor(Math.Log10(max)));
        return new[] { 1, 2, 5, 10 }.Select(m => m * unit).First(t => t >= max * 0.999999999);
    }

    private static IEnumerable<SvgTick> Ticks(double max) =>
        Enumerable.Range(0, 6).Select(i => new SvgTick(i / 5.0, (max * i / 5).ToString("#,0.##", CultureInfo.InvariantCulture)));
}

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
    private const double Left = 76,
        Below = 24;
    private static readonly string[] Dashes = ["12 3", "5 6", "2 9"];

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
        (double maxX, int ticksX) = Scale(series.SelectMany(s => s.Points).Select(p => p.X));
        (double maxY, int ticksY) = Scale(series.SelectMany(s => s.Points).Select(p => p.Y));
        double plotWidth = picture.Width - Left - SvgPicture.Margin,
            top = y + Below;
        picture.Text(SvgPicture.Margin, y + 12, nameY, SvgType.Small);
        picture.AxisY(Left, top, height, Ticks(maxY, ticksY));
        picture.AxisX(Left, top + height, plotWidth, Ticks(maxX, ticksX));
        picture.Text(picture.Width - SvgPicture.Margin, top + height + 34, nameX, SvgType.Small, SvgAnchor.End);
        for (int i = 0; i < series.Count; i++)
            picture.Curve(
                series[i].Points.Select(p => (Left + (plotWidth * p.X / maxX), top + (height * (1 - (p.Y / maxY))))),
                series[i].Tone,
                DashesOf(i)
            );
        return picture.CurveLegend(Left, top + height + 44, series.Select((s, i) => (s.Label, s.Tone, DashesOf(i))));
    }

    /// <summary>The first is whole, each further one has more of gaps: those before it are seen where it runs over them.</summary>
    private static string? DashesOf(int series) => series == 0 ? null : Dashes[(series - 1) % Dashes.Length];

    /// <summary>At most five equal steps of 1, 2 or 5 with zeros, up to what is no less than the largest value.</summary>
    internal static (double Max, int Steps) Scale(IEnumerable<double> values)
    {
        const int StepsMax = 5;
        const double Rounding = 1 - 1e-9;
        double max = values.DefaultIfEmpty().Max() * Rounding;
        if (!(max > 0))
            return (1, 1);
        double unit = Math.Pow(10, Math.Floor(Math.Log10(max / StepsMax)));
        double step = new[] { 1, 2, 5, 10 }.Select(m => m * unit).First(s => s * StepsMax >= max);
        int steps = (int)Math.Ceiling(max / step);
        return (steps * step, steps);
    }

    private static IEnumerable<SvgTick> Ticks(double max, int steps) =>
        Enumerable
            .Range(0, steps + 1)
            .Select(i => new SvgTick((double)i / steps, (max * i / steps).ToString("#,0.##", CultureInfo.InvariantCulture)));
}

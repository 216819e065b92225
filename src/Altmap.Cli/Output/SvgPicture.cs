using System.Globalization;
using System.Text;
using Altmap.Host;

namespace Altmap.Cli.Output;

/// <summary>Where a text stands to its point.</summary>
internal enum SvgAnchor
{
    Start,
    Middle,
    End,
}

/// <summary>Size and weight of a text.</summary>
internal enum SvgType
{
    Normal,
    Small,
    Bold,
}

/// <summary>A mark of an axis.</summary>
/// <param name="Share">Where, from 0 (start) to 1 (end).</param>
/// <param name="Label">What stands there.</param>
internal readonly record struct SvgTick(double Share, string Label);

/// <summary>
/// An SVG picture that stands on its own: title, style sheet for light and dark, no script, nothing loaded. Coordinates are pixels from the
/// upper left;
/// the picture becomes as high as what is drawn. The same calls give the same bytes.
/// </summary>
/// <param name="title">For people who see it, and those who have it read to them.</param>
/// <param name="width">Pixels of the viewBox; it scales.</param>
internal sealed class SvgPicture(string title, double width = 960)
{
    /// <summary>Left and right margin.</summary>
    public const double Margin = 24;

    private const double TitleLine = 34; // what is drawn starts below it
    private readonly StringBuilder _body = new();
    private double _bottom;

    public string Title => title;

    public double Width => width;

    /// <summary>A text on the base line <paramref name="y"/>.</summary>
    public void Text(double x, double y, string text, SvgType type = SvgType.Normal, SvgAnchor anchor = SvgAnchor.Start)
    {
        string anchored = anchor switch
        {
            SvgAnchor.Middle => " text-anchor=\"middle\"",
            SvgAnchor.End => " text-anchor=\"end\"",
            _ => "",
        };
        Element(y + 4, $"<text x=\"{N(x)}\" y=\"{N(y)}\" class=\"{Class(type)}\"{anchored}>{Escape(text)}</text>");
    }

    /// <summary>A box; its label is left out where it does not fit, the detail is shown to who points at it.</summary>
    public void Box(double x, double y, double boxWidth, double height, BarPart part)
    {
        string tip = $"<title>{Escape(part.Detail ?? part.Label)}</title>";
        Element(
            y + height,
            $"<rect x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(boxWidth)}\" height=\"{N(height)}\" class=\"{part.Tone.CssClass()}\">{tip}</rect>"
        );
        string? label = new[] { part.Label, part.Short }.FirstOrDefault(l => l is not null && SvgText.SmallWidth(l) + 6 <= boxWidth);
        if (height >= 12 && label is not null)
            Element(
                y,
                $"<text x=\"{N(x + (boxWidth / 2))}\" y=\"{N(y + (height / 2) + 4)}\" class=\"in\" "
                    + $"text-anchor=\"middle\">{Escape(label)}</text>"
            );
    }

    /// <summary>A row of boxes to scale; each with an amount is a pixel wide at least.</summary>
    public void Bar(double x, double y, double barWidth, double height, IReadOnlyList<BarPart> parts)
    {
        int[] widths = TextBar.Widths([.. parts.Select(p => p.Amount)], (int)barWidth);
        for (int i = 0; i < parts.Count; i++)
        {
            if (widths[i] > 0)
                Box(x, y, widths[i], height, parts[i]);
            x += widths[i];
        }
    }

    /// <summary>A frame without fill, to mark something.</summary>
    public void Frame(double x, double y, double boxWidth, double height) =>
        Element(y + height, $"<rect x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(boxWidth)}\" height=\"{N(height)}\" class=\"frame\"/>");

    /// <summary>A thin line.</summary>
    public void Line(double x1, double y1, double x2, double y2) =>
        Element(Math.Max(y1, y2), $"<line x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\" class=\"line\"/>");

    /// <summary>A curve through points, in the colour of a tone; dashed (as SVG's stroke-dasharray) where another may lie under
    /// it.</summary>
    public void Curve(IEnumerable<(double X, double Y)> points, Tone tone, string? dashes = null)
    {
        (double X, double Y)[] all = [.. points];
        if (all.Length == 0)
            return;
        Element(
            all.Max(p => p.Y),
            $"<polyline points=\"{string.Join(' ', all.Select(p => $"{N(p.X)},{N(p.Y)}"))}\" class=\"curve "
                + $"s{tone.CssClass()}\"{(dashes is null ? "" : $" stroke-dasharray=\"{dashes}\"")}/>"
        );
    }

    /// <summary>What the curves mean: a piece of each with its label.</summary>
    /// <returns>Where the next thing may start below it.</returns>
    public double CurveLegend(double x, double y, IEnumerable<(string Label, Tone Tone, string? Dashes)> curves)
    {
        const double Sample = 26;
        double at = x;
        foreach ((string label, Tone tone, string? dashes) in curves)
        {
            double needs = Sample + 6 + SvgText.SmallWidth(label) + 14;
            if (at > x && at + needs > width - Margin)
                (at, y) = (x, y + 20);
            Curve([(at, y + 6), (at + Sample, y + 6)], tone, dashes);
            Text(at + Sample + 6, y + 10, label, SvgType.Small);
            at += needs;
        }
        return y + 24;
    }

    /// <summary>A scale below a bar or a plot, ticks and their labels; labels that would meet the one before are left out.</summary>
    public void AxisX(double x, double y, double axisWidth, IEnumerable<SvgTick> ticks)
    {
        Line(x, y, x + axisWidth, y);
        double free = double.MinValue;
        foreach (SvgTick tick in ticks)
        {
            double at = x + (axisWidth * tick.Share),
                half = SvgText.SmallWidth(tick.Label) / 2;
            Line(at, y, at, y + 4);
            // The ends stay within the bar.
            SvgAnchor anchor =
                at - half < x ? SvgAnchor.Start
                : at + half > x + axisWidth ? SvgAnchor.End
                : SvgAnchor.Middle;
            double left = anchor switch
            {
                SvgAnchor.Start => at,
                SvgAnchor.End => at - (2 * half),
                _ => at - half,
            };
            if (left < free)
                continue;
            Text(at, y + 17, tick.Label, SvgType.Small, anchor);
            free = left + (2 * half) + 6;
        }
    }

    /// <summary>A scale at the left of a plot, its shares from the bottom, labels left of it.</summary>
    public void AxisY(double x, double y, double height, IEnumerable<SvgTick> ticks)
    {
        Line(x, y, x, y + height);
        foreach (SvgTick tick in ticks)
        {
            double at = y + (height * (1 - tick.Share));
            Line(x - 4, at, x, at);
            Text(x - 7, at + 4, tick.Label, SvgType.Small, SvgAnchor.End);
        }
    }

    /// <summary>What the tones mean, each label once, wrapped to the picture.</summary>
    /// <returns>Where the next thing may start below it.</returns>
    public double Legend(double x, double y, IEnumerable<BarPart> parts)
    {
        double at = x;
        foreach (BarPart part in parts.DistinctBy(p => (p.Tone, p.Label)))
        {
            double needs = 18 + SvgText.SmallWidth(part.Label) + 14;
            if (at > x && at + needs > width - Margin)
                (at, y) = (x, y + 20);
            Box(at, y, 12, 12, part with { Label = "", Detail = part.Label });
            Text(at + 18, y + 10, part.Label, SvgType.Small);
            at += needs;
        }
        return y + 24;
    }

    /// <summary>The document, with the title at its top; as high as what was drawn.</summary>
    /// <param name="isInline">For an HTML page: without the XML declaration.</param>
    public string ToText(bool isInline = false)
    {
        string height = N(Math.Ceiling(_bottom + Margin)),
            head = isInline ? "" : $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {OutputFile.Mark} -->\n";
        return $"""
            {head}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {N(
                width
            )} {height}" width="{N(width)}" height="{height}" role="img" aria-label="{Escape(title)}">
            <title>{Escape(title)}</title>
            <style>
            {SvgStyle.Sheet}</style>
            <rect width="100%" height="100%" class="page"/>
            <text x="{N(Margin)}" y="{N(TitleLine)}" class="big">{Escape(title)}</text>
            {_body}</svg>

            """;
    }

    /// <summary>Text as XML may hold it: what XML 1.0 has no place for becomes U+FFFD.</summary>
    internal static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes()) // a lone surrogate comes as U+FFFD
        {
            _ = rune.Value switch
            {
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '&' => escaped.Append("&amp;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                < 0x20 or 0x7f or 0xfffe or 0xffff => escaped.Append('\ufffd'),
                _ => escaped.Append(rune.ToString()),
            };
        }
        return escaped.ToString();
    }

    private static string Class(SvgType type) =>
        type switch
        {
            SvgType.Small => "small",
            SvgType.Bold => "bold",
            _ => "text",
        };

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private void Element(double bottom, string element)
    {
        _body.Append(element).Append('\n');
        _bottom = Math.Max(_bottom, bottom);
    }
}

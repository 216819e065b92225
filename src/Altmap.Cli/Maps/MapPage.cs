using System.Globalization;
using System.Text;
using Altmap.Cli.Output;

namespace Altmap.Cli.Maps;

/// <summary>A map as a part of a page: each row beside its bar, one below the other where the page is narrow.</summary>
internal static class MapPage
{
    /// <summary>A bar has these at least, on a telephone and beside its words.</summary>
    private const decimal NarrowPixels = 280;

    /// <summary>The whole map to scale, the legend, the rows, the notes.</summary>
    public static string Body(MapView view)
    {
        var page = new StringBuilder();
        page.Append("<style>").Append(Sheet()).Append("</style>\n<h1>").Append(E(view.Title)).Append("</h1>\n<p>");
        page.Append(E($"{view.Subtitle}. {view.Totals}.")).Append("</p>\n<p class=\"key\">");
        foreach (BarPart part in view.Legend)
            page.Append($"<span><i class=\"{part.Tone.CssClass()}\"></i>{E(part.Label)}</span> ");
        page.Append("</p>\n<h2>To scale</h2>\n").Append(Bar(view.Strip)).Append("<h2>By ").Append(E(view.UnitName)).Append("</h2>\n");
        foreach (MapRow row in view.Rows)
        {
            page.Append(row.IsMarked ? "<div class=\"row marked\"><b>" : "<div class=\"row\"><b>")
                .Append(E(view.NumbersOf(row)))
                .Append("</b><code>")
                .Append(E(view.StartOf(row).ToString()))
                .Append("</code>")
                .Append(Bar(view.BarOf(row)))
                .Append("<p>")
                .AppendJoin("<br>", view.WordsOf(row).Select(E))
                .Append("</p></div>\n");
        }
        foreach (MapNote note in view.Notes)
            page.Append("<p class=\"note\">").Append(E(note.Text)).Append("</p>\n");
        return page.ToString();
    }

    private static string Bar(IEnumerable<BarPart> parts)
    {
        var bar = new StringBuilder("<div class=\"bar\">");
        BarPart[] all = [.. parts.Where(p => p.Amount > 0)];
        decimal whole = all.Sum(p => (decimal)p.Amount);
        foreach (BarPart part in all)
        {
            string share = part.Amount.ToString(CultureInfo.InvariantCulture);
            bar.Append($"<span class=\"{part.Tone.CssClass()}\" style=\"flex-grow:{share}\" title=\"{E(part.Detail ?? part.Label)}\">");
            // Half a label says nothing.
            bool fits = part.Amount / whole * NarrowPixels >= (decimal)SvgText.SmallWidth(part.Label) || part.Amount / whole > 0.99m;
            bar.Append(fits ? E(part.Label) : "").Append("</span>");
        }
        return bar.Append("</div>\n").ToString();
    }

    private static string Sheet()
    {
        var css = new StringBuilder(
            """
            h1 { font-size: 1.2rem; } h2 { font-size: 1rem; margin: 1rem 0 .3rem; }
            .key span { display: inline-block; margin-right: .9rem; } .key i { display: inline-block; width: .8em; height: .8em; margin-right: .3em; }
            .bar { display: flex; width: 100%; height: 1.5rem; }
            .bar span { flex-basis: 0; min-width: 1px; overflow: hidden; white-space: nowrap; text-overflow: clip; text-align: center; }
            .bar span { font-size: .75rem; line-height: 1.5rem; box-shadow: inset 1px 0 #ffffff80; }
            .row { display: grid; grid-template-columns: 5rem 9rem minmax(8rem, 2fr) 3fr; gap: .2rem .8rem; padding: .25rem 0; align-items: start; }
            .row { border-top: 1px solid #8a8f9840; } .row p { margin: 0; font-size: .85rem; } .marked .bar { outline: 2px solid #c81e1e; }
            .note::before { content: "! "; font-weight: bold; }
            @media (max-width: 700px) { .row { grid-template-columns: auto 1fr; } .row .bar, .row p { grid-column: 1 / 3; } body { margin: .7rem; } }

            """
        );
        foreach (Tone tone in Enum.GetValues<Tone>())
            css.Append($".{tone.CssClass()} {{ background: {tone.Look().Light}; }}\n");
        css.Append("@media (prefers-color-scheme: dark) {\n");
        foreach (Tone tone in Enum.GetValues<Tone>())
            css.Append($".{tone.CssClass()} {{ background: {tone.Look().Dark}; }}\n");
        return css.Append(".bar span { box-shadow: inset 1px 0 #00000080; }\n}\n").ToString();
    }

    private static string E(string text) => SvgPicture.Escape(text);
}

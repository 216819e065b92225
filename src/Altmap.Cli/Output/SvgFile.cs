using System.Text;
using Altmap.Cli.Common;
using Altmap.Host;

namespace Altmap.Cli.Output;

/// <summary>Pictures into files, whole or not at all.</summary>
internal static class SvgFile
{
    /// <summary>Writes <c>--svg FILE</c>. A path that cannot be written ends the command.</summary>
    public static void WriteSvg(string path, SvgPicture picture) => Write(path, picture.ToText());

    /// <summary>Writes <c>--html FILE</c>: a page with the pictures in it and a table below; nothing is loaded from anywhere.</summary>
    public static void WriteHtml(string path, string title, IEnumerable<SvgPicture> pictures, TextTable? table = null) =>
        WriteHtml(path, title, string.Concat(pictures.Select(p => p.ToText(isInline: true))), table);

    /// <summary>The same with anything above the table.</summary>
    public static void WriteHtml(string path, string title, string body, TextTable? table)
    {
        var page = new StringBuilder(
            $$"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <meta name="generator" content="{{OutputFile.Mark}}"><title>{{SvgPicture.Escape(
                title
            )}}</title>
            <style>
            body { margin: 1.5rem; font-family: system-ui, sans-serif; background: #ffffff; color: #1c1e21; } svg { max-width: 100%; height: auto; }
            table { border-collapse: collapse; font-size: .85rem; } th, td { padding: .2rem .7rem; text-align: left; border-bottom: 1px solid #8a8f9855; }
            .r { text-align: right; font-variant-numeric: tabular-nums; } div { overflow-x: auto; }
            @media (prefers-color-scheme: dark) { body { background: #16181d; color: #e8eaed; } }
            </style></head><body>

            """
        );
        page.Append(body);
        if (table is not null)
            Append(page, table);
        Write(path, page.Append("</body></html>\n").ToString());
    }

    private static void Append(StringBuilder page, TextTable table)
    {
        page.Append("<div><table><thead><tr>");
        for (int i = 0; i < table.Columns.Length; i++)
            page.Append(Cell("th", i, table.Heading(i)));
        page.Append("</tr></thead><tbody>\n");
        foreach (string[] row in table.Rows)
            page.Append("<tr>").Append(string.Concat(row.Select((c, i) => Cell("td", i, c)))).Append("</tr>\n");
        page.Append("</tbody></table></div>\n");

        string Cell(string tag, int column, string text) =>
            $"<{tag}{(table.IsRight(column) ? " class=\"r\"" : "")}>{SvgPicture.Escape(text)}</{tag}>";
    }

    private static void Write(string path, string text)
    {
        NewFile.RequirePicture(path);
        NewFile.Write(path, text);
    }
}

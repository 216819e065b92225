using System.Text;

namespace Altmap.Cli.Output;

/// <summary>The style sheet of our pictures and pages: light, and dark where the reader prefers it.</summary>
internal static class SvgStyle
{
    /// <summary>CSS; ends with a newline.</summary>
    public static readonly string Sheet = Make();

    private static string Make()
    {
        var css = new StringBuilder(
            """
            text { font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 13px; fill: #1c1e21; }
            text.small, text.in { font-size: 11px; } text.bold { font-weight: 600; } text.big { font-size: 18px; font-weight: 600; }
            .page { fill: #ffffff; } .line { stroke: #8a8f98; stroke-width: 1; } .curve { fill: none; stroke-width: 2; } .frame { fill: none; stroke: #c81e1e; stroke-width: 2; }
            rect { shape-rendering: crispEdges; } rect[class^=t] { stroke: #ffffff; stroke-width: .6; }

            """
        );
        AddTones(css, look => look.Light);
        foreach (Tone tone in Enum.GetValues<Tone>())
            css.Append($".s{tone.CssClass()} {{ stroke: {Strong(tone.Look().Light)}; }}\n");
        css.Append(
            "@media (prefers-color-scheme: dark) {\ntext { fill: #e8eaed; } .page { fill: #16181d; } .line { stroke: #6b7079; } "
                + ".frame { stroke: #ff6b6b; } rect[class^=t] { stroke: #16181d; }\n"
        );
        AddTones(css, look => look.Dark);
        foreach (Tone tone in Enum.GetValues<Tone>())
            css.Append($".s{tone.CssClass()} {{ stroke: {tone.Look().Light}; }}\n");
        return css.Append("}\n").ToString();
    }

    private static void AddTones(StringBuilder css, Func<ToneLook, string> fill)
    {
        foreach (Tone tone in Enum.GetValues<Tone>())
            css.Append($".{tone.CssClass()} {{ fill: {fill(tone.Look())}; }}\n");
    }

    /// <summary>A fill is too pale for a line on white: the same hue at six tenths of the light.</summary>
    private static string Strong(string hex)
    {
        int rgb = Convert.ToInt32(hex[1..], 16);
        int Part(int shift) => ((rgb >> shift) & 0xff) * 6 / 10;
        return $"#{Part(16):x2}{Part(8):x2}{Part(0):x2}";
    }
}

namespace Altmap.Cli.Output;

/// <summary>How wide text becomes in a picture. The reader's font is not known: the widths are those of the widest in our list, DejaVu
/// Sans.</summary>
internal static class SvgText
{
    private const double SmallSize = 11;

    /// <summary>Pixels of a text in the small type.</summary>
    public static double SmallWidth(string text) => text.Sum(Em) * SmallSize;

    private static double Em(char c) =>
        c switch
        {
            'i' or 'j' or 'l' => .28,
            'f' or 't' or 'r' or 'I' or ' ' or '.' or ',' or ':' or ';' or '|' or '/' or '(' or ')' or '-' or '\'' => .42,
            'm' or 'M' or 'W' or '%' => 1,
            'w' or '+' or '=' or '<' or '>' => .84,
            >= 'A' and <= 'Z' => .74,
            _ => .64,
        };
}

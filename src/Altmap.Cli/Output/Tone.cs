namespace Altmap.Cli.Output;

/// <summary>What a part of a picture is. A tone has one look everywhere: in SVG (light and dark), in colour on a terminal, as a Unicode
/// cell, as an ASCII cell.</summary>
internal enum Tone
{
    /// <summary>System RAM.</summary>
    Ram,

    /// <summary>Persistent memory that has no struct pages.</summary>
    Pmem,

    /// <summary>Data of a device with struct pages; what is usable.</summary>
    Data,

    /// <summary>Page map, or other metadata of a size that grows with the data.</summary>
    PageMap,

    /// <summary>Info-block, labels: metadata of a fixed size.</summary>
    InfoBlock,

    /// <summary>Lost to alignment.</summary>
    Lost,

    /// <summary>Not used by anything, but could be.</summary>
    Free,

    /// <summary>Nothing is there, or nobody has it.</summary>
    Hole,

    /// <summary>Of the firmware.</summary>
    Reserved,

    /// <summary>Something is wrong here.</summary>
    Bad,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>How a tone looks.</summary>
/// <param name="Light">Fill on a light page, a hex colour on which black text can be read.</param>
/// <param name="Dark">Fill on a dark page, a hex colour on which white text can be read.</param>
/// <param name="Ansi">Foreground colour of SGR (30 to 97): the terminal's own scheme decides its look.</param>
/// <param name="Unicode">A cell where Unicode can be shown; told from the others without colour too.</param>
/// <param name="Ascii">A cell in plain ASCII.</param>
internal readonly record struct ToneLook(string Light, string Dark, int Ansi, char Unicode, char Ascii);

/// <summary>The looks of all tones.</summary>
internal static class Tones
{
    // Hues that people with the common colour blindnesses tell apart, after Okabe and Ito; lightness differs too, for print.
    private static readonly ToneLook[] Looks =
    [
        new("#8ec5f0", "#215f94", 34, '█', '#'), // Ram
        new("#f5d88a", "#8a6508", 33, '▒', 'P'), // Pmem
        new("#86d3ad", "#13704c", 32, '▓', 'D'), // Data
        new("#dba6cb", "#8c4479", 35, '▚', 'm'), // PageMap
        new("#b58fc2", "#693a79", 95, 'i', 'i'), // InfoBlock
        new("#f0a47c", "#974617", 91, '╌', '-'), // Lost
        new("#f4f4ee", "#2b2f36", 97, '□', '_'), // Free
        new("#e2e2de", "#33373e", 90, '·', '.'), // Hole
        new("#bdbdb7", "#565b63", 37, '×', 'x'), // Reserved
        new("#f26d6d", "#b32424", 31, '!', '!'), // Bad
        new("#a9dbe6", "#1f6f80", 36, '◦', 'o'), // Other
    ];

    public static ToneLook Look(this Tone tone) => Looks[(int)tone];

    /// <summary>The class of the tone in our style sheets.</summary>
    public static string CssClass(this Tone tone) => "t" + ((int)tone).ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A part of a bar, or a line of a legend.</summary>
/// <param name="Amount">Its share of the bar, in whatever unit all its parts have; may be 0.</param>
/// <param name="Tone">How it is shown.</param>
/// <param name="Label">What it is, in few words.</param>
/// <param name="Detail">More, for who points at it (SVG); null: the label says it all.</param>
internal sealed record BarPart(ulong Amount, Tone Tone, string Label, string? Detail = null)
{
    /// <summary>What stands in the box where the label does not fit (SVG); null: nothing.</summary>
    public string? Short { get; init; }
}

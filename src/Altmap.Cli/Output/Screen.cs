namespace Altmap.Cli.Output;

/// <summary>What the place that text goes to can show.</summary>
/// <param name="Width">Columns.</param>
/// <param name="HasUnicode">Block characters are shown as such.</param>
/// <param name="HasColor">SGR colours are wanted.</param>
internal sealed record Screen(int Width, bool HasUnicode, bool HasColor)
{
    /// <summary>Columns where there is no terminal.</summary>
    public const int PlainWidth = 80;

    private const int WidthMin = 40,
        WidthMax = 200;

    /// <summary>ASCII without colour, 80 columns: pipes and files, always the same.</summary>
    public static readonly Screen Plain = new(PlainWidth, HasUnicode: false, HasColor: false);

    /// <summary>A terminal shows Unicode when its locale is UTF-8 and it is not <c>dumb</c>; all else is <see cref="Plain"/>.</summary>
    public static Screen Of(CliHost host)
    {
        if (!host.IsOutputTerminal)
            return Plain;
        string locale = new[] { "LC_ALL", "LC_CTYPE", "LANG" }.Select(host.Variable).FirstOrDefault(v => !string.IsNullOrEmpty(v)) ?? "";
        bool isUtf8 =
            locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("UTF8", StringComparison.OrdinalIgnoreCase);
        return new(Math.Clamp(host.Columns, WidthMin, WidthMax), isUtf8 && host.Variable("TERM") is not ("dumb" or "linux"), host.HasColor);
    }
}

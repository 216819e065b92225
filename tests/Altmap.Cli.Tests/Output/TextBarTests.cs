using Altmap.Cli.Output;

namespace Altmap.Cli.Tests.Output;

public class TextBarTests
{
    private static readonly Screen Color = new(80, HasUnicode: true, HasColor: true);

    [Theory]
    [InlineData(10, "5 5", "5 5")]
    [InlineData(10, "1 1 1", "4 3 3")]
    [InlineData(10, "1000000 1 0 1", "8 1 0 1")]
    [InlineData(2, "1 9 5 7", "0 1 0 1")]
    [InlineData(4, "0 0", "0 0")]
    [InlineData(0, "1", "0")]
    [InlineData(8, "18446744073709551615 18446744073709551615", "4 4")]
    public void Cells_are_shared_out_and_small_parts_are_seen(int cells, string amounts, string widths) =>
        Assert.Equal(widths, string.Join(' ', TextBar.Widths([.. amounts.Split(' ').Select(ulong.Parse)], cells)));

    [Fact]
    public void A_bar_is_ascii_or_coloured_blocks()
    {
        BarPart[] parts = [new(3, Tone.Ram, "System RAM"), new(1, Tone.Data, "data")];
        Assert.Equal("######DD", TextBar.Draw(parts, 8, Screen.Plain));
        Assert.Equal("\e[34m██████\e[0m\e[32m▓▓\e[0m", TextBar.Draw(parts, 8, Color));
    }

    [Fact]
    public void Without_colour_cells_are_letters() =>
        Assert.Equal(
            "######DD",
            TextBar.Draw([new(3, Tone.Ram, "System RAM"), new(1, Tone.Data, "data")], 8, new Screen(80, HasUnicode: true, HasColor: false))
        );

    [Theory]
    [InlineData("1 1", false)]
    [InlineData("1000 1", true)]
    [InlineData("1000 0", false)]
    [InlineData("18446744073709551615 18446744073709551615", false)]
    public void A_part_with_more_than_its_share_is_noticed(string amounts, bool isStretched) =>
        Assert.Equal(isStretched, TextBar.IsStretched([.. amounts.Split(' ').Select(a => new BarPart(ulong.Parse(a), Tone.Ram, a))], 16));

    [Fact]
    public void A_legend_names_each_once_and_wraps()
    {
        BarPart[] parts = [.. Enumerable.Range(0, 9).Select(i => new BarPart(1, Tone.Ram, $"label number {i % 8}"))];
        string[] lines = TextBar.Legend(parts, Screen.Plain, 2).Split('\n');
        Assert.All(lines, l => Assert.True(l.Length <= 80 && l.StartsWith("  # ", StringComparison.Ordinal)));
        Assert.Equal(8, string.Concat(lines).Split('#').Length - 1);
    }

    [Fact]
    public void Tones_are_told_apart_without_colour()
    {
        Assert.Distinct(Enum.GetValues<Tone>().Select(t => t.Look().Ascii));
        Assert.Distinct(Enum.GetValues<Tone>().Select(t => t.Look().Unicode));
        Assert.All(Enum.GetValues<Tone>(), t => Assert.True(char.IsAscii(t.Look().Ascii)));
    }

    [Theory]
    [InlineData(0, "132", 132)]
    [InlineData(0, null, 80)]
    [InlineData(0, "many", 80)]
    [InlineData(100, "132", 100)]
    public void A_terminal_that_does_not_know_its_columns_is_told_them(int columns, string? variable, int width)
    {
        using var host = new CliHost(Stream.Null, TextWriter.Null, () => Stream.Null)
        {
            IsOutputTerminal = true,
            WindowWidth = () => columns,
            Variable = v => v == "COLUMNS" ? variable : null,
        };
        Assert.Equal(width, Screen.Of(host).Width);
    }

    [Theory]
    [InlineData(false, "C.UTF-8", "xterm", 80, false)]
    [InlineData(true, "C.UTF-8", "xterm", 132, true)]
    [InlineData(true, "en_US.utf8", "xterm", 132, true)]
    [InlineData(true, "C", "xterm", 132, false)]
    [InlineData(true, "C.UTF-8", "dumb", 132, false)]
    public void A_screen_is_what_the_terminal_can_show(bool isTerminal, string locale, string term, int width, bool hasUnicode)
    {
        using var host = new CliHost(Stream.Null, TextWriter.Null, () => Stream.Null)
        {
            IsOutputTerminal = isTerminal,
            WindowWidth = () => 132,
            Variable = v =>
                v switch
                {
                    "LANG" => locale,
                    "TERM" => term,
                    _ => null,
                },
        };
        Screen screen = Screen.Of(host);
        Assert.Equal((width, hasUnicode), (screen.Width, screen.HasUnicode));
    }
}

using System.Xml.Linq;
using Altmap.Cli.Common;
using Altmap.Cli.Output;

namespace Altmap.Cli.Tests.Output;

public class SvgPictureTests
{
    /// <summary>Widths as DejaVu Sans has them at 11 pixels, the widest of the fonts that the sheet names.</summary>
    [Theory]
    [InlineData("pmem, no memmap", 112)]
    [InlineData("System RAM, online", 109.7)]
    public void A_legend_has_room_for_its_words(string label, double pixels) =>
        Assert.InRange(SvgText.SmallWidth(label), pixels * .97, pixels * 1.15);

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void A_picture_is_xml_that_stands_on_its_own()
    {
        XElement root = Parse(Draw("a <title> & \"more\"\0\ud800"));
        Assert.Equal("a <title> & \"more\"\ufffd\ufffd", root.Element(Svg + "title")!.Value);
        Assert.Contains("prefers-color-scheme: dark", root.Element(Svg + "style")!.Value, StringComparison.Ordinal);
        Assert.DoesNotContain(root.DescendantsAndSelf().Attributes(), a => a.Name.LocalName is "href" or "src");
        double[] box = [.. root.Attribute("viewBox")!.Value.Split(' ').Select(double.Parse)];
        Assert.All(
            root.Descendants(Svg + "rect").Where(r => r.Attribute("x") is not null),
            r =>
            {
                Assert.InRange((double)r.Attribute("x")! + (double)r.Attribute("width")!, 0, box[2]);
                Assert.InRange((double)r.Attribute("y")! + (double)r.Attribute("height")!, 0, box[3]);
            }
        );
    }

    [Fact]
    public void The_same_calls_give_the_same_bytes() => Assert.Equal(Draw("x").ToText(), Draw("x").ToText());

    [Fact]
    public void A_bar_is_to_scale_and_its_labels_fit()
    {
        var picture = new SvgPicture("bar");
        picture.Bar(
            0,
            0,
            400,
            20,
            [new(300, Tone.Ram, "System RAM"), new(99, Tone.Data, "data"), new(1, Tone.Bad, "too long for a pixel", "and <more>")]
        );
        XElement root = Parse(picture);
        Assert.Equal(
            [300, 99, 1],
            root.Descendants(Svg + "rect").Where(r => r.Attribute("x") is not null).Select(r => (int)r.Attribute("width")!)
        );
        Assert.Equal(["bar", "System RAM", "data"], root.Descendants(Svg + "text").Select(t => t.Value));
        Assert.Equal("and <more>", root.Descendants(Svg + "title").Last().Value);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(3, 3, 3)]
    [InlineData(5, 5, 5)]
    [InlineData(11, 15, 3)]
    [InlineData(256, 300, 3)]
    [InlineData(1001, 1500, 3)]
    [InlineData(71234, 80000, 4)]
    [InlineData(0.07, 0.08, 4)]
    public void A_scale_ends_at_a_round_number(double max, double top, int steps)
    {
        (double end, int parts) = SvgPlot.Scale([0, max]);
        Assert.Equal(top, end, 9);
        Assert.Equal(steps, parts);
    }

    [Fact]
    public void A_plot_shows_each_curve_and_names_it()
    {
        var picture = new SvgPicture("plot");
        double below = SvgPlot.Draw(
            picture,
            30,
            200,
            "requests",
            "free MiB",
            [new("first", Tone.Ram, [(0, 10), (5, 0)]), new("second", Tone.Bad, [(0, 0), (5, 3)])]
        );
        XElement root = Parse(picture);
        Assert.Equal(
            ["76,54 936,254", "76,254 936,194"],
            root.Descendants(Svg + "polyline").Take(2).Select(p => p.Attribute("points")!.Value)
        );
        // A legend shows what it speaks of: the same stroke, the same dashes. No two curves are alike where one lies on the other.
        (string?, string?)[] looks =
        [
            .. root.Descendants(Svg + "polyline").Select(p => (p.Attribute("class")?.Value, p.Attribute("stroke-dasharray")?.Value)),
        ];
        Assert.Equal(looks[..2], looks[2..]);
        Assert.NotEqual(looks[0].Item2, looks[1].Item2);
        Assert.Contains("second", root.Descendants(Svg + "text").Select(t => t.Value));
        Assert.InRange(below, 254, 330);
    }

    [Fact]
    public void A_path_that_cannot_be_written_is_an_error_of_the_host()
    {
        using var scratch = new Scratch();
        Assert.Equal(ExitCode.HostError, Assert.Throws<CliError>(() => SvgFile.WriteSvg(scratch["none/a.svg"], Draw("x"))).ExitCode);
        SvgFile.WriteHtml(scratch["a.html"], "<p>", [Draw("x")], new TextTable("a", ">b") { });
        string page = File.ReadAllText(scratch["a.html"]);
        Assert.Contains("<title>&lt;p&gt;</title>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<?xml", page, StringComparison.Ordinal);
        if (File.Exists("/dev/full"))
            Assert.Contains(
                "/dev/full",
                Assert.Throws<CliError>(() => SvgFile.WriteSvg("/dev/full", Draw("x"))).Message,
                StringComparison.Ordinal
            );
    }

    private static SvgPicture Draw(string title)
    {
        var picture = new SvgPicture(title);
        picture.AxisX(
            SvgPicture.Margin,
            60,
            picture.Width - (2 * SvgPicture.Margin),
            [new(0, "0"), new(0.01, "hidden"), new(1, "128 MiB")]
        );
        picture.Frame(30, 90, 100, 20);
        picture.Legend(SvgPicture.Margin, 120, Enum.GetValues<Tone>().Select(t => new BarPart(1, t, $"a label for {t}")));
        return picture;
    }

    private static XElement Parse(SvgPicture picture) => XDocument.Parse(picture.ToText()).Root!;
}

using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model.Planning;

namespace Altmap.Cli.Planning;

/// <summary>Ledgers as bars to scale in an SVG picture.</summary>
internal static class PlanPicture
{
    private const double BarHeight = 34,
        Gap = 26,
        First = 66,
        Axis = 24;
    private const int BarsMax = 200;

    /// <summary>A bar for each; more than 200 are not drawn, and the picture says so.</summary>
    public static SvgPicture Draw(string title, IReadOnlyList<(string Name, ByteSize Size, IReadOnlyList<BarPart> Parts)> bars)
    {
        var picture = new SvgPicture(title);
        double width = picture.Width - (2 * SvgPicture.Margin),
            y = First;
        foreach ((string name, ByteSize size, IReadOnlyList<BarPart> parts) in bars.Take(BarsMax))
        {
            picture.Text(SvgPicture.Margin, y, name);
            picture.Bar(SvgPicture.Margin, y + 8, width, BarHeight, parts);
            picture.AxisX(
                SvgPicture.Margin,
                y + 8 + BarHeight,
                width,
                Enumerable.Range(0, 5).Select(i => new SvgTick(i / 4.0, new ByteSize(size.Bytes / 4 * (ulong)i).ToHuman()))
            );
            y += 8 + BarHeight + Axis + Gap;
        }
        if (bars.Count > BarsMax)
            picture.Text(SvgPicture.Margin, y, $"{bars.Count - BarsMax} more are not drawn");
        picture.Legend(
            SvgPicture.Margin,
            y + (bars.Count > BarsMax ? 20 : 0),
            PlanText.LegendOf(bars.Take(BarsMax).SelectMany(b => b.Parts))
        );
        return picture;
    }

    /// <summary>The bar of a plan.</summary>
    public static (string Name, ByteSize Size, IReadOnlyList<BarPart> Parts) BarOf(string? name, NamespacePlan plan) =>
        (
            $"{(name is null ? "" : name + ", ")}kernel {plan.Kernel.Name}, {PlanText.Device(plan)}: {plan.Usable.ToHuman()} of "
                + $"{plan.Range.Size.ToHuman()} usable",
            plan.Range.Size,
            PlanText.Parts(plan)
        );

    /// <summary>The bar of a DIMM or region.</summary>
    public static (string Name, ByteSize Size, IReadOnlyList<BarPart> Parts) BarOf(SpaceLedger space) =>
        (
            space.Device.Name,
            space.Size,
            [
                .. space.Extents.Select(e => new BarPart(
                    e.Size.Bytes,
                    PlanText.ToneOf(e.What),
                    e.What.Word(),
                    $"{e.Owner ?? e.What.Word()}: {e.Size} from {JsonOutput.Hex(e.Start)} on"
                )),
            ]
        );
}

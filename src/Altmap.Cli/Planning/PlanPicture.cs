using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model.Planning;

namespace Altmap.Cli.Planning;

/// <summary>Ledgers as bars to scale in an SVG picture.</summary>
internal static class PlanPicture
{
    private const double BarHeight = 34,
        Gap = 26,
        AnswerLine = 60,
        First = 92,
        Axis = 24;
    private const int BarsMax = 200;
    private const string Namespace = "namespace";

    /// <summary>The answer, then a bar for each; more than 200 are not drawn, and the picture says so.</summary>
    public static SvgPicture Draw(
        string title,
        string answer,
        IReadOnlyList<(string Name, ByteSize Size, IReadOnlyList<BarPart> Parts)> bars
    )
    {
        var picture = new SvgPicture(title);
        picture.Text(SvgPicture.Margin, AnswerLine, answer, SvgType.Bold);
        double width = picture.Width - (2 * SvgPicture.Margin),
            y = First;
        foreach ((string name, ByteSize size, IReadOnlyList<BarPart> parts) in bars.Take(BarsMax))
        {
            picture.Text(SvgPicture.Margin, y, name);
            picture.Bar(SvgPicture.Margin, y + 8, width, BarHeight, parts);
            picture.AxisX(SvgPicture.Margin, y + 8 + BarHeight, width, SvgTicks.Of(0, size.Bytes));
            y += 8 + BarHeight + Axis + Gap;
        }
        if (bars.Count > BarsMax)
            picture.Text(SvgPicture.Margin, y, $"{bars.Count - BarsMax} more are not drawn");
        picture.Legend(SvgPicture.Margin, y + (bars.Count > BarsMax ? 20 : 0), LegendOf(bars.Take(BarsMax).SelectMany(b => b.Parts)));
        return picture;
    }

    /// <summary>One entry for each look; a part that is labelled with a name goes under the word for what it is.</summary>
    private static IEnumerable<BarPart> LegendOf(IEnumerable<BarPart> parts) =>
        PlanText.LegendOf(
            parts.Select(p =>
                p.Short is null ? p
                : p.Tone == Tone.Free ? p with { Label = "free" }
                : p.Short == p.Label || !p.Label.StartsWith(Namespace, StringComparison.Ordinal) ? p with { Label = p.Short }
                : p with { Label = "namespace, usable" }
            )
        );

    /// <summary>The answer of plans: what is usable of all of them, or what their kernels make of the same bytes.</summary>
    public static string Answer(IReadOnlyList<NamespacePlan> plans)
    {
        if (plans.FirstOrDefault(p => !p.IsAccepted) is { } refused)
            return $"refused by {refused.Kernel.Name}: {refused.Message}";
        if (plans.Select(p => p.Kernel.Name).Distinct().Count() > 1)
        {
            ByteSize least = plans.MinBy(p => p.Usable.Bytes)!.Usable,
                most = plans.MaxBy(p => p.Usable.Bytes)!.Usable;
            string range = least == most ? least.ToHuman() : $"{least.ToHuman()} to {most.ToHuman()}";
            return $"{range} usable of {plans[0].Range.Size.ToHuman()}, by kernel";
        }
        ByteSize usable = Sum(plans.Select(p => p.Usable)),
            size = Sum(plans.Select(p => p.Range.Size));
        return $"{usable.ToHuman()} usable of {size.ToHuman()}; {(size - usable).ToHuman()} are not";
    }

    /// <summary>The answer of a machine.</summary>
    public static string Answer(MachineLedger ledger)
    {
        ByteSize usable = Sum(ledger.Namespaces.Select(n => n.Plan?.Usable ?? ByteSize.Zero)),
            size = Sum(ledger.Regions.Select(r => r.Size)),
            free = Sum(ledger.Regions.SelectMany(r => r.Extents).Where(e => e.What == LedgerItem.Free).Select(e => e.Size));
        return $"{usable.ToHuman()} usable of {size.ToHuman()}; {free.ToHuman()} free, {(size - usable - free).ToHuman()} neither";
    }

    private static ByteSize Sum(IEnumerable<ByteSize> sizes) => sizes.Aggregate(ByteSize.Zero, (sum, s) => sum + s);

    /// <summary>The bar of a plan.</summary>
    public static (string Name, ByteSize Size, IReadOnlyList<BarPart> Parts) BarOf(string? name, NamespacePlan plan) =>
        (
            $"{(name is null ? "" : name + ", ")}kernel {plan.Kernel.Name}, {PlanText.Device(plan)}: {plan.Usable.ToHuman()} of "
                + $"{plan.Range.Size.ToHuman()} usable",
            plan.Range.Size,
            PlanText.Parts(plan)
        );

    /// <summary>The bar of a DIMM or region: of each namespace what is usable, then what of it is not.</summary>
    public static (string Name, ByteSize Size, IReadOnlyList<BarPart> Parts) BarOf(SpaceLedger space, MachineLedger ledger) =>
        ($"{space.Device.Name}: {space.Size.ToHuman()}", space.Size, [.. space.Extents.SelectMany(e => PartsOf(e, ledger))]);

    private static IEnumerable<BarPart> PartsOf(SpaceExtent extent, MachineLedger ledger)
    {
        string detail = $"{extent.Owner ?? extent.What.Word()}: {extent.Size} from {JsonOutput.Hex(extent.Start)} on";
        NamespacePlan? plan = ledger.Namespaces.FirstOrDefault(n => n.Namespace.Name == extent.Owner)?.Plan;
        // A DIMM of several, and a region, have the namespace's bytes in the same shares.
        ulong usable =
            plan is { IsAccepted: true } && !plan.Range.Size.IsZero
                ? (ulong)((UInt128)extent.Size.Bytes * plan.Usable.Bytes / plan.Range.Size.Bytes)
                : extent.Size.Bytes;
        string name = extent.Owner ?? extent.What.Word();
        yield return new BarPart(usable, PlanText.ToneOf(extent.What), $"{name} {new ByteSize(usable).ToHuman()}", detail)
        {
            Short = name.StartsWith(Namespace, StringComparison.Ordinal) ? name[Namespace.Length..] : name,
        };
        ulong rest = extent.Size.Bytes - usable;
        if (rest > 0)
            yield return new BarPart(rest, Tone.Lost, "not usable", $"{name}: {new ByteSize(rest)} are metadata or lost to alignment");
    }
}

using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Findings;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Planning;

namespace Altmap.Cli.Planning;

/// <summary>Ledgers for people: a bar to scale and a table.</summary>
internal static class PlanText
{
    /// <summary>The ledger of a namespace.</summary>
    public static void Write(CliHost host, NamespacePlan plan, string? name = null)
    {
        host.Out.WriteLine(
            $"kernel {plan.Kernel.Name}: {(name is null ? "" : name + ": ")}{Device(plan)}: {plan.Range.Size} from {plan.Range.Start} on"
        );
        if (!plan.IsAccepted)
            host.Out.WriteLine(
                $"refused: {plan.Errno.Describe()} ({plan.Errno}){((plan.Message ?? Reason(plan)) is { } why ? $": {why}" : "")}"
            );
        else
            WriteBar(host, Parts(plan));
        if (plan.Hint is { } hint)
            host.Out.WriteLine(hint);
        if (plan is { IsAccepted: true, Mode: "hotplug" })
            host.Out.WriteLine(
                "as kmem adds it (hmem, CXL): what is no whole memory block is cut off; a DIMM is all or nothing: --mode dimm"
            );
        var table = new TextTable("what", ">bytes", ">", ">of the namespace");
        foreach (LedgerEntry entry in plan.Ledger)
            table.Add(entry.What.Word(), Numbers.Of(entry.Bytes), entry.Bytes.ToHuman(), Numbers.Share(entry.Bytes, plan.Range.Size));
        table.Add("total", Numbers.Of(plan.Range.Size), plan.Range.Size.ToHuman(), Numbers.Share(plan.Range.Size, plan.Range.Size));
        table.Write(host);
        if (!plan.StructPagesInRam.IsZero)
            host.Out.WriteLine($"and {plan.StructPagesInRam} of RAM for struct pages");
        if (!plan.Overrun.IsZero)
            host.Out.WriteLine(
                $"DANGER: this kernel overwrites the struct pages of {plan.Overrun} behind the range when device_dax is bound, or "
                    + "oopses where there are none; use --align "
                    + $"{Numbers.Unit(plan.Architecture.PageSize)}{(plan.Map == PageMapMode.Ram ? " or --map dev" : "")}"
            );
    }

    /// <summary>As <c>fsdax, map=dev, align 2097152 (2 MiB)</c>.</summary>
    public static string Device(NamespacePlan plan) =>
        plan.Mode
        + (plan.Map is { } map and not PageMapMode.None ? $", map={map.Word()}" : "")
        + (plan.Align is { } align ? $", align {align}" : "")
        + (plan.BlockSize is { } block ? $", memory blocks of {block.ToHuman()}" : "");

    /// <summary>A bar over the width of the screen, and what its cells mean.</summary>
    public static void WriteBar(CliHost host, IReadOnlyList<BarPart> parts)
    {
        if (parts.Count < 2)
            return;
        Screen screen = Screen.Of(host);
        host.Out.WriteLine($"[{TextBar.Draw(parts, screen.Width - 2, screen)}]");
        host.Out.WriteLine(TextBar.Legend(LegendOf(parts), screen));
    }

    /// <summary>One entry for each look: parts that look alike stand together.</summary>
    public static IEnumerable<BarPart> LegendOf(IEnumerable<BarPart> parts) =>
        parts.GroupBy(p => p.Tone).Select(g => new BarPart(1, g.Key, string.Join(", ", g.Select(p => p.Label).Distinct())));

    /// <summary>The parts of a namespace's bar.</summary>
    public static IReadOnlyList<BarPart> Parts(NamespacePlan plan) =>
        [.. plan.Ledger.Select(e => new BarPart(e.Bytes.Bytes, ToneOf(e.What), e.What.Word(), $"{e.What.Word()}: {e.Bytes}"))];

    /// <summary>How an entry of a ledger looks.</summary>
    public static Tone ToneOf(LedgerItem what) =>
        what switch
        {
            LedgerItem.Data or LedgerItem.Claimed => Tone.Data,
            LedgerItem.SystemRam => Tone.Ram,
            LedgerItem.PageMapUsed
            or LedgerItem.BlockMemmap
            or LedgerItem.BttMap
            or LedgerItem.BttLog
            or LedgerItem.BttFreeBlocks
            or LedgerItem.BttSectorMetadata => Tone.PageMap,
            LedgerItem.InfoBlockArea or LedgerItem.BttInfo => Tone.InfoBlock,
            LedgerItem.PageMapUnused => Tone.Other,
            LedgerItem.Unusable => Tone.Bad,
            LedgerItem.Free => Tone.Free,
            LedgerItem.NoDriver or LedgerItem.NoRegion => Tone.Hole,
            LedgerItem.ClaimedByLabels or LedgerItem.Unknown => Tone.Reserved,
            _ => Tone.Lost,
        };

    /// <summary>Why a namespace is refused where the kernel gives only an error number; null where it says more, or the cause is not
    /// known.</summary>
    public static string? Reason(NamespacePlan plan)
    {
        if (plan.IsAccepted || plan.Message is not null)
            return null;
        if (plan.Errno == Errno.ENODEV)
            return "no driver is bound to it (altmap run MACHINE -- dmesg)";
        if (plan.Align is { } align && !plan.Architecture.SupportedAligns.Contains(align))
            return $"align {Values.NoAlign(align, plan.Architecture)}";
        string least = plan.Mode == "sector" ? "the least that a BTT is made in" : "the least that a page map is made for";
        return plan.Range.Size < NamespacePlan.SizeMin ? $"fewer than {NamespacePlan.SizeMin}, {least}" : null;
    }
}

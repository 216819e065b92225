using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Memory;

/// <summary>Zones of memory blocks: which one onlining picks, how spans shrink, what 5.10 reads from struct pages
/// (mm/memory_hotplug.c).</summary>
internal static class BlockZones
{
    private static readonly ZoneKind[] KernelZones = [ZoneKind.Dma, ZoneKind.Dma32, ZoneKind.Normal];

    /// <summary>zone_for_pfn_range(): movable on demand; the first kernel zone that spans part of it; else, policy contig-zones, the only
    /// one of the two that does; policy auto-movable: <see cref="AutoMovable"/>.</summary>
    public static ZoneKind For(MemoryState memory, int node, PfnRange pages, OnlinePolicy type)
    {
        if (type == OnlinePolicy.OnlineMovable)
            return ZoneKind.Movable;
        ZoneKind kernel = KernelZones.FirstOrDefault(z => memory.ZoneOf(node, z).Meets(pages), ZoneKind.Normal);
        if (type == OnlinePolicy.OnlineKernel)
            return kernel;
        if (memory.ZonePolicy.IsAutoMovable)
            return AutoMovable.For(memory, node, pages, kernel);
        bool inKernel = memory.ZoneOf(node, kernel).Meets(pages),
            inMovable = memory.ZoneOf(node, ZoneKind.Movable).Meets(pages);
        if (inKernel != inMovable)
            return inKernel ? kernel : ZoneKind.Movable;
        return memory.Options.HasMovableNode ? ZoneKind.Movable : kernel;
    }

    /// <summary>One past the last block, at most <paramref name="past"/>, for which the spans of zones answer as for
    /// <paramref name="first"/>.</summary>
    public static ulong SameUntil(MemoryState memory, int node, ulong first, ulong past)
    {
        ulong until = past,
            perBlock = memory.PagesPerBlock.Pages;
        foreach (ZoneSpan zone in memory.Zones)
        {
            if (zone.Node != node || zone.Spanned.Pages == 0)
                continue;
            // The answer changes at the block where a span starts, and after the one where it ends.
            Consider(zone.Start.Number / perBlock);
            Consider(Alignment.Up(zone.End.Number, perBlock) / perBlock);
        }
        return until;

        void Consider(ulong block)
        {
            if (block > first && block < until)
                until = block;
        }
    }

    /// <summary>
    /// shrink_zone_span(): a range at an end of the span gives its pages back, up to the nearest page that is online and of the zone,
    /// looked at once a sub-section.
    /// </summary>
    public static MemoryState Shrink(MemoryState memory, Machine machine, int node, ZoneKind kind, PfnRange range)
    {
        ZoneSpan zone = memory.ZoneOf(node, kind);
        zone = zone with { Present = new PfnCount(zone.Present.Pages - Math.Min(zone.Present.Pages, range.Count.Pages)) };
        var mine = new Func<MemoryRange, bool>(r => r.IsOnline && r.Memmap.Zone == kind && r.Memmap.Node == node);
        ulong sub = memory.Geometry.PagesPerSubSection.Pages;
        if (zone.Start == range.Start)
        {
            ulong? low = null;
            foreach (MemoryRange r in PageWalk.Walk(memory, machine.Kernel, machine.Architecture, new PfnRange(range.End, zone.End)))
            {
                ulong at = Alignment.Up(r.Pages.Start.Number, sub);
                if (mine(r) && at < r.Pages.End.Number)
                {
                    low = at;
                    break;
                }
            }
            zone = low is { } start
                ? zone with
                {
                    Start = new Pfn(start),
                    Spanned = zone.End - new Pfn(start),
                }
                : zone with
                {
                    Start = default,
                    Spanned = default,
                };
        }
        else if (zone.End == range.End)
        {
            ulong? high = null;
            foreach (MemoryRange r in PageWalk.Walk(memory, machine.Kernel, machine.Architecture, new PfnRange(zone.Start, range.Start)))
            {
                ulong past = Alignment.Down(r.Pages.End.Number, sub); // one past a page that is looked at
                if (mine(r) && past > r.Pages.Start.Number)
                    high = past;
            }
            zone = high is { } end ? zone with { Spanned = new Pfn(end) - zone.Start } : zone with { Start = default, Spanned = default };
        }
        return memory.With(zone);
    }

    /// <summary>
    /// What building the zonelists anew logs (build_zonelists()). With several nodes the order follows distances, which a machine file does
    /// not know: nothing then.
    /// "Built … zonelists" counts free pages, which are not modelled.
    /// </summary>
    public static Machine TellFallbackOrder(Machine machine)
    {
        int[] nodes = [.. machine.Mm.Zones.Select(z => z.Node).Distinct()];
        return machine.Kernel.Get(Rules.SaysFallbackOrder) is true && nodes is [var node]
            ? machine.WithMessage($"Fallback order for Node {node}: {node} ")
            : machine;
    }

    /// <summary>test_pages_in_a_zone() of 5.10: the first valid page of each largest buddy block; none when they differ or leave the zone's
    /// span.</summary>
    public static ZoneKind OfPages(Machine machine, PfnRange pages)
    {
        MemoryState memory = machine.Mm;
        bool ownsPfnValid = PageWalk.OwnsPfnValid(machine.Kernel, machine.Architecture);
        ulong unit = 1UL << machine.Architecture.PageOrderMax; // MAX_ORDER_NR_PAGES
        ZoneKind found = ZoneKind.None;
        ZoneSpan? span = null;
        ulong looked = ulong.MaxValue; // the unit whose page was looked at last
        foreach (MemoryRange range in PageWalk.Walk(memory, machine.Kernel, machine.Architecture, pages))
        {
            PageFacts facts = PageFacts.Of(memory.Pages, range.Pages.Start);
            if (!facts.Section.HasFlag(SectionBits.Present) || (ownsPfnValid && !OnlineChecks.PfnValid(facts, asksMemblock: true)))
                continue;
            ulong start = range.Pages.Start.Number;
            bool isFirstOfUnit = start / unit != looked && (start % unit == 0 || ownsPfnValid);
            ulong boundary = Alignment.Up(start, unit);
            if (!isFirstOfUnit && boundary >= range.Pages.End.Number)
                continue;
            looked = (range.Pages.End.Number - 1) / unit;
            ulong last = isFirstOfUnit && boundary >= range.Pages.End.Number ? start : Alignment.Down(range.Pages.End.Number - 1, unit);
            if (span is not null && (range.Memmap.Zone != found || last >= span.End.Number || start < span.Start.Number))
                return ZoneKind.None;
            (found, span) = (range.Memmap.Zone, memory.ZoneOf(Math.Max((short)0, range.Memmap.Node), range.Memmap.Zone));
        }
        return found;
    }
}

using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Kmsan;

/// <summary>The zones that pages lie in: those of a machine, or of x86-64 where only page numbers are known.</summary>
public static class DefaultZones
{
    /// <summary>One node with DMA below 16 MiB, DMA32 below 4 GiB and Normal above.</summary>
    public static ImmutableArray<BuddySpan> ForPages(ArchitectureRules architecture)
    {
        var spans = ImmutableArray.CreateBuilder<BuddySpan>();
        Pfn start = default;
        foreach ((ZoneKind kind, Pfn end) in MemoryBoot.X86ZoneLimits(architecture.PageSize))
        {
            spans.Add(new(0, kind, new(start, end)));
            start = end;
        }
        return spans.ToImmutable();
    }

    /// <summary>The zones of a machine's RAM; a zone of a node that others interleave with comes in several parts.</summary>
    public static ImmutableArray<BuddySpan> Of(Machine machine)
    {
        var spans = ImmutableArray.CreateBuilder<BuddySpan>();
        foreach (MemoryRange range in MemoryMap.Of(machine).Ranges)
        {
            if (range.Memmap.Zone is ZoneKind.None or ZoneKind.Device || range.Memmap.Node < 0)
                continue;
            var span = new BuddySpan(range.Memmap.Node, range.Memmap.Zone, range.Pages);
            if (spans.Count > 0 && spans[^1].Node == span.Node && spans[^1].Kind == span.Kind)
                spans[^1] = spans[^1] with { Pages = new(spans[^1].Pages.Start, span.Pages.End) };
            else
                spans.Add(span);
        }
        return spans.ToImmutable();
    }
}

using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Buddy;

namespace Altmap.Model.DebugMetadata;

/// <summary>Where shadow and origin of a page could be, and when they are taken (the discussion of January 2023).</summary>
public enum MetadataDesign
{
    /// <summary>No KMSAN at all.</summary>
    None,

    /// <summary>Pointers in struct page, metadata taken when memblock hands memory over: what KMSAN is.</summary>
    BootCarveOut,

    /// <summary>Pointers in struct page, metadata allocated with each page: tried by its author, and given up.</summary>
    Lazy,

    /// <summary>Pointers in page_ext, metadata taken when it is initialised, early: proposed in the discussion, never written.</summary>
    PageExtEarly,
}

/// <summary>What is compared.</summary>
/// <param name="Kernel">Whose rules.</param>
/// <param name="FreeRanges">Free memblock ranges at hand-over, ascending.</param>
/// <param name="Zones">Ascending; hold all ranges.</param>
/// <param name="Carved">Blocks that the boot carve-out releases of a part of the ranges, in order.</param>
/// <param name="OrderMax">Largest order of the page allocator.</param>
/// <param name="PageSize">PAGE_SIZE.</param>
/// <param name="PagesPerSection">Pages of a section.</param>
/// <param name="Sections">Sections with a memmap.</param>
/// <param name="Pages">struct page without and with the KMSAN pointers.</param>
/// <param name="SimulatedMax">Workloads run on the first so many free pages.</param>
/// <param name="Seeds">One workload each, at least one.</param>
public sealed record ComparisonInput(
    KernelProfile Kernel,
    ImmutableArray<PfnRange> FreeRanges,
    ImmutableArray<BuddySpan> Zones,
    Func<ImmutableArray<PfnRange>, IEnumerable<PageBlock>> Carved,
    int OrderMax,
    ByteSize PageSize,
    PfnCount PagesPerSection,
    ulong Sections,
    (ByteSize Plain, ByteSize Kmsan) Pages,
    PfnCount SimulatedMax,
    ImmutableArray<ulong> Seeds
)
{
    /// <summary>How many sections ranges (ascending) touch.</summary>
    public static ulong SectionsOf(ImmutableArray<PfnRange> ranges, PfnCount perSection)
    {
        ulong sections = 0,
            next = 0;
        foreach (PfnRange range in ranges)
        {
            ulong first = Math.Max(next, range.Start.Number / perSection.Pages),
                end = ((range.End.Number - 1) / perSection.Pages) + 1;
            if (end > first)
                sections += end - first;
            next = Math.Max(next, end);
        }
        return sections;
    }
}

/// <summary>What a design costs the whole machine.</summary>
/// <param name="Design">Which.</param>
/// <param name="StructPage">Its sizeof(struct page).</param>
/// <param name="Off">Compiled in and not in use, above a kernel without it; null: it cannot be off.</param>
/// <param name="Pointers">In use: struct pages that grew, or page_ext tables.</param>
/// <param name="Metadata">In use: pages of shadow and origin at once after boot.</param>
/// <param name="Leftover">In use: pages that are neither free nor metadata.</param>
/// <param name="Free">Free pages just after boot.</param>
/// <param name="PagesPerRequest">Blocks that a request takes.</param>
public sealed record DesignCost(
    MetadataDesign Design,
    ByteSize StructPage,
    ByteSize? Off,
    ByteSize Pointers,
    PfnCount Metadata,
    PfnCount Leftover,
    PfnCount Free,
    int PagesPerRequest
);

/// <summary>The workloads of a design, one for each seed.</summary>
/// <param name="Design">Which.</param>
/// <param name="Runs">In the order of the seeds.</param>
public sealed record DesignRuns(MetadataDesign Design, ImmutableArray<DesignRun> Runs);

/// <summary>page_ext switched on late: every largest block, used ones included, is to have contiguous metadata, and used ones cannot
/// move.</summary>
/// <param name="PeakPercent">Most memory in use before, in percent.</param>
/// <param name="InUsePercent">In use at the switch.</param>
/// <param name="Blocks">Largest blocks of the pool.</param>
/// <param name="WhollyFree">Of these, those without any used page.</param>
/// <param name="Tracked">Free blocks that a third is left of, with metadata; -1: not enough free blocks for the used ones.</param>
public sealed record LateSwitch(int PeakPercent, int InUsePercent, ulong Blocks, ulong WhollyFree, long Tracked)
{
    /// <summary>Largest blocks with a used page.</summary>
    public ulong Used => Blocks - WhollyFree;

    /// <summary>True when each used block gets a shadow and an origin.</summary>
    public bool IsFeasible => WhollyFree >= 2 * Used;
}

/// <summary>The designs on one memory map: costs of the whole machine, workloads on a part of it.</summary>
/// <param name="Input">What was asked.</param>
/// <param name="PageExt">The tables of the whole machine.</param>
/// <param name="Costs">By design.</param>
/// <param name="Simulated">Free pages that the workloads had.</param>
/// <param name="Usable">Pages that each workload comes to use, a third of these; half of them go back in the end.</param>
/// <param name="Runs">By design.</param>
/// <param name="Late">Late switches, the first seed.</param>
public sealed record DesignComparison(
    ComparisonInput Input,
    PageExt PageExt,
    ImmutableArray<DesignCost> Costs,
    PfnCount Simulated,
    PfnCount Usable,
    ImmutableArray<DesignRuns> Runs,
    ImmutableArray<LateSwitch> Late
)
{
    /// <summary>All designs, in the order in which they are shown.</summary>
    public static readonly ImmutableArray<MetadataDesign> Designs =
    [
        MetadataDesign.None,
        MetadataDesign.BootCarveOut,
        MetadataDesign.Lazy,
        MetadataDesign.PageExtEarly,
    ];

    /// <summary>Peaks of the late switch, and what is still in use then.</summary>
    private static readonly (int Peak, int InUse)[] LatePercents = [(5, 5), (10, 10), (20, 10), (30, 10), (40, 10)];

    /// <summary>Compares. The same input gives the same answer.</summary>
    public static DesignComparison Of(ComparisonInput input)
    {
        var tables = new PageExt(PageExt.KmsanEntry(input.Kernel), input.Sections, input.PagesPerSection, input.PageSize);
        ImmutableArray<PfnRange> part = FirstPages(input.FreeRanges, input.SimulatedMax);
        ulong simulated = Sum(part);
        var usable = new PfnCount(simulated / 3);
        ImmutableArray<Workload> workloads = [.. input.Seeds.Select(s => Workload.Of(s, usable, new PfnCount(usable.Pages / 2)))];
        PageExt partTables = tables with { Sections = ComparisonInput.SectionsOf(part, input.PagesPerSection) };
        return new(
            input,
            tables,
            [.. Designs.Select(d => CostOf(d, input, tables))],
            new(simulated),
            usable,
            [
                .. Designs.Select(d => new DesignRuns(
                    d,
                    [.. workloads.Select(w => DesignRun.Of(PoolOf(d, input, part, partTables), CopiesOf(d), w))]
                )),
            ],
            [.. LatePercents.Select(p => LateOf(input, part, simulated, p.Peak, p.InUse))]
        );
    }

    /// <summary>The first pages of ranges, no more than <paramref name="max"/>.</summary>
    internal static ImmutableArray<PfnRange> FirstPages(ImmutableArray<PfnRange> ranges, PfnCount max)
    {
        var part = ImmutableArray.CreateBuilder<PfnRange>();
        ulong left = max.Pages;
        foreach (PfnRange range in ranges)
        {
            if (left == 0)
                break;
            ulong take = Math.Min(left, range.Count.Pages);
            part.Add(range with { End = range.Start + new PfnCount(take) });
            left -= take;
        }
        return part.ToImmutable();
    }

    private static DesignCost CostOf(MetadataDesign design, ComparisonInput input, PageExt tables)
    {
        ulong free = Sum(input.FreeRanges),
            structPages = checked(input.Sections * input.PagesPerSection.Pages);
        ByteSize grown = (input.Pages.Kmsan - input.Pages.Plain) * structPages;
        ulong tablePages = tables.TablePages.Pages * tables.Sections,
            afterTables = free - Math.Min(free, tablePages);
        return design switch
        {
            MetadataDesign.None => new(design, input.Pages.Plain, ByteSize.Zero, ByteSize.Zero, default, default, new(free), 1),
            MetadataDesign.BootCarveOut => new(design, input.Pages.Kmsan, null, grown, new(free / 3 * 2), new(free % 3), new(free / 3), 1),
            MetadataDesign.Lazy => new(design, input.Pages.Kmsan, grown, grown, default, default, new(free), 3),
            _ => new(
                design,
                input.Pages.Plain,
                tables.Off,
                tables.Total,
                new(afterTables / 3 * 2),
                new(afterTables % 3),
                new(afterTables / 3),
                1
            ),
        };
    }

    private static int CopiesOf(MetadataDesign design) => design == MetadataDesign.Lazy ? 3 : 1;

    private static BuddyAllocator PoolOf(MetadataDesign design, ComparisonInput input, ImmutableArray<PfnRange> part, PageExt tables) =>
        design switch
        {
            MetadataDesign.BootCarveOut => DesignPools.OfBlocks(input.Zones, input.Carved(part), input.OrderMax),
            MetadataDesign.PageExtEarly => DesignPools.PageExtEarly(input.Zones, part, input.OrderMax, tables),
            _ => DesignPools.Whole(input.Zones, part, input.OrderMax),
        };

    private static LateSwitch LateOf(ComparisonInput input, ImmutableArray<PfnRange> part, ulong simulated, int peak, int inUse)
    {
        BuddyAllocator pool = DesignPools.Whole(input.Zones, part, input.OrderMax);
        ulong blocks = pool.FreeBlocks(input.OrderMax);
        DesignRun.Of(pool, 1, Workload.Of(input.Seeds[0], new(simulated * (ulong)peak / 100), new(simulated * (ulong)inUse / 100)));
        ulong free = pool.FreeBlocks(input.OrderMax),
            used = blocks - free;
        return new(peak, inUse, blocks, free, free >= 2 * used ? (long)((free - (2 * used)) / 3) : -1);
    }

    private static ulong Sum(ImmutableArray<PfnRange> ranges) => ranges.Aggregate(0UL, (sum, r) => checked(sum + r.Count.Pages));
}

using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.DebugMetadata;
using Altmap.Model.Kmsan;
using Altmap.Model.Memory.States;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Model.Tests.DebugMetadata;

[Trait("problem", "B3")]
public class DesignComparisonTests
{
    private const int OrderMax = 10;
    private static readonly ImmutableArray<BuddySpan> OneZone = [new(0, ZoneKind.Normal, new PfnRange(default, new Pfn(1UL << 34)))];

    private static ImmutableArray<PfnRange> Ranges(params (ulong Start, ulong End)[] ranges) =>
        [.. ranges.Select(r => new PfnRange(new Pfn(r.Start), new Pfn(r.End)))];

    private static ComparisonInput Input(ImmutableArray<PfnRange> ranges, string kernel = "6.12", ulong simulated = 16384) =>
        new(
            KernelProfiles.Find(kernel)!,
            ranges,
            OneZone,
            r => CarveOut.Of(r, OrderMax).Blocks().Select(b => b.Block.Block),
            OrderMax,
            ByteSize.KiB(4),
            new PfnCount(32768),
            ComparisonInput.SectionsOf(ranges, new PfnCount(32768)),
            (new ByteSize(64), new ByteSize(80)),
            new PfnCount(simulated),
            [1, 2]
        );

    private static BuddyAllocator Pool(params (ulong Start, ulong End)[] ranges) => DesignPools.Whole(OneZone, Ranges(ranges), OrderMax);

    [Fact]
    public void Lazily_three_largest_blocks_serve_one_request_and_two_serve_none()
    {
        Assert.Equal(10, DesignRun.LargestServed(Pool((0, 3072)), copies: 3));
        Assert.Equal(9, DesignRun.LargestServed(Pool((0, 2048)), copies: 3));
        Assert.Equal(10, DesignRun.LargestServed(Pool((0, 2048)), copies: 1));
        Assert.Equal(-1, DesignRun.LargestServed(Pool((5, 7)), copies: 3));
    }

    [Fact]
    public void A_request_that_gets_fewer_than_three_gives_them_back()
    {
        BuddyAllocator pool = Pool((8, 10));
        DesignRun run = DesignRun.Of(pool, 3, new Workload(1, new(1), [new WorkloadStep(0, 0), new WorkloadStep(0, -1)]));
        Assert.Equal((1, 1, 0), (run.Failed, run.Requests, run.FirstFailure));
        Assert.Equal(2UL, pool.FreePages.Pages);
        Assert.Equal(2UL, run.Refusals[0]!.Value.Obtainable);
    }

    [Fact]
    public void Workloads_ask_for_no_more_than_is_usable_and_return_each_request_once() =>
        Prop.ForAll(
                (ushort seed, ushort size) =>
                {
                    var usable = new PfnCount(size % 2000UL);
                    var end = new PfnCount(usable.Pages / 2);
                    Workload workload = Workload.Of(seed, usable, end);
                    var orders = new Dictionary<int, int>();
                    ulong inUse = 0,
                        most = 0;
                    foreach (WorkloadStep step in workload.Steps)
                    {
                        if (step.IsReturn)
                        {
                            if (!orders.Remove(step.Id, out int order))
                                return false;
                            inUse -= 1UL << order;
                        }
                        else
                        {
                            if (!orders.TryAdd(step.Id, step.Order))
                                return false;
                            inUse += 1UL << step.Order;
                        }
                        most = Math.Max(most, inUse);
                    }
                    return most <= usable.Pages + 7
                        && inUse <= end.Pages
                        && workload.Steps.SequenceEqual(Workload.Of(seed, usable, end).Steps);
                }
            )
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Books_balance_over_a_workload(int copies)
    {
        BuddyAllocator pool = Pool((17, 9000), (9001, 20000));
        ulong start = pool.FreePages.Pages;
        DesignRun run = DesignRun.Of(pool, copies, Workload.Of(7, new PfnCount(5000), default(PfnCount)));
        Assert.Equal(0, run.Failed);
        Assert.Equal(start, pool.FreePages.Pages); // all was returned
        Assert.All(run.Samples, s => Assert.Equal(start, s.Free.Pages + (s.InUse.Pages * (ulong)copies)));
    }

    [Fact]
    public void Costs_of_a_machine()
    {
        ImmutableArray<PfnRange> ranges = Ranges((256, 4096), (9736, 32767), (32768, 65536), (81920, 109020)); // four sections
        DesignComparison comparison = DesignComparison.Of(Input(ranges));
        ulong free = 3840 + 23031 + 32768 + 27100;
        Dictionary<MetadataDesign, DesignCost> costs = comparison.Costs.ToDictionary(c => c.Design);
        Assert.Equal(free, costs[MetadataDesign.None].Free.Pages);
        Assert.Equal(
            (free / 3, free % 3, 2 * (free / 3)),
            (
                costs[MetadataDesign.BootCarveOut].Free.Pages,
                costs[MetadataDesign.BootCarveOut].Leftover.Pages,
                costs[MetadataDesign.BootCarveOut].Metadata.Pages
            )
        );
        Assert.Null(costs[MetadataDesign.BootCarveOut].Off);
        Assert.Equal(new ByteSize(16UL * 4 * 32768), costs[MetadataDesign.Lazy].Off);
        Assert.Equal(new ByteSize(16UL * 4), costs[MetadataDesign.PageExtEarly].Off);
        Assert.Equal(new ByteSize(16UL * 4 * 32768), costs[MetadataDesign.PageExtEarly].Pointers);
        Assert.Equal((free - (4 * 128)) / 3, costs[MetadataDesign.PageExtEarly].Free.Pages);
    }

    [Fact]
    public void Half_of_memory_in_use_cannot_get_page_ext_any_more()
    {
        DesignComparison comparison = DesignComparison.Of(Input(Ranges((0, 65536)), simulated: 65536)); // 64 largest blocks
        Assert.True(comparison.Late[0].IsFeasible);
        LateSwitch last = comparison.Late[^1];
        Assert.Equal((40, 10, 64UL), (last.PeakPercent, last.InUsePercent, last.Blocks));
        Assert.False(last.IsFeasible); // nine tenths are free again, but not in whole blocks
        Assert.Equal(last.Blocks, last.Used + last.WhollyFree);
        for (int i = 1; i < comparison.Late.Length; i++)
            Assert.True(comparison.Late[i].WhollyFree <= comparison.Late[i - 1].WhollyFree);
    }

    [Fact]
    public void Runs_start_with_what_each_design_leaves_and_are_repeatable()
    {
        ComparisonInput input = Input(Ranges((256, 4096), (9736, 32767), (32768, 65536)));
        DesignComparison once = DesignComparison.Of(input),
            again = DesignComparison.Of(input);
        Assert.Equal(new PfnCount(16384), once.Simulated);
        Assert.Equal([16384UL, 5461, 16384, (16384 - 128) / 3], once.Runs.Select(r => r.Runs[0].Samples[0].Free.Pages));
        for (int i = 0; i < once.Runs.Length; i++)
        {
            for (int k = 0; k < once.Runs[i].Runs.Length; k++)
            {
                Assert.Equal(once.Runs[i].Runs[k].Samples, again.Runs[i].Runs[k].Samples);
                Assert.Equal(once.Runs[i].Runs[k].Refusals, again.Runs[i].Runs[k].Refusals);
            }
        }
        Assert.All(once.Runs[0].Runs, r => Assert.Equal(0, r.Failed)); // a third of the memory for all of the use
    }

    [Theory]
    [InlineData("5.10", 24, 768, 8)]
    [InlineData("6.1", 24, 768, 8)]
    [InlineData("6.12", 16, 512, 7)]
    [InlineData("7.2", 16, 512, 7)]
    public void Page_ext_tables(string kernel, ulong entry, ulong tableKiB, int order)
    {
        var tables = new PageExt(PageExt.KmsanEntry(KernelProfiles.Find(kernel)!), 3, new PfnCount(32768), ByteSize.KiB(4));
        Assert.Equal((new ByteSize(entry), ByteSize.KiB(tableKiB), order), (tables.Entry, tables.Table, tables.TableOrder));
        Assert.Equal(ByteSize.KiB(3 * tableKiB), tables.Total);
        Assert.Equal(new ByteSize(48), tables.Off);
    }

    [Fact]
    public void A_table_of_72_bytes_a_page_needs_a_largest_block_for_a_moment() => // page_owner=on in 6.12
        Assert.Equal(10, new PageExt(new ByteSize(72), 1, new PfnCount(32768), ByteSize.KiB(4)).TableOrder);

    [Fact]
    public void A_pool_too_small_for_its_tables_is_empty_and_serves_nothing()
    {
        BuddyAllocator pool = DesignPools.PageExtEarly(
            OneZone,
            Ranges((1, 100)),
            OrderMax,
            new PageExt(new ByteSize(16), 1, new PfnCount(32768), ByteSize.KiB(4))
        );
        Assert.Equal((0UL, -1), (pool.FreePages.Pages, DesignRun.LargestServed(pool, 1)));
    }
}

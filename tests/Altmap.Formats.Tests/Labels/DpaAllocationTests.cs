using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Tests.Labels;

public class DpaAllocationTests
{
    private static readonly DpaMapping Two = new(default, ByteSize.GiB(2), ByteSize.MiB(16));

    [Fact]
    public void Free_space_of_all_recorded_regions()
    {
        int compared = 0;
        foreach (RecordedDimm dimm in LabelGolden.Dimms)
        {
            if (dimm.AvailableSize is not { } available || !LabelGolden.Has(dimm.Name))
                continue;
            LabelArea area = LabelGolden.Parse(LabelGolden.Area(dimm.Name));
            if (!area.HasCurrentIndex || dimm.AvailableSlots is null)
                continue;
            DpaResult reserved = DpaAllocation.Reserve(area.ActiveLabels);
            Assert.Equal(Errno.None, reserved.Errno);
            Assert.Equal(
                (dimm.Name, available),
                (dimm.Name, DpaAllocation.AvailableSize([DpaAllocation.Available(dimm.Mapping, reserved.Reserved)]).Bytes)
            );
            ByteSize extent = DpaAllocation.MaxAvailableExtent([DpaAllocation.LargestFreeExtent(dimm.Mapping, reserved.Reserved)]);
            Assert.Equal((dimm.Name, dimm.MaxAvailableExtent), (dimm.Name, extent.Bytes));
            compared++;
        }
        Assert.True(compared > 90, $"{compared} compared");
    }

    [Fact]
    public void First_fit_with_a_hole_then_the_largest_extents()
    {
        ImmutableArray<ReservedRange> reserved = [];
        reserved = Grow(reserved, 1, 512, 0);
        reserved = Grow(reserved, 2, 256, 512);
        reserved = Grow(reserved, 3, 256, 768);
        reserved = Grow(reserved, 4, 128, 1024);
        reserved = DpaAllocation.Shrink(reserved, LabelAreaWritesTests.Id(2), ByteSize.MiB(256)).Reserved;
        reserved = Grow(reserved, 5, 384, 1152);
        reserved = Grow(reserved, 6, 128, 512);
        Assert.Equal(ByteSize.MiB(512), DpaAllocation.LargestFreeExtent(Two, reserved));
        reserved = Grow(reserved, 7, 32, 640);
        reserved = Grow(reserved, 8, 512, 1536);
        Assert.Equal(ByteSize.MiB(96), DpaAllocation.LargestFreeExtent(Two, reserved));
        reserved = Grow(reserved, 9, 96, 672);
        Assert.Equal(ByteSize.Zero, DpaAllocation.LargestFreeExtent(Two, reserved));
        Assert.Equal(ByteSize.Zero, DpaAllocation.Available(Two, reserved));
    }

    [Fact]
    public void Growing_takes_the_gap_that_touches_and_holds_all()
    {
        ImmutableArray<ReservedRange> reserved = Grow(Grow(Grow([], 1, 64, 0), 2, 64, 64), 3, 64, 128);
        reserved = DpaAllocation.Shrink(reserved, LabelAreaWritesTests.Id(1), ByteSize.MiB(64)).Reserved;
        DpaResult below = DpaAllocation.Grow(Two, reserved, LabelAreaWritesTests.Id(2), ByteSize.MiB(32));
        Assert.Equal(new ReservedRange(new DimmAddress(32 << 20), ByteSize.MiB(96), LabelAreaWritesTests.Id(2)), below.Reserved[0]);
        DpaResult above = DpaAllocation.Grow(Two, reserved, LabelAreaWritesTests.Id(3), ByteSize.MiB(160));
        Assert.Equal(ByteSize.MiB(224), above.Reserved[^1].Size);
        DpaResult under = DpaAllocation.Grow(Two, reserved, LabelAreaWritesTests.Id(2), ByteSize.MiB(80));
        Assert.Equal((Errno.ENXIO, ByteSize.MiB(80)), (under.Errno, under.Missing));
        Assert.Equal(reserved.AsEnumerable(), under.Reserved);
    }

    [Fact]
    public void Shrinking_takes_from_the_end()
    {
        ImmutableArray<ReservedRange> reserved = DpaAllocation
            .Shrink(Grow([], 1, 64, 0), LabelAreaWritesTests.Id(1), ByteSize.MiB(16))
            .Reserved;
        Assert.Equal(ByteSize.MiB(48), Assert.Single(reserved).Size);
        Assert.Equal(ByteSize.MiB(48), DpaAllocation.Allocated(reserved, LabelAreaWritesTests.Id(1)));
        Assert.Empty(DpaAllocation.Shrink(reserved, LabelAreaWritesTests.Id(1), ByteSize.MiB(99)).Reserved);
    }

    [Fact]
    public void The_first_reservation_of_a_mapping_is_not_trimmed_but_the_extent_is()
    {
        var odd = new DpaMapping(new DimmAddress(1 << 20), ByteSize.MiB(64), ByteSize.MiB(16));
        Assert.Equal(ByteSize.MiB(64), DpaAllocation.Available(odd, []));
        Assert.Equal(ByteSize.MiB(48), DpaAllocation.LargestFreeExtent(odd, []));
        Assert.Equal(odd.Start, Assert.Single(DpaAllocation.Grow(odd, [], Uuid.Zero, ByteSize.MiB(48)).Reserved).Start);
    }

    [Fact]
    public void A_reservation_that_sticks_out_blocks_the_mapping()
    {
        ReservedRange outside = new(new DimmAddress(2040UL << 20), ByteSize.MiB(64), LabelAreaWritesTests.Id(1));
        Assert.Equal(ByteSize.Zero, DpaAllocation.Available(Two, [outside]));
        Assert.Equal(ByteSize.Zero, DpaAllocation.LargestFreeExtent(Two, [outside]));
        ReservedRange elsewhere = new(new DimmAddress(4UL << 30), ByteSize.MiB(64), LabelAreaWritesTests.Id(1));
        Assert.Equal(ByteSize.GiB(2), DpaAllocation.LargestFreeExtent(Two, [elsewhere]));
    }

    [Fact]
    public void Labels_that_overlap_or_are_empty_or_wrap_are_busy()
    {
        NamespaceLabel one = LabelAreaWritesTests.Label(1);
        Assert.Equal(Errno.EBUSY, DpaAllocation.Reserve([one, one]).Errno);
        Assert.Equal(Errno.EBUSY, DpaAllocation.Reserve([one with { RawSize = ByteSize.Zero }]).Errno);
        Assert.Equal(Errno.EBUSY, DpaAllocation.Reserve([one with { Dpa = new DimmAddress(ulong.MaxValue) }]).Errno);
        Assert.Equal(Errno.None, DpaAllocation.Reserve([one, LabelAreaWritesTests.Label(2)]).Errno);
        NamespaceLabel all = one with { Dpa = new DimmAddress(0), RawSize = ByteSize.Zero };
        Assert.Equal(Errno.None, DpaAllocation.Reserve([all]).Errno);
        Assert.Equal(Errno.EBUSY, DpaAllocation.Reserve([all, LabelAreaWritesTests.Label(2)]).Errno);
    }

    [Fact]
    public void Random_steps_never_overlap_nor_leave_the_mapping()
    {
        var random = new SeededRandom(7);
        for (int world = 0; world < 50; world++)
        {
            ImmutableArray<ReservedRange> reserved = [];
            for (int step = 0; step < 60; step++)
            {
                (ulong who, random) = random.DrawBelow(6);
                (ulong units, random) = random.DrawBelow(20);
                (ulong grow, random) = random.DrawBelow(3);
                ByteSize size = ByteSize.MiB(16 * (units + 1));
                DpaResult result =
                    grow > 0
                        ? DpaAllocation.Grow(Two, reserved, LabelAreaWritesTests.Id(who), size)
                        : DpaAllocation.Shrink(reserved, LabelAreaWritesTests.Id(who), size);
                ByteSize before = DpaAllocation.Allocated(reserved, LabelAreaWritesTests.Id(who)),
                    after = DpaAllocation.Allocated(result.Reserved, LabelAreaWritesTests.Id(who));
                if (result.Errno == Errno.None && grow > 0)
                    Assert.Equal(before + size, after);
                if (result.Errno != Errno.None)
                {
                    Assert.Equal(before, after);
                    if (before.IsZero)
                        Assert.True(size > DpaAllocation.LargestFreeExtent(Two, reserved));
                }
                reserved = result.Reserved;
                for (int i = 0; i < reserved.Length; i++)
                {
                    DimmAddress end = reserved[i].Start + reserved[i].Size;
                    Assert.True(end.Bytes <= Two.Size.Bytes && (i + 1 == reserved.Length || end <= reserved[i + 1].Start));
                }
                ulong used = reserved.Aggregate(0UL, (sum, r) => sum + r.Size.Bytes);
                Assert.Equal(Two.Size.Bytes - used, DpaAllocation.Available(Two, reserved).Bytes);
            }
        }
    }

    [Fact]
    public void The_extent_of_a_set_is_its_smallest_that_is_not_zero_times_the_mappings() =>
        Assert.Equal(ByteSize.MiB(96), DpaAllocation.MaxAvailableExtent([ByteSize.MiB(64), ByteSize.Zero, ByteSize.MiB(32)]));

    private static ImmutableArray<ReservedRange> Grow(ImmutableArray<ReservedRange> reserved, ulong owner, ulong sizeMiB, ulong expectedMiB)
    {
        DpaResult result = DpaAllocation.Grow(Two, reserved, LabelAreaWritesTests.Id(owner), ByteSize.MiB(sizeMiB));
        Assert.Equal(Errno.None, result.Errno);
        Assert.Equal(expectedMiB << 20, result.Reserved.Single(r => r.Owner == LabelAreaWritesTests.Id(owner)).Start.Bytes);
        return result.Reserved;
    }

    /// <summary>Live on 6.1 (fuzzed label areas, seed 1, case 28): a gap below the first 16 MiB, and what is free is free for
    /// nobody.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void A_gap_that_ends_below_the_first_unit_hides_all_others_even_an_empty_one(int second)
    {
        var mapping = new DpaMapping(new DimmAddress(0), ByteSize.MiB(130), ByteSize.MiB(16));
        ImmutableArray<ReservedRange> reserved =
        [
            new(new DimmAddress(0), ByteSize.MiB(4), new Uuid(1, 1)),
            new(new DimmAddress((ulong)second << 20), ByteSize.MiB(16), new Uuid(2, 2)),
        ];
        Assert.Equal(ByteSize.MiB(80), DpaAllocation.Available(mapping, reserved));
        Assert.Equal(ByteSize.Zero, DpaAllocation.LargestFreeExtent(mapping, reserved));
        Assert.Empty(DpaAllocation.FreeExtents(mapping, reserved));
        DpaResult grown = DpaAllocation.Grow(mapping, reserved, new Uuid(3, 3), ByteSize.MiB(16));
        Assert.Equal((Errno.ENXIO, ByteSize.MiB(16)), (grown.Errno, grown.Missing));
    }
}

using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Labels;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Tests.Btt;

public class BttGeometryTests
{
    public static TheoryData<string> Fresh => [.. RecordedBtts.Fresh];

    [Theory]
    [MemberData(nameof(Fresh))]
    public void A_new_btt_is_the_recorded_one_byte_for_byte(string name)
    {
        SparseBytes recorded = RecordedBtts.Read("c_sector", name);
        BttVersion version = name.Contains("v1.2", StringComparison.Ordinal) ? BttVersion.V2_0 : BttVersion.V1_1;
        BttInfoBlock info = BttInfoBlock.Parse(recorded.Read(version.Start.Bytes, BttInfoBlock.SizeBytes))!;
        ImmutableArray<BttArena> arenas = BttGeometry.Plan(
            new ByteSize(recorded.LengthBytes),
            version,
            info.ExternalLbaSize,
            info.Uuid,
            info.ParentUuid
        );
        Assert.Equal(info, Assert.Single(arenas).Info);
        Assert.True(BttGeometry.LayDown(arenas).Apply(SparseBytes.Zero(recorded.LengthBytes)).ContentEquals(recorded));
    }

    [Theory]
    [InlineData(512, 32458, 0xfdb000, 1065418188, 0x7f01fbb000)]
    [InlineData(520, 28876, 0xfdf000, 947854802, 0x7f1e033000)]
    [InlineData(528, 28876, 0xfdf000, 947854802, 0x7f1e033000)]
    [InlineData(4096, 4085, 0xff7000, 134086776, 0x7fe007b000)]
    [InlineData(4104, 4022, 0xff7000, 132025885, 0x7fe0857000)]
    [InlineData(4160, 4022, 0xff7000, 132025885, 0x7fe0857000)]
    [InlineData(4224, 3961, 0xff7000, 130027385, 0x7fe0ff7000)]
    public void Smallest_and_largest_arena(uint sectorSize, uint smallBlocks, ulong smallMap, uint largeBlocks, ulong largeMap)
    {
        BttInfoBlock small = Plan(ByteSize.MiB(16), sectorSize).Single().Info,
            large = Plan(ByteSize.GiB(512), sectorSize).Single().Info;
        Assert.Equal(
            (smallBlocks, smallMap, 0xffb000UL, 0xfff000UL),
            (small.InternalBlocks, small.MapOffset, small.LogOffset, small.Info2Offset)
        );
        Assert.Equal(
            (largeBlocks, largeMap, 0x7fffffb000UL, 0x7ffffff000UL),
            (large.InternalBlocks, large.MapOffset, large.LogOffset, large.Info2Offset)
        );
    }

    [Fact]
    public void A_namespace_is_cut_into_arenas_and_a_small_rest_is_left()
    {
        ByteSize arena = ByteSize.GiB(512),
            least = ByteSize.MiB(16),
            one = new(1);
        Assert.Empty(Plan(least - one, 512));
        Assert.Empty(BttGeometry.Plan(least, BttVersion.V1_1, 512, Uuid.Zero, Uuid.Zero)); // the first 4096 bytes do not count
        Assert.Equal([0UL], Plan(arena + least - one, 512).Select(a => a.Info.NextOffset));
        Assert.Equal([arena.Bytes, 0UL], Plan(arena + least, 512).Select(a => a.Info.NextOffset));
        ImmutableArray<BttArena> three = BttGeometry.Plan(arena * 2 + ByteSize.MiB(64), BttVersion.V1_1, 4096, Uuid.Zero, Uuid.Zero);
        Assert.Equal([4096, arena.Bytes + 4096, (2 * arena.Bytes) + 4096], three.Select(a => a.Start.Bytes));
        Assert.Equal(ByteSize.MiB(64) - ByteSize.KiB(4), three[2].Size);
        Assert.Throws<ArgumentOutOfRangeException>(() => Plan(arena, 1024));
    }

    [Fact]
    public void Parts_of_an_arena_follow_each_other()
    {
        var dice = new InfoBlocks.Dice(7);
        for (int i = 0; i < 2000; i++)
        {
            var size = new ByteSize((16UL << 20) + dice.Next(i % 2 == 0 ? 1UL << 30 : 2UL << 40));
            uint sectorSize = BttConstants.SectorSizes[(int)dice.Next(7)];
            foreach (BttArena arena in Plan(size, sectorSize))
            {
                BttInfoBlock info = arena.Info;
                Assert.True(info.DataOffset + ((ulong)info.InternalBlocks * info.InternalLbaSize) <= info.MapOffset);
                Assert.True(info.MapOffset + (info.ExternalBlocks * 4UL) <= info.LogOffset);
                Assert.Equal(info.LogOffset + (256 * BttLog.LaneBytes), info.Info2Offset);
                Assert.Equal(arena.Size.AlignDown(ByteSize.KiB(4)).Bytes, info.Info2Offset + 4096);
                Assert.Equal(info.InternalBlocks, info.ExternalBlocks + info.Lanes);
                Assert.True(info.InternalBlocks < 1u << 30);
            }
        }
    }

    /// <summary>Cut after any write, a new BTT is either none yet, or, once the first arena stands, refused until the others do.</summary>
    [Theory]
    [InlineData(32UL << 20)]
    [InlineData((512UL << 30) + (64UL << 20))]
    public void A_crash_while_it_is_laid_down(ulong bytes)
    {
        ImmutableArray<BttArena> arenas = BttGeometry.Plan(new ByteSize(bytes), BttVersion.V1_1, 4096, new Uuid(1, 2), Uuid.Zero);
        PlanStep[] writes = [.. BttGeometry.LayDown(arenas).Steps.Where(s => s is not PlanStep.Barrier)];
        SparseBytes media = SparseBytes.Zero(bytes);
        bool firstStands = false;
        for (int done = 0; done <= writes.Length; done++)
        {
            if (done > 0)
                media = new WritePlan([writes[done - 1]]).Apply(media);
            firstStands |= done > 0 && writes[done - 1].Start == arenas[0].Start;
            if (done < writes.Length && done % 37 != 0 && writes[done].Length.Bytes is 8 or > 4096)
                continue; // not after each lane: it takes its time
            BttLoadResult load = BttLoad.Run(
                new BttLoadRequest(media, Uuid.Zero, ClaimClass.None, new Uuid(1, 2), 4096, "region0"),
                KernelProfiles.Find("6.1")!
            );
            bool isWhole = done == writes.Length;
            Assert.Equal(isWhole ? Errno.None : Errno.ENOMEM, load.Errno);
            string said =
                isWhole ? ""
                : firstStands ? "Found corrupted metadata!"
                : "No existing arenas";
            Assert.Equal(said, load.Messages.FirstOrDefault().Text ?? "");
            Assert.Empty(load.Plan.Steps);
        }
    }

    [Fact]
    public void Zeros_of_terabytes_are_cleared_at_once()
    {
        ByteSize size = ByteSize.GiB(1024 * 16);
        SparseBytes media = SparseBytes.Zero(size.Bytes).Write(4096 + 0x7f01fbb000, [1, 2, 3]); // in the first map
        ImmutableArray<BttArena> arenas = BttGeometry.Plan(size, BttVersion.V1_1, 512, new Uuid(1, 2), Uuid.Zero);
        media = BttGeometry.LayDown(arenas).Apply(media);
        Assert.Equal(32, arenas.Length);
        Assert.Equal(32UL * 6 * 4096, media.StoredBytes); // two info-blocks and four pages of log each
    }

    private static ImmutableArray<BttArena> Plan(ByteSize size, uint sectorSize) =>
        BttGeometry.Plan(size, BttVersion.V2_0, sectorSize, Uuid.Zero, Uuid.Zero);
}

using System.Buffers.Binary;
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

public class BttLoadTests
{
    private const ulong Start = 4096;
    private static readonly SparseBytes s_good = RecordedBtts.Used;
    private static readonly BttInfoBlock s_info = BttInfoBlock.Parse(s_good.Read(Start, 4096))!;

    [Fact]
    public void A_good_btt_is_only_read()
    {
        BttLoadResult load = Load(s_good);
        Assert.Equal((Errno.None, 32440320UL, false), (load.Errno, load.DiskSize.Bytes, load.IsNew));
        Assert.Empty(load.Messages);
        Assert.Empty(load.Plan.Steps);
    }

    [Fact]
    public void Without_info_block_a_new_one_is_laid_down()
    {
        SparseBytes media = s_good.Clear(0, 8192);
        BttLoadResult load = Load(media);
        Assert.Equal(["No existing arenas"], load.Messages.Select(m => m.Text));
        Assert.True(load.IsNew && load.Errno == Errno.None);
        Assert.Equal(s_info.ExternalBlocks, load.Arenas.Single().Info.ExternalBlocks);
        Assert.NotEqual(0UL, load.Plan.Apply(media).Resize(Start + s_info.MapOffset).StoredBytes); // data stay

        BttLoadResult refused = Load(media, readOnly: true);
        Assert.Equal(["No existing arenas", "region0 is read-only, unable to init btt metadata"], refused.Messages.Select(m => m.Text));
        Assert.Equal(Errno.ENOMEM, refused.Errno);
        Assert.True(refused.Plan.IsEmpty);
    }

    [Fact]
    public void A_namespace_that_is_too_small_is_refused_without_a_word()
    {
        BttLoadResult load = Load(SparseBytes.Zero(16UL << 20));
        Assert.Equal(Errno.ENXIO, load.Errno);
        Assert.Empty(load.Messages);
        Assert.Equal(Errno.None, Load(SparseBytes.Zero(16UL << 20), claim: ClaimClass.Btt2).Errno);
    }

    /// <summary>The kernel reads the version before it looks at the size (seen on 6.1 by the info-block fuzzing).</summary>
    [Fact]
    public void A_namespace_that_is_too_small_still_names_its_error_flag()
    {
        BttLoadResult load = Load(With(s_info with { Flags = 1 }).Resize(16UL << 20));
        Assert.Equal(Errno.ENXIO, load.Errno);
        Assert.Equal(["Found arena with an error flag"], load.Messages.Select(m => m.Text));
    }

    [Theory]
    [InlineData("5.10", true)]
    [InlineData("6.1", false)]
    [InlineData("6.12", true)]
    [InlineData("7.2", false)]
    public void Fewer_lanes_than_the_region_has(string kernel, bool accepted)
    {
        BttLoadResult load = Load(With(s_info with { Lanes = 128 }), kernel);
        Assert.Equal(
            accepted ? [] : ["nfree 128 smaller than lane count 256", "init: error in arena_discover: -19"],
            load.Messages.Select(m => m.Text)
        );
        Assert.Equal(accepted ? Errno.None : Errno.ENOMEM, load.Errno);
    }

    /// <summary>A write of block 77 that a crash cut short, in a lane never used: nothing counts until the sequence number is there; then
    /// the map follows.</summary>
    [Fact]
    public void A_transaction_in_the_log_is_completed()
    {
        uint free = s_info.ExternalBlocks + 200,
            old = MapEntry(s_good, 77) & 0x3fffffff;
        if (MapEntry(s_good, 77) == 0)
            old = 77;
        SparseBytes half = PutSlot(s_good, lane: 200, slot: 1, [77, old, 0, 0]);
        Assert.True(Load(half).Plan.IsEmpty);
        SparseBytes whole = PutSlot(s_good, lane: 200, slot: 1, [77, old, free, 2]);
        BttLoadResult load = Load(whole);
        Assert.Equal(Errno.None, load.Errno);
        PlanStep.Write write = Assert.Single(load.Plan.Steps.OfType<PlanStep.Write>());
        Assert.Equal(Start + s_info.MapOffset + (77 * 4), write.Target.Bytes);
        SparseBytes completed = load.Plan.Apply(whole);
        Assert.Equal(free | 0xc0000000, MapEntry(completed, 77));
        Assert.True(Load(completed).Plan.IsEmpty); // once is enough

        // The old entry had an error: the block it leaves free is zeroed at every load.
        BttLoadResult cleared = Load(PutSlot(s_good, 200, 1, [77, old | 0x40000000, free, 2]));
        Assert.Equal(
            [Start + s_info.DataOffset + (old * 4096UL), Start + s_info.MapOffset + (77 * 4)],
            cleared.Plan.Steps.OfType<PlanStep.Write>().Select(w => w.Target.Bytes)
        );
    }

    [Fact]
    public void The_log_of_old_kernels_is_taken_as_it_is()
    {
        SparseBytes media = BttGeometry
            .LayDown(BttGeometry.Plan(new ByteSize(s_good.LengthBytes), BttVersion.V1_1, 4096, s_info.Uuid, Uuid.Zero))
            .Apply(SparseBytes.Zero(s_good.LengthBytes));
        SparseBytes old = PutSlot(media, lane: 3, slot: 2, [5, 5, s_info.ExternalBlocks + 3, 2]);
        BttLoadResult load = Load(old);
        Assert.Equal(Errno.None, load.Errno);
        Assert.Equal(s_info.ExternalBlocks + 3, MapEntry(load.Plan.Apply(old), 5) & 0x3fffffff);
        // A lane in the other format beside it, or the last slot used.
        AssertRefused(
            PutSlot(old, 9, 1, [6, 6, s_info.ExternalBlocks + 9, 2]),
            "Unable to deduce log/padding indices",
            "init: error in arena_discover: -6"
        );
        AssertRefused(
            PutSlot(media, 200, 3, [1, 2, 3, 1]),
            "Found an unknown padding scheme",
            "Unable to deduce log/padding indices",
            "init: error in arena_discover: -6"
        );
    }

    [Fact]
    public void A_zeroed_log_is_refused_and_a_zero_lane_depends_on_where_it_is()
    {
        SparseBytes empty = s_good.Clear(Start + s_info.LogOffset, 16384);
        AssertRefused(
            empty,
            "Found an unknown padding scheme",
            "Unable to deduce log/padding indices",
            "init: error in arena_discover: -6"
        );
        SparseBytes last = s_good.Clear(Start + s_info.LogOffset + (255 * 64), 64);
        AssertRefused(last, "Unable to deduce log/padding indices", "init: error in arena_discover: -6");
    }

    [Fact]
    public void Equal_sequence_numbers_are_corruption() =>
        AssertRefused(
            PutSlot(s_good, 255, 1, [0, 0, 0, 1]),
            "log corruption (-22): lane 255 seq [1, 1]",
            "init: error in arena_discover: -5"
        );

    [Fact]
    public void A_block_number_beyond_the_map_is_used_all_the_same()
    {
        uint block = s_info.ExternalBlocks + 5;
        BttLoadResult load = Load(PutSlot(s_good, 200, 1, [block, 0, 1, 2]));
        Assert.Equal([$"btt_map_read: lba 0x{block:x} out of range (max: 0x{s_info.ExternalBlocks:x})"], load.Messages.Select(m => m.Text));
        AssertRefused(
            PutSlot(s_good, 200, 1, [0x3fffffff, 0, 1, 2]),
            $"btt_map_read: lba 0x3fffffff out of range (max: 0x{s_info.ExternalBlocks:x})",
            "request out of range",
            "init: error in arena_discover: -14"
        );
    }

    [Fact]
    public void Wrong_offsets_lead_out_of_the_namespace()
    {
        AssertRefused(With(s_info with { NextOffset = 1UL << 40 }), "request out of range", "init: error in arena_discover: -14");
        AssertRefused(With(s_info with { NextOffset = 1UL << 24 }), "Found corrupted metadata!", "init: error in arena_discover: -19");
        AssertRefused(
            With(s_info with { LogOffset = s_good.LengthBytes }),
            "request out of range",
            "Unable to deduce log/padding indices",
            "init: error in arena_discover: -14"
        );
        // The sum wraps: memory before the namespace.
        Assert.True(Load(With(s_info with { LogOffset = unchecked(0UL - 4096 - 64) })).IsUnpredictable);
        // A third arena that leads back to the second; back to the first would be the end.
        const ulong Step = 1 << 20;
        SparseBytes Chain(ulong last) =>
            With(s_info with { NextOffset = Step })
                .Write(Start + Step, Moved(Step, Step).ToBytes())
                .Write(Start + (2 * Step), Moved(2 * Step, last).ToBytes());
        BttInfoBlock Moved(ulong by, ulong next) =>
            s_info with
            {
                NextOffset = next,
                MapOffset = s_info.MapOffset - by,
                LogOffset = s_info.LogOffset - by,
            };
        Assert.True(Load(Chain(unchecked(0UL - Step))).IsUnpredictable);
        BttLoadResult back = Load(Chain(unchecked(0UL - (2 * Step))));
        Assert.Equal((Errno.None, 3), (back.Errno, back.Arenas.Length));
    }

    [Fact]
    public void Lane_counts_of_billions_end_soon()
    {
        AssertRefused(
            With(s_info with { Lanes = uint.MaxValue }),
            "Unable to deduce log/padding indices",
            "init: error in arena_discover: -6"
        ); // the info copy is no padding
        SparseBytes zeros = SparseBytes
            .Zero(8UL << 30)
            .Write(Start, (s_info with { Lanes = uint.MaxValue, LogOffset = 1UL << 30 }).ToBytes());
        zeros = PutSlotAt(zeros, Start + (1UL << 30), [0, 1, 1, 1]);
        AssertRefused(zeros, "init: error in arena_discover: -12"); // nothing but lanes never used: no memory for so many
    }

    [Fact]
    public void The_flag_is_said_of_each_arena_and_once_for_the_version() =>
        Assert.Equal(
            ["Found arena with an error flag", "Found arena with an error flag"],
            Load(With(s_info with { Flags = 1 })).Messages.Select(m => m.Text)
        );

    [Theory]
    [InlineData(512, 512)]
    [InlineData(4224, 4096)]
    [InlineData(1000, 512)]
    [InlineData(0xffffffff, 4096)]
    public void The_sector_size_is_the_devices_and_the_count_the_medias(uint lbaSize, ulong diskSector) =>
        Assert.Equal(s_info.ExternalBlocks * diskSector, Load(s_good, lbaSize: lbaSize).DiskSize.Bytes);

    private static void AssertRefused(SparseBytes media, params string[] messages)
    {
        BttLoadResult load = Load(media);
        Assert.False(load.IsUnpredictable);
        Assert.Equal(messages, load.Messages.Select(m => m.Text));
        Assert.Equal(Errno.ENOMEM, load.Errno);
    }

    private static BttLoadResult Load(
        SparseBytes media,
        string kernel = "6.1",
        bool readOnly = false,
        ClaimClass claim = ClaimClass.None,
        uint lbaSize = 4096
    ) =>
        BttLoad.Run(
            new BttLoadRequest(media, Uuid.Zero, claim, new Uuid(3, 4), lbaSize, readOnly ? "region0" : null),
            KernelProfiles.Find(kernel)!
        );

    private static SparseBytes With(BttInfoBlock info) => s_good.Write(Start, info.ToBytes());

    private static SparseBytes PutSlot(SparseBytes media, uint lane, uint slot, ImmutableArray<uint> words) =>
        PutSlotAt(media, Start + s_info.LogOffset + (lane * 64) + (slot * 16), words);

    private static SparseBytes PutSlotAt(SparseBytes media, ulong at, ImmutableArray<uint> words)
    {
        byte[] bytes = new byte[16];
        for (int i = 0; i < 4; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), words[i]);
        return media.Write(at, bytes);
    }

    private static uint MapEntry(SparseBytes media, uint block) =>
        BinaryPrimitives.ReadUInt32LittleEndian(media.Read(Start + s_info.MapOffset + (block * 4), 4));
}

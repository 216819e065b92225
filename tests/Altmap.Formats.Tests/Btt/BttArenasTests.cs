using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Btt.Device;
using Altmap.Formats.Btt.Repair;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Tests.Btt;

/// <summary>Two arenas: 512 GiB and a rest. Nothing of that size is held or read.</summary>
public class BttArenasTests
{
    private static readonly BttCheckRequest s_request = new(Subject.SomeNamespace);
    private static readonly ByteSize s_size = ByteSize.GiB(512) + ByteSize.MiB(64) + ByteSize.KiB(4);
    private static readonly BttArena[] s_arenas = [.. BttGeometry.Plan(s_size, BttVersion.V1_1, 4096, new Uuid(1, 2), Uuid.Zero)];
    private static readonly SparseBytes s_fresh = BttGeometry.LayDown(s_arenas).Apply(SparseBytes.Zero(s_size.Bytes));

    [Fact]
    public void Sectors_go_on_from_arena_to_arena()
    {
        BttReport report = BttCheck.Run(s_fresh, s_request);
        Assert.True(report.IsConsistent);
        Assert.Equal(2, report.Arenas.Length);
        var recorder = new Recorder(s_fresh);
        var device = BttDevice.Open(recorder, recorder, report);
        ulong edge = s_arenas[0].Info.ExternalBlocks;
        byte[] sector = new byte[4096];
        foreach (ulong at in (ulong[])[0, edge - 1, edge, device.Sectors - 1])
        {
            sector.AsSpan().Fill((byte)(at % 251));
            device.Write(at, sector);
        }
        BttReport written = BttCheck.Run(recorder.Media, s_request);
        Assert.True(written.IsConsistent);
        Assert.Equal([2UL, 2UL], written.Arenas.Select(a => a.Map!.Normal));
        var again = BttDevice.Open(recorder.Media, null, written);
        foreach (ulong at in (ulong[])[0, edge - 1, edge, device.Sectors - 1])
        {
            Assert.Equal(BttReadResult.Data, again.Read(at, sector));
            Assert.Equal((byte)(at % 251), sector[77]);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => again.Read(device.Sectors, sector));
    }

    [Fact]
    public void A_later_arena_is_mended_from_its_copy()
    {
        SparseBytes media = s_fresh.Write(s_arenas[1].Start.Bytes + 100, [1, 2, 3]);
        Assert.Equal("btt.info.first", BttGoldenTests.Codes(BttCheck.Run(media, s_request)));
        BttRepairResult repair = BttRepair.Plan(media, s_request, new BttRepairOptions());
        Assert.True(repair.After.IsConsistent);
        Assert.True(repair.Plan.Apply(media).ContentEquals(s_fresh));
    }

    /// <summary>A creation that was cut after the first arena is refused by every kernel for ever; when nothing was written yet, the rest
    /// is
    /// laid down.</summary>
    [Fact]
    public void An_arena_that_a_cut_creation_left_out()
    {
        SparseBytes media = BttGeometry.LayDown(s_arenas.Take(1)).Apply(SparseBytes.Zero(s_size.Bytes));
        Assert.Equal("btt.arena.missing", BttGoldenTests.Codes(BttCheck.Run(media, s_request)));
        BttRepairResult repair = BttRepair.Plan(media, s_request, new BttRepairOptions());
        Assert.True(repair.After.IsConsistent);
        Assert.True(repair.Plan.Apply(media).ContentEquals(s_fresh));
    }

    /// <summary>Every first info-block and every copy gone: sizes follow from the namespace and the logs.</summary>
    [Fact]
    public void All_info_blocks_are_computed_anew()
    {
        SparseBytes media = s_fresh;
        foreach (BttArena arena in s_arenas)
        {
            media = media.Clear(arena.Start.Bytes, 4096).Clear(arena.Start.Bytes + arena.Info.Info2Offset, 4096);
        }
        BttRepairResult repair = BttRepair.Plan(media, s_request, new BttRepairOptions { Uuid = new Uuid(1, 2) });
        Assert.True(repair.After.IsConsistent, string.Join('\n', repair.After.Findings.Select(BttGoldenTests.Text)));
        Assert.True(repair.Plan.Apply(media).ContentEquals(s_fresh));
    }

    [Fact]
    public void Arenas_that_do_not_belong_together()
    {
        SparseBytes other = BttGeometry
            .LayDown(BttGeometry.Plan(s_size, BttVersion.V1_1, 4096, new Uuid(3, 4), Uuid.Zero).Skip(1))
            .Apply(s_fresh);
        Assert.Equal("btt.arena.mismatch", BttGoldenTests.Codes(BttCheck.Run(other, s_request)));
    }
}

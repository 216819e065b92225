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

/// <summary>
/// Random writes, cut after every write and inside of every one: each sector has its old or its new contents, the check finds only what the
/// protocol allows, and what a repair leaves passes.
/// </summary>
public class BttCrashTests
{
    private static readonly BttCheckRequest s_request = new(Subject.SomeNamespace);
    private static readonly ulong[] s_sectors = [0, 1, 2, 3, 500, 501, 3000];

    [Theory]
    [InlineData(1, 4096, 1)]
    [InlineData(2, 512, 2)]
    [InlineData(3, 4104, 5)]
    public void A_crash_leaves_old_or_new(ulong seed, uint sectorSize, int batch) =>
        Assert.True(Run(seed, sectorSize, batch, writes: 20, oldLayout: false) > 300);

    [Fact]
    public void The_same_in_a_log_of_old_kernels() => Assert.True(Run(9, 4096, 1, writes: 20, oldLayout: true) > 250);

    [Fact(Explicit = true)]
    public void A_million_crash_points()
    {
        long points = 0;
        for (ulong seed = 100; points < 1_000_000; seed++)
            points += Run(seed, BttConstants.SectorSizes[(int)(seed % 7)], 1 + (int)(seed % 6), writes: 60, oldLayout: seed % 5 == 0);
    }

    private static long Run(ulong seed, uint sectorSize, int batch, int writes, bool oldLayout)
    {
        ByteSize size = ByteSize.MiB(16) + ByteSize.KiB(4);
        SparseBytes media = BttGeometry
            .LayDown(BttGeometry.Plan(size, BttVersion.V1_1, sectorSize, new Uuid(1, 2), Uuid.Zero))
            .Apply(SparseBytes.Zero(size.Bytes));
        if (oldLayout)
            media = InOldLayout(media);
        var random = new SeededRandom(seed);
        var contents = new Dictionary<ulong, byte>();
        long points = 0;
        for (int round = 0; round < writes; round++)
        {
            var change = new Dictionary<ulong, byte>();
            for (int i = 0; i < batch; i++)
            {
                (ulong which, random) = random.DrawBelow((ulong)s_sectors.Length);
                change[s_sectors[which]] = (byte)(1 + ((round + i) % 250));
            }
            var recorder = new Recorder(media);
            var device = BttDevice.Open(recorder, recorder, BttCheck.Run(media, s_request));
            (ulong lane, random) = random.DrawBelow(4);
            if (batch == 1)
                device.Write(change.Single().Key, Sector(device, change.Single().Value), (int)lane);
            else
                device.WriteMany(change.Select(c => (c.Key, (ReadOnlyMemory<byte>)Sector(device, c.Value))));
            var rules = new CrashRules
            {
                AtomBytes = 8,
                CutsPerStepMax = 10,
                PiecesInAllOrders = 5,
                DrawnSets = 10,
                Seed = seed,
            };
            foreach (CrashPoint point in CrashPoints.Of(recorder.Plan, media, rules))
            {
                AssertOldOrNew(point, contents, change, device.SectorBytes);
                points++;
            }
            media = recorder.Media;
            foreach ((ulong sector, byte value) in change)
                contents[sector] = value;
        }
        return points;
    }

    private static void AssertOldOrNew(CrashPoint point, Dictionary<ulong, byte> old, Dictionary<ulong, byte> change, int sectorBytes)
    {
        BttReport report = BttCheck.Run(point.Media, s_request);
        Assert.True(
            report.IsConsistent,
            $"step {point.Step}, {point.What}: {string.Join('\n', report.Findings.Select(BttGoldenTests.Text))}"
        );
        SparseBytes mended = BttRepair.Plan(point.Media, s_request, new BttRepairOptions()).Plan.Apply(point.Media);
        BttReport after = BttCheck.Run(mended, s_request);
        Assert.True(after.IsConsistent && after.Arenas[0].Pending.IsEmpty);
        foreach (SparseBytes media in (SparseBytes[])[point.Media, mended])
        {
            var device = BttDevice.Open(media, null, BttCheck.Run(media, s_request));
            byte[] bytes = new byte[sectorBytes];
            foreach (ulong sector in s_sectors)
            {
                Assert.NotEqual(BttReadResult.Error, device.Read(sector, bytes));
                byte value = bytes[0];
                Assert.False(bytes.AsSpan().ContainsAnyExcept(value), $"sector {sector} is torn: {point.What}");
                byte was = old.GetValueOrDefault(sector);
                Assert.True(value == was || (change.TryGetValue(sector, out byte now) && value == now), $"sector {sector}: {value}");
            }
        }
    }

    private static byte[] Sector(BttDevice device, byte value)
    {
        byte[] bytes = new byte[device.SectorBytes];
        Array.Fill(bytes, value);
        return bytes;
    }

    /// <summary>One used lane says it.</summary>
    private static SparseBytes InOldLayout(SparseBytes media)
    {
        BttArenaReport arena = BttCheck.Run(media, s_request).Arenas[0];
        BttSlot fresh = arena.Flog!.Lanes[7].First;
        byte[] group = new byte[BttLog.LaneBytes];
        fresh.ToBytes().CopyTo(group, 0);
        (fresh with { Sequence = 2 }).ToBytes().CopyTo(group, 2 * BttLog.SlotBytes);
        media = media.Write(arena.LaneAt(7), group);
        Assert.Equal(2, BttCheck.Run(media, s_request).Arenas[0].Flog!.SecondSlot);
        return media;
    }

    /// <summary>Conversion of the log: cut anywhere, every sector reads the same and the check passes.</summary>
    [Fact]
    public void Converting_the_log_is_safe_at_every_write()
    {
        ByteSize size = ByteSize.MiB(16) + ByteSize.KiB(4);
        SparseBytes media = InOldLayout(
            BttGeometry
                .LayDown(BttGeometry.Plan(size, BttVersion.V1_1, 4096, new Uuid(1, 2), Uuid.Zero))
                .Apply(SparseBytes.Zero(size.Bytes))
        );
        var recorder = new Recorder(media);
        var device = BttDevice.Open(recorder, recorder, BttCheck.Run(media, s_request));
        for (int i = 0; i < 9; i++)
            device.Write(s_sectors[i % 3], Sector(device, (byte)(i + 1)), i % 4);
        media = recorder.Media;
        BttRepairResult converted = BttRepair.Plan(media, s_request, new BttRepairOptions { ConvertLog = true });
        Assert.Equal(1, converted.After.Arenas[0].Flog!.SecondSlot);
        Assert.True(converted.After.IsConsistent);
        var contents = new Dictionary<ulong, byte>
        {
            [0] = 7,
            [1] = 8,
            [2] = 9,
        };
        int points = 0;
        foreach (CrashPoint point in CrashPoints.Of(converted.Plan, media, new CrashRules { AtomBytes = 8 }))
        {
            AssertOldOrNew(point, contents, [], device.SectorBytes);
            points++;
        }
        Assert.True(points > 20, $"{points}");
    }
}

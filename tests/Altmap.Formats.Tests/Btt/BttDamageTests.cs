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
/// Faults over the metadata of a small arena: the check never fails, never calls an image consistent that a kernel or a reader would read
/// wrongly, and a repair never makes a readable sector unreadable or gives it other contents.
/// </summary>
public class BttDamageTests
{
    private static readonly BttCheckRequest s_request = new(Subject.SomeNamespace, Uuid.Zero, BttVersion.V1_1);
    private static readonly SparseBytes s_good = Written();
    private static readonly BttReport s_report = BttCheck.Run(s_good, s_request);
    private static readonly ulong[] s_places = Places();

    [Fact]
    public void Single_bytes_sampled() => Faults(seed: 1, count: 500, bytesEach: 1);

    [Fact]
    public void Pairs_of_bytes_sampled() => Faults(seed: 2, count: 250, bytesEach: 2);

    /// <summary>Every byte of the metadata, with three values each.</summary>
    [Fact(Explicit = true)]
    public void Single_bytes_exhaustive()
    {
        foreach (ulong place in s_places)
        {
            foreach (byte flip in (byte[])[0x01, 0x80, 0xff])
                Judge([(place, flip)]);
        }
    }

    [Fact(Explicit = true)]
    public void Pairs_of_bytes_at_length() => Faults(seed: 3, count: 50_000, bytesEach: 2);

    private static void Faults(ulong seed, int count, int bytesEach)
    {
        var random = new SeededRandom(seed);
        for (int i = 0; i < count; i++)
        {
            var faults = new List<(ulong, byte)>();
            for (int b = 0; b < bytesEach; b++)
            {
                (ulong at, random) = random.DrawBelow((ulong)s_places.Length);
                (ulong flip, random) = random.DrawBelow(255);
                faults.Add((s_places[at], (byte)(flip + 1)));
            }
            Judge(faults);
        }
    }

    private static void Judge(IReadOnlyList<(ulong At, byte Flip)> faults)
    {
        string what = string.Join(", ", faults.Select(f => $"0x{f.At:x} ^ {f.Flip:x2}"));
        SparseBytes media = s_good;
        foreach ((ulong at, byte flip) in faults)
            media = media.Write(at, [(byte)(media.Read(at, 1)[0] ^ flip)]);
        BttReport report = BttCheck.Run(media, s_request);
        Assert.True(report.IsFound, what);
        // A lane's number may change so that it shows a write that was cut short: said, and not called clean.
        bool isClean = report.IsConsistent && report.Arenas.All(a => a.Pending.IsEmpty);
        if (isClean)
            Assert.True(Differs(s_good, s_report, media, report) is null, $"{what}: clean, but {Differs(s_good, s_report, media, report)}");
        BttRepairResult repair = BttRepair.Plan(media, s_request, new BttRepairOptions { Uuid = new Uuid(5, 6) });
        SparseBytes after = repair.Plan.Apply(media);
        if (report.IsUsable && repair.After.IsUsable)
        {
            string? worse = Differs(media, report, after, repair.After);
            Assert.True(worse is null, $"{what}: repaired, {worse}");
        }
        if (repair.After.IsConsistent && report.Arenas.All(a => a.Pending.IsEmpty))
        {
            string? lost = Differs(s_good, s_report, after, repair.After);
            Assert.True(lost is null, $"{what}: repaired, {lost}: {string.Join("; ", repair.Done.Select(d => d.What))}");
        }
        Assert.False(report.IsUsable && !repair.After.IsUsable, $"{what}: a repair made it worse");
    }

    /// <summary>The first sector that reads otherwise, in words; null: none. What one of them cannot read does not count as
    /// other.</summary>
    private static string? Differs(SparseBytes one, BttReport ofOne, SparseBytes two, BttReport ofTwo)
    {
        var first = BttDevice.Open(one, null, ofOne);
        var second = BttDevice.Open(two, null, ofTwo);
        if (first.Sectors != second.Sectors)
            return "another size";
        byte[] a = new byte[first.SectorBytes],
            b = new byte[first.SectorBytes];
        for (ulong sector = 0; sector < first.Sectors; sector++)
        {
            BttReadResult was = first.Read(sector, a),
                now = second.Read(sector, b);
            if (was == BttReadResult.Error)
                continue;
            if (now == BttReadResult.Error)
                return $"sector {sector} cannot be read";
            if (!a.AsSpan().SequenceEqual(b))
                return $"sector {sector} has other contents";
        }
        return null;
    }

    /// <summary>An arena of the smallest size in which every sector has contents of its own, half of them written.</summary>
    private static SparseBytes Written()
    {
        ByteSize size = ByteSize.MiB(16) + ByteSize.KiB(4);
        SparseBytes media = BttGeometry
            .LayDown(BttGeometry.Plan(size, BttVersion.V1_1, 4224, new Uuid(1, 2), Uuid.Zero))
            .Apply(SparseBytes.Zero(size.Bytes));
        var recorder = new Recorder(media);
        var device = BttDevice.Open(recorder, recorder, BttCheck.Run(media, s_request));
        var random = new SeededRandom(4);
        for (int i = 0; i < 900; i++)
        {
            (ulong sector, random) = random.DrawBelow(device.Sectors);
            byte[] bytes = new byte[device.SectorBytes];
            BitConverter.TryWriteBytes(bytes, (i * 100003) + 1);
            device.Write(sector, bytes, i % 4);
        }
        return recorder.Media;
    }

    private static ulong[] Places()
    {
        BttArenaReport arena = s_report.Arenas[0];
        ulong start = arena.Start.Bytes;
        var places = new List<ulong>();
        for (ulong at = 0; at < BttInfoBlock.SizeBytes; at++)
            places.AddRange([start + at, start + arena.Info.Info2Offset + at]);
        for (ulong at = arena.MapAt(0); at < arena.MapAt(arena.Info.ExternalBlocks); at++)
            places.Add(at);
        for (ulong at = arena.LaneAt(0); at < arena.LaneAt(arena.Info.Lanes); at++)
            places.Add(at);
        return [.. places];
    }
}

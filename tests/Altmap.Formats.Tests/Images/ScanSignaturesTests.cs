using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Images;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Tests.Images;

public class ScanSignaturesTests
{
    private static readonly byte[][] Signatures =
    [
        "NVDIMM_PFN_INFO\0"u8.ToArray(),
        "NVDIMM_DAX_INFO\0"u8.ToArray(),
        "BTT_ARENA_INFO\0\0"u8.ToArray(),
        "NAMESPACE_INDEX\0"u8.ToArray(),
    ];

    /// <summary>Every place that is a multiple of the step, and no other; the last one that has room.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    [InlineData(256)]
    [InlineData(4096)]
    public void All_places_and_no_others(int step)
    {
        const int length = 16384;
        foreach (byte[] signature in Signatures)
        {
            foreach (int at in (int[])[0, 1, 4, 16, 255, 256, 4095, 4096, 8192 + 512, length - 256, length - 16, length - 15])
            {
                byte[] bytes = new byte[length];
                signature.AsSpan(0, Math.Min(16, length - at)).CopyTo(bytes.AsSpan(at));
                var found = new List<ulong>();
                ScanSignatures.FindIn(bytes, 1 << 20, step, 10, found);
                bool isWhole = at + 16 <= length;
                Assert.Equal(isWhole && at % step == 0 ? [(1UL << 20) + (ulong)at] : [], found);
            }
        }
    }

    /// <summary>What starts alike, and more places than are wanted.</summary>
    [Fact]
    public void Words_that_start_alike_and_many_places()
    {
        byte[] bytes = new byte[4096];
        "NVDIMM_XYZ_INFO\0"u8.CopyTo(bytes);
        "NAMESPACE_INDEX1"u8.CopyTo(bytes.AsSpan(256));
        var found = new List<ulong>();
        ScanSignatures.FindIn(bytes, 0, 256, 10, found);
        Assert.Empty(found);
        for (int at = 0; at < bytes.Length; at += 256)
            Signatures[0].CopyTo(bytes, at);
        ScanSignatures.FindIn(bytes, 0, 256, 10, found);
        Assert.Equal(10, found.Count);
    }

    [Fact]
    public void What_stands_there_is_described()
    {
        SparseBytes image = SparseBytes.Zero(64 << 20);
        byte[] block = new InfoBlock
        {
            Kind = InfoBlockKind.Pfn,
            Uuid = Uuid.Parse("11111111-2222-4333-8444-555555555555"),
            VersionMinor = 4,
            DataOffset = 2 << 20,
            Mode = 1,
            Align = 2 << 20,
        }.ToBytes();
        image = image.Write((1 << 20) + 4096, block);
        WritePlan btt = BttGeometry.LayDown(BttGeometry.Plan(ByteSize.MiB(20), BttVersion.V1_1, 512, Uuid.Zero, Uuid.Zero));
        image = btt.Shifted(ByteSize.MiB(10)).Apply(image);
        SparseBytes labels = LabelInitialisation.InitLabels(SparseBytes.Zero(128 << 10), LabelVersion.V1_2).Bytes;
        image = image.Write(50 << 20, labels.Read(0, 4096));
        var found = new List<ulong>();
        ScanSignatures.FindIn(image.Read(0, 64 << 20), 0, 256, 100, found);
        ScanHit[] hits = [.. ImageScan.Describe(image, found)];
        Assert.All(hits, h => Assert.True(h.IsRight));
        Assert.Equal([ScanKind.Pfn, ScanKind.Btt, ScanKind.Btt, ScanKind.LabelIndex, ScanKind.LabelIndex], hits.Select(h => h.Kind));
        Assert.Equal((new MediaOffset(1 << 20), new MediaOffset(3 << 20)), (hits[0].Start, hits[0].DataStart));
        Assert.Equal([null, 0, 1, 0, 1], hits.Select(h => h.Part));
        Assert.Equal([new MediaOffset((10 << 20) + 4096), new MediaOffset((10 << 20) + 4096)], hits[1..3].Select(h => h.Start!.Value));
        Assert.Equal([new MediaOffset(50 << 20), new MediaOffset(50 << 20)], hits[3..].Select(h => h.Start!.Value));
        foreach (ScanHit hit in hits)
        {
            SparseBytes damaged = image.Write(hit.Offset.Bytes + 0x40, [0xee]);
            Assert.False(ImageScan.Describe(damaged, [hit.Offset.Bytes]).Single().IsRight);
            Assert.NotNull(ImageScan.Describe(damaged, [hit.Offset.Bytes]).Single().Version);
        }
    }
}

using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Layout;
using Altmap.Formats.Namespaces;

namespace Altmap.Formats.Tests.Btt;

public class BttInfoBlockTests
{
    private static readonly byte[] s_good = RecordedBtts.Used.Read(4096, BttInfoBlock.SizeBytes);

    public static TheoryData<string> Fresh => [.. RecordedBtts.Fresh];

    [Fact]
    public void Fields_and_reserved_bytes_fill_the_block_without_overlap()
    {
        int next = 0;
        foreach (Field field in BttInfoBlockLayout.Fields)
        {
            Assert.Equal(next, field.OffsetBytes);
            next = field.EndBytes;
        }
        Assert.Equal(BttInfoBlock.SizeBytes, next);
        Assert.Equal(BttInfoBlockLayout.Fields.Length, BttInfoBlockLayout.Fields.Select(f => f.Name).Distinct().Count());
    }

    [Fact]
    public void Every_byte_of_a_field_reaches_the_record_and_comes_back()
    {
        BttInfoBlock original = BttInfoBlock.Parse(s_good)!;
        foreach (Field field in BttInfoBlockLayout.Fields)
        {
            if (field == BttInfoBlockLayout.Signature || field == BttInfoBlockLayout.Checksum)
                continue;
            for (int at = field.OffsetBytes; at < field.EndBytes; at++)
            {
                byte[] changed = (byte[])s_good.Clone();
                changed[at] ^= 0x5a;
                BttInfoBlock parsed = BttInfoBlock.Parse(changed)!;
                Assert.NotEqual(original, parsed);
                int checksum = BttInfoBlockLayout.Checksum.OffsetBytes;
                Assert.True(parsed.ToBytes().AsSpan(0, checksum).SequenceEqual(changed.AsSpan(0, checksum)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Fresh))]
    public void Recorded_blocks_come_back_as_they_were(string name)
    {
        SparseBytes media = RecordedBtts.Read("c_sector", name);
        BttVersion version = name.Contains("v1.2", StringComparison.Ordinal) ? BttVersion.V2_0 : BttVersion.V1_1;
        byte[] block = media.Read(version.Start.Bytes, BttInfoBlock.SizeBytes);
        BttInfoBlock parsed = BttInfoBlock.Parse(block)!;
        Assert.Equal(block, parsed.ToBytes());
        Assert.Equal(block, media.Read(version.Start.Bytes + parsed.Info2Offset, BttInfoBlock.SizeBytes));
        Assert.True(BttInfoBlock.IsValid(block, parsed.ParentUuid));
        Assert.False(BttInfoBlock.IsValid(block, Uuid.Zero)); // the namespace has a label
        Assert.Equal((version.Major, version.Minor, 4096u), (parsed.VersionMajor, parsed.VersionMinor, parsed.InfoSize));
    }

    [Fact]
    public void No_changed_bit_is_valid()
    {
        Assert.True(BttInfoBlock.IsValid(s_good, new Uuid(1, 2))); // a zero parent fits every namespace
        for (int bit = 0; bit < s_good.Length * 8; bit++)
        {
            byte[] changed = (byte[])s_good.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(BttInfoBlock.IsValid(changed, Uuid.Zero), $"bit {bit}");
        }
        Assert.False(BttInfoBlock.IsValid(s_good.AsSpan(0, 4095), Uuid.Zero));
        Assert.Null(BttInfoBlock.Parse(s_good.AsSpan(0, 4095)));
        Assert.Null(BttInfoBlock.Parse(new byte[4096]));
    }

    [Theory]
    [InlineData(ClaimClass.None, 1, 1, 4096, true)]
    [InlineData(ClaimClass.Btt, 1, 1, 4096, true)]
    [InlineData(ClaimClass.Btt2, 2, 0, 0, true)]
    [InlineData(ClaimClass.None, 2, 0, 0, false)]
    [InlineData(ClaimClass.None, 2, 0, 4096, false)]
    [InlineData(ClaimClass.Btt2, 1, 1, 4096, false)]
    [InlineData(ClaimClass.Btt2, 1, 1, 0, false)]
    [InlineData(ClaimClass.None, 1, 2, 4096, false)]
    [InlineData(ClaimClass.Pfn, 1, 1, 4096, false)]
    [InlineData(ClaimClass.Dax, 1, 1, 4096, false)]
    [InlineData(ClaimClass.Unknown, 1, 1, 4096, false)]
    public void The_claim_class_decides_where_a_btt_is_looked_for(ClaimClass claim, ushort major, ushort minor, int at, bool found)
    {
        byte[] head = new byte[8192];
        (BttInfoBlock.Parse(s_good)! with { VersionMajor = major, VersionMinor = minor, Flags = 1 }).ToBytes().CopyTo(head, at);
        var extent = new NamespaceExtent(new PhysicalRange(new PhysicalAddress(1UL << 32), ByteSize.MiB(32)), Uuid.Zero);
        BttProbe probe = BttPresence.Probe(head, extent, claim);
        Assert.Equal(found, probe.IsFound);
        // Said before the version is looked at.
        Assert.Equal(found || (claim == ClaimClass.None && at == 4096) || (claim == ClaimClass.Btt2 && at == 0), probe.HasErrorFlag);
        if (!found)
            return;
        Assert.Equal((4096u, BttInfoBlock.Parse(s_good)!.Uuid), (probe.LbaSizeBytes, probe.Uuid));
        Assert.False(
            BttPresence
                .Probe(head, extent with { Range = new PhysicalRange(extent.Range.Start, ByteSize.MiB(16) - new ByteSize(1)) }, claim)
                .IsFound
        );
        Assert.False(BttPresence.Probe(head.AsSpan(0, at + 4095), extent, claim).IsFound);
    }
}

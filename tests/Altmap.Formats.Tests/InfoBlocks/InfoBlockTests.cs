using Altmap.Formats.InfoBlocks;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Formats.Tests.InfoBlocks;

public class InfoBlockTests
{
    [Fact]
    public void Recorded_blocks_parse_and_come_back_byte_for_byte()
    {
        foreach (RecordedBlocks.Written written in RecordedBlocks.AllWritten().Where(w => w.Bytes is not null))
        {
            InfoBlock block = InfoBlock.Parse(written.Bytes)!;
            Assert.Equal(written.Bytes, block.ToBytes());
            Assert.Equal(block, InfoBlock.Parse(block.ToBytes()));
        }
    }

    [Fact]
    public void Any_bytes_under_a_signature_come_back_but_for_the_checksum() =>
        Prop.ForAll<ulong, bool>(
                (seed, isPfn) =>
                {
                    byte[] bytes = Filled(seed, isPfn ? InfoBlockKind.Pfn : InfoBlockKind.Dax);
                    byte[] written = InfoBlock.Parse(bytes)!.ToBytes();
                    return written.AsSpan(0, 4088).SequenceEqual(bytes.AsSpan(0, 4088)) && new InfoBlockView(written).HasValidChecksum;
                }
            )
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(4095)]
    public void Too_few_bytes_are_no_block(int length) => Assert.Null(InfoBlock.Parse(RecordedBlocks.Good.Bytes.AsSpan(0, length)));

    [Fact]
    public void An_unknown_signature_is_no_block()
    {
        Assert.Null(InfoBlock.Parse(new byte[4096]));
        byte[] bytes = (byte[])RecordedBlocks.Good.Bytes!.Clone();
        bytes[15] = (byte)'X'; // the NUL belongs to the signature
        Assert.Null(InfoBlock.Parse(bytes));
    }

    [Fact]
    public void A_wrong_checksum_does_not_keep_a_block_from_being_read()
    {
        byte[] bytes = (byte[])RecordedBlocks.Good.Bytes!.Clone();
        bytes[4090] ^= 1;
        Assert.False(new InfoBlockView(bytes).HasValidChecksum);
        Assert.Equal(RecordedBlocks.Good.Bytes, InfoBlock.Parse(bytes)!.ToBytes());
    }

    [Fact]
    public void Blocks_with_the_same_bytes_are_equal()
    {
        InfoBlock a = InfoBlock.Parse(Filled(7, InfoBlockKind.Dax))!,
            b = InfoBlock.Parse(Filled(7, InfoBlockKind.Dax))!;
        Assert.Equal(a, b);
        Assert.Equal(a.GetHashCode(), b.GetHashCode());
        Assert.NotEqual(a, b with { Padding = [] });
    }

    internal static byte[] Filled(ulong seed, InfoBlockKind kind)
    {
        var random = new Dice(seed);
        byte[] bytes = new byte[InfoBlock.SizeBytes];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)random.Next(256);
        PfnInfoBlockLayout.SignatureOf(kind).CopyTo(bytes);
        return bytes;
    }
}

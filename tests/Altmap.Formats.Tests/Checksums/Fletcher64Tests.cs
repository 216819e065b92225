using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Altmap.Formats.Checksums;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Tests.InfoBlocks;

namespace Altmap.Formats.Tests.Checksums;

public class Fletcher64Tests
{
    [Fact]
    public void Every_recorded_block_carries_its_own_sum()
    {
        int count = 0;
        foreach (RecordedBlocks.Written written in RecordedBlocks.AllWritten().Where(w => w.Bytes is not null))
        {
            Assert.True(new InfoBlockView(written.Bytes).HasValidChecksum, written.ToString());
            count++;
        }
        Assert.True(count >= 90, $"{count} blocks");
    }

    [Fact]
    public void Every_width_of_vector_gives_the_portable_sum_for_every_length()
    {
        byte[] bytes = Bytes(4096 + 64, 1);
        for (int length = 0; length <= bytes.Length; length += 4)
        {
            ReadOnlySpan<byte> part = bytes.AsSpan(0, length);
            ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(part);
            ulong expected = ByDefinition(part);
            Assert.Equal(expected, Fletcher64.ComputePortable(part));
            Assert.Equal(expected, Fletcher64.Compute(part));
            Assert.Equal(expected, Fletcher64.Compute128(words));
            Assert.Equal(expected, Fletcher64.Compute256(words));
            Assert.Equal(expected, Fletcher64.Compute512(words));
        }
    }

    [Fact]
    public void Sums_that_wrap_agree()
    {
        byte[] bytes = new byte[1 << 20];
        Array.Fill(bytes, (byte)0xff);
        Assert.Equal(ByDefinition(bytes), Fletcher64.Compute(bytes));
        Assert.Equal(ByDefinition(bytes), Fletcher64.ComputePortable(bytes));
    }

    [Fact]
    public void A_zeroed_field_is_the_same_as_a_copy_with_zeroes()
    {
        byte[] bytes = Bytes(256, 2);
        for (int at = 0; at <= bytes.Length - 8; at += 4)
        {
            byte[] copy = (byte[])bytes.Clone();
            copy.AsSpan(at, 8).Clear();
            byte[] before = (byte[])bytes.Clone();
            Assert.Equal(Fletcher64.ComputePortable(copy), Fletcher64.ComputeWithZeroedField(bytes, at));
            Assert.Equal(before, bytes);
        }
    }

    [Fact]
    public void Misuse_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Fletcher64.Compute(new byte[7]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fletcher64.ComputeWithZeroedField(new byte[16], 12));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fletcher64.ComputeWithZeroedField(new byte[16], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fletcher64.ComputeWithZeroedField(new byte[4], 0));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        byte[] bytes = Bytes(4096, 3);
        Fletcher64.ComputeWithZeroedField(bytes, 4088);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Fletcher64.ComputeWithZeroedField(bytes, 4088);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    /// <summary>The definition, word for word: a 32-bit and a 64-bit accumulator.</summary>
    private static ulong ByDefinition(ReadOnlySpan<byte> bytes)
    {
        uint lo = 0;
        ulong hi = 0;
        for (int i = 0; i < bytes.Length; i += 4)
        {
            lo = unchecked(lo + BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]));
            hi = unchecked(hi + lo);
        }
        return unchecked(hi << 32) | lo;
    }

    private static byte[] Bytes(int length, ulong seed)
    {
        var random = new Dice(seed);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)random.Next(256);
        return bytes;
    }
}

using Altmap.Formats.Layout;

namespace Altmap.Formats.Tests.Layout;

public class FieldTests
{
    [Theory]
    [InlineData(1, 0xfeUL)]
    [InlineData(2, 0xfedcUL)]
    [InlineData(4, 0xfedcba98UL)]
    [InlineData(8, 0xfedcba9876543210UL)]
    public void Writes_and_reads_little_endian(int width, ulong value)
    {
        byte[] block = new byte[16];
        var field = new Field("f", 3, width);
        field.Write(block, value);
        Assert.Equal((byte)(value & 0xff), block[3]);
        Assert.Equal(value, field.Read(block));
        Assert.Equal(0, block[2]);
        Assert.Equal(0, block[3 + width]);
    }

    [Fact]
    public void A_value_too_large_for_the_width_is_refused() =>
        Assert.Throws<OverflowException>(() => new Field("f", 0, 2).Write(new byte[8], 0x10000));

    [Fact]
    public void Other_widths_are_bytes()
    {
        var field = new Field("uuid", 4, 16);
        Assert.Equal(16, field.Slice(new byte[32].AsSpan()).Length);
        Assert.Throws<InvalidOperationException>(() => field.Read(new byte[32]));
        Assert.Throws<InvalidOperationException>(() => field.Write(new byte[32], 1));
    }
}

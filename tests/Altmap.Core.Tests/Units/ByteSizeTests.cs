using Altmap.Core.Units;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Core.Tests.Units;

public class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0UL)]
    [InlineData("4096", 4096UL)]
    [InlineData("0x1000", 4096UL)]
    [InlineData("0X1fG", 0x1fUL << 30)]
    [InlineData("256M", 256UL << 20)]
    [InlineData("256m", 256UL << 20)]
    [InlineData("2MiB", 2UL << 20)]
    [InlineData("16T", 16UL << 40)]
    [InlineData("5B", 5UL)]
    [InlineData(" 1K ", 1024UL)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("16777215T", 16777215UL << 40)]
    public void Reads_numbers_with_units(string text, ulong bytes)
    {
        Assert.True(ByteSize.TryParse(text, out ByteSize size));
        Assert.Equal(bytes, size.Bytes);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("K")]
    [InlineData("0x")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5G")]
    [InlineData("1KB")]
    [InlineData("1 M")]
    [InlineData("1,024")]
    [InlineData("16777216T")]
    [InlineData("18446744073709551616")]
    [InlineData("99999999999999999999999999")]
    public void Refuses_anything_else(string? text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(512UL, "512")]
    [InlineData(1024UL, "1024 (1 KiB)")]
    [InlineData(268435456UL, "268435456 (256 MiB)")]
    [InlineData(1610612736UL, "1610612736 (1.5 GiB)")]
    [InlineData(1UL << 50, "1125899906842624 (1024 TiB)")]
    public void Prints_bytes_and_the_nearest_unit(ulong bytes, string text) => Assert.Equal(text, new ByteSize(bytes).ToString());

    [Fact]
    public void Any_text_is_read_or_refused() =>
        Prop.ForAll(
                (string? text) =>
                {
                    _ = ByteSize.TryParse(text, out _);
                    return true;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Printed_bytes_are_read_back() =>
        Prop.ForAll(
                (ulong bytes) =>
                    ByteSize.TryParse(bytes.ToString(System.Globalization.CultureInfo.InvariantCulture), out ByteSize size)
                    && size.Bytes == bytes
                    && ByteSize.TryParse($"0x{bytes:x}", out size)
                    && size.Bytes == bytes
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Arithmetic_is_checked()
    {
        var max = new ByteSize(ulong.MaxValue);
        var one = new ByteSize(1);
        Assert.Throws<OverflowException>(() => max + one);
        Assert.Throws<OverflowException>(() => ByteSize.Zero - one);
        Assert.Throws<OverflowException>(() => max * 2);
        Assert.Throws<OverflowException>(() => ByteSize.GiB(ulong.MaxValue / 2));
        Assert.Equal(3UL, ByteSize.MiB(7) / ByteSize.MiB(2));
    }

    /// <summary>Less than a whole is never written as the whole.</summary>
    [Theory]
    [InlineData((64UL << 30) - 1, "63.99 GiB")]
    [InlineData((1UL << 40) - 1, "1023.99 GiB")]
    [InlineData((1UL << 40) - (2UL << 20), "1023.99 GiB")]
    [InlineData(1UL << 40, "1 TiB")]
    [InlineData(3UL << 29, "1.5 GiB")]
    [InlineData(ulong.MaxValue, "16777215.99 TiB")]
    [InlineData(1023UL, "1023")]
    public void A_short_size_is_cut_not_rounded(ulong bytes, string text) => Assert.Equal(text, new ByteSize(bytes).ToHuman());
}

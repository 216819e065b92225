using Altmap.Shell.Options;

namespace Altmap.Shell.Tests.Options;

public class NdctlSizeTests
{
    [Theory]
    [InlineData("", 0UL)]
    [InlineData("0", 0UL)]
    [InlineData("k", 0UL)]
    [InlineData("256M", 268435456UL)]
    [InlineData("1t", 1UL << 40)]
    [InlineData(" \t+2G", 2UL << 30)]
    [InlineData("0x10k", 16384UL)]
    [InlineData("010", 8UL)]
    [InlineData("18446744073709551614", ulong.MaxValue - 1)]
    [InlineData("-2", ulong.MaxValue - 1)]
    [InlineData("20000000000000K", 20000000000000UL * 1024)]
    public void Reads(string text, ulong expected) => Assert.Equal(expected, NdctlSize.TryParse(text));

    [Theory]
    [InlineData(" ")]
    [InlineData("1.5G")]
    [InlineData("1Q")]
    [InlineData("1MB")]
    [InlineData("1 M")]
    [InlineData("08")]
    [InlineData("0x")]
    [InlineData("0b1")]
    [InlineData("-1")]
    [InlineData("18446744073709551615")]
    [InlineData("99999999999999999999999")]
    [InlineData("16777216T")]
    [InlineData("18446744073709551614K")]
    public void Refuses(string text) => Assert.Null(NdctlSize.TryParse(text));

    [Fact]
    public void Gives_the_unit()
    {
        Assert.Equal(3UL << 20, NdctlSize.TryParse("3m", out var unit));
        Assert.Equal(1UL << 20, unit);
        _ = NdctlSize.TryParse("3", out unit);
        Assert.Equal(1UL, unit);
    }
}

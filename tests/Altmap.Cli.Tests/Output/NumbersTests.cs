using Altmap.Cli.Output;
using Altmap.Core.Units;

namespace Altmap.Cli.Tests.Output;

public class NumbersTests
{
    [Theory]
    [InlineData(0UL, "0")]
    [InlineData(4096UL, "4K")]
    [InlineData(1056UL << 20, "1056M")]
    [InlineData(1UL << 40, "1024G")]
    [InlineData(4097UL, "4097")]
    public void Sizes_as_ndctl_reads_them(ulong bytes, string text) => Assert.Equal(text, Numbers.Unit(new ByteSize(bytes)));

    [Theory]
    [InlineData(1UL, 3UL, 2, "33.33 %")]
    [InlineData(1UL, 512UL, 3, "0.195 %")]
    [InlineData(99_999UL, 100_000UL, 2, "99.99 %")]
    [InlineData(ulong.MaxValue - 1, ulong.MaxValue, 2, "99.99 %")]
    [InlineData(ulong.MaxValue, ulong.MaxValue, 2, "100.00 %")]
    [InlineData(5UL, 0UL, 2, "")]
    public void Shares(ulong part, ulong whole, int digits, string text) => Assert.Equal(text, Numbers.Share(part, whole, digits));

    [Fact]
    public void Runs_and_counts()
    {
        Assert.Equal(("7", "4-7"), (Numbers.Run(7, 7), Numbers.Run(4, 7)));
        Assert.Equal(("1 region", "0 regions"), (Numbers.Count(1, "region"), Numbers.Count(0, "region")));
        Assert.Equal(("-", "42"), (Numbers.Of((ByteSize?)null), Numbers.Of((ByteSize?)new ByteSize(42))));
    }
}

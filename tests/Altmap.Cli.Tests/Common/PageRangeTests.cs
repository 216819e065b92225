using Altmap.Cli.Common;
using Altmap.Core.Units;

namespace Altmap.Cli.Tests.Common;

public class PageRangeTests
{
    private static readonly ByteSize Page = ByteSize.KiB(4);

    [Theory]
    [InlineData("7", 7, 8)]
    [InlineData("0x7fff", 7, 8)]
    [InlineData("7-9", 7, 10)]
    [InlineData("0x7000-0x9fff", 7, 10)]
    [InlineData("0-0x9fff", 0, 10)]
    [InlineData("7+3", 7, 10)]
    [InlineData("0x7000+12K", 7, 10)]
    [InlineData("0x7800+1", 7, 8)]
    public void Pages_addresses_and_ranges(string text, ulong start, ulong end) =>
        Assert.Equal(new PfnRange(new Pfn(start), new Pfn(end)), PageRange.Parse(text, "--x", Page));

    [Theory]
    [InlineData("9-7", "--x: \"9-7\" ends before it starts")]
    [InlineData("0x9000-0x1000", "--x: \"0x9000-0x1000\" ends before it starts")]
    [InlineData("7-0x9000", "--x: \"7-0x9000\" mixes a page number and an address; an address starts with 0x, or ends with K, M, G or T")]
    [InlineData("7+0", "--x: \"7+0\" has no page in it")]
    [InlineData("99999999999999999", "--x: \"99999999999999999\" is beyond the last page; an address starts with 0x")]
    public void What_is_none_is_told(string text, string message) =>
        Assert.Equal(message, Assert.Throws<CliError>(() => PageRange.Parse(text, "--x", Page)).Message);

    [Fact]
    public void A_page_is_no_range()
    {
        Assert.Equal(new PfnRange(new Pfn(7), new Pfn(8)), PageRange.ParseRange("7+1", "--x", Page));
        Assert.StartsWith(
            "--x: \"7\" is no range; expected A-B",
            Assert.Throws<CliError>(() => PageRange.ParseRange("7", "--x", Page)).Message,
            StringComparison.Ordinal
        );
    }
}

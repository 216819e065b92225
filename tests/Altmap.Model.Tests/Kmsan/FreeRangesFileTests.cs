using System.Text;
using Altmap.Core.Units;
using Altmap.Model.Kmsan;

namespace Altmap.Model.Tests.Kmsan;

public class FreeRangesFileTests
{
    private static readonly Pfn Limit = new(1UL << 34);

    private static FreeRangesResult Parse(string text) => FreeRangesFile.Parse(Encoding.UTF8.GetBytes(text), "free.txt", Limit);

    [Fact]
    public void Ranges_with_remarks_tabs_hex_and_no_end_of_line()
    {
        FreeRangesResult read = Parse("# a boot\n256 4096\n\n0x2608\t32767 # touching\r\n 32767   131072");
        Assert.Empty(read.Errors);
        Assert.Equal(CarveOutTests.Ranges((256, 4096), (0x2608, 32767), (32767, 131072)), read.Ranges);
        Assert.Equal(Limit, Assert.Single(Parse($"1 {Limit.Number}").Ranges).End);
    }

    [Theory]
    [InlineData("", 1, "there is no range in it")]
    [InlineData("# nothing\n\n", 3, "there is no range in it")]
    [InlineData("1 2\nzebra\n", 2, "no range: \"zebra\"")]
    [InlineData("1 2 3\n", 1, "no range: \"1 2 3\"")]
    [InlineData("-1 5\n", 1, "no range")]
    [InlineData("1 99999999999999999999\n", 1, "no range")]
    [InlineData("1 2\n\n9 9\n", 3, "range 9 9 is empty")]
    [InlineData("9 5\n", 1, "range 9 5 is empty")]
    [InlineData("10 20\n# x\n19 30\n", 3, "range 19 30 overlaps range 10 20 of line 1")]
    [InlineData("10 20\n1 5\n", 2, "range 1 5 is below range 10 20 of line 1")]
    [InlineData("10 20\n15 17179869185\n", 2, "goes beyond the last page")]
    [InlineData("\0\u0001 2\n", 1, "no range")]
    public void What_is_wrong_is_told_with_its_line(string text, int line, string what)
    {
        FreeRangesResult read = Parse(text);
        Assert.Empty(read.Ranges);
        Assert.Equal(line, read.Errors[0].Line);
        Assert.Contains(what, read.Errors[0].What, StringComparison.Ordinal);
    }

    [Fact]
    public void Complaints_have_an_end() => Assert.Equal(20, Parse(string.Concat(Enumerable.Repeat("x\n", 1000))).Errors.Length);
}

using Altmap.Formats.Btt;

namespace Altmap.Formats.Tests.Btt;

public class BttLogTests
{
    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(1, 2, 1)]
    [InlineData(2, 3, 1)]
    [InlineData(3, 1, 1)]
    [InlineData(2, 1, 0)]
    [InlineData(3, 2, 0)]
    [InlineData(1, 3, 0)]
    [InlineData(0, 0, 1)] // from here on damage: the kernel takes it all the same
    [InlineData(0, 7, 1)]
    [InlineData(2, 0, 1)]
    [InlineData(5, 0, 1)]
    [InlineData(1, 4, 0)]
    [InlineData(4, 1, 1)]
    [InlineData(0xffffffff, 2, 1)] // the sum wraps
    [InlineData(2, 2, null)]
    [InlineData(3, 3, null)]
    [InlineData(3, 4, null)]
    [InlineData(6, 0, null)]
    public void The_newest_slot(uint first, uint second, int? newest) => Assert.Equal(newest, BttLog.Newest(first, second));

    [Theory]
    [InlineData(0x00000000, 7)]
    [InlineData(0x00000063, 7)]
    [InlineData(0x40000063, 0x63)]
    [InlineData(0x80000063, 0x63)]
    [InlineData(0xc0000063, 0x63)]
    public void An_entry_of_the_map(uint entry, uint block) => Assert.Equal(block, BttMap.BlockOf(entry, 7));
}

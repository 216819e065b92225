using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Tests.Memory;

namespace Altmap.Model.Tests.Maps;

public class MemoryMapTests
{
    /// <summary>Ranges crowded at one place of a wide machine, and even ones: the search starts from a table of equal parts.</summary>
    [Theory]
    [InlineData("memmap=64M!1G memmap=4K$0x7000000 memmap=8K$0x7008000 memmap=2M$0x7100000")]
    [InlineData("")]
    public void A_page_is_found_in_the_range_that_holds_it(string commandLine)
    {
        MemoryMap map = MemoryMap.Of(MemoryMachines.X86("6.1", commandLine, ramMebibytes: 1 << 22));
        Assert.NotEmpty(map.Ranges);
        foreach (MemoryRange range in map.Ranges)
        {
            Assert.Equal(range, map[range.Pages.Start]);
            Assert.Equal(range, map[range.Pages.End - new PfnCount(1)]);
        }
        var random = new SeededRandom(1);
        for (int i = 0; i < 10_000; i++)
        {
            (ulong pfn, random) = random.DrawBelow(map.End.Number);
            PfnRange pages = map[new Pfn(pfn)].Pages;
            Assert.InRange(pfn, pages.Start.Number, pages.End.Number - 1);
        }
        Assert.Equal(map.Ranges[^1], map[map.End]);
        Assert.Equal(map.Ranges[^1], map[new Pfn(ulong.MaxValue)]);
    }

    [Fact]
    public void Looking_up_a_page_allocates_nothing()
    {
        MemoryMap map = MemoryMap.Of(MemoryMachines.X86("6.1", "memmap=64M!1G"));
        int online = map[default].IsOnline ? 1 : 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong pfn = 0; pfn < 1000; pfn++)
            online += map[new Pfn(pfn * 512)].IsOnline ? 1 : 0;
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.InRange(online, 1, 1000);
    }
}

using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Tests.Buddy;

public class BuddyAllocatorTests
{
    private static BuddyAllocator TwoZones() =>
        new([new(0, ZoneKind.Dma32, new(new Pfn(0), new Pfn(24))), new(0, ZoneKind.Normal, new(new Pfn(24), new Pfn(64)))], orderMax: 5);

    [Fact]
    public void Memory_does_not_merge_across_a_zone()
    {
        BuddyAllocator allocator = TwoZones();
        allocator.Free(new PageBlock(new Pfn(16), 3));
        Assert.Equal(new PageBlock(new Pfn(24), 3), allocator.Free(new PageBlock(new Pfn(24), 3)));
        Assert.Equal(3, allocator.LargestFreeOrder);
        Assert.Equal(2UL, allocator.FreeBlocks(3));
        Assert.Throws<ArgumentException>(() => allocator.Free(new PageBlock(new Pfn(64), 0)));
    }

    [Fact]
    public void The_highest_zone_gives_first()
    {
        BuddyAllocator allocator = TwoZones();
        allocator.Free(new PageBlock(new Pfn(0), 4));
        allocator.Free(new PageBlock(new Pfn(32), 3));
        Assert.Equal(new PageBlock(new Pfn(32), 3), allocator.Allocate(3));
        Assert.Equal(new PageBlock(new Pfn(0), 3), allocator.Allocate(3));
        Assert.Equal(1UL, allocator.Obtainable(3));
        Assert.Equal(8UL, allocator.FreePages.Pages);
        Assert.Null(allocator.Allocate(4));
    }

    [Fact]
    public void Zones_that_overlap_are_refused() =>
        Assert.Throws<ArgumentException>(() =>
            new BuddyAllocator(
                [new(0, ZoneKind.Dma32, new(new Pfn(0), new Pfn(24))), new(0, ZoneKind.Normal, new(new Pfn(23), new Pfn(64)))],
                5
            )
        );
}

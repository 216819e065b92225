using Altmap.Core.Units;
using Altmap.Model.Kmsan;
using Altmap.Model.Tests.Memory;

namespace Altmap.Model.Tests.Kmsan;

public class BootMemoryTests
{
    private static readonly ByteSize Page = ByteSize.KiB(4);

    [Theory]
    [InlineData(512, "64M!256M", 0x1fecc000UL, 28951UL)]
    [InlineData(1024, "256M!512M", 0x3fecc000UL, 54487UL)]
    [InlineData(2048, "64M!256M", 0x7fecc000UL, 151639UL)]
    public void The_assumptions_come_near_the_recorded_boots(int mebibytes, string memmap, ulong initrd, ulong released)
    {
        Machine machine = MemoryMachines.X86("6.12", "memmap=" + memmap, (ulong)mebibytes);
        BootMemory boot = BootMemory.Of(machine, new BootAssumptions { Initrd = new(new(initrd), ByteSize.KiB(1072)) });
        Assert.Null(boot.Failure);
        double ratio = CarveOut.Of(boot.FreeRanges, 10).Released.Pages / (double)released;
        Assert.InRange(ratio, 0.97, 1.03);
    }

    [Fact]
    public void What_was_used_and_what_is_handed_over_are_all_of_RAM()
    {
        Machine machine = MemoryMachines.X86("6.12", "", 3072);
        BootMemory boot = BootMemory.Of(machine, new BootAssumptions());
        ByteSize ram = machine.Mm.BootRam.Aggregate(ByteSize.Zero, (sum, r) => sum + r.Count.ToBytes(Page));
        Assert.Equal(
            ram,
            boot.Uses.Aggregate(boot.FreeRanges.Aggregate(ByteSize.Zero, (sum, r) => sum + r.Count.ToBytes(Page)), (sum, u) => sum + u.Size)
        );
    }

    [Fact]
    public void A_machine_that_is_too_small_says_what_did_not_fit()
    {
        BootMemory boot = BootMemory.Of(MemoryMachines.X86("6.12", "", 64), new BootAssumptions());
        Assert.StartsWith("no memory for the metadata of", boot.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Pages_recorded_twice_have_the_metadata_of_the_last_time()
    {
        var memblock = new Memblock([new(new(0x1000), ByteSize.MiB(4))]);
        memblock.Reserve(new(new(0x10000), ByteSize.KiB(64)));
        BootMetadata metadata = BootMetadata.Allocate(memblock, new(new(0x14000), ByteSize.KiB(8)), [], Page, bottomUp: false);
        Assert.Equal([false, true], metadata.Ranges.Select(r => r.InImage));
        MetadataSegment[] parts = [.. metadata.Segments(new(new(0x10), new(0x22)), Page, "image")];
        Assert.Equal([0x10UL, 0x14, 0x16, 0x20], parts.Select(p => p.Pages.Start.Number));
        Assert.Equal(Pfn.Containing(metadata.Ranges[1].Shadow.Start, Page), parts[1].Place!.Value.Shadow);
        Assert.Null(parts[3].Place);
    }

    [Fact]
    public void The_kernels_table_of_ranges_has_an_end()
    {
        var memblock = new Memblock([new(new(0), ByteSize.MiB(64))]);
        for (ulong i = 0; i < 129; i++)
            memblock.Reserve(new(new(i * 0x4000), Page));
        Assert.Contains("128", BootMetadata.Allocate(memblock, default, [], Page, bottomUp: false).Failure, StringComparison.Ordinal);
    }
}

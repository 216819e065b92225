using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;
using Altmap.Model.Tests.Memory;

namespace Altmap.Model.Tests.Nvdimm;

/// <summary>kmem: what is left of a device, and what stays behind (numbers and messages of real kernels).</summary>
public class KmemTests
{
    private static Machine DevDax(string kernel, string commandLine, ulong ram = 2048)
    {
        Machine machine = MemoryMachines
            .Create(
                MemoryMachines.X86(kernel, commandLine, ram, ("auto_online_blocks", 0)),
                NdDeviceKind.Dax,
                PageMapMode.Ram,
                ByteSize.MiB(2)
            )
            .Machine;
        DaxDeviceState dax = machine.Regions[0].DaxDevices[0];
        Assert.True(dax.IsEnabled);
        return DeviceDax.Unbind(machine, dax);
    }

    private static DaxDeviceState Dax(Machine machine) => machine.Regions[0].DaxDevices[0];

    [Theory]
    [Trait("problem", "D1")]
    [InlineData("memmap=192M!1088M", 0x48000000UL, 0x50000000UL)]
    [InlineData("memmap=448M!1088M", 0x48000000UL, 0x60000000UL)]
    [InlineData("memmap=386M!1022M", 0x40000000UL, 0x58000000UL)] // 2 MiB before a block: nothing is lost in front
    public void Whole_blocks_are_left(string commandLine, ulong start, ulong end)
    {
        foreach (string kernel in (string[])["5.10", "6.1", "6.12", "7.2"])
        {
            Machine machine = DevDax(kernel, commandLine);
            StepResult bound = Kmem.Bind(machine, Dax(machine));
            Assert.Equal(Errno.None, bound.Errno);
            KmemMemory memory = Assert.Single(bound.Machine.Mm.Kmem);
            Assert.Equal(("dax0.0", start, end), (memory.Device, memory.Range.Start.Bytes, memory.Range.End.Bytes));
            Assert.Equal(DaxDeviceDrivers.Kmem, Dax(bound.Machine).Driver);
        }
    }

    [Theory]
    [Trait("problem", "D3")]
    [InlineData("5.10", Errno.None)]
    [InlineData("6.1", Errno.EINVAL)]
    public void A_device_without_a_whole_block(string kernel, Errno errno)
    {
        Machine machine = DevDax(kernel, "memmap=64M!1088M");
        StepResult bound = Kmem.Bind(machine, Dax(machine));
        Assert.Equal(errno, bound.Errno);
        Assert.Contains("kmem dax0.0: mapping0: 0x44200000-0x47ffffff too small after alignment", bound.Machine.Log);
        Assert.Equal(errno == Errno.None ? DaxDeviceDrivers.Kmem : null, Dax(bound.Machine).Driver);
        Assert.Empty(bound.Machine.Mm.Kmem);
    }

    [Fact]
    [Trait("problem", "D3")]
    public void Memory_that_is_online_stays_until_the_next_boot()
    {
        Machine machine = DevDax("6.1", "memmap=448M!1088M");
        machine = Kmem.Bind(machine, Dax(machine)).Machine;
        machine = MemoryBlocks.SetState(machine, new(10), "online_movable").Machine;
        Assert.Equal(Errno.EINVAL, MemoryBlocks.SetState(machine, new(10), "online").Errno); // it is already
        machine = Kmem.Unbind(machine, Dax(machine));
        Assert.False(Dax(machine).IsEnabled);
        Assert.Equal("removing memory fails, because memory [0x0000000050000000-0x0000000057ffffff] is onlined", machine.Log[^2]);
        Assert.Equal("kmem dax0.0: mapping0: 0x48000000-0x5fffffff cannot be hotremoved until the next reboot", machine.Log[^1]);
        Assert.True(PfnStory.Of(machine, new Pfn(0x50000)).IsOnline);
        Assert.Equal(Errno.EBUSY, Kmem.Bind(machine, Dax(machine)).Errno);
        Assert.Equal(Errno.EBUSY, DeviceDax.Bind(machine, Dax(machine)).Errno);
        Assert.Contains("    48000000-5fffffff : System RAM (kmem)\n", Iomem.Text(machine), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("problem", "D3")]
    public void Zones_follow_the_blocks()
    {
        Machine machine = DevDax("6.1", "memmap=448M!1088M");
        machine = Kmem.Bind(machine, Dax(machine)).Machine;
        Assert.Equal("DMA32 Movable", MemoryBlocks.ValidZones(machine, new(9)));
        machine = MemoryBlocks.SetState(machine, new(9), "online_movable").Machine;
        machine = MemoryBlocks.SetState(machine, new(11), "online_movable").Machine;
        Assert.Equal(new PfnCount(3 * 32768), machine.Mm.ZoneOf(0, Model.Memory.States.ZoneKind.Movable).Spanned);
        Assert.Equal("DMA32 Movable", MemoryBlocks.ValidZones(machine, new(10))); // both zones span it: the kernel zone is taken
        machine = MemoryBlocks.SetState(machine, new(11), "offline").Machine;
        Assert.Equal(new PfnCount(32768), machine.Mm.ZoneOf(0, Model.Memory.States.ZoneKind.Movable).Spanned);
        Assert.Equal(Errno.EINVAL, MemoryBlocks.SetState(machine, new(8), "offline").Errno); // a hole
        Assert.Equal(Errno.EINVAL, MemoryBlocks.SetState(machine, new(9), "sideways").Errno);
        Assert.Equal(Errno.ENOENT, MemoryBlocks.SetState(machine, new(77), "offline").Errno);
        Assert.Throws<NotModelledException>(() => MemoryBlocks.SetState(machine, new(3), "offline"));
    }

    [Theory]
    [Trait("problem", "D3")]
    [InlineData("6.1", 0UL)] // kmem does not ask
    [InlineData("6.12", 512UL)]
    public void Blocks_can_hold_their_own_memmap(string kernel, ulong pages)
    {
        Machine machine = DevDax(kernel, "memmap=448M!1088M memory_hotplug.memmap_on_memory=1");
        Assert.True(MemmapOnMemory.IsAvailable(machine));
        machine = Kmem.Bind(machine, Dax(machine) with { MemmapOnMemory = machine.Kernel.Get(Rules.DaxHasMemmapOnMemory) }).Machine;
        Assert.Equal(pages, MemoryBlocks.Find(machine, new(9)).MemmapPages.Pages);
    }

    [Fact]
    [Trait("problem", "D3")]
    public void Memory_goes_online_at_once_where_the_policy_says_so()
    {
        Machine machine = DevDax("6.1", "memmap=448M!1088M");
        machine = MemoryBlocks.SetAutoOnline(machine, "online_movable\n").Machine;
        machine = Kmem.Bind(machine, Dax(machine)).Machine;
        Assert.All(MemoryBlocks.Runs(machine), r => Assert.Equal(BlockState.Online, r.Block.State));
        Assert.Equal("Movable", MemoryBlocks.ValidZones(machine, new(10)));
    }
}

using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Model.Tests.Nvdimm;

public class DaxDeviceDriversTests
{
    private const string TooSmall = "kmem dax0.0: mapping0: 0x10200000-0x13ffffff too small after alignment";
    private const string Rejected = "kmem dax0.0: rejecting DAX region without any memory after alignment";

    [Theory]
    [InlineData("6.1", Errno.EINVAL, "kmem: probe of dax0.0 failed with error -22")]
    [InlineData("6.12", Errno.EINVAL, "kmem dax0.0: probe with driver kmem failed with error -22")]
    [InlineData("7.2", Errno.EINVAL, "kmem dax0.0: probe with driver kmem failed with error -22")]
    [Trait("problem", "D1")]
    public void Kmem_refuses_a_device_without_a_whole_block_each_time_it_is_tried(string kernel, Errno errno, string failed)
    {
        Machine machine = Unbound(Devdax("memmap=64M!256M", kernel), "dax0.0");
        int before = machine.Log.Count;
        StepResult named = DaxDeviceDrivers.AddId(machine, DaxDeviceDrivers.Kmem, "dax0.0");
        Assert.Equal(Errno.None, named.Errno);
        StepResult bound = DaxDeviceDrivers.Bind(named.Machine, DaxDeviceDrivers.Kmem, "dax0.0");
        Assert.Equal(errno, bound.Errno);
        Assert.Equal([TooSmall, Rejected, failed, TooSmall, Rejected, failed], bound.Machine.Log.Skip(before));
        Assert.False(DaxDeviceDrivers.Find(bound.Machine, "dax0.0")!.IsEnabled);
    }

    [Fact]
    [Trait("problem", "D1")]
    public void On_5_10_kmem_binds_without_memory()
    {
        Machine machine = Unbound(Devdax("memmap=64M!256M", "5.10"), "dax0.0");
        int before = machine.Log.Count;
        StepResult named = DaxDeviceDrivers.AddId(machine, DaxDeviceDrivers.Kmem, "dax0.0");
        Assert.Equal(DaxDeviceDrivers.Kmem, DaxDeviceDrivers.Find(named.Machine, "dax0.0")!.Driver);
        Assert.Equal([TooSmall], named.Machine.Log.Skip(before));
        Assert.Equal(Errno.ENODEV, DaxDeviceDrivers.Bind(named.Machine, DaxDeviceDrivers.Kmem, "dax0.0").Errno);
        Assert.DoesNotContain(Iomem.Entries(named.Machine), e => e.Name == "dax0.0");
        Machine back = Unbound(named.Machine, "dax0.0");
        Assert.Equal(
            DaxDeviceDrivers.DeviceDax,
            DaxDeviceDrivers.Find(DaxDeviceDrivers.Bind(back, DaxDeviceDrivers.DeviceDax, "dax0.0").Machine, "dax0.0")!.Driver
        );
    }

    [Theory]
    [InlineData("5.10", Errno.ENODEV)]
    [InlineData("6.1", Errno.EINVAL)]
    public void Kmem_refuses_a_device_without_node(string kernel, Errno errno)
    {
        Machine machine = Unbound(Devdax("memmap=1G!3G", kernel), "dax0.0"); // beyond the end of RAM
        machine = DaxDeviceDrivers.AddId(machine, DaxDeviceDrivers.Kmem, "dax0.0").Machine;
        Assert.Equal(errno, DaxDeviceDrivers.Bind(machine, DaxDeviceDrivers.Kmem, "dax0.0").Errno);
        Assert.Contains("kmem dax0.0: rejecting DAX region with invalid node: -1", machine.Log);
    }

    [Theory]
    [InlineData("5.10")]
    [InlineData("6.1")]
    [InlineData("7.2")]
    [Trait("problem", "D3")]
    public void Whole_blocks_become_memory_and_come_back_while_they_are_offline(string kernel)
    {
        Machine devdax = Unbound(Devdax("memmap=1G!1G memhp_default_state=offline", kernel), "dax0.0");
        Machine machine = DaxDeviceDrivers.AddId(devdax, DaxDeviceDrivers.Kmem, "dax0.0").Machine;
        Assert.Equal(DaxDeviceDrivers.Kmem, DaxDeviceDrivers.Find(machine, "dax0.0")!.Driver);
        Assert.Equal(
            [9UL, 10, 11, 12, 13, 14, 15],
            DaxDeviceMemory.Blocks(machine, DaxDeviceDrivers.Find(machine, "dax0.0")!).Select(b => b.Number.Number)
        );
        Machine back = DaxDeviceDrivers.RemoveId(Unbound(machine, "dax0.0"), DaxDeviceDrivers.Kmem, "dax0.0").Machine;
        Assert.Empty(DaxDeviceMemory.Blocks(back, DaxDeviceDrivers.Find(back, "dax0.0")!));
        Assert.Equal(Iomem.Text(devdax), Iomem.Text(back));

        // Online blocks stay, also when the namespace goes.
        machine = MemoryBlocks.SetState(machine, new(12), "online_movable").Machine;
        Machine without = DriverCore.Unbind(machine, NdDrivers.Dax, new NdDevice(NdDeviceKind.Dax, 0, 0)).Machine;
        Assert.Empty(DaxDeviceDrivers.Devices(without));
        Assert.Contains("48000000-7fffffff : System RAM (kmem)", Iomem.Text(without), StringComparison.Ordinal);
        Assert.Contains("cannot be hotremoved until the next reboot", without.Log[^1], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("problem", "D3")]
    public void Memmap_on_memory_is_set_where_blocks_can_hold_it_and_not_under_kmem()
    {
        Machine machine = Unbound(Devdax("memmap=1G!1G memhp_default_state=offline memory_hotplug.memmap_on_memory=1", "6.12"), "dax0.0");
        DaxDeviceState Now(Machine m) => DaxDeviceDrivers.Find(m, "dax0.0")!;
        Assert.Equal(Errno.EINVAL, DaxDeviceDrivers.SetMemmapOnMemory(machine, Now(machine), null).Errno);
        machine = DaxDeviceDrivers.SetMemmapOnMemory(machine, Now(machine), true).Machine;
        machine = DaxDeviceDrivers.AddId(machine, DaxDeviceDrivers.Kmem, "dax0.0").Machine;
        Assert.Equal(512UL, MemoryBlocks.Find(machine, new(9)).MemmapPages.Pages);
        Assert.Equal(Errno.EBUSY, DaxDeviceDrivers.SetMemmapOnMemory(machine, Now(machine), false).Errno);
        Assert.Equal(Errno.None, DaxDeviceDrivers.SetMemmapOnMemory(machine, Now(machine), true).Errno);
        Machine without = Devdax("memmap=1G!1G", "6.12");
        Assert.Equal(Errno.EOPNOTSUPP, DaxDeviceDrivers.SetMemmapOnMemory(without, Now(without), true).Errno);
        Assert.Equal(Errno.None, DaxDeviceDrivers.SetMemmapOnMemory(without, Now(without), false).Errno);
    }

    [Theory]
    [InlineData("5.10", Errno.ENODEV)]
    [InlineData("6.1", Errno.EBUSY)]
    public void Bind_wants_a_free_device_of_the_driver(string kernel, Errno busy)
    {
        Machine machine = Devdax("memmap=64M!256M", kernel);
        Assert.Equal(busy, DaxDeviceDrivers.Bind(machine, DaxDeviceDrivers.DeviceDax, "dax0.0").Errno);
        Assert.Equal(Errno.ENODEV, DaxDeviceDrivers.Bind(machine, DaxDeviceDrivers.Kmem, "dax0.0").Errno);
        Assert.Equal(Errno.ENODEV, DaxDeviceDrivers.Bind(machine, DaxDeviceDrivers.DeviceDax, "dax0.1").Errno);
        Assert.Equal(Errno.ENODEV, DaxDeviceDrivers.Unbind(machine, DaxDeviceDrivers.Kmem, "dax0.0").Errno);
        Assert.Equal(Errno.ENODEV, DaxDeviceDrivers.Unbind(machine, DaxDeviceDrivers.DeviceDax, "namespace0.0").Errno);
        Assert.Contains(Iomem.Entries(machine), e => e.Name == "dax0.0");
        Assert.DoesNotContain(Iomem.Entries(Unbound(machine, "dax0.0")), e => e.Name == "dax0.0");
    }

    [Fact]
    public void A_new_name_makes_the_driver_try_every_free_device_that_it_takes()
    {
        Machine machine = Devdax("memmap=64M!256M memmap=64M!512M", "6.1");
        machine = Unbound(Unbound(machine, "dax0.0"), "dax1.0");
        Machine devdax = DaxDeviceDrivers.AddId(machine, DaxDeviceDrivers.DeviceDax, "dax0.0").Machine;
        Assert.All(DaxDeviceDrivers.Devices(devdax), d => Assert.Equal(DaxDeviceDrivers.DeviceDax, d.Driver));

        // kmem keeps a refused name and tries it again, until it is told to forget it.
        Machine kmem = DaxDeviceDrivers.AddId(machine, DaxDeviceDrivers.Kmem, "dax0.0").Machine;
        Assert.Equal(2, DaxDeviceDrivers.AddId(kmem, DaxDeviceDrivers.Kmem, "dax1.0").Machine.Log.Count(m => m == Rejected));
        Machine forgotten = DaxDeviceDrivers.RemoveId(kmem, DaxDeviceDrivers.Kmem, "dax0.0").Machine;
        Assert.Equal(1, DaxDeviceDrivers.AddId(forgotten, DaxDeviceDrivers.Kmem, "dax1.0").Machine.Log.Count(m => m == Rejected));
        Assert.Empty(Boot.Again(kmem).KmemIds);
    }

    [Theory]
    [InlineData("dax7.3", true)]
    [InlineData("dax-1.0", true)]
    [InlineData("dax0.0 ", false)]
    [InlineData("dax0", false)]
    [InlineData("dax00.0", false)]
    [InlineData("dax+1.0", false)]
    [InlineData("dax0.0.0", false)]
    [InlineData("dax4294967296.0", false)]
    [InlineData("namespace0.0", false)]
    [InlineData("", false)]
    public void A_name_must_read_as_the_kernel_writes_it(string name, bool isName)
    {
        Machine machine = Devdax("memmap=64M!256M", "6.1");
        Assert.Equal(isName ? Errno.None : Errno.EINVAL, DaxDeviceDrivers.AddId(machine, DaxDeviceDrivers.Kmem, name).Errno);
        Assert.Equal(isName ? Errno.None : Errno.EINVAL, DaxDeviceDrivers.RemoveId(machine, DaxDeviceDrivers.Kmem, name).Errno);
    }

    [Fact]
    public void Any_name_gets_an_answer()
    {
        Machine machine = Devdax("memmap=64M!256M", "6.1");
        Prop.ForAll<string?>(text =>
            {
                string name = "dax" + text;
                foreach (string driver in DaxDeviceDrivers.All)
                {
                    Machine next = DaxDeviceDrivers.AddId(machine, driver, name).Machine;
                    next = DaxDeviceDrivers.Bind(next, driver, name).Machine;
                    next = DaxDeviceDrivers.RemoveId(next, driver, name).Machine;
                    if (DaxDeviceDrivers.Unbind(next, driver, name).Succeeded && name != "dax0.0")
                        return false;
                }
                return true;
            })
            .QuickCheckThrowOnFailure();
    }

    private static Machine Unbound(Machine machine, string name)
    {
        StepResult unbound = DaxDeviceDrivers.Unbind(machine, DaxDeviceDrivers.Find(machine, name)!.Driver!, name);
        Assert.Equal(Errno.None, unbound.Errno);
        return unbound.Machine;
    }

    /// <summary>Each memmap= range as a devdax namespace with its page map in RAM.</summary>
    private static Machine Devdax(string commandLine, string kernel)
    {
        Machine machine = Machines.E820(commandLine, kernel);
        foreach (int region in machine.Regions.Keys)
        {
            var ndns = new NdDevice(NdDeviceKind.Namespace, region);
            var dax = new NdDevice(NdDeviceKind.Dax, region, machine.Regions[region].DaxSeed!.Value);
            machine = Done(DriverCore.Unbind(machine, NdDrivers.Pmem, ndns));
            machine = Done(PfnAttributes.SetUuid(machine, dax, Uuid.Parse($"e0000000-0000-4000-8000-{region:d12}")));
            machine = Done(PfnAttributes.SetMode(machine, dax, PageMapMode.Ram));
            machine = Done(PfnAttributes.SetNamespace(machine, dax, ndns.Name));
            machine = Done(DriverCore.Bind(machine, NdDrivers.Dax, dax));
        }
        return machine;
    }

    private static Machine Done(StepResult step)
    {
        Assert.Equal(Errno.None, step.Errno);
        return step.Machine;
    }
}

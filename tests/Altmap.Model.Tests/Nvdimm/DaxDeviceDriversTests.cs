using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Formats.InfoBlocks;
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
        Assert.Equal(DaxDeviceDrivers.DeviceDax, DaxDeviceDrivers.Find(DaxDeviceDrivers.Bind(back, DaxDeviceDrivers.DeviceDax, "dax0.0").Machine, "dax0.0")!.Driver);
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

    [Fact]
    public void What_would_become_memory_is_not_modelled()
    {
        Machine machine = Unbound(Devdax("memmap=1G!1G", "6.1"), "dax0.0");
        Assert.Throws<NotModelledException>(() => DaxDeviceDrivers.AddId(machine, DaxDeviceDrivers.Kmem, "dax0.0"));
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
                if (DaxDeviceDrivers.Unbind(next, driver, name).Succeeded && name != "dax0.0") return false;
            }
            return true;
        }).QuickCheckThrowOnFailure();
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

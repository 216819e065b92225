using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Tests.Nvdimm;

public class DriverCoreTests
{
    private static readonly NdDevice Namespace = new(NdDeviceKind.Namespace, 0);
    private static readonly NdDevice Pfn = new(NdDeviceKind.Pfn, 0);

    [Fact]
    public void A_namespace_can_be_unbound_and_bound_again()
    {
        Machine machine = Machines.E820("memmap=256M!1G");
        Assert.True(machine.FindNamespace(Namespace)!.IsBound);
        StepResult unbound = DriverCore.Unbind(machine, NdDrivers.Pmem, Namespace);
        Assert.True(unbound.Succeeded);
        Assert.False(unbound.Machine.FindNamespace(Namespace)!.IsBound);
        Assert.Equal(Errno.ENODEV, DriverCore.Unbind(unbound.Machine, NdDrivers.Pmem, Namespace).Errno);
        StepResult bound = DriverCore.Bind(unbound.Machine, NdDrivers.Pmem, Namespace);
        Assert.True(bound.Succeeded);
        Assert.True(bound.Machine.FindNamespace(Namespace)!.IsBound);
    }

    [Theory]
    [InlineData("6.1", Errno.EBUSY)]
    [InlineData("5.10", Errno.ENODEV)]
    public void Binding_what_is_bound_is_refused_as_the_kernel_does(string kernel, Errno errno) =>
        Assert.Equal(errno, DriverCore.Bind(Machines.E820("memmap=256M!1G", kernel), NdDrivers.Pmem, Namespace).Errno);

    [Fact]
    public void Another_driver_or_no_device_is_enodev()
    {
        Machine machine = Machines.E820("memmap=256M!1G");
        Assert.Equal(Errno.ENODEV, DriverCore.Bind(machine, NdDrivers.Dax, Namespace).Errno);
        Assert.Equal(Errno.ENODEV, DriverCore.Bind(machine, NdDrivers.Pmem, new NdDevice(NdDeviceKind.Namespace, 7)).Errno);
    }

    [Theory]
    [InlineData("6.1", Errno.EINVAL, "nd_pmem: probe of pfn0.0 failed with error -22")]
    [InlineData("7.2", Errno.EINVAL, "nd_pmem pfn0.0: probe with driver nd_pmem failed with error -22")]
    [InlineData("5.10", Errno.ENODEV, "nd_pmem: probe of pfn0.0 failed with error -22")]
    [Trait("problem", "D1")]
    public void A_start_off_two_mebibytes_is_refused_and_said(string kernel, Errno errno, string message)
    {
        Machine machine = WithSeed(Machines.E820("memmap=256M!0x40001000", kernel));
        StepResult bound = DriverCore.Bind(machine, NdDrivers.Pmem, Pfn);
        Assert.Equal(errno, bound.Errno);
        Assert.Contains("nd_pmem pfn0.0: namespace0.0: start 0x0000000040001000 misaligned to 0x200000", bound.Machine.Log);
        Assert.Equal(message, bound.Machine.Log[^1]);
    }

    [Fact]
    public void A_bound_pfn_device_uses_up_its_seed()
    {
        Machine machine = WithSeed(Machines.E820("memmap=256M!1G"));
        StepResult bound = DriverCore.Bind(machine, NdDrivers.Pmem, Pfn);
        Assert.True(bound.Succeeded);
        Assert.Equal(1, bound.Machine.Regions[0].PfnSeed);
        Assert.Equal(Pfn, bound.Machine.FindNamespace(Namespace)!.Claim);
        InfoBlock block = InfoBlock.Parse(PfnDriver.ReadBlock(bound.Machine, bound.Machine.FindNamespace(Namespace)!))!;
        Assert.Equal(6291456UL, block.DataOffset); // recorded: 256 MiB, map on the device
    }

    /// <summary>The pfn seed set up over the unbound namespace.</summary>
    private static Machine WithSeed(Machine machine)
    {
        if (machine.FindNamespace(Namespace)!.IsBound)
            machine = DriverCore.Unbind(machine, NdDrivers.Pmem, Namespace).Machine;
        machine = Done(PfnAttributes.SetUuid(machine, Pfn, new Uuid(1, 2)));
        machine = Done(PfnAttributes.SetMode(machine, Pfn, PageMapMode.Pmem));
        return Done(PfnAttributes.SetNamespace(machine, Pfn, "namespace0.0"));

        static Machine Done(StepResult step)
        {
            Assert.Equal(Errno.None, step.Errno);
            return step.Machine;
        }
    }
}

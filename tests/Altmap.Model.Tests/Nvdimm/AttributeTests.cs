using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Tests.Nvdimm;

/// <summary>What writes to attributes refuse, and in which order.</summary>
public class AttributeTests
{
    private static readonly NdDevice Ns = new(NdDeviceKind.Namespace, 0),
        Pfn = new(NdDeviceKind.Pfn, 0),
        Dax = new(NdDeviceKind.Dax, 0);
    private static readonly Uuid A = new(0xa, 1);

    [Fact]
    public void A_namespace_without_label_has_nothing_to_set()
    {
        Machine machine = DriverCore.Unbind(Machines.E820("memmap=256M!1G"), NdDrivers.Pmem, Ns).Machine;
        Assert.Equal(Errno.ENXIO, NamespaceAttributes.SetUuid(machine, Ns, A).Errno);
        Assert.Equal(Errno.ENXIO, NamespaceAttributes.SetAltName(machine, Ns, "x").Errno);
        Assert.Equal(Errno.ENXIO, NamespaceAttributes.SetSectorSize(machine, Ns, 512).Errno);
        Assert.Equal(Errno.ENXIO, NamespaceAttributes.SetSize(machine, Ns, ByteSize.MiB(16)).Errno);
        // The holder class is kept all the same; only the label update fails.
        StepResult held = NamespaceAttributes.SetHolderClass(machine, Ns, "pfn");
        Assert.Equal((Errno.ENXIO, ClaimClass.Pfn), (held.Errno, held.Machine.FindNamespace(Ns)!.ClaimClass));
    }

    [Fact]
    public void A_bound_namespace_is_busy()
    {
        Machine machine = Machines.E820("memmap=256M!1G");
        Assert.Equal(Errno.EBUSY, NamespaceAttributes.SetHolderClass(machine, Ns, "").Errno);
        Assert.Equal(Errno.EBUSY, NamespaceAttributes.SetSize(machine, Ns, ByteSize.Zero).Errno);
    }

    [Fact]
    public void Sizes_are_judged_in_the_kernels_order()
    {
        Machine machine = Labelled();
        Assert.Equal(Errno.ENXIO, NamespaceAttributes.SetSize(machine, Ns, ByteSize.MiB(64)).Errno); // no uuid
        machine = NamespaceAttributes.SetUuid(machine, Ns, A).Machine;
        Assert.Equal(Errno.EINVAL, NamespaceAttributes.SetSize(machine, Ns, ByteSize.MiB(20)).Errno);
        Assert.Equal(Errno.EINVAL, NamespaceAttributes.SetSize(machine, Ns, new ByteSize(ulong.MaxValue)).Errno);
        Assert.Equal(Errno.ENOSPC, NamespaceAttributes.SetSize(machine, Ns, ByteSize.GiB(2)).Errno);
        Machine sized = NamespaceAttributes.SetSize(machine, Ns, ByteSize.MiB(64)).Machine;
        Assert.Equal(ByteSize.MiB(64), sized.FindNamespace(Ns)!.Size);
        Assert.Equal(ByteSize.MiB(960), RegionSpace.MaxAvailableExtent(sized, sized.Regions[0]));
        Machine grown = NamespaceAttributes.SetSize(sized, Ns, ByteSize.GiB(1)).Machine;
        Assert.Equal(ByteSize.GiB(1), grown.FindNamespace(Ns)!.Size);
        Machine shrunk = NamespaceAttributes.SetSize(grown, Ns, ByteSize.MiB(16)).Machine;
        Assert.Equal(ByteSize.MiB(16), shrunk.FindNamespace(Ns)!.Size);
        Machine gone = NamespaceAttributes.SetSize(shrunk, Ns, ByteSize.Zero).Machine;
        Assert.True(gone.FindNamespace(Ns) is { Size.IsZero: true, Uuid: null }); // the seed stays
        Assert.Empty(gone.Dimms.Values.Single().Reservations);
    }

    [Fact]
    public void A_uuid_that_the_bus_knows_is_refused()
    {
        Machine machine = NamespaceAttributes.SetUuid(Labelled(), Ns, A).Machine;
        machine = NamespaceAttributes.SetSize(machine, Ns, ByteSize.MiB(64)).Machine;
        machine = DriverCore.Bind(machine, NdDrivers.Pmem, Ns).Machine;
        var second = new NdDevice(NdDeviceKind.Namespace, 0, machine.Regions[0].NamespaceSeed!.Value);
        Assert.NotEqual(Ns, second);
        Assert.Equal(Errno.EINVAL, NamespaceAttributes.SetUuid(machine, second, A).Errno);
        Assert.Equal(Errno.None, NamespaceAttributes.SetUuid(machine, second, new Uuid(0xb, 1)).Errno);
    }

    [Fact]
    public void A_changed_uuid_takes_the_labels_along()
    {
        Machine machine = NamespaceAttributes.SetSize(NamespaceAttributes.SetUuid(Labelled(), Ns, A).Machine, Ns, ByteSize.MiB(64)).Machine;
        var b = new Uuid(0xb, 1);
        machine = NamespaceAttributes.SetUuid(machine, Ns, b).Machine;
        DimmState dimm = machine.Dimms.Values.Single();
        Assert.Equal(b, Assert.Single(dimm.Labels!.ActiveLabels).Uuid);
        Assert.Equal(b, Assert.Single(dimm.Reservations).Owner);
        Assert.Equal(b, Boot.Again(machine).FindNamespace(Ns)!.Uuid);
    }

    [Fact]
    public void A_name_has_at_most_63_bytes()
    {
        Machine machine = Labelled();
        Assert.Equal(Errno.None, NamespaceAttributes.SetAltName(machine, Ns, new string('x', 63)).Errno);
        Assert.Equal(Errno.EINVAL, NamespaceAttributes.SetAltName(machine, Ns, new string('x', 64)).Errno);
        Assert.Equal(Errno.EINVAL, NamespaceAttributes.SetAltName(machine, Ns, new string('ü', 32)).Errno);
    }

    [Fact]
    public void A_pfn_device_takes_only_a_free_namespace_of_16_mebibytes_and_its_own_class()
    {
        Machine machine = DriverCore.Unbind(Machines.E820("memmap=256M!1G,8M!2G"), NdDrivers.Pmem, Ns).Machine;
        Assert.Equal(Errno.EINVAL, PfnAttributes.SetNamespace(machine, Pfn, "region0").Errno);
        Assert.Equal(Errno.ENODEV, PfnAttributes.SetNamespace(machine, Pfn, "namespace0.7").Errno);
        Assert.Equal(Errno.ENODEV, PfnAttributes.SetNamespace(machine, Pfn, "namespace1.0").Errno); // another region's
        Assert.Equal(Errno.ENXIO, PfnAttributes.SetNamespace(machine, new NdDevice(NdDeviceKind.Pfn, 1), "namespace1.0").Errno);
        Machine dax = NamespaceAttributes.SetHolderClass(machine, Ns, "dax").Machine;
        Assert.Equal(Errno.EBUSY, PfnAttributes.SetNamespace(dax, Pfn, "namespace0.0").Errno);
        Machine claimed = PfnAttributes.SetNamespace(machine, Pfn, "namespace0.0\n").Machine;
        Assert.Equal(Errno.EBUSY, PfnAttributes.SetNamespace(claimed, Pfn, "namespace0.0").Errno);
        Assert.Equal(Errno.EBUSY, PfnAttributes.SetNamespace(claimed, Dax, "namespace0.0").Errno);
        Machine free = PfnAttributes.SetNamespace(claimed, Pfn, "").Machine;
        Assert.Null(free.FindNamespace(Ns)!.Claim);
        Assert.NotNull(free.FindPfnDevice(Pfn)); // a seed is reset, not removed
    }

    [Fact]
    public void Only_offered_alignments_can_be_set()
    {
        Machine machine = Machines.E820("memmap=256M!1G");
        Assert.Equal(Errno.EINVAL, PfnAttributes.SetAlign(machine, Pfn, ByteSize.MiB(1)).Errno);
        Assert.Equal(ByteSize.GiB(1), PfnAttributes.SetAlign(machine, Pfn, ByteSize.GiB(1)).Machine.FindPfnDevice(Pfn)!.Align);
        Assert.Equal(PageMapMode.Ram, PfnAttributes.SetMode(machine, Pfn, PageMapMode.Ram).Machine.FindPfnDevice(Pfn)!.Mode);
    }

    private static Machine Labelled() =>
        Machines.Nfit(labels: [LabelInitialisation.InitLabels(SparseBytes.Zero(131072), LabelVersion.V1_2).Bytes]);
}

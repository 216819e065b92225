using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Tests.Nvdimm;

/// <summary>From labels to namespaces; interleave sets and damage are from the source, no recording shows them.</summary>
public class LabelScanTests
{
    private static readonly Uuid A = new(0xa, 1),
        B = new(0xb, 1);

    [Fact]
    public void A_namespace_created_over_two_dimms_is_found_after_a_reboot()
    {
        Machine machine = Machines.Nfit(2, labels: [Area(), Area()]);
        machine = Create(machine, A, ByteSize.MiB(64));
        NamespaceState created = machine.FindNamespace(Device(0))!;
        Assert.Equal(ByteSize.MiB(64), created.Size);
        Assert.All(machine.Dimms.Values, d => Assert.Equal(ByteSize.MiB(32), Assert.Single(d.Reservations).Size));
        NamespaceState found = Boot.Again(machine).FindNamespace(Device(0))!;
        Assert.Equal((created.Range, created.Uuid, created.AltName), (found.Range, found.Uuid, found.AltName));
    }

    [Fact]
    public void A_label_missing_on_one_dimm_fails_the_whole_region()
    {
        Machine machine = Create(Machines.Nfit(2, labels: [Area(), Area()]), A, ByteSize.MiB(64));
        DimmState second = machine.Dimms[new NdDevice(NdDeviceKind.Dimm, 1)];
        machine = Boot.Again(machine.With(second with { LabelBytes = second.Labels!.DeleteLabels(A).Area.Bytes }));
        Assert.False(machine.Regions[0].IsBound);
        Assert.Contains(machine.Log, m => m.Contains("missing label for", StringComparison.Ordinal));
    }

    [Fact]
    public void A_label_of_another_set_is_skipped_and_its_space_stays_taken()
    {
        SparseBytes area = Put(Area(), A, cookie: 0x1234, ByteSize.Zero, ByteSize.MiB(64));
        Machine machine = Machines.Nfit(labels: [area]);
        Assert.True(machine.Regions[0].IsBound);
        Assert.True(machine.FindNamespace(Device(0))!.Size.IsZero);
        Assert.Equal(ByteSize.MiB(64), Assert.Single(machine.Dimms[new NdDevice(NdDeviceKind.Dimm, 0)].Reservations).Size);
    }

    [Fact]
    public void Labels_that_overlap_keep_the_dimm_and_its_region_down()
    {
        ulong cookie = Machines.Nfit(labels: [Area()]).Regions[0].Cookies.Cookie1;
        SparseBytes area = Put(Put(Area(), A, cookie, ByteSize.Zero, ByteSize.MiB(64)), B, cookie, ByteSize.MiB(32), ByteSize.MiB(64));
        Machine machine = Machines.Nfit(labels: [area]);
        Assert.False(machine.Dimms[new NdDevice(NdDeviceKind.Dimm, 0)].IsBound);
        Assert.Contains("nvdimm: probe of nmem0 failed with error -16", machine.Log);
    }

    [Fact]
    public void A_label_beyond_the_mapping_is_no_namespace_of_the_region()
    {
        ulong cookie = Machines.Nfit(labels: [Area()]).Regions[0].Cookies.Cookie1;
        Machine outside = Machines.Nfit(labels: [Put(Area(), A, cookie, ByteSize.GiB(2), ByteSize.MiB(64))]);
        Assert.True(outside.FindNamespace(Device(0))!.Size.IsZero);
        Machine across = Machines.Nfit(labels: [Put(Area(), A, cookie, ByteSize.MiB(1008), ByteSize.MiB(64))]);
        Assert.False(across.Regions[0].IsBound);
    }

    [Theory]
    [InlineData("5.10", true)]
    [InlineData("6.1", false)]
    public void A_block_mode_label_is_a_namespace_only_where_there_is_no_block_mode(string kernel, bool skipped)
    {
        ulong cookie = Machines.Nfit(labels: [Area()]).Regions[0].Cookies.Cookie1;
        Machine machine = Machines.Nfit(
            labels: [Put(Area(), A, cookie, ByteSize.Zero, ByteSize.MiB(64), LabelFlags.Local)],
            kernel: kernel
        );
        Assert.Equal(skipped, machine.FindNamespace(Device(0))!.Size.IsZero);
    }

    [Fact]
    public void Namespaces_are_numbered_by_their_starts_as_stored()
    {
        ulong cookie = Machines.Nfit(labels: [Area()]).Regions[0].Cookies.Cookie1;
        SparseBytes area = Put(Put(Area(), A, cookie, ByteSize.MiB(512), ByteSize.MiB(64)), B, cookie, ByteSize.MiB(16), ByteSize.MiB(64));
        Machine machine = Machines.Nfit(labels: [area]);
        // 0x120000000 and 0x101000000: the bytes are compared from the lowest up, and the first that differs is the fourth.
        Assert.Equal(B, machine.FindNamespace(Device(0))!.Uuid);
        Assert.Equal(A, machine.FindNamespace(Device(1))!.Uuid);
    }

    private static NdDevice Device(int id) => new(NdDeviceKind.Namespace, 0, id);

    private static SparseBytes Area() => LabelInitialisation.InitLabels(SparseBytes.Zero(131072), LabelVersion.V1_1).Bytes;

    private static Machine Create(Machine machine, Uuid uuid, ByteSize size)
    {
        StepResult identified = NamespaceAttributes.SetUuid(machine, Device(0), uuid);
        Assert.Equal(Errno.None, identified.Errno);
        StepResult named = NamespaceAttributes.SetAltName(identified.Machine, Device(0), "set");
        Assert.Equal(Errno.None, named.Errno);
        StepResult sized = NamespaceAttributes.SetSize(named.Machine, Device(0), size);
        Assert.Equal(Errno.None, sized.Errno);
        return sized.Machine;
    }

    private static SparseBytes Put(SparseBytes area, Uuid uuid, ulong cookie, ByteSize dpa, ByteSize size, uint flags = 0) =>
        LabelArea
            .Parse(area, KernelProfiles.Find("6.1")!)
            .PutLabel(
                new NamespaceLabel
                {
                    Uuid = uuid,
                    InterleaveSetCookie = cookie,
                    Dpa = new DimmAddress(dpa.Bytes),
                    RawSize = size,
                },
                flags
            )
            .Area.Bytes;
}

using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Labels;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.Model.Nvdimm;
using Altmap.TestSupport;

namespace Altmap.Model.Tests.Nvdimm;

/// <summary>btt devices by hand, on the label-less NVDIMMs of e_legacy.</summary>
public class BttDeviceTests
{
    private const int Region = 0;
    private static readonly NdDevice s_seed = new(NdDeviceKind.Btt, Region, 0),
        s_namespace = new(NdDeviceKind.Namespace, Region, 0);
    private static readonly Uuid s_uuid = new(0x1111111122224333, 0x8444555555555555);

    [Fact]
    public void Binding_lays_a_btt_down_and_takes_a_new_seed()
    {
        Machine machine = Configured();
        // The namespace still has its own driver.
        Assert.Equal(Errno.EBUSY, DriverCore.Bind(WithRaw(machine), NdDrivers.Pmem, s_seed).Errno);
        StepResult bound = DriverCore.Bind(machine, NdDrivers.Pmem, s_seed);
        Assert.Equal(Errno.None, bound.Errno);
        machine = bound.Machine;
        Assert.Equal("nd_pmem btt0.0: No existing arenas", machine.Log[^1]);
        Assert.Equal("pmem0s", machine.FindNamespace(s_namespace)!.DiskName);
        Assert.Equal(1, machine.Regions[Region].BttSeed);
        Assert.Contains(Iomem.Entries(machine), e => e.Name == "namespace0.0" && e.Range == machine.FindNamespace(s_namespace)!.Range);

        Assert.Equal(Errno.EBUSY, BttAttributes.SetUuid(machine, s_seed, s_uuid).Errno);
        Assert.Equal(Errno.EBUSY, BttAttributes.SetSectorSize(machine, s_seed, 512).Errno);
        Assert.Equal(Errno.EBUSY, BttAttributes.SetNamespace(machine, s_seed, "").Errno);

        // Unbound it keeps its settings; let go of, it disappears, as it is no seed any more.
        machine = DriverCore.Unbind(machine, NdDrivers.Pmem, s_seed).Machine;
        Assert.False(DriverCore.IsBound(machine, s_seed));
        Assert.Equal(Errno.None, DriverCore.Bind(machine, NdDrivers.Pmem, s_seed).Errno);
        machine = BttAttributes.SetNamespace(machine, s_seed, "\n").Machine;
        Assert.False(DriverCore.Exists(machine, s_seed));
        Assert.Null(machine.FindNamespace(s_namespace)!.Claim);

        // The namespace's own driver finds the BTT: a btt device takes the lowest free number.
        machine = DriverCore.Bind(machine, NdDrivers.Pmem, s_namespace).Machine;
        Assert.Equal(s_seed, machine.FindNamespace(s_namespace)!.Claim);
        Assert.Equal(
            (s_uuid, 4096u, true),
            (machine.FindBtt(s_seed)!.Uuid, machine.FindBtt(s_seed)!.LbaSizeBytes, machine.FindBtt(s_seed)!.IsBound)
        );
    }

    [Fact]
    public void A_seed_that_is_let_go_of_is_reset()
    {
        Machine machine = BttAttributes.SetNamespace(Configured(), s_seed, "").Machine;
        Assert.Equal(new BttDeviceState { Device = s_seed }, machine.FindBtt(s_seed));
    }

    [Theory]
    [InlineData("", Errno.None)]
    [InlineData("namespace0.0", Errno.EBUSY)] // has one already
    [InlineData("pfn0.0", Errno.EINVAL)]
    public void Names_that_are_written(string name, Errno errno) =>
        Assert.Equal(errno, BttAttributes.SetNamespace(Configured(), s_seed, name).Errno);

    [Fact]
    public void Claims_that_are_refused()
    {
        Machine machine = Idle();
        Assert.Equal(Errno.ENODEV, BttAttributes.SetNamespace(machine, s_seed, "namespace0.9").Errno);
        Assert.Equal(Errno.ENODEV, BttAttributes.SetNamespace(machine, s_seed, "namespace1.0").Errno); // of another region
        NamespaceState ndns = machine.FindNamespace(s_namespace)!;
        Errno Take(NamespaceState n) => BttAttributes.SetNamespace(machine.With(n), s_seed, "namespace0.0").Errno;
        Assert.Equal(Errno.EBUSY, Take(ndns with { ClaimClass = ClaimClass.Pfn }));
        Assert.Equal(Errno.EBUSY, Take(ndns with { ClaimClass = ClaimClass.Unknown }));
        Assert.Equal(Errno.EBUSY, Take(ndns with { Claim = new NdDevice(NdDeviceKind.Pfn, 0, 0) }));
        Assert.Equal(Errno.ENXIO, Take(ndns with { Range = new PhysicalRange(ndns.Range.Start, ByteSize.MiB(15)) }));
        Assert.Equal(Errno.None, Take(ndns with { ClaimClass = ClaimClass.Btt2 }));
    }

    [Fact]
    public void What_is_not_configured_does_not_bind()
    {
        Machine machine = Idle();
        Assert.Equal(Errno.ENODEV, DriverCore.Bind(machine, NdDrivers.Pmem, s_seed).Errno);
        machine = BttAttributes.SetNamespace(machine, s_seed, "namespace0.0").Machine;
        Assert.Equal(Errno.ENODEV, DriverCore.Bind(machine, NdDrivers.Pmem, s_seed).Errno);
        machine = BttAttributes.SetUuid(machine, s_seed, s_uuid).Machine;
        Assert.Equal(Errno.ENODEV, DriverCore.Bind(machine, NdDrivers.Pmem, s_seed).Errno);
        Assert.Equal(Errno.EINVAL, BttAttributes.SetSectorSize(machine, s_seed, 1024).Errno);
        Assert.Equal(Errno.EINVAL, BttAttributes.SetSectorSize(machine, s_seed, (1UL << 32) + 512).Errno);
        Assert.Equal(Errno.ENXIO, DriverCore.Bind(machine, NdDrivers.Pmem, s_namespace).Errno); // claimed
        Assert.Equal(Errno.None, DriverCore.Bind(BttAttributes.SetSectorSize(machine, s_seed, 520).Machine, NdDrivers.Pmem, s_seed).Errno);
    }

    [Fact]
    public void A_block_without_sector_size_gives_a_namespace_without_disk()
    {
        Machine machine = DriverCore.Bind(Configured(), NdDrivers.Pmem, s_seed).Machine;
        RegionState region = machine.Regions[Region];
        BttInfoBlock info = BttInfoBlock.Parse(region.Media.Read(4096, 4096))!;
        machine = machine.With(region with { Media = region.Media.Write(4096, (info with { ExternalLbaSize = 0 }).ToBytes()) });
        machine = Boot.Again(machine);
        Assert.Equal(NdDeviceKind.Btt, machine.FindNamespace(s_namespace)!.Claim!.Value.Kind);
        Assert.DoesNotContain(machine.Regions[Region].Btts.Values, b => b.IsBound);
        Assert.DoesNotContain(machine.Log, l => l.Contains("btt0.", StringComparison.Ordinal));
    }

    [Fact]
    public void An_old_block_at_the_same_place_is_taken_and_only_the_sector_size_is_new()
    {
        Machine machine = DriverCore.Bind(Configured(), NdDrivers.Pmem, s_seed).Machine;
        ByteSize size = machine.FindBtt(s_seed)!.DiskSize!.Value;
        machine = DriverCore.Unbind(machine, NdDrivers.Pmem, s_seed).Machine;
        machine = BttAttributes.SetSectorSize(BttAttributes.SetUuid(machine, s_seed, new Uuid(5, 6)).Machine, s_seed, 512).Machine;
        SparseBytes media = machine.Regions[Region].Media;
        machine = DriverCore.Bind(machine, NdDrivers.Pmem, s_seed).Machine;
        Assert.Same(media, machine.Regions[Region].Media);
        Assert.Equal(size.Bytes / 8, machine.FindBtt(s_seed)!.DiskSize!.Value.Bytes);
    }

    [Fact]
    public void A_read_only_region_gets_no_new_btt_and_a_read_only_disk()
    {
        Machine machine = Configured();
        StepResult refused = DriverCore.Bind(machine.With(machine.Regions[Region] with { IsReadOnly = true }), NdDrivers.Pmem, s_seed);
        Assert.Equal(Errno.ENOMEM, refused.Errno);
        Assert.Equal(
            [
                "nd_pmem btt0.0: No existing arenas",
                "nd_pmem btt0.0: region0 is read-only, unable to init btt metadata",
                "nd_pmem: probe of btt0.0 failed with error -12",
            ],
            refused.Machine.Log.TakeLast(3)
        );
        machine = DriverCore.Unbind(DriverCore.Bind(machine, NdDrivers.Pmem, s_seed).Machine, NdDrivers.Pmem, s_seed).Machine;
        machine = DriverCore.Bind(machine.With(machine.Regions[Region] with { IsReadOnly = true }), NdDrivers.Pmem, s_seed).Machine;
        Assert.Equal("nd_pmem btt0.0: region0 read-only, marking pmem0s read-only", machine.Log[^1]);
    }

    [Fact]
    public void Media_that_lead_the_kernel_astray_are_not_modelled()
    {
        Machine machine = DriverCore.Bind(Configured(), NdDrivers.Pmem, s_seed).Machine;
        RegionState region = machine.Regions[Region];
        BttInfoBlock info = BttInfoBlock.Parse(region.Media.Read(4096, 4096))!;
        machine = machine.With(
            region with
            {
                Media = region.Media.Write(4096, (info with { LogOffset = unchecked(0UL - 4160) }).ToBytes()),
            }
        );
        Assert.Throws<NotModelledException>(() => Boot.Again(machine));
    }

    private static Machine WithRaw(Machine machine) => machine.With(machine.FindNamespace(s_namespace)! with { IsBound = true });

    private static Machine Configured()
    {
        Machine machine = BttAttributes.SetUuid(Idle(), s_seed, s_uuid).Machine;
        machine = BttAttributes.SetSectorSize(machine, s_seed, 4096).Machine;
        StepResult claimed = BttAttributes.SetNamespace(machine, s_seed, "namespace0.0\n");
        Assert.Equal(Errno.None, claimed.Errno);
        Assert.Equal(s_seed, claimed.Machine.FindNamespace(s_namespace)!.Claim);
        return claimed.Machine;
    }

    private static Machine Idle() => DriverCore.Unbind(Booted(), NdDrivers.Pmem, s_namespace).Machine;

    private static Machine Booted()
    {
        MachineDescription description = MachineFile
            .Parse(File.ReadAllBytes(Golden.Path("e_legacy", "machine.json")), "machine.json")
            .Description!;
        KernelProfile kernel = KernelProfiles.Find("6.1")!;
        var source = new MachineSource(
            description,
            ImmutableSortedDictionary<string, SparseBytes>.Empty,
            ImmutableSortedDictionary<string, SparseBytes>.Empty
        );
        return Boot.Start(source, kernel, ArchitectureRules.Find(kernel, description.Architecture, description.PageSize)!).Machine!;
    }
}

using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Model.Memory;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// The nd_pmem driver on namespaces and pfn devices (drivers/nvdimm/pmem.c nd_pmem_probe(), pmem_attach_disk(); pfn_devs.c
/// nd_pfn_probe();
/// 5.10, 6.1, 6.12, 7.2).
/// </summary>
public static class PmemDriver
{
    /// <summary>True when a namespace without personality is mapped with pages as it is (pmem_should_map_pages()).</summary>
    public static bool MapsPages(Machine machine, NamespaceState ndns)
    {
        RegionState region = machine.Regions[ndns.Device.Number];
        return region.HasPageMap
            && !ndns.ForceRaw
            && ndns.Size > ByteSize.Zero
            && SystemRam.Overlap(machine, ndns.Range.Start, ndns.Range.Last) != RamOverlap.Mixed;
    }

    /// <summary>
    /// Success: raw block device. ENXIO: claimed, or a personality was found and now owns it. EOPNOTSUPP: an info-block was refused, or
    /// the
    /// range cannot be mapped.
    /// </summary>
    internal static StepResult ProbeNamespace(Machine machine, NamespaceState ndns)
    {
        if (ndns.Claim is not null)
            return machine.Fail(Errno.ENXIO);
        if (CommonChecks(machine, ndns) is var errno and not Errno.None)
            return machine.Fail(errno);
        if (MapsPages(machine, ndns) && !IsCompatAligned(machine, ndns.Range))
        {
            return machine
                .WithMessage($"nd_pmem {ndns.Device}: {HeldResources.RawText(ndns)} misaligned, unable to map")
                .Fail(Errno.EOPNOTSUPP);
        }
        StepResult enabled = HeldResources.Request(machine, ndns.Device, ndns, machine.Architecture.InfoBlockReserve);
        if (!enabled.Succeeded)
            return enabled;
        StepResult btt = BttDriver.ProbeNamespace(machine, ndns);
        machine = btt.Machine;
        if (btt.Succeeded)
            return machine.Fail(Errno.ENXIO);

        foreach (NdDeviceKind kind in (NdDeviceKind[])[NdDeviceKind.Pfn, NdDeviceKind.Dax])
        {
            StepResult found = ProbePersonality(machine, ndns, kind);
            if (found.Succeeded)
                return found.Machine.Fail(Errno.ENXIO);
            machine = found.Machine;
            if (found.Errno == Errno.EOPNOTSUPP)
                return found;
        }
        return AttachRaw(machine, ndns);
    }

    /// <summary>nd_pfn_probe(), nd_dax_probe(): a new device for the block that is on the media, then bound like any other.</summary>
    private static StepResult ProbePersonality(Machine machine, NamespaceState ndns, NdDeviceKind kind)
    {
        ClaimClass own = kind == NdDeviceKind.Pfn ? ClaimClass.Pfn : ClaimClass.Dax;
        if (ndns.ForceRaw || (ndns.ClaimClass != ClaimClass.None && ndns.ClaimClass != own))
            return machine.Fail(Errno.ENODEV);
        PfnDeviceState device = RegionDriver.NewPfnDevice(machine, ndns.Device.Number, kind);
        PfnVerdict verdict = PfnValidation.Probe(
            PfnDriver.ReadBlock(machine, ndns),
            device.BlockKind,
            PfnDriver.ExtentOf(ndns),
            ndns.Device.Name,
            machine.Kernel,
            machine.Architecture
        );
        if (verdict.Message is not null)
            machine = machine.WithMessage($" {device.Device}: {verdict.Message}"); // no driver yet: a blank stands for it
        if (verdict.Errno != Errno.None)
            return machine.Fail(verdict.Errno);
        machine = machine
            .With(
                device with
                {
                    Uuid = verdict.Settings.Uuid,
                    Align = verdict.Settings.Align,
                    Mode = verdict.Settings.Mode,
                    NamespaceId = ndns.Device.Id,
                }
            )
            .With(ndns with { Claim = device.Device });
        // The new device is bound once the namespace's own probe is over; the namespace has no driver then.
        return DriverCore.Probe(machine, device.Device).Machine.Done();
    }

    /// <summary>Binding a pfn device: the block is validated, or written where there is none (nd_pfn_init()), and the range
    /// mapped.</summary>
    internal static StepResult ProbePfn(Machine machine, PfnDeviceState pfn)
    {
        StepResult set = PfnDriver.SetUp(machine, pfn, out NamespaceState? ndns, out PfnDeviceSettings? layout);
        if (!set.Succeeded)
            return set;
        machine = WithPersistenceWarning(set.Machine, pfn.Device);
        StepResult reserved = HeldResources.Request(machine, pfn.Device, ndns!, ndns!.Size);
        if (!reserved.Succeeded)
            return reserved;
        StepResult mapped = PfnDriver.Map(machine, pfn.Device.Name, ndns!, layout!.Value);
        if (!mapped.Succeeded)
            return mapped;
        machine = mapped.Machine;
        machine = machine.With(machine.FindPfnDevice(pfn.Device)! with { Layout = layout });
        return DaxMinors
            .Take(RegionDriver.WithNewDisk(WithSectorSizeWarning(machine, ndns!, "nd"), pfn.Device, ndns!), pfn.Device.Name)
            .Done();
    }

    /// <summary>The tests that all personalities share (nvdimm_namespace_common_probe()); alignment is not among them.</summary>
    internal static Errno CommonChecks(Machine machine, NamespaceState ndns)
    {
        if (ndns.Size < machine.Architecture.PageSize)
            return Errno.ENODEV;
        return ndns.Type == NamespaceType.Pmem && ndns.Uuid is null ? Errno.ENODEV : Errno.None;
    }

    private static StepResult AttachRaw(Machine machine, NamespaceState ndns)
    {
        machine = WithPersistenceWarning(machine, ndns.Device);
        StepResult reserved = HeldResources.Request(machine, ndns.Device, ndns, ndns.Size);
        if (!reserved.Succeeded)
            return reserved;
        if (MapsPages(machine, ndns))
        {
            int node = machine.Regions[ndns.Device.Number].Description.NumaNode;
            StepResult mapped = DeviceMaps.Map(
                machine,
                new DeviceMapOrder(ndns.Device.Name, ndns.Range, null, node, machine.Architecture.PageSize)
            );
            if (!mapped.Succeeded)
                return mapped;
            machine = mapped.Machine;
        }
        machine = WithSectorSizeWarning(machine, ndns, "nd_pmem");
        machine = RegionDriver.WithNewDisk(machine.With(ndns with { IsBound = true }), ndns.Device, ndns);
        return DaxMinors.Take(machine, ndns.Device.Name).Done();
    }

    /// <summary>A label's lbasize that is none of 0, 512 and 4096 (namespace_devs.c pmem_sector_size(), 6.1): the disk has 512.</summary>
    /// <param name="machine">Before the disk is there.</param>
    /// <param name="ndns">The namespace.</param>
    /// <param name="driver">Its driver, or the bus where it has none.</param>
    internal static Machine WithSectorSizeWarning(Machine machine, NamespaceState ndns, string driver) =>
        ndns.Type == NamespaceType.Pmem && ndns.LbaSize is not (0 or 512 or 4096)
            ? machine.WithMessage($"{driver} {ndns.Device}: unsupported sector size: {unchecked((long)ndns.LbaSize)}")
            : machine;

    private static Machine WithPersistenceWarning(Machine machine, NdDevice device) =>
        machine.Regions[device.Number].Ways == 0
            ? machine.WithMessage($"nd_pmem {device}: unable to guarantee persistence of writes")
            : machine;

    internal static bool IsCompatAligned(Machine machine, PhysicalRange range)
    {
        ulong compat = machine.Architecture.CompatAlign.Bytes;
        return range.Start.Bytes % compat == 0 && unchecked(range.Start.Bytes + range.Size.Bytes) % compat == 0;
    }
}

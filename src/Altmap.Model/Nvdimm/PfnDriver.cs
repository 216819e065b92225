using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Writes;
using Altmap.Model.Memory;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// What the pfn and dax drivers share: validate or write the info-block, then decide the range to map
/// (drivers/nvdimm/pfn_devs.c nvdimm_setup_pfn(), nd_pfn_init(), __nvdimm_setup_pfn(); 5.10, 6.1, 6.12, 7.2).
/// </summary>
internal static class PfnDriver
{
    /// <summary>The namespace's info-block as it is on the media; shorter than a block where the namespace ends before.</summary>
    public static byte[] ReadBlock(Machine machine, NamespaceState ndns)
    {
        if (ndns.Size.Bytes < InfoBlock.StartBytes + InfoBlock.SizeBytes)
            return [];
        RegionState region = machine.Regions[ndns.Device.Number];
        return region.Media.Read((ndns.Range.Start - region.Range.Start).Bytes + InfoBlock.StartBytes, InfoBlock.SizeBytes);
    }

    public static NamespaceExtent ExtentOf(NamespaceState ndns) => new(ndns.Range, ndns.ParentUuid);

    /// <summary>
    /// The checks and the info-block of a bind, up to what comes before the range is mapped. On success <paramref name="ndns"/> and
    /// <paramref name="layout"/> are set.
    /// </summary>
    public static StepResult SetUp(Machine machine, PfnDeviceState pfn, out NamespaceState? ndns, out PfnDeviceSettings? layout)
    {
        layout = null;
        ndns = pfn.NamespaceId is { } id ? machine.Regions[pfn.Device.Number].Namespaces[id] : null;
        if (ndns is null)
            return machine.Fail(Errno.ENODEV);
        if (ndns.IsBound)
            return machine.Fail(Errno.EBUSY);
        if (PmemDriver.CommonChecks(machine, ndns) is var errno and not Errno.None)
            return machine.Fail(errno);
        StepResult enabled = HeldResources.Request(machine, pfn.Device, ndns, machine.Architecture.InfoBlockReserve);
        if (!enabled.Succeeded)
            return enabled;
        if (pfn.Uuid is not { } uuid)
            return machine.Fail(Errno.ENODEV);

        byte[] bytes = ReadBlock(machine, ndns);
        var live = new PfnSettings(uuid, pfn.Align.Bytes, pfn.Mode);
        PfnVerdict verdict = PfnValidation.Bind(
            bytes,
            pfn.BlockKind,
            ExtentOf(ndns),
            ndns.Device.Name,
            live,
            machine.Kernel,
            machine.Architecture
        );
        if (verdict.Message is not null)
            machine = machine.WithMessage(Prefix(pfn) + verdict.Message);
        if (verdict.Errno == Errno.ENODEV)
        {
            StepResult written = WriteBlock(machine, pfn, uuid, ndns);
            if (!written.Succeeded)
                return written;
            machine = written.Machine;
            bytes = ReadBlock(machine, ndns);
        }
        else if (verdict.Errno != Errno.None)
        {
            return machine.Fail(verdict.Errno);
        }

        PfnDeviceSettings settings = PfnDeviceSettings.OfBlock(bytes, machine.Architecture.PageSize);
        layout = settings;
        if (verdict.Errno == Errno.None)
        {
            StepResult opened = OpenPageMap(machine, pfn, ndns, settings);
            if (!opened.Succeeded)
                return opened;
        }
        PageMapVerdict before = PageMapping.JudgeBeforeMapping(settings, ExtentOf(ndns), machine.Kernel, machine.Architecture);
        if (before.Truncated is not null)
            machine = machine.WithMessage(Prefix(pfn) + before.Truncated);
        if (before.Refused is not null)
            machine = machine.WithMessage(Prefix(pfn) + before.Refused);
        return before.Errno == Errno.None ? machine.Done() : machine.Fail(before.Errno);
    }

    /// <summary>
    /// Maps the range that start_pad and end_trunc leave. Where they leave nothing, bounds wrap as the kernel's do: an end_trunc beyond
    /// the
    /// end gives a range up
    /// to the top of the address space, which meets System RAM or is refused.
    /// </summary>
    public static StepResult Map(Machine machine, string owner, NamespaceState ndns, in PfnDeviceSettings settings)
    {
        if (settings.StartPad.Bytes + settings.EndTrunc.Bytes < ndns.Size.Bytes)
            return DeviceMaps.Map(machine, OrderOf(machine, owner, ndns, settings));
        ulong start = ndns.Range.Start.Bytes + settings.StartPad.Bytes;
        ulong last = unchecked(ndns.Range.Start.Bytes + ndns.Size.Bytes - settings.EndTrunc.Bytes - 1);
        bool meetsRam =
            start <= last && SystemRam.Overlap(machine, new PhysicalAddress(start), new PhysicalAddress(last)) != RamOverlap.Disjoint;
        return machine.Fail(meetsRam ? Errno.ENXIO : Errno.EINVAL);
    }

    /// <summary>The order of a pfn or dax device: from start_pad to end_trunc, info-block and page map included (drivers/nvdimm/pfn_devs.c
    /// __nvdimm_setup_pfn()).</summary>
    private static DeviceMapOrder OrderOf(Machine machine, string owner, NamespaceState ndns, PfnDeviceSettings settings)
    {
        ByteSize page = machine.Architecture.PageSize;
        var range = new PhysicalRange(ndns.Range.Start + settings.StartPad, ndns.Size - settings.StartPad - settings.EndTrunc);
        bool isCompound =
            settings.Kind == InfoBlockKind.Dax
            && machine.Kernel.Get(Rules.CompoundMemmap) != CompoundMemmap.None
            && settings.MediaAlign > page;
        return new DeviceMapOrder(
            owner,
            range,
            settings.Altmap(machine.Architecture),
            machine.Regions[ndns.Device.Number].Description.NumaNode,
            isCompound ? settings.MediaAlign : page
        );
    }

    private static StepResult WriteBlock(Machine machine, PfnDeviceState pfn, Core.Identity.Uuid uuid, NamespaceState ndns)
    {
        RegionState region = machine.Regions[pfn.Device.Number];
        if (region.IsReadOnly)
            return machine.WithMessage($"{Prefix(pfn)}{region.Device} is read-only, unable to init metadata").Fail(Errno.ENXIO);
        var request = new PageMapRequest(
            ndns.Range,
            pfn.BlockKind,
            pfn.Mode,
            pfn.Align,
            uuid,
            ndns.ParentUuid,
            PfnNeighbours.Of(machine, region)
        );
        PfnLayoutResult plan = PfnLayout.Plan(request, ndns.Device.Name, machine.Kernel, machine.Architecture);
        if (plan.Note is not null)
            machine = machine.WithMessage(Prefix(pfn) + plan.Note);
        if (plan.Message is not null)
            machine = machine.WithMessage(Prefix(pfn) + plan.Message);
        if (plan.Block is null)
            return machine.Fail(plan.Errno);
        byte[] block = plan.Block.ToBytes();
        StepResult opened = OpenPageMap(machine, pfn, ndns, PfnDeviceSettings.OfBlock(block, machine.Architecture.PageSize));
        if (!opened.Succeeded)
            return opened;
        var offset = new MediaOffset((ndns.Range.Start - region.Range.Start).Bytes + InfoBlock.StartBytes);
        return machine.Write(region, WritePlan.Of(offset, block)).Done();
    }

    /// <summary>A page map on the device is looked through for bad blocks before it is used, or before the block that names it is
    /// written:
    /// the driver asks for all of it (nd_pfn_clear_memmap_errors()).</summary>
    private static StepResult OpenPageMap(Machine machine, PfnDeviceState pfn, NamespaceState ndns, in PfnDeviceSettings settings) =>
        settings.Mode == PageMapMode.Pmem ? HeldResources.Request(machine, pfn.Device, ndns, settings.DataOffset) : machine.Done();

    public static string Prefix(PfnDeviceState pfn) => $"{NdDrivers.Of(pfn.Device.Kind)} {pfn.Device}: ";
}

/// <summary>The dax_pmem driver: the devdax personality and its device-dax device (drivers/dax/pmem.c, drivers/dax/bus.c; 5.10, 6.1,
/// 6.12,
/// 7.2).</summary>
internal static class DaxDriver
{
    public static StepResult Probe(Machine machine, PfnDeviceState dax)
    {
        StepResult set = PfnDriver.SetUp(machine, dax, out NamespaceState? found, out PfnDeviceSettings? layout);
        if (!set.Succeeded)
            return set;
        machine = set.Machine;
        NamespaceState ndns = found!;
        PfnDeviceSettings settings = layout!.Value;
        if (!machine.Kernel.Get(Rules.HasDaxBus))
            return ProbeAndMap(machine, dax, ndns, settings);
        ByteSize metadata = settings.DataOffset < ndns.Size ? settings.DataOffset : ndns.Size;
        if (HeldResources.Conflict(machine, new PhysicalRange(ndns.Range.Start, metadata)))
            return machine.WithMessage($"{PfnDriver.Prefix(dax)}could not reserve metadata").Fail(Errno.EBUSY);
        RegionState region = machine.Regions[dax.Device.Number];
        DaxDeviceState device = DeviceOf(region, ndns, settings);
        machine = machine.With(
            (region with { DaxDevices = region.DaxDevices.SetItem(device.Id, device) }).With(dax with { Layout = settings })
        );
        machine = DaxMinors.Take(machine, device.Name);
        // dax_pmem has bound whatever device_dax makes of the device.
        return device.Ranges.IsEmpty
            ? machine.Done() // the bus refuses an empty device without a word
            : DeviceDax.Bind(machine, device).Machine.Done();
    }

    private static DaxDeviceState DeviceOf(RegionState region, NamespaceState ndns, in PfnDeviceSettings settings)
    {
        var data = new PhysicalRange(ndns.Range.Start + settings.StartPad + settings.DataOffset, settings.WrappedSize(ndns.Size));
        return new(
            region.Device.Number,
            ndns.Device.Id,
            data.IsEmpty ? [] : [data],
            settings.MediaAlign,
            region.Description.TargetNode,
            region.Description.NumaNode,
            Driver: null
        )
        {
            RegionStart = data.Start,
        };
    }

    /// <summary>Before there was a dax bus: the whole namespace is asked for and mapped here, and what fails fails this device
    /// (drivers/dax/pmem.c dax_pmem_probe(), 4.15).</summary>
    private static StepResult ProbeAndMap(Machine machine, PfnDeviceState dax, NamespaceState ndns, in PfnDeviceSettings settings)
    {
        StepResult reserved = HeldResources.Request(machine, dax.Device, ndns, ndns.Size);
        if (!reserved.Succeeded)
            return reserved;
        DaxDeviceState device = DeviceOf(machine.Regions[dax.Device.Number], ndns, settings);
        StepResult mapped = PfnDriver.Map(machine, device.Name, ndns, settings);
        if (!mapped.Succeeded)
            return mapped;
        machine = mapped.Machine;
        RegionState region = machine.Regions[dax.Device.Number];
        device = device with { Driver = DaxDeviceDrivers.DeviceDax };
        machine = machine.With(
            (region with { DaxDevices = region.DaxDevices.SetItem(device.Id, device) }).With(dax with { Layout = settings })
        );
        return DaxMinors.Take(machine, device.Name).Done();
    }

    public static Machine Remove(Machine machine, PfnDeviceState dax)
    {
        machine = DaxDeviceDrivers.Release(machine, machine.Regions[dax.Device.Number].DaxDevices[dax.NamespaceId!.Value]);
        RegionState region = machine.Regions[dax.Device.Number];
        return machine.With(
            (region with { DaxDevices = region.DaxDevices.Remove(dax.NamespaceId!.Value) }).With(dax with { Layout = null })
        );
    }
}

using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory;

namespace Altmap.Model.Nvdimm;

/// <summary>The nd_region driver: namespaces, their probes, and the seeds (drivers/nvdimm/region.c, region_devs.c, namespace_devs.c;
/// 5.10,
/// 6.1, 6.12, 7.2).</summary>
public static class RegionDriver
{
    /// <summary>Label-backed or not: label-backed as soon as one DIMM has labels (nd_region_to_nstype()).</summary>
    public static NamespaceType TypeOf(Machine machine, RegionState region) =>
        DimmsOf(machine, region).Any(d => d.IsLabeling) ? NamespaceType.Pmem : NamespaceType.Io;

    /// <summary>set_cookie: the cookie that counts, or cookie1 while the first DIMM is disabled (set_cookie_show()).</summary>
    public static ulong SetCookie(Machine machine, RegionState region)
    {
        DimmState? first = DimmsOf(machine, region).FirstOrDefault();
        return first?.Labels is null ? region.Cookies.Cookie1 : LabelScan.RegionCookie(region, first);
    }

    /// <summary>The DIMMs of a region's mappings, in mapping order.</summary>
    public static IEnumerable<DimmState> DimmsOf(Machine machine, RegionState region) =>
        region.Description.Mappings.Select(m =>
            NdDevice.TryParse(m.Dimm, out NdDevice device) ? machine.Dimms[device] : throw new InvalidOperationException(m.Dimm)
        );

    /// <summary>
    /// align before anybody sets it: 16 MiB, or a page for smaller regions; times the ways where those do not divide it
    /// (default_align()).
    /// Kernels without the attribute
    /// take whole pages on each DIMM (drivers/nvdimm/namespace_devs.c __size_store() before 2522afb86a8c).
    /// </summary>
    public static ByteSize DefaultAlign(KernelProfile kernel, ByteSize regionSize, int ways, ByteSize pageSize)
    {
        if (!kernel.Get(Rules.RegionsHaveAlign))
            return pageSize * (ulong)Math.Max(1, ways);
        ByteSize align = regionSize < ByteSize.MiB(16) ? pageSize : ByteSize.MiB(16);
        ulong mappings = (ulong)Math.Max(1, ways);
        return align.Bytes % mappings == 0 ? align : align * mappings;
    }

    /// <summary>ENXIO: a DIMM with labels is disabled; ENODEV: the labels do not make sense.</summary>
    internal static StepResult Probe(Machine machine, int number)
    {
        RegionState region = machine.Regions[number];
        foreach (DimmState dimm in DimmsOf(machine, region))
        {
            if (dimm.Labels is null && dimm.IsLabeling)
                return machine.WithMessage($"nd_region {region.Device}: {dimm.Device}: is disabled, failing probe").Fail(Errno.ENXIO);
        }

        LabelScan scan = TypeOf(machine, region) == NamespaceType.Io ? LabelScan.WholeRegion(region) : LabelScan.Run(machine, region);
        foreach (string message in scan.Messages)
            machine = machine.WithMessage(message);
        if (scan.Namespaces is not { } namespaces)
            return machine.Fail(Errno.ENODEV);

        for (int id = 0; id < namespaces.Length; id++)
            region = region.With(namespaces[id] with { Device = new NdDevice(NdDeviceKind.Namespace, number, id) });
        region = region with
        {
            IsBound = true,
            NamespaceSeed = 0,
            NamespacesAtProbe = namespaces.Length,
            HeldDimms = [.. DimmsOf(machine, region).Where(d => d.Labels is not null).Select(d => d.Device)],
        };
        machine = machine.With(region);
        machine = CreateBttSeed(CreatePfnSeed(CreateDaxSeed(machine, number), number), number);

        // The kernel probes namespaces asynchronously: which of them gets which pfn or dax number is a race there. Here: after the seeds,
        // in order of id.
        foreach (int id in region.Namespaces.Keys)
            machine = DriverCore.Probe(machine, new NdDevice(NdDeviceKind.Namespace, number, id)).Machine;
        return machine.Done();
    }

    internal static Machine Remove(Machine machine, int number)
    {
        RegionState region = machine.Regions[number];
        machine = UnmapAll(machine, region);
        return machine.With(
            new RegionState
            {
                Description = region.Description,
                Device = region.Device,
                Media = region.Media,
                Align = region.Align,
                Cookies = region.Cookies,
                HasPageMap = region.HasPageMap,
                IsReadOnly = region.IsReadOnly,
                WasReadOnly = region.WasReadOnly,
            }
        );
    }

    /// <summary>What the region's children have mapped goes with them; memory that kmem cannot take back stays.</summary>
    private static Machine UnmapAll(Machine machine, RegionState region)
    {
        foreach (DaxDeviceState dax in region.DaxDevices.Values)
            machine = DaxDeviceDrivers.Release(machine, dax);
        foreach (PfnDeviceState pfn in region.Pfns.Values)
            machine = DeviceMaps.Unmap(machine, pfn.Device.Name);
        foreach (NamespaceState ndns in region.Namespaces.Values)
            machine = DeviceMaps.Unmap(machine, ndns.Device.Name);
        return machine;
    }

    /// <summary>
    /// <c>read_only</c> of a region: block devices follow it at once, or keep what it was when they were made
    /// (<see cref="Rules.DisksFollowReadOnly"/>; drivers/nvdimm/region_devs.c read_only_store(), pmem.c pmem_revalidate_region(), bus.c
    /// nvdimm_check_and_set_ro()).
    /// </summary>
    public static Machine SetReadOnly(Machine machine, int number, bool value)
    {
        RegionState region = machine.Regions[number];
        machine = machine.With(region with { IsReadOnly = value, WasReadOnly = region.WasReadOnly || value });
        if (region.IsReadOnly == value || !machine.Kernel.Get(Rules.DisksFollowReadOnly))
            return machine;
        foreach (NdDevice child in region.Registered)
        {
            NamespaceState? ndns = child.Kind switch
            {
                NdDeviceKind.Namespace => machine.FindNamespace(child) is { IsBound: true } raw ? raw : null,
                NdDeviceKind.Btt => machine.FindBtt(child) is { IsBound: true, NamespaceId: { } id } ? region.Namespaces[id] : null,
                NdDeviceKind.Pfn => machine.FindPfnDevice(child) is { IsBound: true, NamespaceId: { } id } ? region.Namespaces[id] : null,
                _ => null,
            };
            if (ndns is not null)
                machine = WithReadOnlyMark(machine, child, ndns);
        }
        return machine;
    }

    /// <summary>What is logged where a block device takes over read_only of its region.</summary>
    internal static Machine WithReadOnlyMark(Machine machine, NdDevice device, NamespaceState ndns)
    {
        RegionState region = machine.Regions[device.Number];
        string mark = region.IsReadOnly ? "read-only" : "read-write";
        return machine.WithMessage($"{NdDrivers.Pmem} {device}: {region.Device} {mark}, marking {ndns.DiskName} {mark}");
    }

    /// <summary>The same for a block device that was just made: it starts read-write.</summary>
    internal static Machine WithNewDisk(Machine machine, NdDevice device, NamespaceState ndns) =>
        machine.Regions[device.Number].IsReadOnly ? WithReadOnlyMark(machine, device, ndns) : machine;

    /// <summary>When a device was activated, a new seed takes the place of each seed it used up (nd_region_advance_seeds()).</summary>
    internal static Machine AdvanceSeeds(Machine machine, NdDevice device)
    {
        RegionState region = machine.Regions[device.Number];
        if (device.Kind == NdDeviceKind.Namespace)
            return region.NamespaceSeed == device.Id ? CreateNamespaceSeed(machine, device.Number) : machine;
        int? claimed = device.Kind == NdDeviceKind.Btt ? region.Btts[device.Id].NamespaceId : region.PfnDevice(device)?.NamespaceId;
        if (device.Kind == NdDeviceKind.Btt && region.BttSeed == device.Id)
            machine = CreateBttSeed(machine, device.Number);
        if (device.Kind == NdDeviceKind.Pfn && region.PfnSeed == device.Id)
            machine = CreatePfnSeed(machine, device.Number);
        if (device.Kind == NdDeviceKind.Dax && region.DaxSeed == device.Id)
            machine = CreateDaxSeed(machine, device.Number);
        return claimed is not null && region.NamespaceSeed == claimed ? CreateNamespaceSeed(machine, device.Number) : machine;
    }

    private static Machine CreateNamespaceSeed(Machine machine, int number)
    {
        RegionState region = machine.Regions[number];
        if (TypeOf(machine, region) == NamespaceType.Io)
            return machine;
        int id = RegionState.LowestFree(region.Namespaces);
        return machine.With(
            region.With(
                new NamespaceState
                {
                    Device = new NdDevice(NdDeviceKind.Namespace, number, id),
                    Type = NamespaceType.Pmem,
                    Range = new PhysicalRange(region.Range.Start, ByteSize.Zero),
                }
            ) with
            {
                NamespaceSeed = id,
            }
        );
    }

    private static Machine CreatePfnSeed(Machine machine, int number)
    {
        PfnDeviceState seed = NewPfnDevice(machine, number, NdDeviceKind.Pfn);
        return machine.With(machine.Regions[number].With(seed) with { PfnSeed = seed.Device.Id });
    }

    private static Machine CreateDaxSeed(Machine machine, int number)
    {
        PfnDeviceState seed = NewPfnDevice(machine, number, NdDeviceKind.Dax);
        return machine.With(machine.Regions[number].With(seed) with { DaxSeed = seed.Device.Id });
    }

    private static Machine CreateBttSeed(Machine machine, int number)
    {
        BttDeviceState seed = NewBttDevice(machine, number);
        return machine.With(machine.Regions[number].With(seed) with { BttSeed = seed.Device.Id });
    }

    /// <summary>A btt device without namespace, with the lowest free id (__nd_btt_create()).</summary>
    internal static BttDeviceState NewBttDevice(Machine machine, int number) =>
        new() { Device = new NdDevice(NdDeviceKind.Btt, number, RegionState.LowestFree(machine.Regions[number].Btts)) };

    /// <summary>A pfn or dax device without namespace, with the lowest free id and the default alignment (nd_pfn_alloc(),
    /// nd_pfn_devinit()).</summary>
    internal static PfnDeviceState NewPfnDevice(Machine machine, int number, NdDeviceKind kind)
    {
        RegionState region = machine.Regions[number];
        int id = RegionState.LowestFree(kind == NdDeviceKind.Dax ? region.Daxes : region.Pfns);
        return new PfnDeviceState { Device = new NdDevice(kind, number, id), Align = machine.Architecture.PmdSize };
    }
}

using Altmap.Core.Findings;
using Altmap.Core.Units;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// What drivers hold of physical memory in /proc/iomem (request_mem_region()): a second driver that asks for any of it is refused with
/// EBUSY. nd_pmem asks for the info-block area first (drivers/nvdimm/claim.c devm_nsio_enable()), reads what is there, and then for the
/// whole namespace (pmem.c pmem_attach_disk()); btt for the whole namespace at once; dax_pmem for the metadata (drivers/dax/pmem.c),
/// device_dax for the data (device.c dev_dax_probe()), each before anything is mapped; kmem for whole memory blocks (kmem.c). What kmem
/// could not give back stays until reboot. Read in 5.10, 6.1, 6.12, 7.2.
/// </summary>
internal static class HeldResources
{
    /// <summary>True when a driver holds part of the range.</summary>
    public static bool Conflict(Machine machine, PhysicalRange range)
    {
        if (range.IsEmpty)
            return false;
        if (machine.Mm.Kmem.Any(k => k.Range.Overlaps(range)))
            return true;
        if (Iomem.RamBuffers(machine).Any(b => b.Overlaps(range)))
            return true;
        foreach ((_, HmemRegionState region) in machine.HmemRegions)
        {
            if (
                region.Range.Overlaps(range)
                && region.Devices.Values.Any(d => d.Driver == DaxDeviceDrivers.DeviceDax && d.Ranges.Any(r => r.Overlaps(range)))
            )
                return true;
        }
        foreach ((_, RegionState region) in machine.Regions)
        {
            if (!region.Range.Overlaps(range))
                continue;
            foreach ((_, NamespaceState ndns) in region.Namespaces)
            {
                if (HeldBy(machine, ndns).Overlaps(range))
                    return true;
            }
            foreach ((_, DaxDeviceState dax) in region.DaxDevices)
            {
                if (dax.Driver == DaxDeviceDrivers.DeviceDax && dax.Range.Overlaps(range))
                    return true;
            }
        }
        return false;
    }

    /// <summary>Asks for the start of a namespace, or all of it, in the name of a device. EBUSY with the kernel's message.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="asker">Whose driver asks: the namespace, or its btt, pfn or dax device.</param>
    /// <param name="ndns">The namespace.</param>
    /// <param name="size">How much of it.</param>
    public static StepResult Request(Machine machine, NdDevice asker, NamespaceState ndns, ByteSize size) =>
        Conflict(machine, new PhysicalRange(ndns.Range.Start, size < ndns.Size ? size : ndns.Size))
            ? machine.WithMessage($"{NdDrivers.Of(asker.Kind)} {asker}: could not reserve region {Text(ndns)}").Fail(Errno.EBUSY)
            : machine.Done();

    /// <summary>The namespace's resource as <c>%pR</c> prints it; the namespace that the driver makes where there is no label has no
    /// type (drivers/nvdimm/namespace_devs.c scan_labels(), lib/vsprintf.c resource_string()).</summary>
    private static string Text(NamespaceState ndns) => ndns.IsUntyped ? $"[??? {Bounds(ndns)} flags 0x0]" : $"[mem {Bounds(ndns)}]";

    /// <summary>The same as <c>%pr</c> prints it.</summary>
    public static string RawText(NamespaceState ndns) =>
        ndns.IsUntyped ? $"[??? {Bounds(ndns)} flags 0x0]" : $"[mem {Bounds(ndns)} flags 0x200]";

    private static string Bounds(NamespaceState ndns) => $"0x{ndns.Range.Start.Bytes:x8}-0x{ndns.Range.Last.Bytes:x8}";

    private static PhysicalRange HeldBy(Machine machine, NamespaceState ndns)
    {
        if (ndns.IsBound)
            return ndns.Range;
        if (ndns.Claim is not { } claim || !DriverCore.IsBound(machine, claim))
            return default;
        return machine.FindPfnDevice(claim) is { Device.Kind: NdDeviceKind.Dax, Layout: { } layout }
            ? new PhysicalRange(ndns.Range.Start, layout.DataOffset)
            : ndns.Range;
    }
}

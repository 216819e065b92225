using System.Globalization;
using System.Text;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Model;

/// <summary>An entry of /proc/iomem.</summary>
/// <param name="Range">Inclusive ends are printed.</param>
/// <param name="Name">Its name.</param>
/// <param name="Depth">Nesting: two blanks each.</param>
/// <param name="Kind">Of what.</param>
public sealed record IomemEntry(PhysicalRange Range, string Name, int Depth, OwnerKind Kind = OwnerKind.Device);

/// <summary>
/// /proc/iomem as far as it follows from the machine: memory map, NFIT ranges, namespaces and device-dax devices. What else a real one
/// shows
/// (PCI, kernel image, ROMs) is not in a machine file.
/// </summary>
public static class Iomem
{
    /// <summary>All entries, ascending, parents before children.</summary>
    public static IReadOnlyList<IomemEntry> Entries(Machine machine)
    {
        var top = machine.Memory.Select(m => (m.Range, Name: m.IomemName, Depth: 0, Kind: KindOf(m.Type))).ToList();
        // The ACPI driver inserts NFIT ranges; those of e820 are in the memory map already (drivers/acpi/nfit/core.c,
        // arch/x86/kernel/e820.c); a device tree's are nowhere.
        top.AddRange(
            machine
                .Regions.Values.Where(r =>
                    ProviderOf(machine, r) != "of_pmem"
                    && !machine.Memory.Any(m => m.Type == E820Type.PersistentLegacy && m.Range.Contains(r.Range))
                )
                .Select(r => (r.Range, Name: "Persistent Memory", Depth: 0, Kind: OwnerKind.PersistentMemory))
        );
        top.AddRange(
            machine
                .Regions.Values.Where(r => ProviderOf(machine, r) == "of_pmem")
                .Select(r => (r.Range, Name: "", Depth: -1, Kind: OwnerKind.PersistentMemory))
        );
        top.AddRange(RamBuffers(machine).Select(b => (b, Name: "RAM buffer", Depth: 0, Kind: OwnerKind.Firmware)));
        if (machine.Kernel.Get(Rules.SoftReservedInIomem) == SoftReservedListing.OwnTree)
        {
            string softReserved = new MemoryMapEntry(default, E820Type.SoftReserved).IomemName;
            top = [.. top.Select(t => t.Name == softReserved ? (t.Range, Name: "", Depth: -1, t.Kind) : t)];
        }
        top.AddRange(machine.Mm.PluggedRam.Select(d => (d.Range, Name: "System RAM", Depth: 0, Kind: OwnerKind.SystemRam)));
        top.AddRange(machine.Mm.VirtioMem.Where(d => d.IsBound).Select(d => (d.Range, d.Name, Depth: 0, Kind: OwnerKind.Device)));
        var entries = new List<IomemEntry>();
        foreach (
            (PhysicalRange range, string name, int depth, OwnerKind kind) in top.Where(t => !t.Range.IsEmpty)
                .OrderBy(t => t.Range.Start)
                .ThenByDescending(t => t.Depth)
        )
        {
            int below = depth + 1;
            if (
                machine.Kernel.Get(Rules.SoftReservedInIomem) == SoftReservedListing.BelowDevice
                && machine.HmemDevices.FirstOrDefault(d => d.Value == range) is { Value.IsEmpty: false, Key: var id }
            )
                entries.Add(new IomemEntry(range, $"hmem.{id}", below++ - 1, OwnerKind.Firmware));
            if (depth == 0)
                entries.Add(new IomemEntry(range, name, below - 1, kind));
            foreach (VirtioMemDevice device in machine.Mm.VirtioMem.Where(d => d.IsBound && d.Range == range))
                entries.AddRange(
                    VirtioMem
                        .AddedRanges(machine.Mm, device)
                        .Select(r => new IomemEntry(r, "System RAM (virtio_mem)", below, OwnerKind.SystemRam))
                );
            foreach (RegionState region in machine.Regions.Values.Where(r => range.Contains(r.Range)))
                entries.AddRange(OfRegion(machine, region, below));
            foreach (HmemRegionState region in machine.HmemRegions.Values.Where(r => range.Contains(r.Range)))
                entries.AddRange(
                    region
                        .Devices.Values.Where(d => d.Driver == DaxDeviceDrivers.DeviceDax)
                        .SelectMany(d => d.Ranges.Select(r => new IomemEntry(r, d.Name, below)))
                        .Concat(OfKmem(machine, region.Range, below))
                        .OrderBy(e => e.Range.Start)
                        .ThenBy(e => e.Depth)
                );
        }
        return entries;
    }

    /// <summary>The text: <c>start-end : name</c>, at least eight hex digits.</summary>
    public static string Text(Machine machine)
    {
        var text = new StringBuilder();
        foreach (IomemEntry entry in Entries(machine))
        {
            text.Append(' ', entry.Depth * 2);
            text.Append(CultureInfo.InvariantCulture, $"{entry.Range.Start.Bytes:x8}-{entry.Range.Last.Bytes:x8} : {entry.Name}\n");
        }
        return text.ToString();
    }

    private static OwnerKind KindOf(E820Type type) =>
        type switch
        {
            E820Type.Ram => OwnerKind.SystemRam,
            E820Type.Persistent or E820Type.PersistentLegacy => OwnerKind.PersistentMemory,
            _ => OwnerKind.Firmware,
        };

    /// <summary>
    /// What x86 keeps free behind RAM that ends inside a multiple of 64 MiB (1 MiB below 16 MiB, 64 KiB below 1 MiB), where nothing else is
    /// listed. Soft-reserved memory counts as nothing where it has a tree of its own, and its first bytes are lost to drivers then
    /// (arch/x86/kernel/e820.c e820__reserve_resources_late(); seen on 7.2). Only those on soft-reserved memory are given: what else lies
    /// behind RAM on a real machine is in no machine file.
    /// </summary>
    internal static IEnumerable<PhysicalRange> RamBuffers(Machine machine)
    {
        if (
            machine.Kernel.Get(Rules.SoftReservedInIomem) != SoftReservedListing.OwnTree
            || machine.Architecture.Architecture != Architecture.X86_64
        )
            yield break;
        foreach (MemoryMapEntry ram in machine.Memory.Where(m => m.Type == E820Type.Ram))
        {
            ulong start = ram.Range.Last.Bytes + 1,
                unit = start >> 20 == 0 ? 64UL << 10
                : start >> 24 == 0 ? 1UL << 20
                : 64UL << 20;
            if (start % unit == 0)
                continue;
            var buffer = new PhysicalRange(new PhysicalAddress(start), new ByteSize(unit - (start % unit)));
            if (machine.Memory.Any(m => m.Type == E820Type.SoftReserved && m.Range.Overlaps(buffer)))
                yield return buffer;
        }
    }

    private static IEnumerable<IomemEntry> OfKmem(Machine machine, PhysicalRange range, int depth) =>
        machine
            .Mm.Kmem.Where(k => range.Contains(k.Range))
            .SelectMany(k =>
                (IomemEntry[])[new(k.Range, k.Device, depth), new(k.Range, "System RAM (kmem)", depth + 1, OwnerKind.SystemRam)]
            );

    private static string ProviderOf(Machine machine, RegionState region) =>
        machine.Buses.Values.FirstOrDefault(b => b.Name == region.Description.Bus)?.Provider ?? "";

    private static IEnumerable<IomemEntry> OfRegion(Machine machine, RegionState region, int depth)
    {
        var entries = new List<IomemEntry>();
        foreach (NamespaceState ndns in region.Namespaces.Values.Where(n => !n.Range.IsEmpty))
        {
            if (ndns.IsBound)
                entries.Add(new IomemEntry(ndns.Range, ndns.Device.Name, depth));
            if (ndns.Claim is { Kind: NdDeviceKind.Btt } btt && region.Btts[btt.Id].IsBound)
                entries.Add(new IomemEntry(ndns.Range, ndns.Device.Name, depth));
            if (
                ndns.Claim is not { Kind: NdDeviceKind.Pfn or NdDeviceKind.Dax } claim
                || region.PfnDevice(claim) is not { Layout: { } layout }
            )
                continue;
            if (claim.Kind == NdDeviceKind.Pfn)
                entries.Add(new IomemEntry(ndns.Range, ndns.Device.Name, depth));
            else
                // Info-block and page map (drivers/dax/pmem.c).
                entries.Add(new IomemEntry(new PhysicalRange(ndns.Range.Start, layout.DataOffset), ndns.Device.Name, depth));
        }
        entries.AddRange(
            region.DaxDevices.Values.Where(d => d.Driver == DaxDeviceDrivers.DeviceDax).Select(d => new IomemEntry(d.Range, d.Name, depth))
        );
        entries.AddRange(OfKmem(machine, region.Range, depth));
        return entries.OrderBy(e => e.Range.Start).ThenBy(e => e.Depth);
    }
}

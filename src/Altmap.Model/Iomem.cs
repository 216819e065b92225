using System.Globalization;
using System.Text;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.Nvdimm;

namespace Altmap.Model;

/// <summary>An entry of /proc/iomem.</summary>
/// <param name="Range">Inclusive ends are printed.</param>
/// <param name="Name">Its name.</param>
/// <param name="Depth">Nesting: two blanks each.</param>
public sealed record IomemEntry(PhysicalRange Range, string Name, int Depth);

/// <summary>
/// /proc/iomem as far as it follows from the machine: memory map, NFIT ranges, namespaces and device-dax devices. What else a real one shows
/// (PCI, kernel image, ROMs) is not in a machine file.
/// </summary>
public static class Iomem
{
    /// <summary>All entries, ascending, parents before children.</summary>
    public static IReadOnlyList<IomemEntry> Entries(Machine machine)
    {
        var top = machine.Memory.Select(m => (m.Range, Name: m.IomemName)).ToList();
        // The ACPI driver inserts NFIT ranges; those of e820 are in the memory map already (drivers/acpi/nfit/core.c, arch/x86/kernel/e820.c).
        top.AddRange(machine.Regions.Values
            .Where(r => r.Ways > 0 || !machine.Memory.Any(m => m.Type == E820Type.PersistentLegacy && m.Range.Contains(r.Range)))
            .Select(r => (r.Range, Name: "Persistent Memory")));
        var entries = new List<IomemEntry>();
        foreach ((PhysicalRange range, string name) in top.Where(t => !t.Range.IsEmpty).OrderBy(t => t.Range.Start))
        {
            entries.Add(new IomemEntry(range, name, 0));
            foreach (RegionState region in machine.Regions.Values.Where(r => range.Contains(r.Range)))
                entries.AddRange(OfRegion(region));
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

    private static IEnumerable<IomemEntry> OfRegion(RegionState region)
    {
        var entries = new List<IomemEntry>();
        foreach (NamespaceState ndns in region.Namespaces.Values.Where(n => !n.Range.IsEmpty))
        {
            if (ndns.IsBound) entries.Add(new IomemEntry(ndns.Range, ndns.Device.Name, 1));
            if (ndns.Claim is { Kind: NdDeviceKind.Btt } btt && region.Btts[btt.Id].IsBound) entries.Add(new IomemEntry(ndns.Range, ndns.Device.Name, 1));
            if (ndns.Claim is not { Kind: NdDeviceKind.Pfn or NdDeviceKind.Dax } claim || region.PfnDevice(claim) is not { Layout: { } layout }) continue;
            if (claim.Kind == NdDeviceKind.Pfn) entries.Add(new IomemEntry(ndns.Range, ndns.Device.Name, 1));
            else entries.Add(new IomemEntry(new PhysicalRange(ndns.Range.Start, layout.DataOffset), ndns.Device.Name, 1)); // info-block and page map (drivers/dax/pmem.c)
        }
        entries.AddRange(region.DaxDevices.Values.Where(d => d.Driver == DaxDeviceDrivers.DeviceDax).Select(d => new IomemEntry(d.Range, d.Name, 1)));
        return entries.OrderBy(e => e.Range.Start);
    }
}

using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Maps;

/// <summary>Something that has bytes in a section.</summary>
/// <param name="Name">A region, or <c>System RAM</c>.</param>
/// <param name="Size">How many bytes of the section.</param>
public readonly record struct SectionShare(string Name, ByteSize Size);

/// <summary>A section that a pmem region shares with System RAM or with another region.</summary>
/// <param name="Section">Which.</param>
/// <param name="Shares">At least two, the first by address first; System RAM before regions.</param>
public sealed record SectionCollision(SectionNumber Section, ImmutableArray<SectionShare> Shares);

/// <summary>
/// Sections in which pmem meets something else. Kernels that map devices by the section must pad there; those that map by the sub-section
/// need not, but
/// pfn_to_online_page() has to look closer (the reason for SECTION_TAINT_ZONE_DEVICE, mm/memory_hotplug.c, 5.12 and later).
/// </summary>
public static class SectionCollisions
{
    /// <summary>The name of RAM among the shares.</summary>
    public const string Ram = "System RAM";

    /// <summary>All of a machine, ascending. Looks only at both ends of each region.</summary>
    public static ImmutableArray<SectionCollision> Of(Machine machine)
    {
        ByteSize section = machine.Mm.PageSize * machine.Mm.Geometry.PagesPerSection.Pages;
        var found = new SortedDictionary<ulong, SectionCollision>();
        foreach (RegionState region in machine.Regions.Values.Where(r => !r.Range.IsEmpty))
        {
            foreach (PhysicalAddress end in new[] { region.Range.Start, region.Range.Last })
            {
                ulong number = end.Bytes / section.Bytes;
                if (found.ContainsKey(number))
                    continue;
                var shares = SharesOf(machine, new PhysicalRange(new PhysicalAddress(number * section.Bytes), section)).ToImmutableArray();
                if (shares.Length > 1)
                    found[number] = new SectionCollision(new SectionNumber(number), shares);
            }
        }
        return [.. found.Values];
    }

    private static IEnumerable<SectionShare> SharesOf(Machine machine, PhysicalRange section)
    {
        ulong ram = 0;
        foreach (PhysicalRange range in SystemRam.Ranges(machine, withKmem: false))
            ram += range.Common(section).Bytes;
        if (ram > 0)
            yield return new SectionShare(Ram, new ByteSize(ram));
        foreach (RegionState region in machine.Regions.Values.OrderBy(r => r.Range.Start))
        {
            ByteSize size = region.Range.Common(section);
            if (!size.IsZero)
                yield return new SectionShare(region.Device.ToString(), size);
        }
    }
}

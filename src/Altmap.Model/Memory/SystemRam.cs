using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.Memory;

/// <summary>How a range lies to System RAM.</summary>
public enum RamOverlap
{
    /// <summary>REGION_DISJOINT: no RAM in it.</summary>
    Disjoint,

    /// <summary>REGION_INTERSECTS: RAM, and no other resource.</summary>
    Intersects,

    /// <summary>REGION_MIXED: RAM and something else.</summary>
    Mixed,
}

/// <summary>region_intersects(…, System RAM) over the resources of a machine (kernel/resource.c, 6.1.192, with the look into
/// descendants).</summary>
public static class SystemRam
{
    /// <summary>The answer for [<paramref name="start"/>, <paramref name="last"/>], both inclusive.</summary>
    public static RamOverlap Overlap(Machine machine, PhysicalAddress start, PhysicalAddress last)
    {
        bool meets = false;
        foreach (PhysicalRange ram in Ranges(machine, withKmem: true))
        {
            if (ram.Start > last || ram.Last < start)
                continue;
            if (ram.Start <= start && last <= ram.Last)
                return RamOverlap.Intersects;
            meets = true;
        }
        return meets ? RamOverlap.Mixed : RamOverlap.Disjoint;
    }

    /// <summary>System RAM of the firmware, plugged, and, where asked, given back by kmem (whether its blocks are online or not).</summary>
    internal static IEnumerable<PhysicalRange> Ranges(Machine machine, bool withKmem)
    {
        foreach (MemoryMapEntry entry in machine.Memory)
        {
            if (entry.Type == E820Type.Ram && !entry.Range.IsEmpty)
                yield return entry.Range;
        }
        foreach (PluggedDimm dimm in machine.Mm.PluggedRam)
            yield return dimm.Range;
        foreach (VirtioMemDevice device in machine.Mm.VirtioMem)
        {
            foreach (PhysicalRange added in VirtioMem.AddedRanges(machine.Mm, device))
                yield return added;
        }
        foreach (KmemMemory kmem in machine.Mm.Kmem.Where(_ => withKmem))
            yield return kmem.Range;
    }
}

using Altmap.Core.Units;

namespace Altmap.Formats.InfoBlocks;

/// <summary>Where the metadata of a device map lies: pages at its start (struct vmem_altmap).</summary>
/// <param name="Reserve">Pages that hold no metadata: the info-block.</param>
/// <param name="Free">Pages for the memmap.</param>
public readonly record struct AltmapSpace(PfnCount Reserve, PfnCount Free)
{
    /// <summary>What the kernel logs for one that <see cref="Fits"/> not.</summary>
    public const string DoesNotFit = "memory add fail, invalid altmap";

    /// <summary>First page that holds struct pages.</summary>
    public Pfn MetadataStart(Pfn first) => first + Reserve;

    /// <summary>First page of data (vmem_altmap_offset()). Wraps as the kernel's sum does: a dataoff below the reserve makes
    /// <see cref="Free"/> negative.</summary>
    public Pfn DataStart(Pfn first) => new(unchecked(first.Number + Reserve.Pages + Free.Pages));

    /// <summary>True when it is no larger than what is mapped (mm/memory_hotplug.c __add_pages(), 5.10, 6.1, 6.12, 7.2). Wraps
    /// too.</summary>
    public bool Fits(PfnCount pages) => unchecked(Reserve.Pages + Free.Pages) <= pages.Pages;
}

using System.Collections.Immutable;

namespace Altmap.Core.Kernels;

/// <summary>In which mainline version a rule changed, where that is known.</summary>
/// <param name="Rule">The rule's name; or words of its own for a change that no rule of the profiles has.</param>
/// <param name="Major">Of the first version that has the change.</param>
/// <param name="Minor">Of the first version that has the change.</param>
/// <param name="Source">Commit, or the text that says so.</param>
internal sealed record KernelChange(string Rule, int Major, int Minor, string Source)
{
    /// <summary>True for what is beside all that was there before: it does not say which of two neighbours a kernel is like.</summary>
    public bool IsAside { get; init; }

    public double Age => KernelRelease.AgeOf(Major, Minor);

    public string Version => FormattableString.Invariant($"{Major}.{Minor}");
}

/// <summary>
/// The versions that stand between the profiles: what decides to which of two neighbours a kernel belongs. A rule that differs between
/// two profiles and stands not here changed somewhere between them; answers that rest on it say so.
/// </summary>
internal static class KernelChanges
{
    private const string NotRead = "; the version is from release notes, not read as source";

    /// <summary>Oldest first.</summary>
    public static readonly ImmutableArray<KernelChange> Known =
    [
        new("kmem.driver", 5, 1, "c221c0b0308f (\"device-dax: \"Hotplug\" persistent memory for use like normal RAM\")"),
        new("info-block.layout", 5, 3, "a3619190d62e (\"libnvdimm/pfn: stop padding pmem namespaces to section alignment\")"),
        new("memory.device-map-unit", 5, 3, "ba72b4c8cf60 (\"mm/sparsemem: support sub-section hotplug\")"),
        new("info-block.minor", 5, 4, "page_size and page_struct_size in the info-block" + NotRead),
        new("info-block.page-size-check", 5, 4, "page_size and page_struct_size in the info-block" + NotRead),
        new("info-block.layout", 5, 7, "6acd7d5ef264 (\"libnvdimm/namespace: Enforce memremap_compat_align()\")" + NotRead),
        new("info-block.compat-check", 5, 7, "6acd7d5ef264 (\"libnvdimm/namespace: Enforce memremap_compat_align()\")" + NotRead),
        new("region.align", 5, 7, "2522afb86a8c (\"libnvdimm/region: Introduce an 'align' attribute\")"),
        new("memory.pfn-to-online-page", 5, 12, "1f90a3477df3 (\"mm: teach pfn_to_online_page() about ZONE_DEVICE section collisions\")"),
        new("section.bits-arm64", 5, 12, "arm64 SECTION_SIZE_BITS from 30 to 27" + NotRead),
        new("section.bits-arm64-64k", 5, 12, "arm64 SECTION_SIZE_BITS from 30 to 29" + NotRead),
        new("memory.memmap-on-memory", 5, 13, "memory_hotplug.memmap_on_memory" + NotRead),
        new("memory.auto-movable", 5, 15, "e83a437faa62 (\"mm/memory_hotplug: introduce \"auto-movable\" online policy\")" + NotRead)
        {
            IsAside = true,
        },
        new("labels.local-flag", 5, 18, "f8669f1d6a86 (\"nvdimm/blk: Delete the block-aperture window driver\")"),
        new("memory.compound-memmap", 5, 19, "4917f55b4ef9 (\"mm/sparse-vmemmap: improve memory savings for compound devmaps\")" + NotRead),
        new("kmsan.carve-out", 6, 1, "4ca8cc8d1bbe (\"x86: kmsan: enable KMSAN builds for x86\")"),
        new("page-flags.lru-gen", 6, 1, "CONFIG_LRU_GEN" + NotRead),
        new("page-ext.init", 6, 1, "early_page_ext" + NotRead),
        new(
            "memory.memmap-on-memory",
            6,
            8,
            "6b8f0798b85a (\"mm/memory_hotplug: split memmap_on_memory requests across memblocks\")" + NotRead
        ),
        new("sysfs.dax-memmap-on-memory", 6, 9, "\"dax: add a sysfs knob to control memmap_on_memory behavior\"" + NotRead),
        new("ramdax.driver", 6, 19, "drivers/nvdimm/ramdax.c came with 6.19" + NotRead) { IsAside = true },
        new("size of memory blocks follows the CXL windows (x86-64)", 6, 15, "arch/x86/mm/init_64.c; seen on 7.2, not on 6.12" + NotRead),
    ];

    /// <summary>Rules that came to stable series at different times: no mainline version says who has them.</summary>
    public static readonly ImmutableArray<string> ByStableRelease =
    [
        "btt.lane-check",
        "labels.labelsize-check",
        "labels.slot-product-bits",
    ];
}

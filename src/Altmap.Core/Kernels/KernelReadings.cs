using System.Collections.Immutable;

namespace Altmap.Core.Kernels;

/// <summary>A rule as it was read in the source of one release.</summary>
/// <param name="Rule">Which.</param>
/// <param name="Value">The word or number that the source gives.</param>
/// <param name="Where">File and function, with what is not plain there.</param>
internal readonly record struct KernelReading(Rule Rule, string Value, string Where);

/// <summary>
/// What was read of kernels that were never run, cell by cell: the release whose source it was, and where. What stands here is marked
/// <see cref="Confirmation.SourceOnly"/>; the other rules of such a profile stay inferred from its neighbours.
/// </summary>
internal static class KernelReadings
{
    private const string PfnDevs = "drivers/nvdimm/pfn_devs.c ",
        Validate = PfnDevs + "nd_pfn_validate()",
        Init = PfnDevs + "nd_pfn_init()",
        Alignments = PfnDevs + "nd_pfn_supported_alignments()",
        Label = "drivers/nvdimm/label.c __nd_label_validate()",
        Arenas = "drivers/nvdimm/btt.c discover_arenas()",
        Probe = "drivers/base/dd.c really_probe()",
        CallProbe = "drivers/base/dd.c call_driver_probe()",
        BindStore = "drivers/base/bus.c bind_store()",
        Regions = "drivers/nvdimm/region_devs.c",
        X86Pages = "arch/x86/mm/init_64.c add_pages()",
        Arm64Add = "arch/arm64/mm/mmu.c arch_add_memory()",
        Arm64Memmap = "arch/arm64/mm/mmu.c vmemmap_populate()",
        ZonesShow = "drivers/base/memory.c valid_zones_show()",
        BlockSize = "arch/x86/mm/init_64.c probe_memory_block_size()",
        MemoryRoot = "drivers/base/memory.c memory_root_attrs",
        Sections = "arch/*/include/asm/sparsemem.h SECTION_SIZE_BITS",
        Range = "mm/memremap.c pagemap_range()",
        Aligned = "arch/x86/Kconfig, arch/arm64/Kconfig HAVE_ALIGNED_STRUCT_PAGE",
        Zeroing = "include/linux/mm.h __mm_zero_struct_page()",
        FlagsLayout = "include/linux/page-flags-layout.h",
        OnlineMacro = "include/linux/memory_hotplug.h pfn_to_online_page()",
        Online = "mm/memory_hotplug.c pfn_to_online_page()",
        Kmem = "drivers/dax/kmem.c dev_dax_kmem_probe()",
        Mapping = "drivers/dax/bus.c mapping_store()",
        Hmem = "drivers/dax/hmem/device.c hmem_init()",
        HmemProbe = "drivers/dax/hmem/hmem.c dax_hmem_probe()",
        FsDax = "drivers/dax/super.c fs_dax_get_by_bdev()",
        FsDaxSupported = "drivers/dax/super.c __generic_fsdax_supported()",
        PageExt = "mm/page_ext.c",
        Struct = "include/linux/mm_types.h struct page";

    /// <summary>What all five have alike.</summary>
    private static readonly ImmutableArray<KernelReading> Alike =
    [
        new(Rules.OffsetCheckIsPhysical, "physical", Validate),
        new(Rules.ChecksBttLanes, "no", Arenas),
        new(Rules.ChecksLabelSizeField, "no", Label),
        new(Rules.LabelSlotProductBits, "32", Label),
        new(Rules.SectionBitsX86, "27", Sections),
        new(Rules.SectionBitsPpc64, "24", Sections),
        new(Rules.DaxHasMemmapOnMemory, "no", "drivers/dax/bus.c"),
        new(Rules.CxlWindowsAdviseBlockSize, "none", BlockSize),
        new(Rules.DeviceMapsRaiseMaxPfnOnX86, "raise", X86Pages),
        new(Rules.AlignsWithoutSlub, "slub", Aligned),
    ];

    private static readonly ImmutableArray<KernelReading> Old =
    [
        .. Alike,
        new(Rules.MaxStructPageSize, "64", Init),
        new(Rules.RefusesWithEopnotsupp, "mixed", Validate),
        new(Rules.ChecksCompatAlign, "no", Validate),
        new(Rules.ChecksSmallNamespace, "no", Validate),
        new(Rules.ProbeMessageNamesDriver, "probe-of", Probe),
        new(Rules.BindReturnsProbeErrno, "enodev", BindStore + "; really_probe() gives 0"),
        new(Rules.RegionsHaveAlign, "no", Regions),
        new(Rules.MemoryHasCrashHotplug, "no", MemoryRoot),
        new(Rules.HasHmem, "no", "drivers/dax has no hmem"),
        new(Rules.SectionBitsArm64, "30", Sections),
        new(Rules.SectionBitsArm64Pages64K, "30", Sections),
        new(Rules.PfnToOnlinePage, "section-flag", OnlineMacro),
        new(Rules.BlockZoneFollowsPages, "pages", "mm/memory_hotplug.c test_pages_in_a_zone()"),
        new(Rules.MemmapOnMemory, "none", "mm/memory_hotplug.c add_memory_resource()"),
        new(Rules.CompoundMemmap, "none", "mm/ and kernel/memremap.c have no vmemmap_shift"),
        new(Rules.SaysFallbackOrder, "offlined-pages", "mm/memory_hotplug.c offline_pages()"),
        new(Rules.HasLruGen, "no", FlagsLayout),
        new(Rules.HasKmsan, "none", "mm/ has no kmsan"),
        new(Rules.ExtAlwaysHasFlags, "always", "include/linux/page_ext.h struct page_ext"),
        new(Rules.PageExtInit, "late", "init/main.c page_ext_init()"),
        new(Rules.LocalLabelsAreBlockMode, "block-mode", "drivers/nvdimm/namespace_devs.c scan_labels()"),
    ];

    private static readonly ImmutableArray<KernelReading> New =
    [
        .. Alike,
        new(Rules.InfoBlockLayout, "compat-align", Init),
        new(Rules.InfoBlockMinor, "4", Init),
        new(Rules.ChecksPageSize, "yes", Validate),
        new(Rules.RefusesWithEopnotsupp, "eopnotsupp", Validate),
        new(Rules.ChecksCompatAlign, "yes", Validate),
        new(Rules.ProbeMessageNamesDriver, "probe-of", CallProbe),
        new(Rules.BindReturnsProbeErrno, "probe", BindStore),
        new(Rules.RegionsHaveAlign, "yes", Regions + " align_show()"),
        new(Rules.DisksFollowReadOnly, "follow", Regions + " read_only_store()"),
        new(Rules.HasDaxBus, "yes", "drivers/dax/bus.c"),
        new(Rules.HasTargetNode, "yes", Regions + ", drivers/dax/bus.c target_node_show()"),
        new(Rules.HasKmem, "yes", "drivers/dax/kmem.c"),
        new(Rules.KmemRefusesEmptyDevice, "refuse", Kmem),
        new(Rules.KmemSaysTruncated, "no", Kmem),
        new(Rules.HasHmem, "yes", Hmem),
        new(Rules.PassesOverMisalignedMapping, "enxio", Mapping),
        new(Rules.SectionBitsArm64, "27", Sections),
        new(Rules.SectionBitsArm64Pages64K, "29", Sections),
        new(Rules.PfnToOnlinePage, "current", Online),
        new(Rules.Arm64PfnValidAsksMemblock, "generic", "arch/arm64/mm/init.c has no pfn_valid()"),
        new(Rules.BootHolesTakeNeighbourZone, "neighbour", "init_unavailable_range()"),
        new(Rules.DeviceMapsAreSections, "sub-section", Range),
        new(Rules.AddedMemorySetsMaxPfnOnArm64, "set", Arm64Add),
        new(Rules.Arm64MemmapIsAlwaysPmd, "always-pmd", Arm64Memmap),
        new(Rules.MemmapOnMemory, "one-block", "mm/memory_hotplug.c mhp_supports_memmap_on_memory()"),
        new(Rules.RangeLimitIsE2big, "einval", Range),
    ];

    /// <summary>Per profile: the release that was read, and what was read there.</summary>
    public static readonly ImmutableDictionary<string, (string Release, ImmutableArray<KernelReading> Cells)> All = new Dictionary<
        string,
        (string, ImmutableArray<KernelReading>)
    >
    {
        ["4.19"] = (
            "4.19.72",
            [
                .. Old,
                new(Rules.InfoBlockMinor, "3", Init + "; 2 in a vendor tree of 4.19.37"),
                new(Rules.ChecksPageSize, "no", Validate),
                new(Rules.HasDaxBus, "no", "drivers/dax/pmem.c dax_pmem_probe()"),
                new(Rules.HasTargetNode, "no", Regions),
                new(Rules.HasKmem, "no", "drivers/dax has no kmem.c"),
                new(Rules.PudAlignIsRunTime, "compile-time", Alignments),
                new(Rules.DaxProbe, "device-map", "drivers/dax/super.c __bdev_dax_supported()"),
                new(Rules.DeviceMapsAreSections, "section", "kernel/memremap.c devm_memremap_pages()"),
                new(Rules.ZeroedMax, "memset", "include/linux/mm.h mm_zero_struct_page()"),
            ]
        ),
        ["5.4"] = (
            "5.4.59",
            [
                .. Old,
                new(Rules.InfoBlockLayout, "sub-section", Init),
                new(Rules.InfoBlockMinor, "4", Init),
                new(Rules.LargeStructPage, "build-error", Init),
                new(Rules.ChecksPageSize, "yes", Validate),
                new(Rules.HasDaxBus, "yes", "drivers/dax/bus.c"),
                new(Rules.HasTargetNode, "yes", Regions + ", drivers/dax/bus.c"),
                new(Rules.HasKmem, "yes", "drivers/dax/kmem.c"),
                new(Rules.KmemSaysTruncated, "no", Kmem),
                new(Rules.PudAlignIsRunTime, "compile-time", Alignments),
                new(Rules.DaxProbe, "address", FsDaxSupported),
                new(Rules.BootHolesTakeNeighbourZone, "first-zone", "mm/page_alloc.c zero_resv_unavail()"),
                new(Rules.DeviceMapsAreSections, "sub-section", "mm/memremap.c memremap_pages()"),
                new(Rules.ZeroedMax, "up-to-80", Zeroing),
            ]
        ),
        ["5.15"] = (
            "5.15.135",
            [
                .. New,
                new(Rules.MaxStructPageSize, "64", Init),
                new(Rules.LargeStructPage, "build-error", Init),
                new(Rules.ChecksSmallNamespace, "no", Validate),
                new(Rules.CreateSpaceCountsEndTrunc, "size", Init),
                new(Rules.LocalLabelsAreBlockMode, "block-mode", "drivers/nvdimm/namespace_devs.c scan_labels()"),
                new(Rules.PudAlignIsRunTime, "compile-time", Alignments),
                new(Rules.DaxProbe, "address", FsDaxSupported),
                new(Rules.MemoryHasCrashHotplug, "no", MemoryRoot),
                new(Rules.HmemGoesToKmem, "device_dax", HmemProbe),
                new(Rules.HmemHasPlatformParent, "platform", Hmem),
                new(Rules.SoftReservedInIomem, "below-device", "drivers/dax/hmem/device.c hmem_register_device()"),
                new(Rules.BlockZoneFollowsPages, "pages", ZonesShow + ", test_pages_in_a_zone()"),
                new(Rules.CompoundMemmap, "none", "mm/memremap.c has no vmemmap_shift"),
                new(Rules.SaysFallbackOrder, "nothing", "mm/memory_hotplug.c offline_pages(), mm/page_alloc.c build_zonelists()"),
                new(Rules.ZeroedMax, "up-to-80", Zeroing),
                new(Rules.HasLruGen, "no", FlagsLayout),
                new(Rules.HasKmsan, "none", "mm/ has no kmsan"),
                new(Rules.ExtAlwaysHasFlags, "always", "include/linux/page_ext.h struct page_ext"),
                new(Rules.PageExtInit, "late", "init/main.c page_ext_init()"),
            ]
        ),
        ["6.1.0"] = (
            "6.1-rc7",
            [
                .. New,
                new(Rules.MaxStructPageSize, "128", "drivers/nvdimm/nd.h MAX_STRUCT_PAGE_SIZE"),
                new(Rules.LargeStructPage, "build-error", Init),
                new(Rules.ChecksSmallNamespace, "no", Validate),
                new(Rules.CreateSpaceCountsEndTrunc, "size", Init),
                new(Rules.PudAlignIsRunTime, "compile-time", Alignments),
                new(Rules.DaxProbe, "none", FsDax),
                new(Rules.MemoryHasCrashHotplug, "no", MemoryRoot),
                new(Rules.HmemGoesToKmem, "device_dax", HmemProbe),
                new(Rules.BlockZoneFollowsPages, "kept", ZonesShow),
                new(Rules.CompoundMemmap, "shared", "mm/sparse-vmemmap.c vmemmap_populate_compound_pages()"),
                new(Rules.SaysFallbackOrder, "fallback-order", "mm/page_alloc.c build_zonelists()"),
                new(Rules.KmsanFields, "before-cpupid", Struct),
                new(Rules.ZeroedMax, "up-to-80", Zeroing),
                new(Rules.HasLruGen, "yes", FlagsLayout),
                new(Rules.ExtAlwaysHasFlags, "always", "include/linux/page_ext.h struct page_ext"),
                new(Rules.PageExtInit, "early-by-parameter", "init/main.c page_ext_init(), " + PageExt + " early_page_ext"),
            ]
        ),
        ["6.6"] = (
            "6.6.57",
            [
                .. New,
                new(Rules.MaxStructPageSize, "64", "drivers/nvdimm/nd.h MAX_STRUCT_PAGE_SIZE"),
                new(Rules.LargeStructPage, "refuse", Init),
                new(Rules.ChecksSmallNamespace, "yes", Validate),
                new(Rules.CreateSpaceCountsEndTrunc, "size-minus-end-trunc", Init),
                new(Rules.PudAlignIsRunTime, "run-time", Alignments),
                new(Rules.DaxProbe, "none", FsDax),
                new(Rules.MemoryHasCrashHotplug, "yes", MemoryRoot),
                new(Rules.HmemGoesToKmem, "kmem", HmemProbe + ": IORESOURCE_DAX_KMEM"),
                new(Rules.SoftReservedInIomem, "listed", "drivers/dax/hmem/device.c hmem_active"),
                new(Rules.BlockZoneFollowsPages, "kept", ZonesShow),
                new(Rules.CompoundMemmap, "shared", "mm/sparse-vmemmap.c vmemmap_populate_compound_pages()"),
                new(Rules.SaysFallbackOrder, "fallback-order", "mm/page_alloc.c build_zonelists()"),
                new(Rules.KmsanFields, "before-cpupid", Struct),
                new(Rules.MemcgWordForSlab, "memcg", Struct),
                new(Rules.ZeroedMax, "up-to-96", Zeroing),
                new(Rules.HasLruGen, "yes", FlagsLayout),
                new(Rules.ExtAlwaysHasFlags, "if-needed", PageExt + " need_shared_flags"),
            ]
        ),
    }.ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>The rules of a profile, with what was read of its kernel put over what was inferred.</summary>
    public static ImmutableDictionary<Rule, RuleSetting> Over(string profile, ImmutableDictionary<Rule, RuleSetting> inferred) =>
        All.TryGetValue(profile, out (string Release, ImmutableArray<KernelReading> Cells) read)
            ? inferred.SetItems(
                read.Cells.Select(c =>
                    KeyValuePair.Create(c.Rule, new RuleSetting(c.Value, Confirmation.SourceOnly, $"Linux {read.Release}: {c.Where}"))
                )
            )
            : inferred;
}

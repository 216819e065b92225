using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Core.Kernels;

/// <summary>The profiles that ship: the only place where kernel versions stand.</summary>
public static class KernelProfiles
{
    private const string Sources = "Linux 5.10.262, 6.1.192, 6.12.107, 7.2.13: ";
    private const string MmTypes = "include/linux/mm_types.h struct page",
        PageFlags = "include/linux/page-flags.h enum pageflags",
        FlagsLayout = "include/linux/page-flags-layout.h",
        PageExt = "mm/page_ext.c";

    /// <summary>What the name of a kernel built with CONFIG_KMSAN ends in, as <c>6.12+kmsan</c>.</summary>
    public const string KmsanSuffix = "+kmsan";

    private static readonly ImmutableDictionary<Rule, RuleSetting> Linux61 = Build(
        (Rules.InfoBlockLayout, "compat-align", Confirmation.RealKernel, "drivers/nvdimm/pfn_devs.c nd_pfn_init()"),
        (Rules.InfoBlockMinor, "4", Confirmation.RealKernel, "drivers/nvdimm/pfn_devs.c nd_pfn_init()"),
        (Rules.MaxStructPageSize, "64", Confirmation.RealKernel, "drivers/nvdimm/nd.h MAX_STRUCT_PAGE_SIZE"),
        (
            Rules.LargeStructPage,
            "refuse",
            Confirmation.SourceOnly,
            "drivers/nvdimm/pfn_devs.c nd_pfn_init(); a KMSAN kernel of 6.12.107 was seen to refuse"
        ),
        (Rules.ChecksPageSize, "yes", Confirmation.RealKernel, "drivers/nvdimm/pfn_devs.c nd_pfn_validate()"),
        (Rules.RefusesWithEopnotsupp, "eopnotsupp", Confirmation.RealKernel, "drivers/nvdimm/pfn_devs.c nd_pfn_validate()"),
        (Rules.OffsetCheckIsPhysical, "physical", Confirmation.RealKernel, "drivers/nvdimm/pfn_devs.c nd_pfn_validate()"),
        (Rules.ChecksCompatAlign, "yes", Confirmation.RealKernel, "drivers/nvdimm/pfn_devs.c nd_pfn_validate()"),
        (Rules.ChecksSmallNamespace, "no", Confirmation.RealKernel, "drivers/nvdimm/pfn_devs.c nd_pfn_validate()"),
        (Rules.CreateSpaceCountsEndTrunc, "size", Confirmation.RealKernel, "drivers/nvdimm/pfn_devs.c nd_pfn_init()"),
        (Rules.StructPageSize, "64", Confirmation.RealKernel, "include/linux/mm_types.h struct page, the kernel's type information"),
        (Rules.ChecksBttLanes, "yes", Confirmation.RealKernel, "drivers/nvdimm/btt.c discover_arenas()"),
        (Rules.ChecksLabelSizeField, "yes", Confirmation.SourceOnly, "drivers/nvdimm/label.c __nd_label_validate()"),
        (Rules.LabelSlotProductBits, "64", Confirmation.SourceOnly, "drivers/nvdimm/label.c __nd_label_validate()"),
        (Rules.LocalLabelsAreBlockMode, "ignored", Confirmation.SourceOnly, "drivers/nvdimm/namespace_devs.c"),
        (Rules.ProbeMessageNamesDriver, "probe-of", Confirmation.RealKernel, "drivers/base/dd.c call_driver_probe()"),
        (Rules.BindReturnsProbeErrno, "probe", Confirmation.RealKernel, "drivers/base/bus.c bind_store()"),
        (Rules.DaxHasMemmapOnMemory, "no", Confirmation.RealKernel, "drivers/dax/bus.c"),
        (Rules.RegionsHaveAlign, "yes", Confirmation.RealKernel, "drivers/nvdimm/region_devs.c align_show()"),
        (Rules.HasDaxBus, "yes", Confirmation.RealKernel, "drivers/dax/bus.c, drivers/dax/pmem.c"),
        (Rules.HasTargetNode, "yes", Confirmation.RealKernel, "drivers/nvdimm/region_devs.c, bus.c target_node_show()"),
        (Rules.DisksFollowReadOnly, "follow", Confirmation.RealKernel, "drivers/nvdimm/region_devs.c read_only_store()"),
        (Rules.DaxProbe, "none", Confirmation.SourceOnly, "drivers/dax/super.c fs_dax_get_by_bdev()"),
        (Rules.MemoryHasCrashHotplug, "no", Confirmation.SourceOnly, "drivers/base/memory.c memory_root_attrs"),
        (Rules.QueueFiles, "queue-6.1", Confirmation.RealKernel, "block/blk-sysfs.c queue_attrs, queue_attr_visible()"),
        (Rules.DimmMajor, "245", Confirmation.RealKernel, "nmem0/dev of a guest"),
        (Rules.DaxMajor, "252", Confirmation.RealKernel, "dax0.0/dev of a guest"),
        (Rules.HasKmem, "yes", Confirmation.RealKernel, "drivers/dax/kmem.c, drivers/dax/bus.c"),
        (Rules.KmemRefusesEmptyDevice, "refuse", Confirmation.RealKernel, "drivers/dax/kmem.c dev_dax_kmem_probe()"),
        (
            Rules.AutoOnline,
            "offline",
            Confirmation.RealKernel,
            "mm/memory_hotplug.c mhp_default_online_type, as the distribution configures it"
        ),
        (Rules.AcpiDevicesArePlatform, "acpi", Confirmation.RealKernel, "drivers/acpi/nfit/core.c"),
        (Rules.PudAlignIsRunTime, "compile-time", Confirmation.SourceOnly, "drivers/nvdimm/pfn_devs.c nd_pfn_supported_alignments()"),
        (Rules.SectionBitsX86, "27", Confirmation.RealKernel, "arch/x86/include/asm/sparsemem.h"),
        (Rules.SectionBitsArm64, "27", Confirmation.SourceOnly, "arch/arm64/include/asm/sparsemem.h"),
        (Rules.SectionBitsArm64Pages64K, "29", Confirmation.SourceOnly, "arch/arm64/include/asm/sparsemem.h"),
        (Rules.SectionBitsPpc64, "24", Confirmation.SourceOnly, "arch/powerpc/include/asm/sparsemem.h"),
        (Rules.PfnToOnlinePage, "current", Confirmation.RealKernel, "mm/memory_hotplug.c pfn_to_online_page()"),
        (Rules.Arm64PfnValidAsksMemblock, "generic", Confirmation.SourceOnly, "include/linux/mmzone.h pfn_valid()"),
        (Rules.BootHolesTakeNeighbourZone, "neighbour", Confirmation.RealKernel, "mm/page_alloc.c memmap_init(), init_unavailable_range()"),
        (Rules.DeviceMapsAreSections, "sub-section", Confirmation.RealKernel, "mm/memremap.c pagemap_range()"),
        (Rules.DeviceMapsRaiseMaxPfnOnX86, "keep", Confirmation.RealKernel, "arch/x86/mm/init_64.c add_pages()"),
        (Rules.AddedMemorySetsMaxPfnOnArm64, "raise", Confirmation.SourceOnly, "arch/arm64/mm/mmu.c arch_add_memory()"),
        (Rules.BlockZoneFollowsPages, "kept", Confirmation.RealKernel, "drivers/base/memory.c valid_zones_show()"),
        (Rules.Arm64MemmapIsAlwaysPmd, "pmd-per-section", Confirmation.SourceOnly, "arch/arm64/mm/mmu.c vmemmap_populate()"),
        (Rules.MemmapOnMemory, "one-block", Confirmation.RealKernel, "mm/memory_hotplug.c mhp_supports_memmap_on_memory()"),
        (Rules.HasAutoMovable, "yes", Confirmation.RealKernel, "mm/memory_hotplug.c auto_movable_zone_for_pfn()"),
        (Rules.RetriesRefusedDimms, "once", Confirmation.RealKernel, "drivers/acpi/scan.c acpi_scan_device_check()"),
        (Rules.HasHmem, "yes", Confirmation.RealKernel, "drivers/dax/hmem/device.c hmem_init()"),
        (Rules.HasRamdax, "no", Confirmation.RealKernel, "no drivers/nvdimm/ramdax.c"),
        (Rules.HmemGoesToKmem, "device_dax", Confirmation.RealKernel, "drivers/dax/hmem/hmem.c dax_hmem_probe(), bus.c dax_bus_match()"),
        (Rules.HmemHasPlatformParent, "platform", Confirmation.RealKernel, "drivers/dax/hmem/device.c"),
        (Rules.SoftReservedInIomem, "below-device", Confirmation.RealKernel, "drivers/dax/hmem/device.c hmem_register_device()"),
        (Rules.PassesOverMisalignedMapping, "enxio", Confirmation.RealKernel, "drivers/dax/bus.c mapping_store()"),
        (Rules.CxlWindowsAdviseBlockSize, "none", Confirmation.RealKernel, "arch/x86/mm/init_64.c probe_memory_block_size()"),
        (Rules.CompoundMemmap, "shared", Confirmation.RealKernel, "mm/sparse-vmemmap.c vmemmap_populate_compound_pages()"),
        (Rules.RangeLimitIsE2big, "einval", Confirmation.SourceOnly, "mm/memremap.c pagemap_range()"),
        (Rules.RefusesEmptyDaxRegion, "silent", Confirmation.RealKernel, "drivers/dax/bus.c alloc_dax_region()"),
        (Rules.KmemSaysTruncated, "no", Confirmation.RealKernel, "drivers/dax/kmem.c dev_dax_kmem_probe()"),
        (Rules.SaysFallbackOrder, "fallback-order", Confirmation.RealKernel, "mm/page_alloc.c build_zonelists()"),
        (Rules.KmsanFields, "before-cpupid", Confirmation.SourceOnly, MmTypes),
        (Rules.MemcgWordForSlab, "memcg", Confirmation.SourceOnly, MmTypes),
        (Rules.AlignsWithoutSlub, "slub", Confirmation.SourceOnly, "arch/x86/Kconfig, arch/arm64/Kconfig HAVE_ALIGNED_STRUCT_PAGE"),
        (Rules.ZeroedMax, "up-to-96", Confirmation.SourceOnly, "include/linux/mm.h mm_zero_struct_page(); in 6.1 since 6.1.13"),
        (Rules.HasClassicSparsemem, "yes", Confirmation.SourceOnly, "arch/x86/Kconfig X86_5LEVEL, SPARSEMEM_VMEMMAP"),
        (Rules.FlagsFixed, "22", Confirmation.SourceOnly, PageFlags),
        (Rules.PageFlagSet, "uncached-skip-kasan", Confirmation.SourceOnly, PageFlags),
        (Rules.KasanHardwareTagBits, "8", Confirmation.SourceOnly, FlagsLayout),
        (Rules.HasLruGen, "yes", Confirmation.SourceOnly, FlagsLayout),
        (Rules.ExtAlwaysHasFlags, "always", Confirmation.SourceOnly, PageExt),
        (Rules.PageExtInit, "early-by-parameter", Confirmation.SourceOnly, "init/main.c page_ext_init(), mm/page_ext.c early_page_ext"),
        (
            Rules.HasKmsan,
            "two-of-three",
            Confirmation.SourceOnly,
            "mm/kmsan/init.c kmsan_memblock_free_pages(); a KMSAN kernel of 6.12 was seen to do so"
        ),
        (Rules.IsKmsanBuild, "no", Confirmation.RealKernel, "CONFIG_KMSAN, as the distribution configures it")
    );

    /// <summary>The check of the lanes came late, and not to every stable series.</summary>
    private static readonly ImmutableDictionary<Rule, RuleSetting> WithoutLaneCheck = Change(
        Linux61,
        Confirmation.RealKernel,
        (Rules.ChecksBttLanes, "no", "drivers/nvdimm/btt.c discover_arenas()")
    );

    private static readonly ImmutableDictionary<Rule, RuleSetting> Linux510 = Change(
        Change(
            WithoutLaneCheck,
            Confirmation.SourceOnly,
            (Rules.DisksFollowReadOnly, "when-made", "drivers/nvdimm/bus.c nvdimm_check_and_set_ro()"),
            (Rules.HasAutoMovable, "no", "mm/memory_hotplug.c zone_for_pfn_range()"),
            (Rules.RetriesRefusedDimms, "once", "drivers/acpi/scan.c acpi_scan_device_check()"),
            (Rules.DaxProbe, "address", "drivers/dax/super.c __generic_fsdax_supported()"),
            (Rules.QueueFiles, "queue-5.10", "block/blk-sysfs.c queue_attrs, queue_attr_visible(), 5.10.262"),
            (Rules.HasHmem, "yes", "drivers/dax/hmem/device.c hmem_init()"),
            (Rules.HmemGoesToKmem, "device_dax", "drivers/dax/hmem/hmem.c dax_hmem_probe()"),
            (Rules.HmemHasPlatformParent, "platform", "drivers/dax/hmem/device.c"),
            (Rules.SoftReservedInIomem, "below-device", "drivers/dax/hmem/device.c hmem_register_device()"),
            (Rules.PassesOverMisalignedMapping, "enxio", "drivers/dax/bus.c mapping_store()"),
            (Rules.CxlWindowsAdviseBlockSize, "none", "arch/x86/mm/init_64.c probe_memory_block_size()")
        ),
        Confirmation.RealKernel,
        (Rules.LargeStructPage, "build-error", "drivers/nvdimm/pfn_devs.c nd_pfn_init()"),
        (Rules.HasKmsan, "none", "mm/"),
        (Rules.BindReturnsProbeErrno, "enodev", "drivers/base/bus.c bind_store()"),
        (Rules.KmemRefusesEmptyDevice, "bind", "drivers/dax/kmem.c dev_dax_kmem_probe()"),
        (Rules.DimmMajor, "249", "nmem0/dev of a guest"),
        (Rules.DaxMajor, "253", "dax0.0/dev of a guest"),
        (Rules.ChecksLabelSizeField, "no", "drivers/nvdimm/label.c __nd_label_validate()"),
        (Rules.LabelSlotProductBits, "32", "drivers/nvdimm/label.c __nd_label_validate()"),
        (Rules.LocalLabelsAreBlockMode, "block-mode", "drivers/nvdimm/namespace_devs.c"),
        (Rules.SectionBitsArm64, "30", "arch/arm64/include/asm/sparsemem.h"),
        (Rules.SectionBitsArm64Pages64K, "30", "arch/arm64/include/asm/sparsemem.h"),
        (Rules.PfnToOnlinePage, "section-flag", "include/linux/memory_hotplug.h pfn_to_online_page()"),
        (Rules.Arm64PfnValidAsksMemblock, "memblock", "arch/arm64/mm/init.c pfn_valid()"),
        (Rules.DeviceMapsRaiseMaxPfnOnX86, "raise", "arch/x86/mm/init_64.c add_pages()"),
        (Rules.AddedMemorySetsMaxPfnOnArm64, "set", "arch/arm64/mm/mmu.c arch_add_memory()"),
        (Rules.BlockZoneFollowsPages, "pages", "mm/memory_hotplug.c test_pages_in_a_zone()"),
        (Rules.Arm64MemmapIsAlwaysPmd, "always-pmd", "arch/arm64/mm/mmu.c vmemmap_populate()"),
        (Rules.MemmapOnMemory, "none", "mm/memory_hotplug.c add_memory_resource()"),
        (Rules.CompoundMemmap, "none", "mm/memremap.c"),
        (Rules.RangeLimitIsE2big, "e2big", "mm/memory_hotplug.c check_hotplug_memory_addressable()"),
        (Rules.SaysFallbackOrder, "offlined-pages", "mm/memory_hotplug.c offline_pages()"),
        (Rules.ZeroedMax, "up-to-80", "include/linux/mm.h mm_zero_struct_page()"),
        (Rules.PageFlagSet, "uncached", PageFlags),
        (Rules.KasanHardwareTagBits, "0", FlagsLayout),
        (Rules.HasLruGen, "no", FlagsLayout),
        (Rules.PageExtInit, "late", "init/main.c page_ext_init()")
    );

    private static readonly ImmutableDictionary<Rule, RuleSetting> Linux612 = Change(
        Change(WithoutLaneCheck, Confirmation.SourceOnly, (Rules.QueueFiles, "not-read", "block/blk-sysfs.c queue_attrs")),
        Confirmation.RealKernel,
        (Rules.RetriesRefusedDimms, "retry", "drivers/acpi/scan.c acpi_scan_device_check(), acpi_scan_rescan_bus()"),
        (Rules.ChecksSmallNamespace, "yes", "drivers/nvdimm/pfn_devs.c nd_pfn_validate()"),
        (Rules.CreateSpaceCountsEndTrunc, "size-minus-end-trunc", "drivers/nvdimm/pfn_devs.c nd_pfn_init()"),
        (Rules.ChecksLabelSizeField, "no", "drivers/nvdimm/label.c __nd_label_validate()"),
        (Rules.LabelSlotProductBits, "32", "drivers/nvdimm/label.c __nd_label_validate()"),
        (Rules.DimmMajor, "244", "nmem0/dev of a guest"),
        (Rules.ProbeMessageNamesDriver, "probe-with-driver", "drivers/base/dd.c call_driver_probe()"),
        (Rules.DaxHasMemmapOnMemory, "yes", "drivers/dax/bus.c"),
        (Rules.AutoOnline, "online", "mm/memory_hotplug.c mhp_default_online_type, as the distribution configures it"),
        (Rules.HmemGoesToKmem, "kmem", "drivers/dax/hmem/hmem.c dax_hmem_probe(): IORESOURCE_DAX_KMEM; since 6.3"),
        (Rules.MemoryHasCrashHotplug, "yes", "drivers/base/memory.c memory_root_attrs"),
        (Rules.SoftReservedInIomem, "listed", "drivers/dax/hmem/device.c: the platform devices have no resource since 6.3"),
        (Rules.PassesOverMisalignedMapping, "pass-over", "drivers/dax/bus.c mapping_store()"),
        (Rules.PudAlignIsRunTime, "run-time", "drivers/nvdimm/pfn_devs.c nd_pfn_supported_alignments()"),
        (Rules.SectionBitsArm64, "27", "arch/arm64/include/asm/sparsemem.h"),
        (Rules.SectionBitsArm64Pages64K, "29", "arch/arm64/include/asm/sparsemem.h"),
        (Rules.Arm64PfnValidAsksMemblock, "generic", "include/linux/mmzone.h pfn_valid()"),
        (Rules.AddedMemorySetsMaxPfnOnArm64, "raise", "arch/arm64/mm/mmu.c arch_add_memory()"),
        (Rules.MemmapOnMemory, "blocks", "mm/memory_hotplug.c create_altmaps_and_memory_blocks()"),
        (Rules.KmsanFields, "behind-cpupid", MmTypes),
        (Rules.MemcgWordForSlab, "memcg-or-slab-obj-ext", MmTypes),
        (Rules.AlignsWithoutSlub, "always", "arch/x86/Kconfig, arch/arm64/Kconfig HAVE_ALIGNED_STRUCT_PAGE"),
        (Rules.FlagsFixed, "20", PageFlags),
        (Rules.PageFlagSet, "arch-2-3", PageFlags),
        (Rules.ExtAlwaysHasFlags, "if-needed", PageExt),
        (Rules.PageExtInit, "early", "mm/mm_init.c page_ext_init()")
    );

    private static readonly ImmutableDictionary<Rule, RuleSetting> Linux72 = Change(
        Linux612,
        Confirmation.RealKernel,
        (Rules.AcpiDevicesArePlatform, "platform", "drivers/acpi/nfit/core.c"),
        (Rules.DimmMajor, "243", "nmem0/dev of a guest"),
        (Rules.DaxMajor, "251", "dax0.0/dev of a guest"),
        (Rules.ChecksBttLanes, "yes", "drivers/nvdimm/btt.c discover_arenas()"),
        (Rules.ChecksLabelSizeField, "yes", "drivers/nvdimm/label.c __nd_label_validate()"),
        (Rules.LabelSlotProductBits, "64", "drivers/nvdimm/label.c __nd_label_validate()"),
        (Rules.RefusesEmptyDaxRegion, "conflict", "drivers/dax/bus.c alloc_dax_region(), dax_regions"),
        (Rules.KmemSaysTruncated, "yes", "drivers/dax/kmem.c dev_dax_kmem_probe()"),
        (Rules.HmemHasPlatformParent, "hmem-platform", "drivers/dax/hmem/hmem.c"),
        (Rules.SoftReservedInIomem, "own-tree", "kernel/resource.c soft_reserve_resource"),
        (Rules.QueueFiles, "queue-7.2", "block/blk-sysfs.c queue_attrs, blk_mq_queue_attr_visible()"),
        (
            Rules.CxlWindowsAdviseBlockSize,
            "cxl-windows",
            "drivers/acpi/numa/srat.c acpi_parse_cfmws(), drivers/base/memory.c memory_block_advise_max_size(); since 6.15"
        ),
        (Rules.HasRamdax, "yes", "drivers/nvdimm/ramdax.c; since 6.19"),
        (Rules.HasClassicSparsemem, "no", "arch/x86/Kconfig SPARSEMEM_VMEMMAP"),
        (Rules.FlagsFixed, "21", PageFlags),
        (Rules.KasanHardwareTagBits, "4", FlagsLayout)
    );

    private static readonly ImmutableDictionary<Rule, RuleSetting> Linux54 = Change(
        Infer(Linux510, "as 5.10"),
        Confirmation.Inferred,
        (Rules.QueueFiles, "not-read", "not read"),
        (Rules.InfoBlockLayout, "sub-section", "a vendor tree of 5.4: drivers/nvdimm/pfn_devs.c nd_pfn_init()"),
        (Rules.HasHmem, "no", "dax_hmem came after 5.4; not read in that version"),
        (Rules.RegionsHaveAlign, "no", "before 2522afb86a8c (\"libnvdimm/region: Introduce an 'align' attribute\"), 5.7"),
        (Rules.RefusesWithEopnotsupp, "mixed", "a vendor tree of 5.4: drivers/nvdimm/pfn_devs.c nd_pfn_validate()"),
        (Rules.ChecksCompatAlign, "no", "a vendor tree of 5.4: drivers/nvdimm/pfn_devs.c nd_pfn_validate()"),
        (
            Rules.BootHolesTakeNeighbourZone,
            "first-zone",
            "5.10.0 and 5.11 as the thread of January 2021 tells: mm/page_alloc.c init_unavailable_range()"
        )
    );

    private static readonly ImmutableDictionary<Rule, RuleSetting> Linux419 = Change(
        Linux54,
        Confirmation.Inferred,
        (Rules.InfoBlockLayout, "section-4.19", "a vendor tree of 4.19.37: drivers/nvdimm/pfn_devs.c nd_pfn_init()"),
        (
            Rules.HasDaxBus,
            "no",
            "before 51cf784c42d0 (\"device-dax: Start defining a dax bus model\"), 5.1; read in 4.15: drivers/dax/pmem.c dax_pmem_probe()"
        ),
        (Rules.HasTargetNode, "no", "before 8fc5c73554db (\"acpi/nfit, device-dax: Identify differentiated memory\"), 5.1; none in 4.15"),
        (
            Rules.LargeStructPage,
            "build-error",
            "4.19.72 has no check: nd_pfn_init() keeps 64 bytes a page whatever sizeof(struct page); what follows is not modelled"
        ),
        (Rules.InfoBlockMinor, "2", "a vendor tree of 4.19.37: drivers/nvdimm/pfn_devs.c nd_pfn_init()"),
        (Rules.ChecksPageSize, "no", "a vendor tree of 4.19.37: drivers/nvdimm/pfn_devs.c nd_pfn_validate()"),
        (
            Rules.HasKmem,
            "no",
            "before c221c0b0308f (\"device-dax: \"Hotplug\" persistent memory for use like normal RAM\"), 5.1; a vendor tree may have "
                + "it: set it in a profile file"
        ),
        (Rules.DeviceMapsAreSections, "section", "before ba72b4c8cf60 (\"mm/sparsemem: support sub-section hotplug\")"),
        (Rules.ZeroedMax, "memset", "before 5470dea49f53 (\"mm: use mm_zero_struct_page from SPARC on all 64b architectures\")")
    );

    /// <summary>The one kernel that was built with CONFIG_KMSAN and run.</summary>
    private static readonly KernelProfile RunWithKmsan = new("6.12", "Debian 13; run as 6.12.107", Linux612);

    /// <summary>All that ship, oldest first.</summary>
    public static readonly ImmutableArray<KernelProfile> All =
    [
        NeverRun("4.19", "section-granular namespaces with start_pad; read in part as 4.19.72, never run", Linux419),
        NeverRun("5.4", "sub-section namespaces before compat alignment; read in part as 5.4.59, never run", Linux54),
        new("5.10", "Debian 11; run as 5.10.223", Linux510),
        NeverRun(
            "5.15",
            "read in part as 5.15.135, the rest interpolated between 5.10 and 6.1; never run",
            Change(
                Infer(Linux61, "between 5.10 and 6.1"),
                Confirmation.Inferred,
                (Rules.LargeStructPage, "build-error", "between 5.10 and 6.1"),
                (Rules.QueueFiles, "not-read", "not read"),
                (Rules.CompoundMemmap, "none", "a vendor tree of 5.15.176: mm/memremap.c has no vmemmap_shift"),
                (
                    Rules.LocalLabelsAreBlockMode,
                    "block-mode",
                    "before f8669f1d6a86 (\"nvdimm/blk: Delete the block-aperture window driver\"), March 2022"
                ),
                (Rules.ZeroedMax, "up-to-80", "before 6.1.13"),
                (Rules.HasLruGen, "no", "CONFIG_LRU_GEN came with 6.1"),
                (Rules.PageExtInit, "late", "early_page_ext came with 6.1"),
                (Rules.HasKmsan, "none", "KMSAN came with 6.1"),
                (Rules.ChecksBttLanes, "no", "as 5.10: later series got the check late")
            )
        ),
        NeverRun(
            "6.1.0",
            "6.1.0 to 6.1.11: page map reserved at 128 bytes a page; read in part as 6.1-rc7, never run",
            Change(
                Infer(Linux61, "as 6.1"),
                Confirmation.Inferred,
                (
                    Rules.MaxStructPageSize,
                    "128",
                    "6e9f05dc66f9 (\"libnvdimm/pfn_dev: increase MAX_STRUCT_PAGE_SIZE\"), the thread; not read as source"
                ),
                (Rules.ChecksBttLanes, "no", "as 5.10: the series got the check late"),
                (Rules.ZeroedMax, "up-to-80", "before \"mm: extend max struct page size for kmsan\" (6.1.13)"),
                (
                    Rules.LargeStructPage,
                    "build-error",
                    "before c91d71363084 (\"nvdimm: Support sizeof(struct page) > MAX_STRUCT_PAGE_SIZE\")"
                )
            )
        ),
        new("6.1", "Debian 12, 6.1.12 and later; run as 6.1.192", Linux61),
        NeverRun(
            "6.6",
            "read in part as 6.6.57, the rest interpolated between 6.1 and 6.12; never run",
            Change(
                Infer(Linux61, "between 6.1 and 6.12"),
                Confirmation.Inferred,
                (Rules.QueueFiles, "not-read", "not read"),
                (Rules.MemoryHasCrashHotplug, "yes", "as 6.12: crash_hotplug came with 6.6; not read in that version"),
                (Rules.HmemGoesToKmem, "kmem", "as 6.12: IORESOURCE_DAX_KMEM came with 6.3"),
                (Rules.SoftReservedInIomem, "listed", "as 6.12: the platform devices lost their resource with 6.3")
            )
        ),
        RunWithKmsan,
        new("7.2", "Debian sid; run as 7.2.13", Linux72),
    ];

    /// <summary>The kernel where neither a machine nor the user names one: that of most recordings.</summary>
    public static KernelProfile Default => Find("6.1")!;

    /// <summary>The same kernels built with CONFIG_KMSAN, where they have it: struct page of 80 bytes. <see cref="All"/> is without
    /// them.</summary>
    public static readonly ImmutableArray<KernelProfile> Kmsan =
    [
        .. All.Where(p => p.Get(Rules.HasKmsan))
            .Select(p =>
                ReferenceEquals(p, RunWithKmsan)
                    ? WithKmsan(p, Confirmation.RealKernel, "a kernel 6.12.107 with CONFIG_KMSAN", "; run as 6.12.107")
                    : BuiltWithKmsan(p)
            ),
    ];

    /// <summary>Every profile that has a name: <see cref="All"/>, then <see cref="Kmsan"/>.</summary>
    public static readonly ImmutableArray<KernelProfile> Named = [.. All, .. Kmsan];

    /// <summary>The profile of that name, or null. Any other version: <see cref="KernelNames.Find"/>.</summary>
    public static KernelProfile? Find(string name) => Named.FirstOrDefault(p => p.Name == name);

    /// <summary>Names for messages: <c>4.19, 5.4, …</c>.</summary>
    public static string Names => string.Join(", ", Named.Select(p => p.Name));

    /// <summary>The kernel built with CONFIG_KMSAN: two pointers more in struct page, whatever the order of the fields
    /// (include/linux/mm_types.h). The same profile where it is.</summary>
    public static KernelProfile BuiltWithKmsan(KernelProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return profile.Get(Rules.IsKmsanBuild)
            ? profile
            : WithKmsan(profile, Confirmation.Inferred, "computed from the fields; a KMSAN kernel was run of 6.12.107 only", ", never run");
    }

    private static KernelProfile WithKmsan(KernelProfile profile, Confirmation confirmation, string source, string description)
    {
        Dictionary<Rule, RuleSetting> rules = profile.Settings.ToDictionary(s => s.Rule, s => s.Setting);
        Set(Rules.StructPageSize.To(profile.Get(Rules.StructPageSize) + new ByteSize(16)), confirmation, source);
        Set(Rules.IsKmsanBuild.To(true), confirmation, source);
        if (confirmation == Confirmation.RealKernel)
        {
            foreach (Rule seen in (Rule[])[Rules.LargeStructPage, Rules.HasKmsan])
                rules[seen] = rules[seen] with { Confirmation = confirmation };
        }
        return new(profile.Name + KmsanSuffix, $"{profile.Name} built with CONFIG_KMSAN{description}", rules);

        void Set(RuleChange change, Confirmation how, string where) => rules[change.Rule] = new(change.Value, how, where);
    }

    private static ImmutableDictionary<Rule, RuleSetting> Build(
        params (Rule Rule, string Value, Confirmation Confirmation, string Source)[] rules
    ) => rules.ToImmutableDictionary(r => r.Rule, r => new RuleSetting(r.Value, r.Confirmation, Sources + r.Source));

    /// <summary>Rules changed on top of another profile; those whose base was only read in source stay so.</summary>
    private static ImmutableDictionary<Rule, RuleSetting> Change(
        ImmutableDictionary<Rule, RuleSetting> rules,
        Confirmation confirmation,
        params (Rule Rule, string Value, string Source)[] changes
    ) =>
        rules.SetItems(
            changes.Select(c =>
            {
                Confirmation known = rules[c.Rule].Confirmation;
                return KeyValuePair.Create(
                    c.Rule,
                    new RuleSetting(
                        c.Value,
                        known > confirmation ? known : confirmation,
                        confirmation == Confirmation.Inferred ? c.Source : Sources + c.Source
                    )
                );
            })
        );

    private static KernelProfile NeverRun(string name, string description, ImmutableDictionary<Rule, RuleSetting> rules) =>
        new(name, description, KernelReadings.Over(name, rules));

    private static ImmutableDictionary<Rule, RuleSetting> Infer(ImmutableDictionary<Rule, RuleSetting> rules, string from) =>
        rules.ToImmutableDictionary(
            r => r.Key,
            r => r.Value with { Confirmation = Confirmation.Inferred, Source = $"inferred: {from}; {r.Value.Source}" }
        );
}

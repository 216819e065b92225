using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Core.Kernels;

/// <summary>
/// Every rule that a kernel profile sets, with the words it may have: the one list that profiles, profile files, <c>altmap kernels</c>
/// and its help walk. A rule is declared here and set in <see cref="KernelProfiles"/>; code asks a profile for it with
/// <see cref="KernelProfile.Get{T}"/>.
/// </summary>
public static class Rules
{
    /// <summary>Filled by the declarations below, in their order; the first field, so that it is there when they run.</summary>
    private static readonly List<Rule> Declared = [];

    /// <summary>How a new info-block is laid out.</summary>
    public static readonly Rule<InfoBlockLayout> InfoBlockLayout = Words<InfoBlockLayout>(
        "info-block.layout",
        "how start_pad, dataoff and end_trunc of a new info-block are computed",
        new("section-4.12", Kernels.InfoBlockLayout.Section412, "whole sections; start_pad where System RAM shares the first section"),
        new("section-4.19", Kernels.InfoBlockLayout.Section419, "whole sections; other regions of the bus in the same section count too"),
        new("sub-section", Kernels.InfoBlockLayout.SubSection, "sub-sections of 2 MiB; the start is not looked at"),
        new(
            "compat-align",
            Kernels.InfoBlockLayout.CompatAlign,
            "units of memremap_compat_align(); a start that is none of them is refused"
        )
    );

    /// <summary>Minor version of a new info-block.</summary>
    public static readonly Rule<int> InfoBlockMinor = Number("info-block.minor", "minor version written into a new info-block", 1, 4);

    /// <summary>MAX_STRUCT_PAGE_SIZE.</summary>
    public static readonly Rule<ByteSize> MaxStructPageSize = Bytes(
        "info-block.max-struct-page-size",
        "bytes set aside on the device for each page's struct page (MAX_STRUCT_PAGE_SIZE)"
    );

    /// <summary>What happens when struct page is larger than the reserve.</summary>
    public static readonly Rule<LargeStructPage> LargeStructPage = Words<LargeStructPage>(
        "info-block.large-struct-page",
        "creation with map=dev when struct page is larger than info-block.max-struct-page-size",
        new("build-error", Kernels.LargeStructPage.BuildError, "there is no such kernel: it does not build"),
        new("refuse", Kernels.LargeStructPage.Refuse, "refused with EINVAL"),
        new(
            "record-real-size",
            Kernels.LargeStructPage.RecordRealSize,
            "the real size is set aside and recorded in page_struct_size (CONFIG_NVDIMM_KMSAN)"
        )
    );

    /// <summary>Whether page size, struct page size and devdax alignment of an existing block are judged.</summary>
    public static readonly Rule<bool> ChecksPageSize = YesNo(
        "info-block.page-size-check",
        "an existing block whose page_size, page_struct_size or devdax align does not fit is refused",
        "refused, with what does not fit in the log",
        "taken as it is"
    );

    /// <summary>Which errno a refused block gives.</summary>
    public static readonly Rule<bool> RefusesWithEopnotsupp = Choice(
        "info-block.refusal-errno",
        "errno of a refused block: EOPNOTSUPP leaves the namespace without driver; the older mix lets it come up raw",
        ("eopnotsupp", "EOPNOTSUPP: the namespace has no driver"),
        ("mixed", "ENXIO, EBUSY or EINVAL, by the check: the namespace comes up raw")
    );

    /// <summary>What the alignment of dataoff is counted from.</summary>
    public static readonly Rule<bool> OffsetCheckIsPhysical = Choice(
        "info-block.offset-check",
        "what must be a multiple of align: dataoff alone, or its physical address",
        ("physical", "the physical address of the data: start of the namespace + start_pad + dataoff"),
        ("dataoff", "dataoff alone, wherever the namespace lies")
    );

    /// <summary>Whether start and end of the mapped range are judged against the compat alignment.</summary>
    public static readonly Rule<bool> ChecksCompatAlign = YesNo(
        "info-block.compat-check",
        "a block whose padded start or truncated end is not a multiple of memremap_compat_align() is refused",
        "refused",
        "taken; the page map decides"
    );

    /// <summary>Whether an offset beyond the truncated size is refused.</summary>
    public static readonly Rule<bool> ChecksSmallNamespace = YesNo(
        "info-block.small-namespace-check",
        "a block with dataoff at or beyond size - start_pad - end_trunc is refused",
        "refused",
        "taken; the number of its pages wraps"
    );

    /// <summary>When a new block finds too little room.</summary>
    public static readonly Rule<bool> CreateSpaceCountsEndTrunc = Choice(
        "info-block.create-space-check",
        "what dataoff of a new block is held against",
        ("size-minus-end-trunc", "the size without end_trunc"),
        ("size", "the whole size")
    );

    /// <summary>sizeof(struct page).</summary>
    public static readonly Rule<ByteSize> StructPageSize = Bytes(
        "struct-page.size",
        "sizeof(struct page) of the distribution's configuration"
    );

    /// <summary>BTT lanes against the region's.</summary>
    public static readonly Rule<bool> ChecksBttLanes = YesNo(
        "btt.lane-check",
        "a BTT whose arena has fewer lanes (nfree) than the region is refused",
        "refused",
        "taken"
    );

    /// <summary>labelsize field above 1.</summary>
    public static readonly Rule<bool> ChecksLabelSizeField = YesNo(
        "labels.labelsize-check",
        "an index block with labelsize above 1 is refused before it is used as a shift",
        "refused",
        "used as it is"
    );

    /// <summary>Width of nslot × label size.</summary>
    public static readonly Rule<int> LabelSlotProductBits = Words<int>(
        "labels.slot-product-bits",
        "width in bits of the product nslot × label size that is held against the area",
        new("32", 32, "the product wraps at 4 GiB: a huge nslot passes"),
        new("64", 64, "the product is exact")
    );

    /// <summary>LOCAL labels (block mode).</summary>
    public static readonly Rule<bool> LocalLabelsAreBlockMode = Choice(
        "labels.local-flag",
        "labels with the LOCAL flag: kept for block-mode regions, or taken as any other",
        ("block-mode", "kept for block-mode regions: no pmem namespace comes of them"),
        ("ignored", "taken as any other label")
    );

    /// <summary>Words of a failed probe.</summary>
    public static readonly Rule<bool> ProbeMessageNamesDriver = Choice(
        "driver.probe-message",
        "words of the driver core for a failed probe",
        ("probe-with-driver", "probe with driver DRIVER failed with error"),
        ("probe-of", "DRIVER: probe of DEVICE failed with error")
    );

    /// <summary>What a failed bind through sysfs returns.</summary>
    public static readonly Rule<bool> BindReturnsProbeErrno = Choice(
        "sysfs.bind-errno",
        "errno of a write to a driver's bind attribute when the probe fails",
        ("probe", "that of the probe"),
        ("enodev", "ENODEV, whatever the probe said")
    );

    /// <summary>The align attribute of a region.</summary>
    public static readonly Rule<bool> RegionsHaveAlign = YesNo(
        "region.align",
        "a region has an align attribute, and sizes of its namespaces are multiples of it (16 MiB unless set); else sizes are whole "
            + "pages on each DIMM",
        "sizes are multiples of it",
        "sizes are whole pages on each DIMM"
    );

    /// <summary>Whether block devices follow read_only of their region.</summary>
    public static readonly Rule<bool> DisksFollowReadOnly = Choice(
        "region.read-only-disks",
        "when a block device takes over read_only of its region: whenever that is written, or only when the block device is made",
        ("follow", "whenever it is written, and back again"),
        ("when-made", "when the block device is made; it stays read-only from then on")
    );

    /// <summary>Major number of DIMMs' device nodes.</summary>
    public static readonly Rule<int> DimmMajor = Number(
        "sysfs.dimm-major",
        "major number of nmem devices on a machine with no other driver that asks for a free one",
        1,
        511
    );

    /// <summary>Major number of device-dax devices.</summary>
    public static readonly Rule<int> DaxMajor = Number(
        "sysfs.dax-major",
        "major number of device-dax devices on a machine with no other driver that asks for a free one",
        1,
        511
    );

    /// <summary>Where devdax namespaces are mapped.</summary>
    public static readonly Rule<bool> HasDaxBus = YesNo(
        "dax.bus",
        "device-dax devices stand on a bus of their own, whose driver device_dax maps them; without, dax_pmem maps the namespace itself",
        "device_dax maps: a device that cannot be mapped is there, without driver",
        "dax_pmem maps in its own probe: a namespace that cannot be mapped has no device"
    );

    /// <summary>target_node.</summary>
    public static readonly Rule<bool> HasTargetNode = YesNo(
        "sysfs.target-node",
        "regions, namespaces and device-dax devices have a target_node attribute",
        "it is there",
        "it is not, and ndctl leaves it out"
    );

    /// <summary>What is looked at before a file system may use DAX.</summary>
    public static readonly Rule<DaxProbe> DaxProbe = Words<DaxProbe>(
        "fsdax.mount-probe",
        "what is looked at when a file system on an fsdax namespace is mounted with dax: where nothing is, a start_pad goes unnoticed",
        new("device-map", Kernels.DaxProbe.DeviceMap, "the pfn of sector 0 must lie in a device map"),
        new(
            "address",
            Kernels.DaxProbe.Address,
            "and be behind the virtual address, as that of the last page: with a start_pad DAX is off"
        ),
        new("none", Kernels.DaxProbe.None, "nothing")
    );

    /// <summary>crash_hotplug below /sys/devices/system/memory.</summary>
    public static readonly Rule<bool> MemoryHasCrashHotplug = YesNo(
        "sysfs.crash-hotplug",
        "/sys/devices/system/memory has crash_hotplug, with CONFIG_CRASH_HOTPLUG as distributions have it",
        "it is there",
        "it is not"
    );

    /// <summary>Attributes of a block device's queue; <see cref="QueueFiles.NotRead"/>: not known.</summary>
    public static readonly Rule<QueueFiles> QueueFiles = Words<QueueFiles>(
        "sysfs.queue-files",
        "which files /sys/block/pmemN/queue has, as Debian configures the kernel",
        new("queue-5.10", Kernels.QueueFiles.Linux510, "37 files: those of 6.1 without dma_alignment and virt_boundary_mask"),
        new("queue-6.1", Kernels.QueueFiles.Linux61, "39 files, those of request queues (scheduler, nr_requests) among them"),
        new("queue-7.2", Kernels.QueueFiles.Linux72, "44 files: those of request queues are gone, atomic writes and write streams are new"),
        new("not-read", Kernels.QueueFiles.NotRead, "not known: ls of the folder is refused")
    );

    /// <summary>memmap_on_memory of device-dax devices.</summary>
    public static readonly Rule<bool> DaxHasMemmapOnMemory = YesNo(
        "sysfs.dax-memmap-on-memory",
        "device-dax devices have a memmap_on_memory attribute",
        "it is there",
        "it is not"
    );

    /// <summary>Whether device-dax devices can become System RAM.</summary>
    public static readonly Rule<bool> HasKmem = YesNo(
        "kmem.driver",
        "there is the kmem driver, and the dax bus that came with it; without, device-dax devices cannot become System RAM",
        "device-dax devices can become System RAM",
        "they cannot"
    );

    /// <summary>What kmem makes of a device without a whole memory block.</summary>
    public static readonly Rule<bool> KmemRefusesEmptyDevice = Choice(
        "kmem.empty-device",
        "a device-dax device that holds no whole memory block: kmem refuses it (EINVAL), or binds to it without any memory",
        ("refuse", "EINVAL"),
        ("bind", "kmem binds, and adds nothing")
    );

    /// <summary>A dax region that has no bytes.</summary>
    public static readonly Rule<bool> RefusesEmptyDaxRegion = Choice(
        "dax.empty-region",
        "a dax region that ends where it starts, or before",
        ("conflict", "refused with a line in the log: all dax regions are in one resource tree, which takes none that is empty"),
        ("silent", "refused without a word where it ends before it starts; an empty one is taken")
    );

    /// <summary>kmem and lost bytes.</summary>
    public static readonly Rule<bool> KmemSaysTruncated = YesNo(
        "kmem.says-truncated",
        "kmem logs how much it cuts off",
        "a line in the log",
        "nothing is logged"
    );

    /// <summary>What happens to memory blocks that are added after boot.</summary>
    public static readonly Rule<OnlinePolicy> AutoOnline = Words<OnlinePolicy>(
        "memory.auto-online",
        "auto_online_blocks at boot, by the distribution's configuration; memhp_default_state= on the command line goes before it",
        new(OnlinePolicy.Offline.Word(), OnlinePolicy.Offline, "added memory stays offline"),
        new(OnlinePolicy.Online.Word(), OnlinePolicy.Online, "added memory goes online, in the zone that the kernel picks"),
        new(OnlinePolicy.OnlineKernel.Word(), OnlinePolicy.OnlineKernel, "added memory goes online in a kernel zone"),
        new(OnlinePolicy.OnlineMovable.Word(), OnlinePolicy.OnlineMovable, "added memory goes online in ZONE_MOVABLE")
    );

    /// <summary>Where ACPI devices stand in sysfs.</summary>
    public static readonly Rule<bool> AcpiDevicesArePlatform = Choice(
        "sysfs.acpi-device-path",
        "where the NFIT device stands below /sys/devices: in the tree of ACPI objects, or under platform",
        ("platform", "/sys/devices/platform/ACPI0012:00"),
        ("acpi", "/sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00")
    );

    /// <summary>How 1G alignment is offered.</summary>
    public static readonly Rule<bool> PudAlignIsRunTime = Choice(
        "align.pud",
        "how the PUD size enters the supported alignments",
        ("run-time", "where the processor has huge PUDs, asked at run time"),
        ("compile-time", "where the kernel was configured with them")
    );

    /// <summary>Section bits, x86-64.</summary>
    public static readonly Rule<int> SectionBitsX86 = Bits("section.bits-x86_64", "log2 of the memory section size on x86-64");

    /// <summary>Section bits, arm64 with 4K or 16K pages.</summary>
    public static readonly Rule<int> SectionBitsArm64 = Bits(
        "section.bits-arm64",
        "log2 of the memory section size on arm64 with 4K and 16K pages"
    );

    /// <summary>Section bits, arm64 with 64K pages.</summary>
    public static readonly Rule<int> SectionBitsArm64Pages64K = Bits(
        "section.bits-arm64-64k",
        "log2 of the memory section size on arm64 with 64K pages"
    );

    /// <summary>Section bits, ppc64le.</summary>
    public static readonly Rule<int> SectionBitsPpc64 = Bits("section.bits-ppc64le", "log2 of the memory section size on ppc64le");

    /// <summary>pfn_to_online_page().</summary>
    public static readonly Rule<PfnOnlineRule> PfnToOnlinePage = Words<PfnOnlineRule>(
        "memory.pfn-to-online-page",
        "what pfn_to_online_page() asks: the section's online flag; that, the taint and the page map; that and the sub-section; or "
            + "all of them",
        new("section-flag", PfnOnlineRule.SectionFlag, "the section's online flag"),
        new("taint-pagemap", PfnOnlineRule.TaintPagemap, "and, where the section is tainted, get_dev_pagemap(); never released"),
        new("sub-section", PfnOnlineRule.SubSection, "the online flag and pfn_section_valid(); never released"),
        new("current", PfnOnlineRule.Current, "the online flag, pfn_section_valid(), then taint and get_dev_pagemap()")
    );

    /// <summary>pfn_valid() of arm64.</summary>
    public static readonly Rule<bool> Arm64PfnValidAsksMemblock = Choice(
        "memory.arm64-pfn-valid",
        "pfn_valid() of arm64: its own, which asks memblock for boot memory, or the one of all architectures",
        ("memblock", "its own: memblock_is_map_memory() for boot memory"),
        ("generic", "the one of all architectures: sections and sub-sections")
    );

    /// <summary>struct pages of boot holes.</summary>
    public static readonly Rule<bool> BootHolesTakeNeighbourZone = Choice(
        "memory.boot-holes",
        "zone of the struct pages of holes at boot: that of the memory beside them, or the first zone",
        ("neighbour", "the zone and node of the memory beside them"),
        ("first-zone", "the first zone of node 0")
    );

    /// <summary>Unit of device maps.</summary>
    public static readonly Rule<bool> DeviceMapsAreSections = Choice(
        "memory.device-map-unit",
        "what memremap_pages() maps: whole sections, or sub-sections of 2 MiB",
        ("section", "whole sections"),
        ("sub-section", "sub-sections of 2 MiB")
    );

    /// <summary>max_pfn and device maps, x86-64.</summary>
    public static readonly Rule<bool> DeviceMapsRaiseMaxPfnOnX86 = Choice(
        "memory.max-pfn-x86_64",
        "what a device map does to max_pfn on x86-64",
        ("raise", "raises it to the end of the map"),
        ("keep", "leaves it")
    );

    /// <summary>max_pfn and added memory, arm64.</summary>
    public static readonly Rule<bool> AddedMemorySetsMaxPfnOnArm64 = Choice(
        "memory.max-pfn-arm64",
        "what a device map or added memory does to max_pfn on arm64: set it to its own end, even a lower one, or raise it",
        ("set", "sets it to its own end, even a lower one"),
        ("raise", "raises it where its end is higher")
    );

    /// <summary>valid_zones.</summary>
    public static readonly Rule<bool> BlockZoneFollowsPages = Choice(
        "memory.block-zone",
        "how the zone of an online memory block is found: from its struct pages each time, or kept since it came online",
        ("pages", "from its struct pages, each time it is asked"),
        ("kept", "kept since it came online")
    );

    /// <summary>Where arm64 takes the memmap of a device from.</summary>
    public static readonly Rule<bool> Arm64MemmapIsAlwaysPmd = Choice(
        "memory.arm64-memmap",
        "memmap of device ranges on arm64 with 4K pages: always in blocks of 2 MiB, or in base pages for pieces of a section",
        ("always-pmd", "always in blocks of 2 MiB"),
        ("pmd-per-section", "blocks of 2 MiB for whole sections, base pages for pieces")
    );

    /// <summary>memmap_on_memory.</summary>
    public static readonly Rule<MemmapOnMemoryRule> MemmapOnMemory = Words<MemmapOnMemoryRule>(
        "memory.memmap-on-memory",
        "memmap of hot-added memory inside it: never; only a single block is added and EINVAL where it does not fit; any number of blocks",
        new("none", MemmapOnMemoryRule.None, "never"),
        new("one-block", MemmapOnMemoryRule.OneBlock, "where a single block is added; EINVAL where it does not fit"),
        new("blocks", MemmapOnMemoryRule.Blocks, "for any number of blocks; without it where it does not fit")
    );

    /// <summary>Whether memory groups and the policy auto-movable exist.</summary>
    public static readonly Rule<bool> HasAutoMovable = YesNo(
        "memory.auto-movable",
        "memory_hotplug.online_policy=auto-movable, its ratio, and memory groups",
        "online can follow the ratio of movable to kernel memory",
        "online follows the spans of zones alone"
    );

    /// <summary>What becomes of a plugged DIMM that the kernel refused.</summary>
    public static readonly Rule<bool> RetriesRefusedDimms = Choice(
        "hotplug.refused-dimm",
        "a plugged DIMM that the kernel refused, when another DIMM comes",
        ("retry", "tried again, with the same messages, at each later one"),
        ("once", "left alone")
    );

    /// <summary>Whether the alignment of the firmware's CXL windows bounds x86-64's memory blocks.</summary>
    public static readonly Rule<bool> CxlWindowsAdviseBlockSize = Choice(
        "memory.block-size-advice",
        "whether the CXL windows of the firmware (CEDT) bound the size of a memory block on x86-64",
        ("cxl-windows", "a block is no larger than what divides the start and the end of every window of 256 MiB alignment and more"),
        ("none", "windows do not count")
    );

    /// <summary>Whether soft-reserved memory becomes dax devices.</summary>
    public static readonly Rule<bool> HasHmem = YesNo(
        "hmem.driver",
        "there is the dax_hmem driver: soft-reserved memory becomes a dax region with a device",
        "each soft-reserved range is a dax region",
        "nothing happens to soft-reserved memory"
    );

    /// <summary>Whether ranges of type 12 can be DIMMs with labels.</summary>
    public static readonly Rule<bool> HasRamdax = YesNo(
        "ramdax.driver",
        "there is the ramdax driver: a range of type 12 (memmap=nn!ss) can be a DIMM that keeps labels in its last 128 KiB",
        "through driver_override of e820_pmem",
        "the module does not exist"
    );

    /// <summary>Which driver takes a device of soft-reserved memory first.</summary>
    public static readonly Rule<bool> HmemGoesToKmem = Choice(
        "hmem.default-driver",
        "the driver that takes a device of soft-reserved memory unless a user says otherwise",
        ("kmem", "kmem: it becomes System RAM at once"),
        ("device_dax", "device_dax, as for persistent memory")
    );

    /// <summary>Where hmem.N stands in sysfs.</summary>
    public static readonly Rule<bool> HmemHasPlatformParent = Choice(
        "hmem.device-path",
        "path of the platform device hmem.N",
        ("hmem-platform", "/sys/devices/platform/hmem_platform.0/hmem.N"),
        ("platform", "/sys/devices/platform/hmem.N")
    );

    /// <summary>Soft-reserved memory in /proc/iomem.</summary>
    public static readonly Rule<SoftReservedListing> SoftReservedInIomem = Words<SoftReservedListing>(
        "iomem.soft-reserved",
        "how /proc/iomem lists soft-reserved memory, which keeps the buffer behind RAM off it",
        new("below-device", SoftReservedListing.BelowDevice, "below a line hmem.N of its platform device"),
        new("listed", SoftReservedListing.Listed, "at the top"),
        new("own-tree", SoftReservedListing.OwnTree, "not at all: a hole, over which a RAM buffer may lie")
    );

    /// <summary>A write to mapping whose length is not aligned.</summary>
    public static readonly Rule<bool> PassesOverMisalignedMapping = Choice(
        "dax.misaligned-mapping",
        "a write to mapping of a dax device whose length is no multiple of its alignment",
        ("pass-over", "the write succeeds and nothing happens"),
        ("enxio", "ENXIO")
    );

    /// <summary>Memory sharing of compound device pages.</summary>
    public static readonly Rule<CompoundMemmap> CompoundMemmap = Words<CompoundMemmap>(
        "memory.compound-memmap",
        "memmap of device-dax pages larger than a page: written in full, compound, or compound with shared tail pages",
        new("none", Kernels.CompoundMemmap.None, "every struct page is written"),
        new("compound", Kernels.CompoundMemmap.Compound, "compound pages; every struct page has memory"),
        new("shared", Kernels.CompoundMemmap.Shared, "compound pages; tail pages share memory where the architecture can")
    );

    /// <summary>errno of an unreachable range.</summary>
    public static readonly Rule<bool> RangeLimitIsE2big = Choice(
        "memory.range-limit-errno",
        "errno of a device map beyond the physical address range",
        ("e2big", "E2BIG"),
        ("einval", "EINVAL")
    );

    /// <summary>What onlining and offlining log.</summary>
    public static readonly Rule<bool?> SaysFallbackOrder = Words<bool?>(
        "memory.zone-messages",
        "logged where memory goes on- or offline: the pages that went offline, or the fallback order of nodes when a zone gets its "
            + "first pages or loses its last, or neither",
        new("fallback-order", true, "Fallback order for Node …, when a zone gets its first pages or loses its last"),
        new("offlined-pages", false, "Offlined Pages …"),
        new("nothing", null, "neither")
    );

    /// <summary>KMSAN exists.</summary>
    public static readonly Rule<bool> HasKmsan = Choice(
        "kmsan.carve-out",
        "what a KMSAN build keeps of the memory that memblock hands over: two of each three blocks of an order; or there is no KMSAN",
        ("two-of-three", "the first two of each three blocks of an order, as shadow and origins of the third"),
        ("none", "this kernel has no KMSAN")
    );

    /// <summary>CONFIG_KMSAN.</summary>
    public static readonly Rule<bool> IsKmsanBuild = YesNo(
        "kmsan.build",
        "built with CONFIG_KMSAN: struct-page.size counts the two KMSAN pointers",
        "this kernel is built with it; struct-page.size counts them",
        "it is not; a KMSAN build of this kernel has 16 bytes more"
    );

    /// <summary>Where the KMSAN pointers stand.</summary>
    public static readonly Rule<KmsanFields> KmsanFields = Words<KmsanFields>(
        "struct-page.kmsan-fields",
        "where the two KMSAN pointers of struct page stand, in kernels that have KMSAN: before last_cpupid, or behind it",
        new("before-cpupid", Kernels.KmsanFields.BeforeCpupid, "before last_cpupid"),
        new("behind-cpupid", Kernels.KmsanFields.AfterCpupid, "behind last_cpupid")
    );

    /// <summary>When the memcg word is there.</summary>
    public static readonly Rule<bool> MemcgWordForSlab = Choice(
        "struct-page.memcg-word",
        "struct page has the memcg word: with CONFIG_MEMCG, or with CONFIG_SLAB_OBJ_EXT too",
        ("memcg-or-slab-obj-ext", "with CONFIG_MEMCG or CONFIG_SLAB_OBJ_EXT"),
        ("memcg", "with CONFIG_MEMCG")
    );

    /// <summary>When struct page is aligned to two words.</summary>
    public static readonly Rule<bool> AlignsWithoutSlub = Choice(
        "struct-page.alignment",
        "x86-64 and arm64 align struct page to 16 bytes: with SLUB, or always",
        ("always", "always"),
        ("slub", "with SLUB; else to 8 bytes")
    );

    /// <summary>The largest struct page that mm_zero_struct_page() covers; null: any size.</summary>
    public static readonly Rule<ByteSize?> ZeroedMax = Words<ByteSize?>(
        "struct-page.zeroing",
        "what zeroes a struct page: memset, for any size, or a switch over multiples of 8 from 56 to 80 or to 96 bytes",
        new("memset", null, "memset, for any size"),
        new("up-to-80", new ByteSize(80), "a switch over multiples of 8 from 56 to 80 bytes"),
        new("up-to-96", new ByteSize(96), "a switch over multiples of 8 from 56 to 96 bytes")
    );

    /// <summary>Whether x86-64 can do without SPARSEMEM_VMEMMAP.</summary>
    public static readonly Rule<bool> HasClassicSparsemem = YesNo(
        "struct-page.classic-sparsemem",
        "x86-64 can be configured without SPARSEMEM_VMEMMAP (then without ZONE_DEVICE)",
        "it can",
        "it always has SPARSEMEM_VMEMMAP"
    );

    /// <summary>Page flags that every configuration has.</summary>
    public static readonly Rule<int> FlagsFixed = Number("page-flags.fixed", "page flags that every configuration with an MMU has", 1, 64);

    /// <summary>Page flags that depend on the configuration.</summary>
    public static readonly Rule<PageFlagSet> PageFlagSet = Words<PageFlagSet>(
        "page-flags.optional",
        "page flags besides hwpoison, young and idle: uncached (x86) and arch_2; these and skip_kasan_poison; or arch_2 (x86, MTE) "
            + "and arch_3 (MTE)",
        new("uncached", Kernels.PageFlagSet.Uncached, "uncached (x86) and arch_2"),
        new("uncached-skip-kasan", Kernels.PageFlagSet.UncachedSkipKasan, "uncached (x86), arch_2, and skip_kasan_poison (KASAN_HW_TAGS)"),
        new("arch-2-3", Kernels.PageFlagSet.Arch23, "arch_2 (x86, MTE) and arch_3 (MTE)")
    );

    /// <summary>Bits of the flags word for the hardware KASAN tag.</summary>
    public static readonly Rule<int> KasanHardwareTagBits = Words<int>(
        "page-flags.kasan-hw-tag-bits",
        "bits of the flags word for a KASAN_HW_TAGS tag",
        new("0", 0, "there is no KASAN_HW_TAGS"),
        new("4", 4, "as many as the hardware has"),
        new("8", 8, "as many as software tags take")
    );

    /// <summary>Multi-generational LRU.</summary>
    public static readonly Rule<bool> HasLruGen = YesNo(
        "page-flags.lru-gen",
        "CONFIG_LRU_GEN takes three bits of the flags word",
        "it does",
        "there is no CONFIG_LRU_GEN"
    );

    /// <summary>The flags word of a page_ext entry.</summary>
    public static readonly Rule<bool> ExtAlwaysHasFlags = Choice(
        "page-ext.flags-word",
        "a page_ext entry starts with a word of flags: always, or when a client needs it",
        ("always", "always"),
        ("if-needed", "when a client needs it")
    );

    /// <summary>When page_ext is allocated.</summary>
    public static readonly Rule<PageExtInit> PageExtInit = Words<PageExtInit>(
        "page-ext.init",
        "when page_ext is allocated: after all struct pages are initialised; earlier with early_page_ext; or early, unless struct "
            + "pages are initialised late",
        new("late", Kernels.PageExtInit.Late, "after all struct pages are initialised"),
        new("early-by-parameter", Kernels.PageExtInit.EarlyByParameter, "late; early with the kernel parameter early_page_ext"),
        new("early", Kernels.PageExtInit.Early, "early, unless struct pages are initialised late")
    );

    /// <summary>All rules, in the order in which they are shown.</summary>
    public static readonly ImmutableArray<Rule> All = [.. Declared];

    /// <summary>The rule of that name, or null.</summary>
    public static Rule? Find(string name) => All.FirstOrDefault(r => r.Name == name);

    private static TRule Declare<TRule>(TRule rule)
        where TRule : Rule
    {
        Declared.Add(rule);
        return rule;
    }

    private static Rule<T> Words<T>(string name, string meaning, params ReadOnlySpan<RuleWord<T>> words) =>
        Declare(new WordRule<T>(name, meaning, Declared.Count, words));

    /// <summary>One of two words: what code asks for, and the other.</summary>
    private static Rule<bool> Choice(string name, string meaning, (string Word, string Meaning) yes, (string Word, string Meaning) no) =>
        Words<bool>(name, meaning, new(yes.Word, true, yes.Meaning), new(no.Word, false, no.Meaning));

    private static Rule<bool> YesNo(string name, string meaning, string yes, string no) => Choice(name, meaning, ("yes", yes), ("no", no));

    private static Rule<int> Number(string name, string meaning, ulong min, ulong max, string unit = "") =>
        Declare(new NumberRule<int>(name, meaning, Declared.Count, unit, (min, max), n => (int)n, n => (ulong)n));

    /// <summary>Sections are no smaller than a sub-section of 2 MiB, and no kernel has any of more than a terabyte.</summary>
    private static Rule<int> Bits(string name, string meaning) => Number(name, meaning, 21, 40, "bits");

    /// <summary>A size of struct page: the info-block's field for it has 16 bits.</summary>
    private static Rule<ByteSize> Bytes(string name, string meaning) =>
        Declare(new NumberRule<ByteSize>(name, meaning, Declared.Count, "bytes", (1, 65535), n => new ByteSize(n), b => b.Bytes));
}

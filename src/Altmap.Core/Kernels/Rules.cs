namespace Altmap.Core.Kernels;

/// <summary>Every rule that a kernel profile sets: the one list that profiles, profile files, <c>altmap kernels</c> and its help
/// walk.</summary>
public static class Rules
{
    /// <summary>How a new info-block is laid out.</summary>
    public static readonly RuleDefinition InfoBlockLayout = new(
        "info-block.layout",
        "how start_pad, dataoff and end_trunc of a new info-block are computed",
        ["section-4.12", "section-4.19", "sub-section", "compat-align"]
    );

    /// <summary>Minor version of a new info-block.</summary>
    public static readonly RuleDefinition InfoBlockMinor = new("info-block.minor", "minor version written into a new info-block", []);

    /// <summary>MAX_STRUCT_PAGE_SIZE.</summary>
    public static readonly RuleDefinition MaxStructPageSize = new(
        "info-block.max-struct-page-size",
        "bytes set aside on the device for each page's struct page (MAX_STRUCT_PAGE_SIZE)",
        [],
        "bytes"
    );

    /// <summary>What happens when struct page is larger than the reserve.</summary>
    public static readonly RuleDefinition LargeStructPage = new(
        "info-block.large-struct-page",
        "creation with map=dev when struct page is larger than info-block.max-struct-page-size",
        ["build-error", "refuse", "record-real-size"]
    );

    /// <summary>Whether page size, struct page size and devdax alignment of an existing block are judged.</summary>
    public static readonly RuleDefinition PageSizeCheck = new(
        "info-block.page-size-check",
        "an existing block whose page_size, page_struct_size or devdax align does not fit is refused",
        ["yes", "no"]
    );

    /// <summary>Which errno a refused block gives.</summary>
    public static readonly RuleDefinition RefusalErrno = new(
        "info-block.refusal-errno",
        "errno of a refused block: EOPNOTSUPP leaves the namespace without driver; the older mix lets it come up raw",
        ["eopnotsupp", "mixed"]
    );

    /// <summary>What the alignment of dataoff is counted from.</summary>
    public static readonly RuleDefinition OffsetCheck = new(
        "info-block.offset-check",
        "what must be a multiple of align: dataoff alone, or its physical address",
        ["dataoff", "physical"]
    );

    /// <summary>Whether start and end of the mapped range are judged against the compat alignment.</summary>
    public static readonly RuleDefinition CompatCheck = new(
        "info-block.compat-check",
        "a block whose padded start or truncated end is not a multiple of memremap_compat_align() is refused",
        ["yes", "no"]
    );

    /// <summary>Whether an offset beyond the truncated size is refused.</summary>
    public static readonly RuleDefinition SmallNamespaceCheck = new(
        "info-block.small-namespace-check",
        "a block with dataoff at or beyond size - start_pad - end_trunc is refused",
        ["yes", "no"]
    );

    /// <summary>When a new block finds too little room.</summary>
    public static readonly RuleDefinition CreateSpaceCheck = new(
        "info-block.create-space-check",
        "what dataoff of a new block is held against",
        ["size", "size-minus-end-trunc"]
    );

    /// <summary>sizeof(struct page).</summary>
    public static readonly RuleDefinition StructPageSize = new(
        "struct-page.size",
        "sizeof(struct page) of the distribution's configuration",
        [],
        "bytes"
    );

    /// <summary>BTT lanes against the region's.</summary>
    public static readonly RuleDefinition BttLaneCheck = new(
        "btt.lane-check",
        "a BTT whose arena has fewer lanes (nfree) than the region is refused",
        ["yes", "no"]
    );

    /// <summary>labelsize field above 1.</summary>
    public static readonly RuleDefinition LabelSizeCheck = new(
        "labels.labelsize-check",
        "an index block with labelsize above 1 is refused before it is used as a shift",
        ["yes", "no"]
    );

    /// <summary>Width of nslot × label size.</summary>
    public static readonly RuleDefinition LabelSlotProduct = new(
        "labels.slot-product-bits",
        "width in bits of the product nslot × label size that is held against the area",
        ["32", "64"]
    );

    /// <summary>LOCAL labels (block mode).</summary>
    public static readonly RuleDefinition LocalLabels = new(
        "labels.local-flag",
        "labels with the LOCAL flag: kept for block-mode regions, or taken as any other",
        ["block-mode", "ignored"]
    );

    /// <summary>Words of a failed probe.</summary>
    public static readonly RuleDefinition ProbeMessage = new(
        "driver.probe-message",
        "words of the driver core for a failed probe",
        ["probe-of", "probe-with-driver"]
    );

    /// <summary>What a failed bind through sysfs returns.</summary>
    public static readonly RuleDefinition BindErrno = new(
        "sysfs.bind-errno",
        "errno of a write to a driver's bind attribute when the probe fails",
        ["probe", "enodev"]
    );

    /// <summary>memmap_on_memory of device-dax devices.</summary>
    public static readonly RuleDefinition DaxMemmapOnMemory = new(
        "sysfs.dax-memmap-on-memory",
        "device-dax devices have a memmap_on_memory attribute",
        ["yes", "no"]
    );

    /// <summary>The align attribute of a region.</summary>
    public static readonly RuleDefinition RegionAlign = new(
        "region.align",
        "a region has an align attribute, and sizes of its namespaces are multiples of it (16 MiB unless set); else sizes are whole "
            + "pages on each DIMM",
        ["yes", "no"]
    );

    /// <summary>Whether device-dax devices can become System RAM.</summary>
    public static readonly RuleDefinition KmemDriver = new(
        "kmem.driver",
        "there is the kmem driver, and the dax bus that came with it; without, device-dax devices cannot become System RAM",
        ["yes", "no"]
    );

    /// <summary>What kmem makes of a device without a whole memory block.</summary>
    public static readonly RuleDefinition KmemEmptyDevice = new(
        "kmem.empty-device",
        "a device-dax device that holds no whole memory block: kmem refuses it (EINVAL), or binds to it without any memory",
        ["refuse", "bind"]
    );

    /// <summary>What happens to memory blocks that are added after boot.</summary>
    public static readonly RuleDefinition MemoryAutoOnline = new(
        "memory.auto-online",
        "auto_online_blocks at boot, by the distribution's configuration; memhp_default_state= on the command line goes before it",
        ["offline", "online", "online_kernel", "online_movable"]
    );

    /// <summary>Where ACPI devices stand in sysfs.</summary>
    public static readonly RuleDefinition AcpiDevicePath = new(
        "sysfs.acpi-device-path",
        "where the NFIT device stands below /sys/devices: in the tree of ACPI objects, or under platform",
        ["acpi", "platform"]
    );

    /// <summary>How 1G alignment is offered.</summary>
    public static readonly RuleDefinition PudAlign = new(
        "align.pud",
        "how the PUD size enters the supported alignments",
        ["compile-time", "run-time"]
    );

    /// <summary>Section bits, x86-64.</summary>
    public static readonly RuleDefinition SectionBitsX86 = new(
        "section.bits-x86_64",
        "log2 of the memory section size on x86-64",
        [],
        "bits"
    );

    /// <summary>Section bits, arm64 with 4K or 16K pages.</summary>
    public static readonly RuleDefinition SectionBitsArm64 = new(
        "section.bits-arm64",
        "log2 of the memory section size on arm64 with 4K and 16K pages",
        [],
        "bits"
    );

    /// <summary>Section bits, arm64 with 64K pages.</summary>
    public static readonly RuleDefinition SectionBitsArm64Pages64K = new(
        "section.bits-arm64-64k",
        "log2 of the memory section size on arm64 with 64K pages",
        [],
        "bits"
    );

    /// <summary>Section bits, ppc64le.</summary>
    public static readonly RuleDefinition SectionBitsPpc64 = new(
        "section.bits-ppc64le",
        "log2 of the memory section size on ppc64le",
        [],
        "bits"
    );

    /// <summary>pfn_to_online_page().</summary>
    public static readonly RuleDefinition PfnToOnlinePage = new(
        "memory.pfn-to-online-page",
        "what pfn_to_online_page() asks: the section's online flag; that, the taint and the page map; that and the sub-section; or "
            + "all of them",
        ["section-flag", "taint-pagemap", "sub-section", "current"]
    );

    /// <summary>pfn_valid() of arm64.</summary>
    public static readonly RuleDefinition Arm64PfnValid = new(
        "memory.arm64-pfn-valid",
        "pfn_valid() of arm64: its own, which asks memblock for boot memory, or the one of all architectures",
        ["memblock", "generic"]
    );

    /// <summary>struct pages of boot holes.</summary>
    public static readonly RuleDefinition BootHoles = new(
        "memory.boot-holes",
        "zone of the struct pages of holes at boot: that of the memory beside them, or the first zone",
        ["neighbour", "first-zone"]
    );

    /// <summary>Unit of device maps.</summary>
    public static readonly RuleDefinition DeviceMapUnit = new(
        "memory.device-map-unit",
        "what memremap_pages() maps: whole sections, or sub-sections of 2 MiB",
        ["section", "sub-section"]
    );

    /// <summary>max_pfn and device maps, x86-64.</summary>
    public static readonly RuleDefinition MaxPfnX86 = new(
        "memory.max-pfn-x86_64",
        "what a device map does to max_pfn on x86-64",
        ["raise", "keep"]
    );

    /// <summary>max_pfn and added memory, arm64.</summary>
    public static readonly RuleDefinition MaxPfnArm64 = new(
        "memory.max-pfn-arm64",
        "what a device map or added memory does to max_pfn on arm64: set it to its own end, even a lower one, or raise it",
        ["set", "raise"]
    );

    /// <summary>valid_zones.</summary>
    public static readonly RuleDefinition BlockZone = new(
        "memory.block-zone",
        "how the zone of an online memory block is found: from its struct pages each time, or kept since it came online",
        ["pages", "kept"]
    );

    /// <summary>Where arm64 takes the memmap of a device from.</summary>
    public static readonly RuleDefinition Arm64Memmap = new(
        "memory.arm64-memmap",
        "memmap of device ranges on arm64 with 4K pages: always in blocks of 2 MiB, or in base pages for pieces of a section",
        ["always-pmd", "pmd-per-section"]
    );

    /// <summary>memmap_on_memory.</summary>
    public static readonly RuleDefinition MemmapOnMemory = new(
        "memory.memmap-on-memory",
        "memmap of hot-added memory inside it: never; only a single block is added and EINVAL where it does not fit; any number of blocks",
        ["none", "one-block", "blocks"]
    );

    /// <summary>Memory sharing of compound device pages.</summary>
    public static readonly RuleDefinition CompoundMemmap = new(
        "memory.compound-memmap",
        "memmap of device-dax pages larger than a page: written in full, compound, or compound with shared tail pages",
        ["none", "compound", "shared"]
    );

    /// <summary>errno of an unreachable range.</summary>
    public static readonly RuleDefinition RangeLimitErrno = new(
        "memory.range-limit-errno",
        "errno of a device map beyond the physical address range",
        ["e2big", "einval"]
    );

    /// <summary>kmem and lost bytes.</summary>
    public static readonly RuleDefinition KmemSaysTruncated = new("kmem.says-truncated", "kmem logs how much it cuts off", ["yes", "no"]);

    /// <summary>What onlining and offlining log.</summary>
    public static readonly RuleDefinition ZoneMessages = new(
        "memory.zone-messages",
        "logged where memory goes on- or offline: the pages that went offline, or the fallback order of nodes when a zone gets its "
            + "first pages or loses its last",
        ["offlined-pages", "fallback-order"]
    );

    /// <summary>KMSAN.</summary>
    public static readonly RuleDefinition Kmsan = new(
        "kmsan.carve-out",
        "what a KMSAN build keeps of the memory that memblock hands over: two of each three blocks of an order; or there is no KMSAN",
        ["none", "two-of-three"]
    );

    /// <summary>All rules, in the order in which they are shown.</summary>
    public static readonly IReadOnlyList<RuleDefinition> All =
    [
        InfoBlockLayout,
        InfoBlockMinor,
        MaxStructPageSize,
        LargeStructPage,
        PageSizeCheck,
        RefusalErrno,
        OffsetCheck,
        CompatCheck,
        SmallNamespaceCheck,
        CreateSpaceCheck,
        StructPageSize,
        BttLaneCheck,
        LabelSizeCheck,
        LabelSlotProduct,
        LocalLabels,
        ProbeMessage,
        BindErrno,
        RegionAlign,
        DaxMemmapOnMemory,
        KmemDriver,
        KmemEmptyDevice,
        KmemSaysTruncated,
        MemoryAutoOnline,
        AcpiDevicePath,
        PudAlign,
        SectionBitsX86,
        SectionBitsArm64,
        SectionBitsArm64Pages64K,
        SectionBitsPpc64,
        PfnToOnlinePage,
        Arm64PfnValid,
        BootHoles,
        DeviceMapUnit,
        MaxPfnX86,
        MaxPfnArm64,
        BlockZone,
        Arm64Memmap,
        MemmapOnMemory,
        CompoundMemmap,
        RangeLimitErrno,
        ZoneMessages,
        Kmsan,
        .. StructPageRules.All,
    ];

    /// <summary>The rule of that name, or null.</summary>
    public static RuleDefinition? Find(string name) => All.FirstOrDefault(r => r.Name == name);
}

namespace Altmap.Core.Kernels;

/// <summary>How a new info-block is laid out (<see cref="Rules.InfoBlockLayout"/>).</summary>
public enum InfoBlockLayout
{
    /// <summary>Whole sections; start_pad where System RAM shares the first section (4.12).</summary>
    Section412,

    /// <summary>Whole sections; other regions of the bus count too (4.19).</summary>
    Section419,

    /// <summary>2 MiB sub-sections, no check of the start (5.4).</summary>
    SubSection,

    /// <summary>memremap_compat_align(), start checked (5.10 and later).</summary>
    CompatAlign,
}

/// <summary>What map=dev does when struct page is larger than the reserve (<see cref="Rules.LargeStructPage"/>).</summary>
public enum LargeStructPage
{
    /// <summary>Such a kernel does not build.</summary>
    BuildError,

    /// <summary>Refused with EINVAL.</summary>
    Refuse,

    /// <summary>The real size is reserved and recorded (CONFIG_NVDIMM_KMSAN).</summary>
    RecordRealSize,
}

/// <summary>Which checks pfn_to_online_page() makes (<see cref="Rules.PfnToOnlinePage"/>).</summary>
public enum PfnOnlineRule
{
    /// <summary>The section's online flag, and pfn_valid() where an architecture has holes in zones (4.13 to 5.11).</summary>
    SectionFlag,

    /// <summary>And, where the section is tainted, get_dev_pagemap() (first posting of January 2021, never released).</summary>
    TaintPagemap,

    /// <summary>The online flag and the sub-section (second patch of the final series alone, never released).</summary>
    SubSection,

    /// <summary>The online flag, the sub-section, then taint and get_dev_pagemap() (5.12 and later).</summary>
    Current,
}

/// <summary>Whether hot-added memory can hold its own memmap (<see cref="Rules.MemmapOnMemory"/>).</summary>
public enum MemmapOnMemoryRule
{
    /// <summary>Never.</summary>
    None,

    /// <summary>A single block is added; where it does not fit the whole is refused (5.13).</summary>
    OneBlock,

    /// <summary>Any number of blocks; without it where it does not fit (6.8).</summary>
    Blocks,
}

/// <summary>Struct pages of device-dax pages larger than a page (<see cref="Rules.CompoundMemmap"/>).</summary>
public enum CompoundMemmap
{
    /// <summary>Each page has its own, written in full.</summary>
    None,

    /// <summary>Compound pages.</summary>
    Compound,

    /// <summary>Compound pages whose tails can share struct pages.</summary>
    Shared,
}

/// <summary>Where the two KMSAN pointers of struct page stand (<see cref="Rules.KmsanFields"/>).</summary>
public enum KmsanFields
{
    /// <summary>Before last_cpupid.</summary>
    BeforeCpupid,

    /// <summary>Behind last_cpupid.</summary>
    AfterCpupid,
}

/// <summary>Page flags besides hwpoison, young and idle (<see cref="Rules.PageFlagSet"/>).</summary>
public enum PageFlagSet
{
    /// <summary>uncached (x86) and arch_2.</summary>
    Uncached,

    /// <summary>These and skip_kasan_poison.</summary>
    UncachedSkipKasan,

    /// <summary>arch_2 (x86, MTE) and arch_3 (MTE).</summary>
    Arch23,
}

/// <summary>When page_ext is allocated (<see cref="Rules.PageExtInit"/>).</summary>
public enum PageExtInit
{
    /// <summary>After all struct pages are initialised.</summary>
    Late,

    /// <summary>Late, or with the kernel parameter early_page_ext as early as in <see cref="Early"/>.</summary>
    EarlyByParameter,

    /// <summary>As soon as the page allocator works, unless struct pages are initialised late.</summary>
    Early,
}

/// <summary>How /proc/iomem lists soft-reserved memory (rule <c>iomem.soft-reserved</c>).</summary>
public enum SoftReservedListing
{
    /// <summary>Below a line <c>hmem.N</c>.</summary>
    BelowDevice,

    /// <summary>At the top.</summary>
    Listed,

    /// <summary>Not at all.</summary>
    OwnTree,
}

/// <summary>Files of a block device's queue (<see cref="Rules.QueueFiles"/>).</summary>
public enum QueueFiles
{
    /// <summary>Not known.</summary>
    NotRead,

    /// <summary>As in 5.10.</summary>
    Linux510,

    /// <summary>As in 6.1.</summary>
    Linux61,

    /// <summary>As in 7.2.</summary>
    Linux72,
}

/// <summary>What a mount with dax looks at (<see cref="Rules.DaxProbe"/>).</summary>
public enum DaxProbe
{
    /// <summary>Whether the pfn of sector 0 lies in a device map (4.19).</summary>
    DeviceMap,

    /// <summary>Whether pfns and virtual addresses of the first and last page agree, too (5.1 to 5.16).</summary>
    Address,

    /// <summary>Nothing (5.17).</summary>
    None,
}

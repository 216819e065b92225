namespace Altmap.Core.Kernels;

/// <summary>The rules of a profile that decide what struct page and page_ext hold; part of <see cref="Rules.All"/>.</summary>
public static class StructPageRules
{
    /// <summary>Where the KMSAN pointers stand.</summary>
    public static readonly RuleDefinition KmsanFields = new(
        "struct-page.kmsan-fields",
        "where the two KMSAN pointers of struct page stand, in kernels that have KMSAN: before last_cpupid, or behind it",
        ["before-cpupid", "behind-cpupid"]
    );

    /// <summary>When the memcg word is there.</summary>
    public static readonly RuleDefinition MemcgWord = new(
        "struct-page.memcg-word",
        "struct page has the memcg word: with CONFIG_MEMCG, or with CONFIG_SLAB_OBJ_EXT too",
        ["memcg", "memcg-or-slab-obj-ext"]
    );

    /// <summary>When struct page is aligned to two words.</summary>
    public static readonly RuleDefinition Alignment = new(
        "struct-page.alignment",
        "x86-64 and arm64 align struct page to 16 bytes: with SLUB, or always",
        ["slub", "always"]
    );

    /// <summary>What mm_zero_struct_page() covers.</summary>
    public static readonly RuleDefinition Zeroing = new(
        "struct-page.zeroing",
        "what zeroes a struct page: memset, for any size, or a switch over multiples of 8 from 56 to 80 or to 96 bytes",
        ["memset", "up-to-80", "up-to-96"]
    );

    /// <summary>Whether x86-64 can do without SPARSEMEM_VMEMMAP.</summary>
    public static readonly RuleDefinition ClassicSparsemem = new(
        "struct-page.classic-sparsemem",
        "x86-64 can be configured without SPARSEMEM_VMEMMAP (then without ZONE_DEVICE)",
        ["yes", "no"]
    );

    /// <summary>Page flags that every configuration has.</summary>
    public static readonly RuleDefinition FlagsFixed = new("page-flags.fixed", "page flags that every configuration with an MMU has", []);

    /// <summary>Page flags that depend on the configuration.</summary>
    public static readonly RuleDefinition FlagsOptional = new(
        "page-flags.optional",
        "page flags besides hwpoison, young and idle: uncached (x86) and arch_2; these and skip_kasan_poison; or arch_2 (x86, MTE) "
            + "and arch_3 (MTE)",
        ["uncached", "uncached-skip-kasan", "arch-2-3"]
    );

    /// <summary>Bits of the flags word for the hardware KASAN tag.</summary>
    public static readonly RuleDefinition KasanHardwareTag = new(
        "page-flags.kasan-hw-tag-bits",
        "bits of the flags word for a KASAN_HW_TAGS tag",
        ["0", "4", "8"]
    );

    /// <summary>Multi-generational LRU.</summary>
    public static readonly RuleDefinition LruGen = new(
        "page-flags.lru-gen",
        "CONFIG_LRU_GEN takes three bits of the flags word",
        ["yes", "no"]
    );

    /// <summary>The flags word of a page_ext entry.</summary>
    public static readonly RuleDefinition ExtFlagsWord = new(
        "page-ext.flags-word",
        "a page_ext entry starts with a word of flags: always, or when a client needs it",
        ["always", "if-needed"]
    );

    /// <summary>When page_ext is allocated.</summary>
    public static readonly RuleDefinition ExtInit = new(
        "page-ext.init",
        "when page_ext is allocated: after all struct pages are initialised; earlier with early_page_ext; or early, unless struct "
            + "pages are initialised late",
        ["late", "early-by-parameter", "early"]
    );

    /// <summary>In the order in which they are shown.</summary>
    public static readonly IReadOnlyList<RuleDefinition> All =
    [
        KmsanFields,
        MemcgWord,
        Alignment,
        Zeroing,
        ClassicSparsemem,
        FlagsFixed,
        FlagsOptional,
        KasanHardwareTag,
        LruGen,
        ExtFlagsWord,
        ExtInit,
    ];
}

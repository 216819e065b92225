using System.Globalization;
using Altmap.Core.Units;

namespace Altmap.Core.Kernels;

/// <summary>Where the two KMSAN pointers of struct page stand (rules <c>struct-page.kmsan-fields</c> and <c>kmsan.carve-out</c>).</summary>
public enum KmsanFields
{
    /// <summary>There is no KMSAN.</summary>
    None,

    /// <summary>Before last_cpupid.</summary>
    BeforeCpupid,

    /// <summary>Behind last_cpupid.</summary>
    AfterCpupid,
}

/// <summary>When page_ext is allocated (rule <c>page-ext.init</c>).</summary>
public enum PageExtInit
{
    /// <summary>After all struct pages are initialised.</summary>
    Late,

    /// <summary>Late, or with the kernel parameter early_page_ext as early as in <see cref="Early"/>.</summary>
    EarlyByParameter,

    /// <summary>As soon as the page allocator works, unless struct pages are initialised late.</summary>
    Early,
}

/// <summary>What a kernel says of struct page and page_ext, as values; the settings with their sources are in
/// <see cref="KernelProfile.Settings"/>.</summary>
/// <param name="Kmsan">See <see cref="StructPageRules.KmsanFields"/> and <see cref="Rules.Kmsan"/>.</param>
/// <param name="MemcgWordForSlab">See <see cref="StructPageRules.MemcgWord"/>: CONFIG_SLAB_OBJ_EXT alone brings the word.</param>
/// <param name="AlignsWithoutSlub">See <see cref="StructPageRules.Alignment"/>.</param>
/// <param name="ZeroedMax">See <see cref="StructPageRules.Zeroing"/>: the largest size of the switch; null: any size.</param>
/// <param name="HasClassicSparsemem">See <see cref="StructPageRules.ClassicSparsemem"/>.</param>
/// <param name="FlagsFixed">See <see cref="StructPageRules.FlagsFixed"/>.</param>
/// <param name="HasUncachedFlag">See <see cref="StructPageRules.FlagsOptional"/>: uncached on x86, arch_2 on all; else arch_2 on x86 and
/// with MTE, arch_3 with MTE.</param>
/// <param name="HasSkipKasanFlag">See <see cref="StructPageRules.FlagsOptional"/>.</param>
/// <param name="KasanHardwareTagBits">See <see cref="StructPageRules.KasanHardwareTag"/>.</param>
/// <param name="HasLruGen">See <see cref="StructPageRules.LruGen"/>.</param>
/// <param name="ExtAlwaysHasFlags">See <see cref="StructPageRules.ExtFlagsWord"/>.</param>
/// <param name="ExtInit">See <see cref="StructPageRules.ExtInit"/>.</param>
public sealed record StructPageProfile(
    KmsanFields Kmsan,
    bool MemcgWordForSlab,
    bool AlignsWithoutSlub,
    ByteSize? ZeroedMax,
    bool HasClassicSparsemem,
    int FlagsFixed,
    bool HasUncachedFlag,
    bool HasSkipKasanFlag,
    int KasanHardwareTagBits,
    bool HasLruGen,
    bool ExtAlwaysHasFlags,
    PageExtInit ExtInit
)
{
    /// <summary>The least size that the zeroing switch covers: a struct page without any optional field.</summary>
    public static readonly ByteSize ZeroedMin = new(56);

    /// <summary>
    /// True when mm_zero_struct_page() zeroes all of a struct page of this size (include/linux/mm.h, 5.10, 6.1, 6.12, 7.2). A size outside
    /// the bounds
    /// does not build; one inside them without a case would be left as it is, the warning of January 2023.
    /// </summary>
    public bool Zeroes(ByteSize structPage) =>
        ZeroedMax is not { } max || (structPage.Bytes % 8 == 0 && structPage >= ZeroedMin && structPage <= max);

    internal static StructPageProfile Of(Func<RuleDefinition, string> word) =>
        new(
            word(Rules.Kmsan) == "none" ? KmsanFields.None
                : word(StructPageRules.KmsanFields) == "before-cpupid" ? KmsanFields.BeforeCpupid
                : KmsanFields.AfterCpupid,
            word(StructPageRules.MemcgWord) != "memcg",
            word(StructPageRules.Alignment) == "always",
            word(StructPageRules.Zeroing) switch
            {
                "memset" => null,
                "up-to-80" => new ByteSize(80),
                _ => new ByteSize(96),
            },
            word(StructPageRules.ClassicSparsemem) == "yes",
            (int)Math.Min(Number(word(StructPageRules.FlagsFixed)), 64),
            word(StructPageRules.FlagsOptional) != "arch-2-3",
            word(StructPageRules.FlagsOptional) == "uncached-skip-kasan",
            (int)Number(word(StructPageRules.KasanHardwareTag)),
            word(StructPageRules.LruGen) == "yes",
            word(StructPageRules.ExtFlagsWord) == "always",
            word(StructPageRules.ExtInit) switch
            {
                "late" => PageExtInit.Late,
                "early" => PageExtInit.Early,
                _ => PageExtInit.EarlyByParameter,
            }
        );

    private static ulong Number(string text) => ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}

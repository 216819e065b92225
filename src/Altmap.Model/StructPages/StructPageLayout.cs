using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Model.StructPages;

/// <summary>A field of struct page.</summary>
/// <param name="Name">The kernel's; parentheses where it has none.</param>
/// <param name="Offset">From the start of the structure.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Purpose">What for, and when it is there.</param>
public sealed record StructPageField(string Name, ByteSize Offset, ByteSize Size, string Purpose);

/// <summary>struct page of a kernel and a configuration, field by field.</summary>
/// <param name="Kernel">Whose.</param>
/// <param name="Architecture">64 bits.</param>
/// <param name="Config">The configuration.</param>
/// <param name="Fields">Ascending, touching; padding is a field. They add up to <paramref name="Size"/>.</param>
/// <param name="Size">sizeof(struct page).</param>
/// <param name="Alignment">8 or 16 bytes.</param>
/// <param name="Flags">The flags word; null where its bits are not modelled.</param>
/// <param name="Impossible">Why no such kernel can be configured or built; empty: one can.</param>
public sealed record StructPageLayout(
    KernelProfile Kernel,
    ArchitectureRules Architecture,
    StructPageConfig Config,
    ImmutableArray<StructPageField> Fields,
    ByteSize Size,
    ByteSize Alignment,
    PageFlagsWord? Flags,
    ImmutableArray<string> Impossible
)
{
    /// <summary>Word in <see cref="StructPageField.Name"/> of bytes that hold nothing.</summary>
    public const string Padding = "(padding)";

    private const ulong WordBytes = 8;

    /// <summary>MAX_PHYSMEM_BITS of x86-64 without five levels of page tables, which classic sparsemem needs.</summary>
    private const int ClassicPhysicalBits = 46;

    /// <summary>The least size that the zeroing switch covers: a struct page without any optional field.</summary>
    public static readonly ByteSize ZeroedMin = new(56);

    /// <summary>
    /// True when mm_zero_struct_page() of this kernel zeroes all of it (include/linux/mm.h, 5.10, 6.1, 6.12, 7.2). A size outside the
    /// bounds does not build; one inside them without a case would be left as it is, the warning of January 2023.
    /// </summary>
    public bool IsZeroed => Kernel.Get(Rules.ZeroedMax) is not { } max || (Size.Bytes % 8 == 0 && Size >= ZeroedMin && Size <= max);

    /// <summary>
    /// Lays out struct page (include/linux/mm_types.h struct page, 5.10, 6.1, 6.12, 7.2; 64 bits). A configuration that cannot be is laid
    /// out too, and told.
    /// Throws <see cref="NotModelledException"/> where the bits of the flags word are not known and the configuration does not say what
    /// they decide.
    /// </summary>
    public static StructPageLayout Of(StructPageConfig config, KernelProfile kernel, ArchitectureRules architecture)
    {
        Architecture arch = architecture.Architecture;
        PageFlagsWord? flags = FlagsOf(config, kernel, architecture);
        bool spills = config.LastCpupidField ?? flags?.CpupidSpills ?? false;
        bool isAligned = arch != Core.Kernels.Architecture.Ppc64LittleEndian && (kernel.Get(Rules.AlignsWithoutSlub) || config.Slub);
        ulong alignment = isAligned ? 2 * WordBytes : WordBytes;

        var fields = ImmutableArray.CreateBuilder<StructPageField>();
        ulong at = 0;
        void Add(string name, ulong size, string purpose)
        {
            fields.Add(new(name, new ByteSize(at), new ByteSize(size), purpose));
            at += size;
        }
        void Kmsan()
        {
            if (!config.Kmsan || !kernel.Get(Rules.HasKmsan))
                return;
            if (at % WordBytes != 0)
                Add(Padding, WordBytes - (at % WordBytes), "pointers are aligned to 8");
            Add("kmsan_shadow", WordBytes, "struct page of the shadow (CONFIG_KMSAN)");
            Add("kmsan_origin", WordBytes, "struct page of the origins (CONFIG_KMSAN)");
        }

        Add("flags", WordBytes, "page flags, zone, node, and what else has room");
        Add("(union)", 5 * WordBytes, "lru, mapping, index, private; compound_head; pgmap of ZONE_DEVICE; …");
        Add("(union)", 4, "_mapcount or page_type");
        Add("_refcount", 4, "users of the page");
        if (config.Memcg || (config.SlabObjExt && kernel.Get(Rules.MemcgWordForSlab)))
            Add("memcg_data", WordBytes, config.Memcg ? "memory cgroup (CONFIG_MEMCG)" : "slab extensions (CONFIG_SLAB_OBJ_EXT)");
        if (kernel.Get(Rules.KmsanFields) == KmsanFields.BeforeCpupid)
            Kmsan();
        if (spills)
            Add("_last_cpupid", 4, "who touched it last (CONFIG_NUMA_BALANCING), no room in flags");
        if (kernel.Get(Rules.KmsanFields) == KmsanFields.AfterCpupid)
            Kmsan();
        if (at % alignment != 0)
            Add(Padding, alignment - (at % alignment), $"struct page is aligned to {alignment}");
        return new(
            kernel,
            architecture,
            config,
            fields.ToImmutable(),
            new ByteSize(at),
            new ByteSize(alignment),
            flags,
            [.. ImpossibleOf(config, kernel, arch, flags)]
        );
    }

    private static PageFlagsWord? FlagsOf(StructPageConfig config, KernelProfile kernel, ArchitectureRules architecture)
    {
        Architecture arch = architecture.Architecture;
        string? unknown =
            arch == Core.Kernels.Architecture.Ppc64LittleEndian ? "the flags word of ppc64le"
            : !config.Vmemmap && arch != Core.Kernels.Architecture.X86_64 ? "classic sparsemem on aarch64"
            : config.Kasan is KasanKind.SoftwareTags or KasanKind.HardwareTags && arch != Core.Kernels.Architecture.Arm64
                ? "KASAN tags on x86_64"
            : null;
        if (unknown is null)
            return PageFlagsWord.Of(config, kernel, architecture, ClassicPhysicalBits);
        if (config.LastCpupidField is null && config.NumaBalancing)
            throw new NotModelledException($"{unknown}; LAST_CPUPID=y or LAST_CPUPID=n says what it decides");
        return null;
    }

    private static IEnumerable<string> ImpossibleOf(StructPageConfig config, KernelProfile kernel, Architecture arch, PageFlagsWord? flags)
    {
        if (config.Kmsan && !kernel.Get(Rules.HasKmsan))
            yield return $"kernel {kernel.Name} has no KMSAN; those that have it: "
                + $"{string.Join(", ", KernelProfiles.All.Where(k => k.Get(Rules.HasKmsan)).Select(k => k.Name))}";
        else if (config.Kmsan && arch != Core.Kernels.Architecture.X86_64)
            yield return "KMSAN is for x86_64 and s390 only";
        if (config.Kmsan && !config.Slub)
            yield return "KMSAN needs SLUB";
        if (config.Kmsan && config.Kasan != KasanKind.None)
            yield return "KMSAN and KASAN exclude each other";
        if (config.NvdimmKmsan && !config.Kmsan)
            yield return "NVDIMM_KMSAN depends on KMSAN";
        if (!config.Slub && kernel.Get(Rules.AlignsWithoutSlub))
            yield return $"kernel {kernel.Name} has no other slab allocator than SLUB";
        if (!config.Vmemmap && arch == Core.Kernels.Architecture.X86_64 && !kernel.Get(Rules.HasClassicSparsemem))
            yield return $"kernel {kernel.Name} always has SPARSEMEM_VMEMMAP on x86_64";
        if (config.LastCpupidField == true && !config.NumaBalancing)
            yield return "last_cpupid needs NUMA_BALANCING";
        if (config.LastCpupidField is { } asked && config.NumaBalancing && flags is not null && asked != flags.CpupidSpills)
            yield return asked ? "last_cpupid fits into the flags word" : "last_cpupid does not fit into the flags word";
        if (flags?.Overflow is { } overflow)
            yield return overflow;
    }
}

using Altmap.Core.Kernels;

namespace Altmap.Model.StructPages;

/// <summary>Which KASAN a kernel is built with.</summary>
public enum KasanKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>CONFIG_KASAN_GENERIC: nothing in struct page.</summary>
    Generic,

    /// <summary>CONFIG_KASAN_SW_TAGS: a tag in the flags word.</summary>
    SoftwareTags,

    /// <summary>CONFIG_KASAN_HW_TAGS: a tag in the flags word.</summary>
    HardwareTags,
}

/// <summary>What of a kernel's configuration decides the size of struct page. The values of <see cref="DistributionOf"/> are those of a
/// distribution's kernel.</summary>
public sealed record StructPageConfig
{
    /// <summary>CONFIG_MEMCG.</summary>
    public bool Memcg { get; init; } = true;

    /// <summary>CONFIG_SLAB_OBJ_EXT without CONFIG_MEMCG.</summary>
    public bool SlabObjExt { get; init; }

    /// <summary>CONFIG_KMSAN.</summary>
    public bool Kmsan { get; init; }

    /// <summary>CONFIG_NVDIMM_KMSAN. It has no prompt and nothing selects it: a kernel configured with the ordinary tools never has
    /// it.</summary>
    public bool NvdimmKmsan { get; init; }

    /// <summary>CONFIG_SLUB; else SLAB or SLOB.</summary>
    public bool Slub { get; init; } = true;

    /// <summary>CONFIG_NUMA_BALANCING: last_cpupid exists.</summary>
    public bool NumaBalancing { get; init; } = true;

    /// <summary>True: last_cpupid is a field; false: it is in the flags word; null: as the bits come out.</summary>
    public bool? LastCpupidField { get; init; }

    /// <summary>CONFIG_NR_CPUS.</summary>
    public int Cpus { get; init; } = 8192;

    /// <summary>CONFIG_NODES_SHIFT.</summary>
    public int NodesShift { get; init; } = 10;

    /// <summary>CONFIG_LRU_GEN, where the kernel has it.</summary>
    public bool LruGen { get; init; } = true;

    /// <summary>KASAN.</summary>
    public KasanKind Kasan { get; init; }

    /// <summary>CONFIG_SPARSEMEM_VMEMMAP; without it the section number is in the flags word, and there is no ZONE_DEVICE.</summary>
    public bool Vmemmap { get; init; } = true;

    /// <summary>CONFIG_MEMORY_FAILURE: the flag hwpoison.</summary>
    public bool MemoryFailure { get; init; } = true;

    /// <summary>CONFIG_PAGE_IDLE_FLAG (IDLE_PAGE_TRACKING): the flags young and idle.</summary>
    public bool PageIdleFlag { get; init; } = true;

    /// <summary>A distribution's kernel: MEMCG, NUMA balancing, all page flags, many processors; no debugging.</summary>
    public static StructPageConfig DistributionOf(Architecture architecture) =>
        architecture == Architecture.X86_64 ? new() : new() { Cpus = 512, NodesShift = 4 };

    /// <summary>
    /// The distribution's configuration, and KMSAN where the profile is built with it. NVDIMM_KMSAN depends on that; a profile that records
    /// the real size without it is of a kernel that somebody changed, not of a configuration.
    /// </summary>
    public static StructPageConfig Of(KernelProfile kernel, Architecture architecture) =>
        DistributionOf(architecture) with
        {
            Kmsan = kernel.Get(Rules.IsKmsanBuild),
            NvdimmKmsan = kernel.Get(Rules.IsKmsanBuild) && kernel.Get(Rules.LargeStructPage) == LargeStructPage.RecordRealSize,
        };
}

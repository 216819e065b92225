using System.Collections.Immutable;
using System.Numerics;
using Altmap.Core.Kernels;

namespace Altmap.Model.StructPages;

/// <summary>A part of the flags word.</summary>
/// <param name="What">As <c>nodes</c>.</param>
/// <param name="Bits">How many.</param>
public readonly record struct PageFlagsPart(string What, int Bits);

/// <summary>How the 64 bits of a page's flags word are shared out (include/linux/page-flags-layout.h, 5.10, 6.1, 6.12, 7.2).</summary>
/// <param name="Parts">What has bits, flags first; last_cpupid only where it fits.</param>
/// <param name="CpupidBits">Bits that last_cpupid takes; 0 without NUMA_BALANCING.</param>
/// <param name="CpupidSpills">True when they do not fit: last_cpupid becomes a field of its own.</param>
/// <param name="Overflow">Why such a kernel does not build, or null.</param>
public sealed record PageFlagsWord(ImmutableArray<PageFlagsPart> Parts, int CpupidBits, bool CpupidSpills, string? Overflow)
{
    /// <summary>LRU_REFS takes MAX_NR_TIERS - 2 bits, or as many as nothing else wants (LRU_REFS_WIDTH; kernel/bounds.c, 6.1,
    /// 6.12).</summary>
    private const int WordBits = 64,
        PidBits = 8,
        LruGenBits = 3,
        LruRefsBitsMax = 2;

    /// <summary>Five zones: DMA, DMA32, NORMAL, MOVABLE, DEVICE; without ZONE_DEVICE four.</summary>
    private const int ZoneBitsWithDevice = 3,
        ZoneBitsWithout = 2;

    /// <summary>Bits that nothing takes.</summary>
    public int Free => WordBits - Parts.Sum(p => p.Bits);

    /// <summary>The word of a kernel. x86-64 with PAT, arm64 with MTE, as every distribution has them.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="kernel">The rules.</param>
    /// <param name="architecture">x86-64 or arm64; others have bits that are not modelled.</param>
    /// <param name="physicalBits">MAX_PHYSMEM_BITS, for the section number of classic sparsemem.</param>
    public static PageFlagsWord Of(StructPageConfig config, KernelProfile kernel, ArchitectureRules architecture, int physicalBits)
    {
        PageFlagSet known = kernel.Get(Rules.PageFlagSet);
        bool isX86 = architecture.Architecture == Architecture.X86_64,
            hasHardwareTags = config.Kasan == KasanKind.HardwareTags;
        int optional =
            (config.MemoryFailure ? 1 : 0)
            + (config.PageIdleFlag ? 2 : 0)
            + (
                known != PageFlagSet.Arch23 ? (isX86 ? 1 : 0) + 1
                : isX86 ? 1
                : 2
            )
            + (known == PageFlagSet.UncachedSkipKasan && hasHardwareTags ? 1 : 0);
        int flags = kernel.Get(Rules.FlagsFixed) + optional,
            zones = config.Vmemmap ? ZoneBitsWithDevice : ZoneBitsWithout;
        int lru = config.LruGen && kernel.Get(Rules.HasLruGen) ? LruGenBits : 0;
        int sections = config.Vmemmap
            ? 0
            : physicalBits - BitOperations.Log2(kernel.SectionSize(architecture.Architecture, architecture.PageSize).Bytes);
        int room = WordBits - flags,
            tag = config.Kasan switch
            {
                KasanKind.SoftwareTags => 8,
                KasanKind.HardwareTags => kernel.Get(Rules.KasanHardwareTagBits),
                _ => 0,
            };
        bool nodesFit = zones + lru + sections + config.NodesShift <= room;
        int used = zones + lru + sections + (nodesFit ? config.NodesShift : 0) + tag;
        int cpupid = config.NumaBalancing ? PidBits + BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)config.Cpus)) : 0;
        bool fits = used + cpupid <= room;
        int refs = lru == 0 ? 0 : Math.Clamp(room - used - (fits ? cpupid : 0), 0, LruRefsBitsMax);
        string? overflow =
            !nodesFit && config.Vmemmap ? "no space for the node number in the flags word"
            : used > room ? "not enough bits in the flags word"
            : null;
        PageFlagsPart[] parts =
        [
            new("page flags", flags),
            new("zone", zones),
            new("LRU_GEN", lru),
            new("section", sections),
            new("node", nodesFit ? config.NodesShift : 0),
            new("KASAN tag", tag),
            new("last_cpupid", fits ? cpupid : 0),
            new("LRU_REFS", refs),
        ];
        return new([.. parts.Where(p => p.Bits > 0)], cpupid, cpupid > 0 && !fits, overflow);
    }
}

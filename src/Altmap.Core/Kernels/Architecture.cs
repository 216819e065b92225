using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Core.Kernels;

/// <summary>A processor architecture, named as uname -m does.</summary>
public enum Architecture
{
    /// <summary>x86_64.</summary>
    X86_64,

    /// <summary>aarch64.</summary>
    Arm64,

    /// <summary>ppc64le, radix MMU.</summary>
    Ppc64LittleEndian,
}

/// <summary>What libnvdimm takes from the architecture and the page size (info-blocks.md §6).</summary>
/// <param name="Architecture">Which.</param>
/// <param name="PageSize">PAGE_SIZE.</param>
/// <param name="PmdSize">What one page-middle entry maps: the default align of pfn and dax devices.</param>
/// <param name="PudSize">What one page-upper entry maps where pfn and dax devices offer it; zero where they do not.</param>
/// <param name="CompatAlign">memremap_compat_align() (mm/memremap.c; powerpc overrides it with the hash MMU).</param>
/// <param name="Confirmation">Whether a real kernel was seen with these values.</param>
public sealed record ArchitectureRules(
    Architecture Architecture,
    ByteSize PageSize,
    ByteSize PmdSize,
    ByteSize PudSize,
    ByteSize CompatAlign,
    Confirmation Confirmation
)
{
    /// <summary>SUBSECTION_SIZE (include/linux/mmzone.h, since 5.3; the same everywhere).</summary>
    public static readonly ByteSize SubSectionSize = ByteSize.MiB(2);

    /// <summary>The largest order of the page allocator in kernels as they are configured by default (MAX_ORDER - 1 up to 6.3,
    /// MAX_PAGE_ORDER from 6.8 on; arm64: ARCH_FORCE_MAX_ORDER).</summary>
    public int PageOrderMax =>
        PageSize.Bytes switch
        {
            4096 => 10,
            16384 => 11,
            _ => 13,
        };

    /// <summary>Width of physical addresses (MAX_PHYSMEM_BITS; x86-64 with four levels of page tables).</summary>
    public int PhysicalBits =>
        Architecture switch
        {
            Architecture.X86_64 => 46,
            Architecture.Arm64 => 48,
            _ => 51,
        };

    /// <summary>The space kept free at the start of a namespace for its info-block: 8 KiB, in whole pages (drivers/nvdimm/nd.h
    /// nd_info_block_reserve()).</summary>
    public ByteSize InfoBlockReserve => ByteSize.KiB(8).AlignUp(PageSize);

    /// <summary>Alignments that pfn and dax devices offer, ascending (drivers/nvdimm/pfn_devs.c nd_pfn_supported_alignments()).</summary>
    public ImmutableArray<ByteSize> SupportedAligns => PudSize.IsZero ? [PageSize, PmdSize] : [PageSize, PmdSize, PudSize];

    /// <summary>The rules of <paramref name="profile"/> on <paramref name="architecture"/>, or null when that architecture has no such page
    /// size.</summary>
    public static ArchitectureRules? Find(KernelProfile profile, Architecture architecture, ByteSize pageSize)
    {
        ByteSize two = ByteSize.MiB(2);
        return (architecture, pageSize.Bytes) switch
        {
            (Architecture.X86_64, 4096) => new(architecture, pageSize, two, ByteSize.GiB(1), two, Confirmation.RealKernel),
            (Architecture.Arm64, 4096) => new(architecture, pageSize, two, ByteSize.Zero, two, Confirmation.RealKernel),
            (Architecture.Arm64, 16384) => new(architecture, pageSize, ByteSize.MiB(32), ByteSize.Zero, two, Confirmation.RealKernel),
            (Architecture.Arm64, 65536) => new(architecture, pageSize, ByteSize.MiB(512), ByteSize.Zero, two, Confirmation.RealKernel),
            (Architecture.Ppc64LittleEndian, 65536) => new(
                architecture,
                pageSize,
                two,
                profile.Get(Rules.PudAlignIsRunTime) ? ByteSize.GiB(1) : ByteSize.Zero,
                two,
                Confirmation.SourceOnly
            ),
            _ => null,
        };
    }

    /// <summary>The page sizes a machine of this architecture may have, for messages.</summary>
    public static string PageSizesOf(Architecture architecture) =>
        architecture switch
        {
            Architecture.X86_64 => "4096",
            Architecture.Arm64 => "4096, 16384 or 65536",
            _ => "65536",
        };

    /// <summary>Reads <c>x86_64</c>, <c>aarch64</c> or <c>arm64</c>, <c>ppc64le</c>.</summary>
    public static bool TryParse(string name, out Architecture architecture)
    {
        (architecture, bool known) = name switch
        {
            "x86_64" or "amd64" => (Architecture.X86_64, true),
            "aarch64" or "arm64" => (Architecture.Arm64, true),
            "ppc64le" => (Architecture.Ppc64LittleEndian, true),
            _ => (default, false),
        };
        return known;
    }
}

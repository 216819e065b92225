using System.Numerics;
using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Model.DebugMetadata;

/// <summary>The page_ext tables of a machine: an entry for every page of every section that has RAM (mm/page_ext.c, 5.10, 6.1, 6.12, 7.2;
/// SPARSEMEM).</summary>
/// <param name="Entry">Bytes for each page.</param>
/// <param name="Sections">Sections with a table.</param>
/// <param name="PagesPerSection">Of this architecture.</param>
/// <param name="PageSize">PAGE_SIZE.</param>
public sealed record PageExt(ByteSize Entry, ulong Sections, PfnCount PagesPerSection, ByteSize PageSize)
{
    /// <summary>Two pointers: shadow and origin.</summary>
    public static readonly ByteSize KmsanPointers = new(16);

    /// <summary>By how much struct mem_section grows with CONFIG_PAGE_EXTENSION: all that page_ext costs while it is off
    /// (include/linux/mmzone.h: 16 to 32 bytes).</summary>
    public static readonly ByteSize SectionGrowth = new(16);

    /// <summary>One section's table.</summary>
    public ByteSize Table => Entry * PagesPerSection.Pages;

    /// <summary>All tables.</summary>
    public ByteSize Total => Table * Sections;

    /// <summary>While it is off.</summary>
    public ByteSize Off => SectionGrowth * Sections;

    /// <summary>Pages of one table; what is left of the block it is taken from goes back.</summary>
    public PfnCount TablePages => new(Table.AlignUp(PageSize) / PageSize);

    /// <summary>The block that the page allocator is asked for; where there is none, single pages do (vmalloc).</summary>
    public int TableOrder => BitOperations.Log2(BitOperations.RoundUpToPowerOf2(TablePages.Pages));

    /// <summary>Bytes of an entry that holds the two pointers of KMSAN: a client that no kernel has; the flags word where the kernel always
    /// puts one.</summary>
    public static ByteSize KmsanEntry(KernelProfile kernel) =>
        kernel.Get(Rules.ExtAlwaysHasFlags) ? KmsanPointers + new ByteSize(8) : KmsanPointers;

    /// <summary>When this kernel allocates the tables, in words.</summary>
    public static string WhenOf(KernelProfile kernel) =>
        kernel.Get(Rules.PageExtInit) switch
        {
            PageExtInit.Late => "late: after all struct pages are initialised",
            PageExtInit.EarlyByParameter => "late; early with the kernel parameter early_page_ext",
            _ => "early, unless struct pages are initialised late",
        };
}

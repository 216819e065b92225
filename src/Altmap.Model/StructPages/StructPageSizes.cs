using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Model.StructPages;

/// <summary>What one combination of optional fields gives on one kernel.</summary>
/// <param name="Kernel">Which.</param>
/// <param name="Size">sizeof(struct page); null where the kernel has no such field or alignment.</param>
/// <param name="IsZeroed">mm_zero_struct_page() covers it.</param>
/// <param name="IsPossible">Some x86-64 configuration gives it.</param>
public sealed record StructPageCell(KernelProfile Kernel, ByteSize? Size, bool IsZeroed, bool IsPossible);

/// <summary>A combination of optional fields on every kernel.</summary>
/// <param name="Alignment">8 or 16 bytes.</param>
/// <param name="Memcg">The memcg word is there.</param>
/// <param name="Cpupid">last_cpupid is a field.</param>
/// <param name="Kmsan">The KMSAN pointers are there.</param>
/// <param name="Cells">In the order of the kernels asked for.</param>
public sealed record StructPageRow(ByteSize Alignment, bool Memcg, bool Cpupid, bool Kmsan, ImmutableArray<StructPageCell> Cells);

/// <summary>Every size that struct page can have, held against the zeroing switch: the table behind "no case matching constant switch
/// condition '96'" (January 2023).</summary>
public static class StructPageSizes
{
    /// <summary>Sixteen rows: two alignments, and each optional field there or not. x86-64.</summary>
    public static ImmutableArray<StructPageRow> Of(ImmutableArray<KernelProfile> kernels)
    {
        bool[] both = [false, true];
        var rows = ImmutableArray.CreateBuilder<StructPageRow>();
        foreach (bool slub in (bool[])[true, false])
        {
            foreach ((bool kmsan, bool cpupid, bool memcg) in both.SelectMany(k => both.SelectMany(c => both.Select(m => (k, c, m)))))
                rows.Add(
                    new(
                        new ByteSize(slub ? 16UL : 8UL),
                        memcg,
                        cpupid,
                        kmsan,
                        [.. kernels.Select(k => Cell(k, slub, memcg, cpupid, kmsan))]
                    )
                );
        }
        return rows.DrainToImmutable();
    }

    private static StructPageCell Cell(KernelProfile kernel, bool slub, bool memcg, bool cpupid, bool kmsan)
    {
        ArchitectureRules x86 = ArchitectureRules.Find(kernel, Architecture.X86_64, ByteSize.KiB(4))!;
        StructPageConfig config = StructPageConfig.DistributionOf(Architecture.X86_64) with
        {
            Slub = slub,
            Memcg = memcg,
            Kmsan = kmsan,
            LastCpupidField = cpupid,
        };
        if ((kmsan && !kernel.Get(Rules.HasKmsan)) || (!slub && kernel.Get(Rules.AlignsWithoutSlub)))
            return new(kernel, null, false, false);
        StructPageLayout layout = StructPageLayout.Of(config, kernel, x86);
        // Without NUMA balancing, or with the section number in the flags word too: one of them gives the row, or nothing does.
        bool isPossible = ((StructPageConfig[])[config, config with { Vmemmap = false }, config with { NumaBalancing = false }]).Any(c =>
            StructPageLayout.Of(c, kernel, x86).Impossible.IsEmpty
        );
        return new(kernel, layout.Size, layout.IsZeroed, isPossible);
    }
}

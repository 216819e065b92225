using Altmap.Core.Units;
using Altmap.Model.Buddy;

namespace Altmap.Model.Kmsan;

/// <summary>When a block reaches the page allocator.</summary>
public enum ReleasePhase
{
    /// <summary>memblock hands its memory over (memblock_free_all()).</summary>
    Boot,

    /// <summary>What was held back and not used is shared out (kmsan_memblock_discard()).</summary>
    Discard,
}

/// <summary>A block that reaches the page allocator, with the blocks of its order that hold its metadata.</summary>
/// <param name="Block">What is released.</param>
/// <param name="Shadow">First page of its shadow.</param>
/// <param name="Origin">First page of its origins.</param>
public readonly record struct ReleasedBlock(PageBlock Block, Pfn Shadow, Pfn Origin);

/// <summary>Blocks released one after the other at equal distance, shadow and origin too: a TiB of memory is a few runs.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Count">How many, at least 1.</param>
/// <param name="Stride">From a block to the next one.</param>
/// <param name="Phase">When.</param>
public readonly record struct ReleasedRun(ReleasedBlock First, ulong Count, PfnCount Stride, ReleasePhase Phase)
{
    /// <summary>The order of all of them.</summary>
    public int Order => First.Block.Order;

    /// <summary>Released pages.</summary>
    public PfnCount Pages => new(Count << Order);

    /// <summary>The block of that index.</summary>
    public ReleasedBlock this[ulong index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            var distance = new PfnCount(index * Stride.Pages);
            return new(First.Block with { Start = First.Block.Start + distance }, First.Shadow + distance, First.Origin + distance);
        }
    }

    /// <summary>Released pages of the blocks that start inside <paramref name="pages"/>.</summary>
    public PfnCount PagesIn(PfnRange pages) => new((Before(pages.End) - Before(pages.Start)) << Order);

    /// <summary>How many blocks start below.</summary>
    private ulong Before(Pfn pfn)
    {
        if (pfn <= First.Block.Start)
            return 0;
        return Count == 1 ? 1 : Math.Min(Count, (((pfn - First.Block.Start).Pages - 1) / Stride.Pages) + 1);
    }
}

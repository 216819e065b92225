using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Model.Planning;

/// <summary>Which sizes a namespace may have.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Min">The least size that counts; sizes below belong to another place.</param>
/// <param name="Max">The largest.</param>
/// <param name="Step">Sizes are multiples of it.</param>
/// <param name="EndAlign">The namespace ends at a multiple of it, or at its largest size.</param>
public readonly record struct SizeRange(PhysicalAddress Start, ByteSize Min, ByteSize Max, ByteSize Step, ByteSize EndAlign);

/// <summary>
/// How large must I ask to get so much? Capacity is no plain function of size: end_trunc, rounding of the page map and memory blocks make
/// it go down at places. So a
/// lower bound is found first (a size must hold what is wanted, and the page map of that size), and from there every size is tried in
/// order; the first that does is the smallest.
/// </summary>
public static class SizeSearch
{
    private const int BoundStepsMax = 4096;

    /// <summary>The plan of the smallest size that gives at least <paramref name="usable"/>; null: none does.</summary>
    public static NamespacePlan? Smallest(
        in SizeRange range,
        ByteSize usable,
        NamespaceWish wish,
        KernelProfile kernel,
        ArchitectureRules architecture
    )
    {
        UInt128 step = range.Step.Bytes,
            max = range.Max.Bytes;
        UInt128 low = Up(UInt128.Max(range.Min.Bytes, LowerBound(usable.Bytes, range, wish, kernel, architecture)), step);
        // A mapping starts and ends within an alignment of where it could, a whole memory block within a block; the page map grows with
        // what is added.
        UInt128 slack = wish.HasInfoBlock ? UInt128.Max(wish.Align.Bytes, architecture.CompatAlign.Bytes) : 0;
        if (wish.AddsBlocks)
            slack += wish.BlockSizeOn(kernel, architecture).Bytes;
        UInt128 stop = UInt128.Min(max, low + (8 * (slack + step + range.EndAlign.Bytes + NamespacePlan.SizeMin.Bytes)));
        for (UInt128 size = low; size <= stop; size += step)
        {
            if (size == 0 || (size < max && (range.Start.Bytes + size) % range.EndAlign.Bytes != 0))
                continue;
            NamespacePlan plan = NamespacePlan.Of(new PhysicalRange(range.Start, new ByteSize((ulong)size)), wish, kernel, architecture);
            if (plan.IsAccepted && plan.Usable >= usable)
                return plan;
        }
        return null;
    }

    /// <summary>No smaller size can do: it would not hold the page map, or the BTT, of itself.</summary>
    private static UInt128 LowerBound(
        ulong usable,
        in SizeRange range,
        NamespaceWish wish,
        KernelProfile kernel,
        ArchitectureRules architecture
    )
    {
        if (wish.Mode == CapacityMode.Sector)
            return LowerBoundOfBtt(usable, range, wish, kernel, architecture);
        if (!wish.HasInfoBlock)
            return usable;
        ulong structPage = wish.Map == PageMapMode.Pmem ? kernel.Get(Rules.MaxStructPageSize).Bytes : 0,
            page = architecture.PageSize.Bytes;
        UInt128 size = (UInt128)usable + PfnLayout.ReserveBytes;
        for (int i = 0; i < BoundStepsMax && size <= range.Max.Bytes; i++)
        {
            UInt128 needed = usable + PfnLayout.ReserveBytes + ((size - PfnLayout.ReserveBytes) / page * structPage);
            if (needed <= size)
                break;
            size = needed;
        }
        return size;
    }

    /// <summary>The capacity of a BTT never goes down when its namespace grows.</summary>
    private static UInt128 LowerBoundOfBtt(
        ulong usable,
        in SizeRange range,
        NamespaceWish wish,
        KernelProfile kernel,
        ArchitectureRules architecture
    )
    {
        UInt128 low = usable,
            high = range.Max.Bytes;
        while (low < high)
        {
            UInt128 middle = low + ((high - low) / 2);
            NamespacePlan plan = NamespacePlan.Of(new PhysicalRange(range.Start, new ByteSize((ulong)middle)), wish, kernel, architecture);
            if (plan.IsAccepted && plan.Usable.Bytes >= usable)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    private static UInt128 Up(UInt128 value, UInt128 unit) => (value + (unit - 1)) / unit * unit;
}

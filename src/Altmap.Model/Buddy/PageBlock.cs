using System.Globalization;
using Altmap.Core.Units;

namespace Altmap.Model.Buddy;

/// <summary>2^<paramref name="Order"/> pages that the page allocator handles as one; <paramref name="Start"/> is a multiple of that
/// number.</summary>
/// <param name="Start">First page.</param>
/// <param name="Order">0 and up.</param>
public readonly record struct PageBlock(Pfn Start, int Order)
{
    /// <summary>How many pages.</summary>
    public PfnCount Count => new(1UL << Order);

    /// <summary>One past the last page.</summary>
    public Pfn End => Start + Count;

    /// <summary>Its pages.</summary>
    public PfnRange Pages => new(Start, End);

    /// <summary>True when the first page is a multiple of the number of pages.</summary>
    public bool IsAligned => Order is >= 0 and < 64 && (Start.Number & (Count.Pages - 1)) == 0;

    /// <summary>The block it merges with (mm/internal.h __find_buddy_pfn(), 6.1.192).</summary>
    public PageBlock Buddy => new(new Pfn(Start.Number ^ Count.Pages), Order);

    /// <summary>The block that it and its buddy make.</summary>
    public PageBlock Parent => new(new Pfn(Start.Number & ~Count.Pages), Order + 1);

    /// <summary>The halves, low one first. The order must be above 0.</summary>
    public (PageBlock Low, PageBlock High) Split()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Order, 1);
        var low = new PageBlock(Start, Order - 1);
        return (low, low.Buddy);
    }

    /// <summary>The largest block that starts where <paramref name="pages"/> (not empty) do and does not leave them.</summary>
    /// <param name="pages">Half-open.</param>
    /// <param name="orderMax">Largest order.</param>
    public static PageBlock First(PfnRange pages, int orderMax)
    {
        ulong room = pages.Count.Pages;
        ArgumentOutOfRangeException.ThrowIfZero(room);
        int order = Math.Min(orderMax, System.Numerics.BitOperations.Log2(room));
        // 0 is a multiple of everything; the kernel starts from the largest order there too.
        return new(pages.Start, Math.Min(order, System.Numerics.BitOperations.TrailingZeroCount(pages.Start.Number)));
    }

    /// <summary>First page and order: <c>0x3fc00, order 9</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Start}, order {Order}");
}

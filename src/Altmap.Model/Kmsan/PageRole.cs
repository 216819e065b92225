using System.Globalization;
using Altmap.Core.Units;

namespace Altmap.Model.Kmsan;

/// <summary>What a page became.</summary>
public enum PageRoleKind
{
    /// <summary>In no free range: the kernel's, a device's, metadata from memblock, or nothing.</summary>
    NotFree,

    /// <summary>Released to the page allocator.</summary>
    Released,

    /// <summary>Shadow of a released page.</summary>
    Shadow,

    /// <summary>Origins of a released page.</summary>
    Origin,

    /// <summary>Neither free nor metadata.</summary>
    Leftover,
}

/// <summary>What a page became, and for which released page.</summary>
/// <param name="Kind">What.</param>
/// <param name="Page">The released page that it is, or whose metadata it holds.</param>
public readonly record struct PageRole(PageRoleKind Kind, Pfn Page)
{
    /// <summary>What the carve-out made of a page; costs what there are runs.</summary>
    public static PageRole Of(CarveOut carveOut, Pfn pfn)
    {
        foreach (ReleasedRun run in carveOut.Runs)
        {
            if (Match(run, run.First.Block.Start, pfn) is { } page)
                return new(PageRoleKind.Released, page);
            if (Match(run, run.First.Shadow, pfn) is { } shadowed)
                return new(PageRoleKind.Shadow, shadowed);
            if (Match(run, run.First.Origin, pfn) is { } traced)
                return new(PageRoleKind.Origin, traced);
        }
        return new(carveOut.Leftover.Contains(pfn) ? PageRoleKind.Leftover : PageRoleKind.NotFree, pfn);
    }

    /// <summary>The released page that belongs to <paramref name="pfn"/>, where blocks of the run start at <paramref name="start"/>; null
    /// for none.</summary>
    private static Pfn? Match(in ReleasedRun run, Pfn start, Pfn pfn)
    {
        if (pfn < start)
            return null;
        ulong distance = (pfn - start).Pages;
        return distance / run.Stride.Pages < run.Count && distance % run.Stride.Pages >> run.Order == 0
            ? run.First.Block.Start + new PfnCount(distance)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Kind switch
        {
            PageRoleKind.Released => "a released page itself",
            PageRoleKind.Shadow => string.Create(CultureInfo.InvariantCulture, $"shadow of page {Page.Number}"),
            PageRoleKind.Origin => string.Create(CultureInfo.InvariantCulture, $"origins of page {Page.Number}"),
            PageRoleKind.Leftover => "a leftover page",
            _ => "memory outside the free ranges (the kernel's, or metadata from memblock)",
        };
}

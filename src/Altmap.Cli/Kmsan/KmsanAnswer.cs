using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.Kmsan;

namespace Altmap.Cli.Kmsan;

/// <summary>What <c>altmap kmsan</c> found.</summary>
/// <param name="Kernel">With its KMSAN build.</param>
/// <param name="Architecture">Page size and orders.</param>
/// <param name="CarveOut">Block by block.</param>
/// <param name="Zones">Where the pages lie.</param>
/// <param name="FreedLater">Boot memory that reaches the page allocator after the carve-out.</param>
/// <param name="Contiguity">After that.</param>
/// <param name="Boot">How RAM became the free ranges; null where they were given.</param>
internal sealed record KmsanAnswer(
    KernelProfile Kernel,
    ArchitectureRules Architecture,
    CarveOut CarveOut,
    ImmutableArray<BuddySpan> Zones,
    ImmutableArray<MetadataSegment> FreedLater,
    Contiguity Contiguity,
    BootMemory? Boot
)
{
    public PfnCount FreedLaterPages => new(FreedLater.Aggregate(0UL, (sum, s) => sum + s.Pages.Count.Pages));

    /// <summary>MemTotal: all pages that were handed over count, and those freed later.</summary>
    public PfnCount MemTotal => new(CarveOut.Pages.Pages + FreedLaterPages.Pages);

    /// <summary>managed of all zones.</summary>
    public PfnCount Managed => new(CarveOut.Released.Pages + FreedLaterPages.Pages);

    /// <summary>Zones with pages: pages handed over, released.</summary>
    public IEnumerable<(BuddySpan Zone, PfnCount Pages, PfnCount Released)> PerZone =>
        Zones
            .GroupBy(z => (z.Node, z.Kind))
            .Select(g => (g.First(), Sum(g, CarveOut.PagesIn), Sum(g, CarveOut.ReleasedIn)))
            .Where(z => z.Item2.Pages > 0);

    private static PfnCount Sum(IEnumerable<BuddySpan> spans, Func<PfnRange, PfnCount> of) =>
        new(spans.Aggregate(0UL, (sum, s) => sum + of(s.Pages).Pages));
}

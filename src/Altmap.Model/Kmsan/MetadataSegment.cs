using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Buddy;

namespace Altmap.Model.Kmsan;

/// <summary>Where the metadata of a run of pages starts, page for page.</summary>
/// <param name="Shadow">Shadow of the first page.</param>
/// <param name="Origin">Origins of the first page.</param>
public readonly record struct MetadataPlace(Pfn Shadow, Pfn Origin);

/// <summary>Pages whose metadata lie side by side.</summary>
/// <param name="Pages">Half-open, not empty.</param>
/// <param name="Place">Where; null: memblock allocated it at a place that is not known, outside the free ranges.</param>
/// <param name="Owner">What the pages are, for people.</param>
public readonly record struct MetadataSegment(PfnRange Pages, MetadataPlace? Place, string Owner);

/// <summary>A free block, which one request may get as a whole, whose metadata do not lie side by side.</summary>
/// <param name="Block">The block.</param>
/// <param name="ShadowPages">Pages whose shadow is not where the first page's shadow leads.</param>
/// <param name="OriginPages">The same of origins.</param>
/// <param name="IsCertain">False where the unknown place of boot metadata could, by chance, be the right one.</param>
/// <param name="Segments">The parts, ascending.</param>
public sealed record TornBlock(
    PageBlock Block,
    PfnCount ShadowPages,
    PfnCount OriginPages,
    bool IsCertain,
    ImmutableArray<MetadataSegment> Segments
)
{
    /// <summary>What a request that gets the block as a whole writes where it should not: for each part behind the first. Empty where the
    /// first part's place is not known.</summary>
    public IEnumerable<Overrun> Overruns(CarveOut carveOut)
    {
        if (Segments[0].Place is not { } first)
            yield break;
        foreach (MetadataSegment part in Segments.Skip(1))
        {
            PfnCount distance = part.Pages.Start - Block.Start;
            Pfn shadow = first.Shadow + distance,
                origin = first.Origin + distance;
            if (part.Place == new MetadataPlace(shadow, origin))
                continue;
            yield return new(
                part.Pages,
                new(shadow, shadow + part.Pages.Count),
                PageRole.Of(carveOut, shadow),
                new(origin, origin + part.Pages.Count),
                PageRole.Of(carveOut, origin)
            );
        }
    }
}

/// <summary>Metadata written to a wrong place.</summary>
/// <param name="Pages">Whose.</param>
/// <param name="Shadow">Where their shadow is written.</param>
/// <param name="ShadowRole">What the first page there is.</param>
/// <param name="Origin">Where their origins are written.</param>
/// <param name="OriginRole">What the first page there is.</param>
public readonly record struct Overrun(PfnRange Pages, PfnRange Shadow, PageRole ShadowRole, PfnRange Origin, PageRole OriginRole);

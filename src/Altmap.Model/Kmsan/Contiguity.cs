using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Buddy;

namespace Altmap.Model.Kmsan;

/// <summary>
/// Whether pages that one request can get have metadata side by side. KMSAN takes the metadata of a block from its first page and writes
/// them in one go
/// (mm/kmsan/shadow.c kmsan_alloc_page(), 6.1.192), without looking at the others; nothing keeps the page allocator from merging blocks
/// whose metadata are apart.
/// </summary>
/// <param name="FreeBlocks">Free blocks that were looked at: all below the largest order, and those that hold memory freed later.</param>
/// <param name="Torn">Ascending.</param>
public sealed record Contiguity(ImmutableArray<PageBlock> FreeBlocks, ImmutableArray<TornBlock> Torn)
{
    /// <summary>Releases all blocks in order, frees the later ranges, and looks at each free block.</summary>
    /// <param name="carveOut">What reaches the page allocator at boot.</param>
    /// <param name="zones">Ascending, all released and freed pages inside: blocks do not merge across zones.</param>
    /// <param name="freedLater">Boot memory that is freed into the page allocator later (initrd, init sections), with its metadata; outside
    /// the free ranges.</param>
    public static Contiguity Check(CarveOut carveOut, IEnumerable<BuddySpan> zones, ImmutableArray<MetadataSegment> freedLater)
    {
        var allocator = new BuddyAllocator(zones, carveOut.OrderMax);
        var segments = new List<MetadataSegment>();
        foreach (ReleasedRun run in carveOut.Runs)
        {
            // Blocks of the largest order merge with nothing, and their metadata were made in one piece.
            if (run.Order == carveOut.OrderMax)
                continue;
            for (ulong i = 0; i < run.Count; i++)
            {
                ReleasedBlock released = run[i];
                allocator.Free(released.Block, FreePlace.Tail);
                segments.Add(new(released.Block.Pages, new(released.Shadow, released.Origin), $"block {released.Block}"));
            }
        }
        foreach (MetadataSegment later in freedLater)
        {
            if (later.Pages.IsEmpty)
                continue;
            if (!carveOut.PagesIn(later.Pages).Equals(default(PfnCount)))
                throw new ArgumentException($"{later.Owner} {later.Pages} is in the free ranges", nameof(freedLater));
            // One page after the other in the kernel; the free blocks come out the same.
            for (PfnRange rest = later.Pages; !rest.IsEmpty; )
            {
                PageBlock block = PageBlock.First(rest, carveOut.OrderMax);
                allocator.Free(block);
                rest = rest with { Start = block.End };
            }
            segments.Add(later);
        }
        segments.Sort((a, b) => a.Pages.Start.CompareTo(b.Pages.Start));

        var blocks = ImmutableArray.CreateBuilder<PageBlock>();
        var torn = ImmutableArray.CreateBuilder<TornBlock>();
        int at = 0;
        foreach (PageBlock block in allocator.Zones.SelectMany(z => z.Zone.FreeBlocks()))
        {
            blocks.Add(block);
            while (segments[at].Pages.End <= block.Start)
                at++;
            if (segments[at].Pages.End < block.End && Judge(carveOut, block, Parts(segments, at, block)) is { } found)
                torn.Add(found);
        }
        return new(blocks.ToImmutable(), torn.ToImmutable());
    }

    /// <summary>The parts of a block, each cut at the block's ends.</summary>
    private static ImmutableArray<MetadataSegment> Parts(List<MetadataSegment> segments, int at, PageBlock block)
    {
        var parts = ImmutableArray.CreateBuilder<MetadataSegment>();
        for (; at < segments.Count && segments[at].Pages.Start < block.End; at++)
        {
            MetadataSegment segment = segments[at];
            PfnCount skipped = segment.Pages.Start < block.Start ? block.Start - segment.Pages.Start : default;
            Pfn end = segment.Pages.End < block.End ? segment.Pages.End : block.End;
            parts.Add(
                segment with
                {
                    Pages = new(segment.Pages.Start + skipped, end),
                    Place = segment.Place is { } place ? new(place.Shadow + skipped, place.Origin + skipped) : null,
                }
            );
        }
        return parts.ToImmutable();
    }

    private static TornBlock? Judge(CarveOut carveOut, PageBlock block, ImmutableArray<MetadataSegment> parts)
    {
        ulong shadow = 0,
            origin = 0;
        bool isCertain = false;
        foreach (MetadataSegment part in parts.Skip(1))
        {
            PfnCount distance = part.Pages.Start - block.Start;
            if (parts[0].Place is { } first && part.Place is { } place)
            {
                if (place.Shadow != first.Shadow + distance)
                    shadow += part.Pages.Count.Pages;
                if (place.Origin != first.Origin + distance)
                    origin += part.Pages.Count.Pages;
                isCertain |= place != new MetadataPlace(first.Shadow + distance, first.Origin + distance);
                continue;
            }
            shadow += part.Pages.Count.Pages;
            origin += part.Pages.Count.Pages;
            isCertain |= !CanBeSideBySide(carveOut, parts[0], part, distance);
        }
        return shadow + origin == 0 ? null : new(block, new(shadow), new(origin), isCertain, parts);
    }

    /// <summary>Metadata from memblock lie outside the free ranges; where the other part's lead into them, or below 0, they cannot go on
    /// there.</summary>
    private static bool CanBeSideBySide(CarveOut carveOut, in MetadataSegment first, in MetadataSegment part, PfnCount distance)
    {
        if (first.Place is { } place)
            return IsOutside(carveOut, place.Shadow + distance, part.Pages.Count)
                && IsOutside(carveOut, place.Origin + distance, part.Pages.Count);
        if (part.Place is not { } known)
            return true;
        PfnCount length = first.Pages.Count;
        return known.Shadow.Number >= distance.Pages
            && known.Origin.Number >= distance.Pages
            && IsOutside(carveOut, known.Shadow - distance, length)
            && IsOutside(carveOut, known.Origin - distance, length);
    }

    private static bool IsOutside(CarveOut carveOut, Pfn start, PfnCount count) => carveOut.PagesIn(new(start, start + count)).Pages == 0;
}

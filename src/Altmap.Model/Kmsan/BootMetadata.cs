using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Model.Kmsan;

/// <summary>Memory in use before the page allocator, and where memblock put its metadata.</summary>
/// <param name="Range">Whole pages.</param>
/// <param name="InImage">Recorded by its address in the kernel's image, not in the direct map: the same pages may be recorded
/// twice.</param>
/// <param name="Shadow">As many bytes.</param>
/// <param name="Origin">As many bytes.</param>
public readonly record struct BootMetadataRange(PhysicalRange Range, bool InImage, PhysicalRange Shadow, PhysicalRange Origin);

/// <summary>
/// Metadata of memory that is in use before the page allocator: mm/kmsan/init.c kmsan_init_shadow(), kmsan_record_future_shadow_range(),
/// mm/kmsan/shadow.c
/// kmsan_init_alloc_meta_for_range() (6.1.192; 6.12.117 differs only in what happens without memory: it panics, 6.1 goes on with a null
/// pointer).
/// </summary>
/// <param name="Ranges">In the order of allocation.</param>
/// <param name="Failure">Why this boot fails, or null.</param>
public sealed record BootMetadata(ImmutableArray<BootMetadataRange> Ranges, string? Failure)
{
    /// <summary>Room in the kernel's table (NUM_FUTURE_RANGES).</summary>
    public const int RangesMax = 128;

    /// <summary>Records what is reserved, .data and node data, and allocates metadata for it.</summary>
    /// <param name="memblock">Changes: it holds the metadata afterwards.</param>
    /// <param name="data">.data of the kernel; recorded by its address in the image.</param>
    /// <param name="nodeData">NODE_DATA of each node where it is in the direct map; without NUMA it is part of .data.</param>
    /// <param name="page">Size of a page.</param>
    /// <param name="bottomUp">memblock_bottom_up().</param>
    public static BootMetadata Allocate(
        Memblock memblock,
        PhysicalRange data,
        ImmutableArray<PhysicalRange> nodeData,
        ByteSize page,
        bool bottomUp
    )
    {
        var recorded = new List<(PhysicalAddress Start, PhysicalAddress End, bool InImage)>();
        foreach (PhysicalRange range in memblock.Reserved)
            Record(recorded, range, inImage: false, page);
        if (!data.IsEmpty)
            Record(recorded, data, inImage: true, page);
        foreach (PhysicalRange range in nodeData)
            Record(recorded, range, inImage: false, page);
        if (recorded.Count > RangesMax)
            return new([], $"{recorded.Count} ranges are in use, and the kernel's table has room for {RangesMax}");

        var ranges = ImmutableArray.CreateBuilder<BootMetadataRange>(recorded.Count);
        foreach ((PhysicalAddress start, PhysicalAddress end, bool inImage) in recorded)
        {
            var range = new PhysicalRange(start, end - start);
            if (
                memblock.Allocate(range.Size, page, new(page.Bytes), bottomUp) is not { } shadow
                || memblock.Allocate(range.Size, page, new(page.Bytes), bottomUp) is not { } origin
            )
                return new(
                    ranges.ToImmutable(),
                    $"no memory for the metadata of {range} ({range.Size.ToHuman()} of shadow and as much of origins)"
                );
            ranges.Add(new(range, inImage, shadow, origin));
        }
        return new(ranges.ToImmutable(), null);
    }

    /// <summary>The metadata of pages that were in use at boot, in pieces that lie side by side; the range recorded last counts.</summary>
    /// <param name="pages">Half-open.</param>
    /// <param name="page">Size of a page.</param>
    /// <param name="owner">What they are, for people.</param>
    public ImmutableArray<MetadataSegment> Segments(PfnRange pages, ByteSize page, string owner)
    {
        var segments = ImmutableArray.CreateBuilder<MetadataSegment>();
        for (Pfn at = pages.Start; at < pages.End; )
        {
            Pfn end = pages.End;
            MetadataPlace? place = null;
            foreach (BootMetadataRange range in Ranges)
            {
                Pfn first = Pfn.Containing(range.Range.Start, page),
                    past = Pfn.Containing(range.Range.End, page);
                if (first > at && first < end)
                    end = first;
                if (past > at && past < end)
                    end = past;
                if (at < first || at >= past)
                    continue;
                PfnCount distance = at - first;
                place = new(Pfn.Containing(range.Shadow.Start, page) + distance, Pfn.Containing(range.Origin.Start, page) + distance);
            }
            segments.Add(new(new(at, end), place, owner));
            at = end;
        }
        return segments.ToImmutable();
    }

    /// <summary>The first recorded range that it overlaps or touches grows over it; it is not compared with the others again.</summary>
    private static void Record(
        List<(PhysicalAddress Start, PhysicalAddress End, bool InImage)> recorded,
        PhysicalRange range,
        bool inImage,
        ByteSize page
    )
    {
        PhysicalAddress start = range.Start.AlignDown(page),
            end = range.End.AlignUp(page);
        for (int i = 0; i < recorded.Count; i++)
        {
            (PhysicalAddress from, PhysicalAddress to, bool isOfImage) = recorded[i];
            if (isOfImage != inImage || to < start || from > end)
                continue;
            recorded[i] = (start < from ? start : from, end > to ? end : to, inImage);
            return;
        }
        recorded.Add((start, end, inImage));
    }
}

using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;

namespace Altmap.Formats.Labels;

/// <summary>A range of a DIMM that belongs to a namespace.</summary>
/// <param name="Start">First byte.</param>
/// <param name="Size">More than 0 bytes.</param>
/// <param name="Owner">The namespace's UUID.</param>
public readonly record struct ReservedRange(DimmAddress Start, ByteSize Size, Uuid Owner);

/// <summary>A region's part of a DIMM.</summary>
/// <param name="Start">First byte on the DIMM.</param>
/// <param name="Size">How many.</param>
/// <param name="Granularity">Region alignment divided by the number of mappings; a power of two.</param>
public readonly record struct DpaMapping(DimmAddress Start, ByteSize Size, ByteSize Granularity);

/// <summary>What a change of reservations came to.</summary>
/// <param name="Errno">None, EBUSY or ENXIO.</param>
/// <param name="Reserved">The reservations afterwards, ordered by start; as before after an error.</param>
/// <param name="Missing">After ENXIO: the bytes not found, for the kernel's "allocation underrun" warning.</param>
public readonly record struct DpaResult(Errno Errno, ImmutableArray<ReservedRange> Reserved, ByteSize Missing = default);

/// <summary>
/// Where on a DIMM a namespace's bytes go. Pure functions of a DIMM's reservations, which are ordered by start and never overlap
/// (drivers/nvdimm/namespace_devs.c scan_allocate(), space_valid(); dimm_devs.c; 6.1; same in 5.10, 6.12, 7.2 for pmem).
/// </summary>
public static class DpaAllocation
{
    /// <summary>
    /// The reservations that labels make when the DIMM comes up, in slot order; EBUSY when one is empty (but at 0, where it takes all),
    /// leaves 64 bits or overlaps an earlier one (drivers/nvdimm/label.c nd_label_reserve_dpa(), kernel/resource.c __request_region(),
    /// 6.1; found by fuzzing labels).
    /// </summary>
    public static DpaResult Reserve(IEnumerable<NamespaceLabel> labels)
    {
        ImmutableArray<ReservedRange> reserved = [];
        foreach (NamespaceLabel label in labels)
        {
            // From 0 on, nothing ends at the highest address there is: the request takes all of the DIMM.
            bool isAll = label.Dpa.Bytes == 0 && label.RawSize.IsZero;
            ByteSize size = isAll ? new ByteSize(ulong.MaxValue) : label.RawSize;
            if (Request(reserved, new ReservedRange(label.Dpa, size, label.Uuid)) is not { } more)
                return new DpaResult(Errno.EBUSY, []);
            reserved = more;
        }
        return new DpaResult(Errno.None, reserved);
    }

    /// <summary>Bytes that the namespace has on the DIMM.</summary>
    public static ByteSize Allocated(ImmutableArray<ReservedRange> reserved, Uuid owner) =>
        reserved.Where(r => r.Owner == owner).Aggregate(ByteSize.Zero, (sum, r) => sum + r.Size);

    /// <summary>
    /// Gives a namespace <paramref name="amount"/> more bytes: first fit for a new one, the gap that touches it for one that has space.
    /// ENXIO: no such gap.
    /// </summary>
    public static DpaResult Grow(DpaMapping mapping, ImmutableArray<ReservedRange> reserved, Uuid owner, ByteSize amount)
    {
        (ImmutableArray<ReservedRange> after, ulong missing) = Scan(mapping, reserved, owner, amount.Bytes, isReserve: false);
        return missing == 0 ? new DpaResult(Errno.None, after) : new DpaResult(Errno.ENXIO, reserved, new ByteSize(missing));
    }

    /// <summary>Takes <paramref name="amount"/> bytes from the end of a namespace; all of it when that is as much as it has.</summary>
    public static DpaResult Shrink(ImmutableArray<ReservedRange> reserved, Uuid owner, ByteSize amount)
    {
        ulong left = amount.Bytes;
        while (left > 0)
        {
            int last = LastOf(reserved, owner);
            if (last < 0)
                break;
            ReservedRange range = reserved[last];
            if (left >= range.Size.Bytes)
            {
                left -= range.Size.Bytes;
                reserved = reserved.RemoveAt(last);
                continue;
            }
            reserved = reserved.SetItem(last, range with { Size = new ByteSize(range.Size.Bytes - left) });
            break;
        }
        return new DpaResult(Errno.None, reserved);
    }

    /// <summary>Free bytes of a mapping (nd_pmem_available_dpa()); 0 when a reservation sticks out of its end.</summary>
    public static ByteSize Available(DpaMapping mapping, ImmutableArray<ReservedRange> reserved)
    {
        UInt128 start = mapping.Start.Bytes,
            end = start + mapping.Size.Bytes,
            busy = 0,
            unit = mapping.Granularity.Bytes;
        foreach (ReservedRange range in reserved)
        {
            UInt128 from = range.Start.Bytes / unit * unit;
            UInt128 to = (EndOf(range) + unit - 1) / unit * unit;
            if (from >= start && from + 1 < end)
            {
                if (to > end)
                    return ByteSize.Zero;
                busy += to - from;
            }
            else if (to > start && to <= end)
            {
                busy += to - from;
            }
            else if (start > from && start + 1 < to)
            {
                busy += mapping.Size.Bytes; // covers the whole mapping
            }
        }
        return busy >= mapping.Size.Bytes ? ByteSize.Zero : new ByteSize((ulong)((mapping.Size.Bytes - busy) / unit * unit));
    }

    /// <summary>
    /// The largest free run of a mapping (nd_pmem_max_contiguous_dpa()): all free space is reserved as an allocation would, and the largest
    /// piece counts.
    /// 0 when the pieces do not add up to what is available.
    /// </summary>
    public static ByteSize LargestFreeExtent(DpaMapping mapping, ImmutableArray<ReservedRange> reserved)
    {
        ulong available = Available(mapping, reserved).Bytes;
        if (available == 0)
            return ByteSize.Zero;
        (ImmutableArray<ReservedRange> filled, ulong missing) = Scan(mapping, reserved, Uuid.Zero, available, isReserve: true);
        if (missing != 0)
            return ByteSize.Zero;
        UInt128 largest = 0,
            unit = mapping.Granularity.Bytes;
        foreach (ReservedRange range in filled.Except(reserved))
        {
            UInt128 from = (range.Start.Bytes + unit - 1) / unit * unit,
                to = EndOf(range) / unit * unit;
            if (to > from && to - from > largest)
                largest = to - from;
        }
        return new ByteSize((ulong)largest);
    }

    /// <summary>max_available_extent of a region: the smallest largest extent that is not 0, times the mappings (region_devs.c
    /// nd_region_allocatable_dpa(), 6.1).</summary>
    public static ByteSize MaxAvailableExtent(IReadOnlyList<ByteSize> largestOfMappings)
    {
        ulong smallest = 0;
        foreach (ByteSize size in largestOfMappings)
        {
            if (!size.IsZero && (smallest == 0 || size.Bytes < smallest))
                smallest = size.Bytes;
        }
        return new ByteSize(smallest) * (ulong)largestOfMappings.Count;
    }

    /// <summary>available_size of a region: the sum over its mappings (region_devs.c nd_region_available_dpa(), 6.1).</summary>
    public static ByteSize AvailableSize(IEnumerable<ByteSize> availableOfMappings) =>
        availableOfMappings.Aggregate(ByteSize.Zero, (sum, a) => sum + a);

    /// <summary>The free runs of a mapping that an allocation can take, ascending: what <see cref="Grow"/> puts a new namespace into the
    /// first that is large enough of.</summary>
    public static ImmutableArray<ReservedRange> FreeExtents(DpaMapping mapping, ImmutableArray<ReservedRange> reserved)
    {
        if (!reserved.Any(r => r.Start.Bytes < (UInt128)mapping.Start.Bytes + mapping.Size.Bytes && EndOf(r) > mapping.Start.Bytes))
            // Nothing is trimmed where nothing is.
            return mapping.Size.IsZero ? [] : [new ReservedRange(mapping.Start, mapping.Size, Uuid.Zero)];
        var extents = ImmutableArray.CreateBuilder<ReservedRange>();
        foreach ((UInt128 start, UInt128 end) in Gaps(mapping, reserved))
        {
            if (Trim(mapping, start, end) is not { } gap)
                continue;
            bool wraps = gap.End == Wrapped;
            UInt128 last = wraps
                ? UInt128.Min((UInt128)mapping.Start.Bytes + mapping.Size.Bytes, NextReserved(reserved, gap.Start))
                : gap.End;
            if (last > gap.Start)
                extents.Add(new ReservedRange(new DimmAddress((ulong)gap.Start), new ByteSize((ulong)(last - gap.Start)), Uuid.Zero));
            if (wraps)
                break; // large enough for everything: no later gap is ever asked
        }
        return extents.ToImmutable();
    }

    /// <summary>Where the first reservation that ends behind an address starts; that address where it lies inside of one.</summary>
    private static UInt128 NextReserved(ImmutableArray<ReservedRange> reserved, UInt128 start)
    {
        foreach (ReservedRange range in reserved)
        {
            if (EndOf(range) > start)
                return UInt128.Max(start, range.Start.Bytes);
        }
        return UInt128.MaxValue;
    }

    // Follows the kernel's scan gap by gap, because "first gap that touches" and "no reservation at all" differ from a textbook first fit.
    private static (ImmutableArray<ReservedRange> Reserved, ulong Missing) Scan(
        DpaMapping mapping,
        ImmutableArray<ReservedRange> reserved,
        Uuid owner,
        ulong amount,
        bool isReserve
    )
    {
        ulong missing = amount;
        bool found = true;
        while (missing > 0 && found)
        {
            found = false;
            int existing = isReserve ? -1 : LastOf(reserved, owner);
            foreach ((UInt128 start, UInt128 end) in Gaps(mapping, reserved))
            {
                if (Trim(mapping, start, end) is not { } gap)
                    continue;
                UInt128 size = gap.End - gap.Start;
                if (!isReserve && size < amount)
                    continue;
                ulong take = (ulong)UInt128.Min(size, missing);
                if (existing < 0)
                {
                    var range = new ReservedRange(new DimmAddress((ulong)gap.Start), new ByteSize(take), owner);
                    if (Request(reserved, range) is not { } more)
                        return (reserved, missing); // a gap that wraps is no gap
                    reserved = more;
                }
                else
                {
                    ReservedRange range = reserved[existing];
                    ByteSize grown = range.Size + new ByteSize(take);
                    bool below = gap.Start != EndOf(range);
                    if (below && gap.End != range.Start.Bytes)
                        continue;
                    DimmAddress first = below ? range.Start - new ByteSize(take) : range.Start;
                    reserved = reserved.SetItem(existing, range with { Start = first, Size = grown });
                }
                missing -= take;
                found = true;
                break;
            }
        }
        if (missing != amount || amount == 0)
            return (reserved, missing);
        // Nothing found in any gap: the kernel then asks for the start of the mapping, untrimmed. That is how a DIMM without reservations
        // gets its first.
        var whole = new ReservedRange(mapping.Start, new ByteSize(amount), owner);
        return Request(reserved, whole) is { } initial ? (initial, 0) : (reserved, amount);
    }

    /// <summary>The gaps next to reservations that touch the mapping, ascending; none when no reservation does.</summary>
    private static IEnumerable<(UInt128 Start, UInt128 End)> Gaps(DpaMapping mapping, ImmutableArray<ReservedRange> reserved)
    {
        UInt128 start = mapping.Start.Bytes,
            end = start + mapping.Size.Bytes;
        bool first = true;
        for (int i = 0; i < reserved.Length; i++)
        {
            if (reserved[i].Start.Bytes >= end || EndOf(reserved[i]) <= start)
                continue;
            if (first && reserved[i].Start.Bytes > start)
                yield return (start, reserved[i].Start.Bytes);
            first = false;
            UInt128 next = i + 1 < reserved.Length ? UInt128.Min(end, reserved[i + 1].Start.Bytes) : end;
            yield return (EndOf(reserved[i]), next); // an empty one too: its end may wrap
        }
    }

    /// <summary>The end of a gap whose aligned end is 0: its last byte, one less, is the highest address there is.</summary>
    private static UInt128 Wrapped => (UInt128)ulong.MaxValue + 1;

    /// <summary>A gap's whole units. One that ends before the first unit of the DIMM does gets an end that wraps: the kernel then takes it
    /// for all space from its start on (space_valid(): ALIGN_DOWN(end + 1, align) - 1; found by fuzzing labels on 6.1).</summary>
    private static (UInt128 Start, UInt128 End)? Trim(DpaMapping mapping, UInt128 start, UInt128 end)
    {
        UInt128 unit = mapping.Granularity.Bytes;
        start = (start + unit - 1) / unit * unit;
        end = end / unit * unit;
        if (end == 0 && start > 0) // from 0 on its size wraps too, to 0
            end = Wrapped;
        return start < end ? (start, end) : null;
    }

    private static ImmutableArray<ReservedRange>? Request(ImmutableArray<ReservedRange> reserved, ReservedRange range)
    {
        if (range.Size.IsZero || EndOf(range) > (UInt128)ulong.MaxValue + 1)
            return null;
        bool overlaps = reserved.Any(r => r.Start.Bytes < EndOf(range) && range.Start.Bytes < EndOf(r));
        return overlaps ? null : Insert(reserved, range);
    }

    private static ImmutableArray<ReservedRange> Insert(ImmutableArray<ReservedRange> reserved, ReservedRange range)
    {
        int at = 0;
        while (at < reserved.Length && reserved[at].Start < range.Start)
            at++;
        return reserved.Insert(at, range);
    }

    private static int LastOf(ImmutableArray<ReservedRange> reserved, Uuid owner)
    {
        for (int i = reserved.Length - 1; i >= 0; i--)
        {
            if (reserved[i].Owner == owner)
                return i;
        }
        return -1;
    }

    private static UInt128 EndOf(ReservedRange range) => (UInt128)range.Start.Bytes + range.Size.Bytes;
}

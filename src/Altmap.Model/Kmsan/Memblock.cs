using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Model.Kmsan;

/// <summary>
/// The allocator of the boot: memory, and what of it is reserved. After mm/memblock.c memblock_reserve(), memblock_phys_free(),
/// memblock_find_in_range_node(),
/// free_low_memory_core_early() (6.1.192; the same in 6.12.117). No mirrored or driver-managed memory, no preferred node. Changes in place:
/// it belongs to the function that made it.
/// </summary>
public sealed class Memblock
{
    private readonly List<PhysicalRange> _reserved = [];

    /// <summary>Memory, nothing of it reserved.</summary>
    /// <param name="memory">memblock.memory: ascending, without overlap; regions that touch differ in node or flags and stay apart.</param>
    public Memblock(ImmutableArray<PhysicalRange> memory) => Memory = memory;

    /// <summary>memblock.memory.</summary>
    public ImmutableArray<PhysicalRange> Memory { get; }

    /// <summary>memblock.reserved: ascending; ranges that touch are one.</summary>
    public IReadOnlyList<PhysicalRange> Reserved => _reserved;

    /// <summary>Reserves a range, whatever of it is reserved already.</summary>
    public void Reserve(PhysicalRange range)
    {
        if (range.IsEmpty)
            return;
        int first = 0;
        while (first < _reserved.Count && _reserved[first].End < range.Start)
            first++;
        int past = first;
        PhysicalAddress start = range.Start,
            end = range.End;
        for (; past < _reserved.Count && _reserved[past].Start <= end; past++)
        {
            if (_reserved[past].Start < start)
                start = _reserved[past].Start;
            if (_reserved[past].End > end)
                end = _reserved[past].End;
        }
        _reserved.RemoveRange(first, past - first);
        _reserved.Insert(first, new(start, end - start));
    }

    /// <summary>Gives a range back.</summary>
    public void Release(PhysicalRange range)
    {
        if (range.IsEmpty)
            return;
        for (int i = _reserved.Count - 1; i >= 0; i--)
        {
            PhysicalRange held = _reserved[i];
            if (!held.Overlaps(range))
                continue;
            _reserved.RemoveAt(i);
            if (held.End > range.End)
                _reserved.Insert(i, new(range.End, held.End - range.End));
            if (held.Start < range.Start)
                _reserved.Insert(i, new(held.Start, range.Start - held.Start));
        }
    }

    /// <summary>What is not reserved, region by region.</summary>
    public IEnumerable<PhysicalRange> Free()
    {
        int at = 0;
        foreach (PhysicalRange region in Memory)
        {
            while (at < _reserved.Count && _reserved[at].End <= region.Start)
                at++;
            PhysicalAddress start = region.Start;
            for (int i = at; i < _reserved.Count && _reserved[i].Start < region.End; i++)
            {
                if (_reserved[i].Start > start)
                    yield return new(start, _reserved[i].Start - start);
                if (_reserved[i].End > start)
                    start = _reserved[i].End;
            }
            if (start < region.End)
                yield return new(start, region.End - start);
        }
    }

    /// <summary>The whole pages that are not reserved: what memblock_free_all() hands over, in order.</summary>
    public ImmutableArray<PfnRange> FreePages(ByteSize page) =>
        [
            .. Free()
                .Select(r => new PfnRange(new(r.Start.AlignUp(page).Bytes / page.Bytes), new(r.End.Bytes / page.Bytes)))
                .Where(r => !r.IsEmpty),
        ];

    /// <summary>Reserves memory: the highest that fits, or, bottom-up (<c>movable_node</c>), the lowest. Null when none fits.</summary>
    /// <param name="size">Above 0.</param>
    /// <param name="align">A power of two.</param>
    /// <param name="lowest">Not below this; page 0 is never given.</param>
    /// <param name="bottomUp">memblock_bottom_up().</param>
    public PhysicalRange? Allocate(ByteSize size, ByteSize align, PhysicalAddress lowest, bool bottomUp)
    {
        PhysicalRange? found = null;
        foreach (PhysicalRange free in Free())
        {
            PhysicalAddress start = free.Start > lowest ? free.Start : lowest;
            if (start >= free.End || free.End - start < size)
                continue;
            PhysicalAddress at = bottomUp ? start.AlignUp(align) : (free.End - size).AlignDown(align);
            if (at < start || at >= free.End || free.End - at < size)
                continue;
            found = new(at, size);
            if (bottomUp)
                break;
        }
        if (found is { } range)
            Reserve(range);
        return found;
    }
}

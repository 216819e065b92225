using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Maps;

/// <summary>
/// Every pfn from 0 to the end of the last section that is present, as touching, sorted, half-open ranges. Costs what the machine has
/// ranges, not what it has pages.
/// </summary>
public sealed class MemoryMap
{
    // Where to start looking: the range that holds the first pfn of each of many equal parts, small enough that ranges that crowd fall
    // apart. A binary search does the rest.
    private const ulong PartsPerRange = 32,
        PartsMax = 1 << 17;

    private readonly int[] _parts;
    private readonly ulong[] _starts;
    private readonly int _shift;

    private MemoryMap(ImmutableArray<MemoryRange> ranges)
    {
        Ranges = ranges;
        _starts = new ulong[ranges.Length];
        for (int i = 0; i < ranges.Length; i++)
            _starts[i] = ranges[i].Pages.Start.Number;

        while (End.Number >> _shift > Math.Min((ulong)ranges.Length * PartsPerRange, PartsMax))
            _shift++;
        _parts = new int[(int)(End.Number >> _shift) + 2];
        int at = 0;
        for (int part = 0; part < _parts.Length; part++)
        {
            while (at + 1 < _starts.Length && _starts[at + 1] <= (ulong)part << _shift)
                at++;
            _parts[part] = at;
        }
    }

    /// <summary>Ascending, touching, the first from pfn 0.</summary>
    public ImmutableArray<MemoryRange> Ranges { get; }

    /// <summary>One past the last pfn.</summary>
    public Pfn End => Ranges.IsEmpty ? default : Ranges[^1].Pages.End;

    /// <summary>The map of a machine.</summary>
    public static MemoryMap Of(Machine machine) => Of(machine, withAllOwned: false);

    /// <summary>The map of a machine, and behind its sections whatever else has an owner: devices without struct pages, reserved
    /// ranges.</summary>
    public static MemoryMap OfAllOwned(Machine machine) => Of(machine, withAllOwned: true);

    /// <summary>The ranges of a part of the machine, cut wherever any fact about a page changes: flags of its section, validity, struct
    /// page, device map, owner.</summary>
    public static IEnumerable<MemoryRange> Facts(Machine machine, PfnRange part)
    {
        RunMap<int> owners = PageOwners.Of(machine, out IReadOnlyList<Owner?> names);
        return PageWalk.Walk(machine.Mm, machine.Kernel, machine.Architecture, part, owners, names);
    }

    private static MemoryMap Of(Machine machine, bool withAllOwned)
    {
        var ranges = ImmutableArray.CreateBuilder<MemoryRange>();
        RunMap<int> owners = PageOwners.Of(machine, out IReadOnlyList<Owner?> names);
        Pfn end = PageWalk.EndOf(machine.Mm);
        if (withAllOwned && owners.Runs.Last().Start > end.Number)
            end = new Pfn(owners.Runs.Last().Start); // behind the last owner is nobody
        var all = new PfnRange(default, end);
        foreach (MemoryRange range in PageWalk.Walk(machine.Mm, machine.Kernel, machine.Architecture, all, owners, names))
        {
            if (
                ranges.Count > 0
                && ranges[^1] is var last
                && last.IsOnline == range.IsOnline
                && last.Memmap == range.Memmap
                && last.Owner == range.Owner
            )
                ranges[^1] = last with { Pages = new PfnRange(last.Pages.Start, range.Pages.End) };
            else
                ranges.Add(range);
        }
        return new MemoryMap(ranges.DrainToImmutable());
    }

    /// <summary>The range that holds a page; the last one for pages beyond the end. A map without ranges (no RAM) has none.</summary>
    public ref readonly MemoryRange this[Pfn pfn]
    {
        get
        {
            int part = (int)Math.Min(pfn.Number >> _shift, (ulong)_parts.Length - 2),
                low = _parts[part],
                high = part + 2 < _parts.Length ? _parts[part + 1] : _starts.Length - 1;
            long wanted = (long)Math.Min(pfn.Number, long.MaxValue);
            for (int count = high - low + 1; count > 1; )
            {
                int half = count >> 1;
                low += half & (int)~((wanted - (long)_starts[low + half]) >> 63); // no branch: which way it goes cannot be foretold
                count -= half;
            }
            return ref Ranges.ItemRef(low);
        }
    }
}

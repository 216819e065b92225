using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Memory;

/// <summary>Pages that are alike in everything that is asked about them.</summary>
/// <param name="Pages">Half-open.</param>
/// <param name="IsOnline">pfn_to_online_page() gives a page.</param>
/// <param name="Memmap">What the struct pages hold, with zone and node.</param>
/// <param name="SectionFirst">The section that holds the first of them.</param>
/// <param name="Owner">Whose the pages are, or null.</param>
public readonly record struct MemoryRange(PfnRange Pages, bool IsOnline, Memmap Memmap, SectionNumber SectionFirst, Owner? Owner)
{
    /// <summary>The kernel gives a struct page that is not of online RAM, or has overwritten one that is.</summary>
    public bool IsWrong =>
        this is { Memmap.Content: MemmapContent.ZoneDevice, Owner.Kind: OwnerKind.SystemRam }
        || (IsOnline && Memmap.Content is not (MemmapContent.Ram or MemmapContent.Hole));

    /// <summary>The memmap in the words of <c>map --json</c>: <c>none</c>, <c>hole</c>, <c>initialised</c>, <c>poisoned</c>,
    /// <c>not-initialised</c>.</summary>
    public string MemmapWord =>
        Memmap.Content switch
        {
            MemmapContent.None => "none",
            MemmapContent.Hole => "hole",
            MemmapContent.Poison => "poisoned",
            MemmapContent.Uninitialised => "not-initialised",
            _ => "initialised",
        };
}

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
        return Walk(machine.Mm, machine.Kernel, machine.Architecture, part, owners, names);
    }

    private static MemoryMap Of(Machine machine, bool withAllOwned)
    {
        var ranges = ImmutableArray.CreateBuilder<MemoryRange>();
        RunMap<int> owners = PageOwners.Of(machine, out IReadOnlyList<Owner?> names);
        Pfn end = EndOf(machine.Mm);
        if (withAllOwned && owners.Runs.Last().Start > end.Number)
            end = new Pfn(owners.Runs.Last().Start); // behind the last owner is nobody
        var all = new PfnRange(default, end);
        foreach (MemoryRange range in Walk(machine.Mm, machine.Kernel, machine.Architecture, all, owners, names))
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

    /// <summary>True where pfn_valid() is the architecture's own and asks memblock.</summary>
    public static bool OwnsPfnValid(KernelProfile kernel, ArchitectureRules architecture) =>
        architecture.Architecture == Architecture.Arm64 && kernel.Get(Rules.Arm64PfnValidAsksMemblock);

    /// <summary>One past the last page of the last section that is present.</summary>
    internal static Pfn EndOf(MemoryState memory)
    {
        ulong end = 0;
        foreach ((_, ulong past, SectionBits bits) in memory.Pages.Sections.Within(0, ulong.MaxValue))
        {
            if (bits != SectionBits.None)
                end = past;
        }
        return new Pfn(end * memory.Geometry.PagesPerSection.Pages);
    }

    /// <summary>The ranges of a part, without owners, cut wherever anything changes.</summary>
    internal static IEnumerable<MemoryRange> Walk(
        MemoryState memory,
        KernelProfile kernel,
        ArchitectureRules architecture,
        PfnRange part
    ) => Walk(memory, kernel, architecture, part, new RunMap<int>(0), [null]);

    private static IEnumerable<MemoryRange> Walk(
        MemoryState memory,
        KernelProfile kernel,
        ArchitectureRules architecture,
        PfnRange part,
        RunMap<int> owners,
        IReadOnlyList<Owner?> names
    )
    {
        if (part.IsEmpty)
            yield break;
        ImmutableArray<OnlineCheck> checks = OnlineChecks.Of(kernel.Get(Rules.PfnToOnlinePage), OwnsPfnValid(kernel, architecture));
        ulong perSection = memory.Geometry.PagesPerSection.Pages,
            perSub = memory.Geometry.PagesPerSubSection.Pages,
            end = part.End.Number;
        using var sections = new Cursor<SectionBits>(memory.Pages.Sections, part, perSection);
        using var valid = new Cursor<bool>(memory.Pages.Valid, part, perSub);
        using var memmap = new Cursor<Memmap>(memory.Pages.Memmap, part, 1);
        using var pgmaps = new Cursor<Pgmap>(memory.Pages.Pgmaps, part, 1);
        using var owner = new Cursor<int>(owners, part, 1);
        for (ulong at = part.Start.Number; at < end; )
        {
            ulong next = Math.Min(
                Math.Min(sections.EndAt(at), valid.EndAt(at)),
                Math.Min(Math.Min(memmap.EndAt(at), pgmaps.EndAt(at)), Math.Min(owner.EndAt(at), end))
            );
            var facts = new PageFacts(sections.Value, valid.Value, memmap.Value.Content, pgmaps.Value);
            yield return new MemoryRange(
                new PfnRange(new Pfn(at), new Pfn(next)),
                OnlineChecks.IsOnline(facts, checks),
                memmap.Value,
                new SectionNumber(at / perSection),
                names[owner.Value]
            );
            at = next;
        }
    }

    /// <summary>Goes through a run map in step with others.</summary>
    private sealed class Cursor<T> : IDisposable
        where T : struct
    {
        private readonly IEnumerator<(ulong Start, ulong End, T Value)> _runs;
        private readonly ulong _unit;

        public Cursor(RunMap<T> map, PfnRange part, ulong unit)
        {
            _unit = unit;
            _runs = map.Within(part.Start.Number / unit, Alignment.Up(part.End.Number, unit) / unit).GetEnumerator();
            _runs.MoveNext();
        }

        public T Value => _runs.Current.Value;

        public ulong EndAt(ulong at)
        {
            while (_runs.Current.End * _unit <= at && _runs.MoveNext()) { }
            return _runs.Current.End * _unit;
        }

        public void Dispose() => _runs.Dispose();
    }
}

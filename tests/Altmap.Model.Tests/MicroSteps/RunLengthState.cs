using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Model.Tests.MicroSteps;

/// <summary>A value for every number, kept as the places where it changes. Immutable; a change costs the number of runs.</summary>
public readonly record struct RunMap<T>(ImmutableArray<(ulong Start, T Value)> Runs)
    where T : struct
{
    public T this[ulong at] => Runs[IndexOf(at)].Value;

    /// <summary>The values in [start, end), each run once.</summary>
    public bool Any(ulong start, ulong end, Func<T, bool> is_)
    {
        if (start >= end) return false;
        for (int i = IndexOf(start); i < Runs.Length && Runs[i].Start < end; i++)
        {
            if (is_(Runs[i].Value)) return true;
        }
        return false;
    }

    /// <summary>The map with every value in [start, end) changed.</summary>
    public RunMap<T> Change(ulong start, ulong end, Func<T, T> change)
    {
        if (start >= end) return this;
        int first = IndexOf(start), past = IndexOf(end - 1) + 1;
        var runs = ImmutableArray.CreateBuilder<(ulong, T)>(Runs.Length + 2);
        runs.AddRange(Runs, first);
        if (Runs[first].Start < start) Add(runs, Runs[first].Start, Runs[first].Value);
        for (int i = first; i < past; i++) Add(runs, Math.Max(start, Runs[i].Start), change(Runs[i].Value));
        if (past == Runs.Length || Runs[past].Start != end) Add(runs, end, Runs[past - 1].Value);
        if (past < Runs.Length)
        {
            Add(runs, Runs[past].Start, Runs[past].Value);
            runs.AddRange(Runs.AsSpan()[(past + 1)..]);
        }
        return new(runs.ToImmutable());

        static void Add(ImmutableArray<(ulong, T)>.Builder runs, ulong start, T value)
        {
            if (runs.Count == 0 || !EqualityComparer<T>.Default.Equals(runs[^1].Item2, value)) runs.Add((start, value));
        }
    }

    private int IndexOf(ulong at)
    {
        int low = 0, high = Runs.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (Runs[middle].Start <= at) low = middle;
            else high = middle - 1;
        }
        return low;
    }
}

public static class RunMap
{
    /// <summary>The same value everywhere.</summary>
    public static RunMap<T> Of<T>(T value)
        where T : struct => new([(0, value)]);
}

/// <summary>The state of a machine of any size: costs what it has ranges.</summary>
public readonly record struct RunLengthState(
    Geometry Geometry, RunMap<SectionFlags> Sections, RunMap<bool> Valid, RunMap<MemmapContent> Memmap, RunMap<Pgmap> Pgmaps, Walk Walk) : IMemoryState<RunLengthState>
{
    public static RunLengthState Empty(Geometry geometry) =>
        new(geometry, RunMap.Of(SectionFlags.None), RunMap.Of(false), RunMap.Of(MemmapContent.None), RunMap.Of(Pgmap.None), Walk.Idle);

    public SectionFlags SectionOf(Pfn pfn) => Sections[pfn.Number / Geometry.PagesPerSection.Pages];

    public RunLengthState ChangeSections(PfnRange range, SectionFlags set, SectionFlags clear)
    {
        (ulong start, ulong end) = Units(range, Geometry.PagesPerSection);
        return this with { Sections = Sections.Change(start, end, f => (f & ~clear) | set) };
    }

    public bool AnyValid(PfnRange range)
    {
        (ulong start, ulong end) = Units(range, Geometry.PagesPerSubSection);
        return Valid.Any(start, end, static v => v);
    }

    public RunLengthState SetValid(PfnRange range, bool valid)
    {
        (ulong start, ulong end) = Units(range, Geometry.PagesPerSubSection);
        return this with { Valid = Valid.Change(start, end, _ => valid) };
    }

    public MemmapContent MemmapOf(Pfn pfn) => Memmap[pfn.Number];

    public bool AnyMemmap(PfnRange range, MemmapContent content) => Memmap.Any(range.Start.Number, range.End.Number, c => c == content);

    public RunLengthState SetMemmap(PfnRange range, MemmapContent content) => this with { Memmap = Memmap.Change(range.Start.Number, range.End.Number, _ => content) };

    public Pgmap PgmapOf(Pfn pfn) => Pgmaps[pfn.Number];

    public RunLengthState SetPgmap(PfnRange range, Pgmap pgmap) => this with { Pgmaps = Pgmaps.Change(range.Start.Number, range.End.Number, _ => pgmap) };

    public RunLengthState SetWalk(Walk walk) => this with { Walk = walk };

    private static (ulong Start, ulong End) Units(PfnRange range, PfnCount unit) => range.IsEmpty ? (0, 0) : (range.Start.Number / unit.Pages, Alignment.Up(range.End.Number, unit.Pages) / unit.Pages);
}

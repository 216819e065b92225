using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Memory;

/// <summary>The pages of a part of memory, run by run, as pfn_to_online_page() sees them. Costs what the part has runs.</summary>
public static class PageWalk
{
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

    /// <summary>The same with owners, cut where the owner changes too.</summary>
    /// <param name="memory">The memory side.</param>
    /// <param name="kernel">Its rules.</param>
    /// <param name="architecture">Its rules.</param>
    /// <param name="part">Half-open.</param>
    /// <param name="owners">Numbers of names by pfn.</param>
    /// <param name="names">The names; null is nobody.</param>
    internal static IEnumerable<MemoryRange> Walk(
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

using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore.Packed;

/// <summary>
/// The facts of a world, as lanes: computed from what its steps speak of. Pages that no step tells apart are one lane, and what no step
/// changes needs no bits.
/// </summary>
internal sealed class Lanes
{
    private static readonly SectionBits[] Flags =
    [
        SectionBits.Present,
        SectionBits.HasMemmap,
        SectionBits.Online,
        SectionBits.Early,
        SectionBits.TaintZoneDevice,
    ];

    private readonly List<Memmap> _memmaps = [];

    public Lanes(World world)
    {
        World = world;
        ImmutableArray<Alternative> all =
        [
            .. world.Actors.SelectMany(a => a.Transitions).SelectMany(t => t.Steps).SelectMany(s => s.Alternatives),
        ];
        PfnRange[] effects = [.. all.SelectMany(a => a.Effects).Select(e => e.Range).Where(r => !r.IsEmpty)];
        PfnRange[] guards = [.. all.SelectMany(a => a.Guards).Select(g => g.Range).Where(r => !r.IsEmpty)];
        PfnRange[] known = [.. effects, .. guards, .. world.Pages.IsEmpty ? [] : (PfnRange[])[world.Pages]];
        PfnRange[] whole = known.Length == 0 ? [] : [.. known.Select(world.Geometry.WholeSections)];
        Pages = whole.Length == 0 ? default : new PfnRange(whole.Min(r => r.Start), whole.Max(r => r.End));

        RunLengthState start = world.Start;
        Sections = [.. Units(world.Geometry.PagesPerSection).SelectMany(_ => Flags, (r, f) => new Lane(LaneKind.SectionFlag, r, (int)f))];
        foreach (Lane lane in Sections)
            lane.Learn(start.SectionOf(lane.Range.Start).HasFlag((SectionBits)lane.Unit) ? 1 : 0);
        Valid = [.. Units(world.Geometry.PagesPerSubSection).Select(r => new Lane(LaneKind.Valid, r, 0))];
        foreach (Lane lane in Valid)
            lane.Learn(start.AnyValid(lane.Range) ? 1 : 0);

        IEnumerable<PfnRange> memmapCuts = all.SelectMany(a => a.Effects)
            .Where(e => e.Kind == EffectKind.Memmap)
            .Select(e => e.Range)
            .Concat(
                all.SelectMany(a => a.Guards).Where(g => g.Kind == GuardKind.AnyMemmap && g.Range.Count.Pages > 1).Select(g => g.Range)
            );
        Memmap = [.. Cut(start.Memmap.Runs.Select(r => r.Start), memmapCuts).Select(r => new Lane(LaneKind.Memmap, r, 0))];
        foreach (Lane lane in Memmap)
            lane.Learn(IndexOf(start.MemmapOf(lane.Range.Start)));
        foreach (Effect effect in all.SelectMany(a => a.Effects).Where(e => e.Kind == EffectKind.Memmap))
            IndexOf(effect.Memmap);

        IEnumerable<PfnRange> pgmapCuts = all.SelectMany(a => a.Effects).Where(e => e.Kind == EffectKind.Pgmap).Select(e => e.Range);
        Pgmap = [.. Cut(start.Pgmaps.Runs.Select(r => r.Start), pgmapCuts).Select(r => new Lane(LaneKind.Pgmap, r, 0))];
        foreach (Lane lane in Pgmap)
            lane.Learn((int)start.PgmapOf(lane.Range.Start));
    }

    public World World { get; }

    /// <summary>All that the world's steps speak of, in whole sections.</summary>
    public PfnRange Pages { get; }

    public ImmutableArray<Lane> Sections { get; }
    public ImmutableArray<Lane> Valid { get; }
    public ImmutableArray<Lane> Memmap { get; }
    public ImmutableArray<Lane> Pgmap { get; }

    public IEnumerable<Lane> Memory => Sections.Concat(Valid).Concat(Memmap).Concat(Pgmap);

    /// <summary>Every struct page that can be.</summary>
    public IReadOnlyList<Memmap> Memmaps => _memmaps;

    public int IndexOf(Memmap memmap)
    {
        int index = _memmaps.IndexOf(memmap);
        if (index >= 0)
            return index;
        _memmaps.Add(memmap);
        return _memmaps.Count - 1;
    }

    /// <summary>A guard as clauses that must all hold, each a choice of facts.</summary>
    public IEnumerable<ImmutableArray<Literal>> Clauses(Guard guard)
    {
        switch (guard.Kind)
        {
            case GuardKind.SectionHas:
                Literal[] flags =
                [
                    .. Sections
                        .Where(l => l.Range.Contains(guard.Range.Start) && (l.Unit & guard.Operand) != 0)
                        .Select(l => new Literal(l, guard.IsNegated ? 0 : 1)),
                ];
                return guard.IsNegated
                    ?
                    [
                        [.. flags],
                    ]
                    : flags.Select(f => (ImmutableArray<Literal>)[f]);
            case GuardKind.AnyValid:
                Literal[] valid = [.. Meeting(Valid, guard.Range).Select(l => new Literal(l, guard.IsNegated ? 0 : 1))];
                return guard.IsNegated
                    ? valid.Select(f => (ImmutableArray<Literal>)[f])
                    :
                    [
                        [.. valid],
                    ];
            case GuardKind.AnyMemmap:
                IEnumerable<IEnumerable<Literal>> pages = Meeting(Memmap, guard.Range)
                    .Select(l =>
                        l.Domain.Where(v => ((1 << (int)_memmaps[v].Content) & guard.Operand) != 0 != guard.IsNegated)
                            .Select(v => new Literal(l, v))
                    );
                return guard.IsNegated
                    ? pages.Select(p => p.ToImmutableArray())
                    :
                    [
                        [.. pages.SelectMany(p => p)],
                    ];
            case GuardKind.PgmapIs:
                Lane map = Pgmap.First(l => l.Range.Contains(guard.Range.Start));
                return
                [
                    [.. map.Domain.Where(v => v == guard.Operand != guard.IsNegated).Select(v => new Literal(map, v))],
                ];
            case GuardKind.ZoneIs:
                Lane page = Memmap.First(l => l.Range.Contains(guard.Range.Start));
                return
                [
                    [
                        .. page
                            .Domain.Where(v => _memmaps[v].Zone == (ZoneKind)guard.Operand != guard.IsNegated)
                            .Select(v => new Literal(page, v)),
                    ],
                ];
            default:
                throw new InvalidOperationException($"{guard.Kind}: registers are told by where an actor stands");
        }
    }

    /// <summary>An effect as the facts that it leaves.</summary>
    public IEnumerable<Literal> Facts(Effect effect) =>
        effect.Kind switch
        {
            EffectKind.Sections => Meeting(Sections, effect.Range)
                .Where(l => ((SectionBits)l.Unit & (effect.Set | effect.Clear)) != 0)
                .Select(l => new Literal(l, ((SectionBits)l.Unit & effect.Set) != 0 ? 1 : 0)),
            EffectKind.Valid => Meeting(Valid, effect.Range).Select(l => new Literal(l, effect.Valid ? 1 : 0)),
            EffectKind.Memmap => Meeting(Memmap, effect.Range).Select(l => new Literal(l, IndexOf(effect.Memmap))),
            EffectKind.Pgmap => Meeting(Pgmap, effect.Range).Select(l => new Literal(l, (int)effect.Pgmap)),
            _ => [], // the register: told by where the actor stands
        };

    public static IEnumerable<Lane> Meeting(ImmutableArray<Lane> lanes, PfnRange range) =>
        lanes.Where(l => !range.IsEmpty && l.Range.Start < range.End && range.Start < l.Range.End);

    private IEnumerable<PfnRange> Units(PfnCount unit)
    {
        for (Pfn at = Pages.Start; at < Pages.End; at += unit)
            yield return new PfnRange(at, at + unit);
    }

    private IEnumerable<PfnRange> Cut(IEnumerable<ulong> starts, IEnumerable<PfnRange> ranges)
    {
        ulong[] cuts =
        [
            .. starts
                .Concat(ranges.Where(r => !r.IsEmpty).SelectMany(r => new[] { r.Start.Number, r.End.Number }))
                .Concat([Pages.Start.Number, Pages.End.Number])
                .Where(c => c >= Pages.Start.Number && c <= Pages.End.Number)
                .Distinct()
                .Order(),
        ];
        return cuts.Zip(cuts.Skip(1), (a, b) => new PfnRange(new Pfn(a), new Pfn(b)));
    }
}

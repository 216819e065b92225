using System.Collections.Immutable;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore.Packed;

/// <summary>Where an actor stands: the step that it takes next.</summary>
/// <param name="Transition">Number among the actor's; -1: idle.</param>
/// <param name="Step">Index of the step.</param>
internal readonly record struct Position(int Transition, int Step)
{
    public static readonly Position Idle = new(-1, 0);
}

/// <summary>A condition on the packed state: bits that must be so, and clauses of which one choice each must be so.</summary>
/// <param name="Mask">Bits that count.</param>
/// <param name="Value">What they must be.</param>
/// <param name="Clauses">Of each one pair of mask and value must fit.</param>
internal sealed record Condition(ulong[] Mask, ulong[] Value, ImmutableArray<ImmutableArray<(ulong[] Mask, ulong[] Value)>> Clauses);

/// <summary>An alternative of a step of an actor, as masks.</summary>
internal sealed record PackedAlternative
{
    public required int Actor { get; init; }
    public required Position At { get; init; }
    public required Position Next { get; init; }
    public required Alternative Source { get; init; }
    public required Condition When { get; init; }

    /// <summary>Bits of others that hold a lock: where one is set, the step waits.</summary>
    public required ulong[] Waits { get; init; }
    public required ulong[] Clear { get; init; }
    public required ulong[] Set { get; init; }

    /// <summary>The alternatives with the same number are tried in order, and one of them is taken; a fault may be, too.</summary>
    public required int Group { get; init; }
}

/// <summary>
/// A world as masks over a packed state. What can never happen is left out: an abstract run over the values that each fact can take finds
/// the steps that can be reached and the bits that are needed.
/// </summary>
internal sealed class PackedProgram
{
    private const int OwnerBits = 12; // fewer do not spread states evenly

    private readonly record struct Live(int Actor, Position At, int Index, Alternative Alternative, Position Next);

    private readonly Lanes _lanes;
    private readonly HashSet<(int Actor, Position At)> _reached = [];
    private readonly List<Lane> _locks = [];

    public PackedProgram(World world)
    {
        World = world;
        _lanes = new Lanes(world);
        List<Live> live = Reach();
        Positions = [.. world.Actors.Select((_, a) => new Lane(LaneKind.Position, default, a))];
        Places =
        [
            .. world.Actors.Select(
                (_, a) =>
                    (ImmutableArray<Position>)
                        [
                            Position.Idle,
                            .. _reached
                                .Where(r => r.Actor == a && r.At.Step > 0)
                                .Select(r => r.At)
                                .OrderBy(p => p.Transition)
                                .ThenBy(p => p.Step),
                        ]
            ),
        ];
        for (int a = 0; a < Positions.Length; a++)
        for (int p = 0; p < Places[a].Length; p++)
            Positions[a].Learn(p);
        AddLocks(live);
        Assign();
        Alternatives =
        [
            .. live.OrderBy(l => l.Actor).ThenBy(l => CodeOf(l.Actor, l.At)).ThenBy(l => l.At.Transition).ThenBy(l => l.Index).Select(Pack),
        ];
        Start = new ulong[Words]; // code 0 is the value of the start, everywhere
    }

    public World World { get; }

    /// <summary>A bit for each actor and lock that it holds over more than a step where somebody else may be kept waiting.</summary>
    public IReadOnlyList<Lane> Locks => _locks;

    public Lanes Lanes => _lanes;

    /// <summary>Where each actor stands, by actor.</summary>
    public ImmutableArray<Lane> Positions { get; }

    /// <summary>The places of each actor; index 0: idle.</summary>
    public ImmutableArray<ImmutableArray<Position>> Places { get; }

    /// <summary>By actor, place and order.</summary>
    public ImmutableArray<PackedAlternative> Alternatives { get; }

    /// <summary>64-bit words of a state.</summary>
    public int Words { get; private set; }

    /// <summary>Bits of a state that are used.</summary>
    public int Bits { get; private set; }

    public ulong[] Start { get; }

    /// <summary>Bits of each walker: position and locks, the same for all, in one word; empty for fewer than two walkers.</summary>
    public ImmutableArray<(int Word, int Shift)> WalkerBlocks { get; private set; } = [];

    public int WalkerBits { get; private set; }

    /// <summary>
    /// The bits of a state that say which partition keeps it: what is true of sections, for it changes least often, and most steps stay in
    /// their partition. Where that is too little to spread states by, all that is not a walker's: the symmetry of walkers does not meet it.
    /// </summary>
    public ulong[] Owner { get; private set; } = [];

    /// <summary>The place of an actor in a state.</summary>
    public Position PlaceOf(int actor, ReadOnlySpan<ulong> state) => Places[actor][Positions[actor].Read(state)];

    /// <summary>A condition out of clauses of facts, or null: it can never hold.</summary>
    public Condition? Compile(IEnumerable<ImmutableArray<Literal>> clauses)
    {
        ulong[] mask = new ulong[Words],
            value = new ulong[Words];
        var choices = ImmutableArray.CreateBuilder<ImmutableArray<(ulong[], ulong[])>>();
        foreach (ImmutableArray<Literal> clause in clauses)
        {
            switch (Judge(clause))
            {
                case false:
                    return null;
                case true:
                    continue;
            }
            ImmutableArray<Literal> possible = [.. clause.Where(l => l.Lane.CanBe(l.Value))];
            if (possible is [var only])
            {
                ulong bits = only.Lane.Code(only.Value) << only.Lane.Shift;
                if ((mask[only.Lane.Word] & only.Lane.Mask) != 0 && (value[only.Lane.Word] & only.Lane.Mask) != bits)
                    return null;
                mask[only.Lane.Word] |= only.Lane.Mask;
                value[only.Lane.Word] |= bits;
                continue;
            }
            choices.Add([.. possible.Select(Fits)]);
        }
        return new Condition(mask, value, choices.ToImmutable());
    }

    /// <summary>Facts that a state must have.</summary>
    /// <param name="guards">All must hold.</param>
    /// <param name="facts">All must be so.</param>
    /// <param name="choices">Of each one guard must hold.</param>
    public Condition? Compile(IEnumerable<Guard> guards, IEnumerable<Literal> facts, IEnumerable<ImmutableArray<Guard>>? choices = null) =>
        Compile(
            guards
                .SelectMany(_lanes.Clauses)
                .Concat(facts.Select(f => (ImmutableArray<Literal>)[f]))
                .Concat((choices ?? []).Select(c => c.SelectMany(g => _lanes.Clauses(g).Single()).ToImmutableArray()))
        );

    /// <summary>That an actor stands at a place; null when it never does.</summary>
    public Literal? StandsAt(int actor, Position place) =>
        Places[actor].IndexOf(place) is >= 0 and var p ? new Literal(Positions[actor], p) : null;

    private (ulong[] Mask, ulong[] Value) Fits(Literal literal)
    {
        ulong[] mask = new ulong[Words],
            value = new ulong[Words];
        mask[literal.Lane.Word] = literal.Lane.Mask;
        value[literal.Lane.Word] = literal.Lane.Code(literal.Value) << literal.Lane.Shift;
        return (mask, value);
    }

    /// <summary>True or false where the values that facts can take decide it.</summary>
    private static bool? Judge(ImmutableArray<Literal> clause)
    {
        bool possible = false;
        foreach (IGrouping<Lane, Literal> lane in clause.GroupBy(l => l.Lane))
        {
            int fitting = lane.Select(l => l.Value).Distinct().Count(lane.Key.CanBe);
            if (fitting == lane.Key.Domain.Count)
                return true;
            possible |= fitting > 0;
        }
        return possible ? null : false;
    }

    /// <summary>All alternatives that can be taken, and with them the values that facts can take.</summary>
    private List<Live> Reach()
    {
        // Actors with the same transitions reach the same: the first of them stands for all.
        int[] same = [.. World.Actors.Select(a => World.Actors.Index().First(b => b.Item.Transitions == a.Transitions).Index)];
        for (int a = 0; a < World.Actors.Length; a++)
        for (int t = 0; t < World.Actors[a].Transitions.Length && same[a] == a; t++)
            _reached.Add((a, new Position(t, 0)));
        for (bool changed = true; changed; )
        {
            changed = false;
            foreach (Live live in Possible(_reached.ToArray()))
            {
                foreach (Literal fact in live.Alternative.Effects.SelectMany(_lanes.Facts))
                    changed |= fact.Lane.Learn(fact.Value);
                if (live.Next != Position.Idle)
                    changed |= _reached.Add((live.Actor, live.Next));
            }
        }
        foreach (Lane lane in _lanes.Memory)
            lane.Measure();
        Live[] first = [.. Possible(_reached.ToArray())];
        for (int a = 0; a < World.Actors.Length; a++)
        {
            if (same[a] != a)
                _reached.UnionWith([.. _reached.Where(r => r.Actor == same[a]).Select(r => (a, r.At))]);
        }
        return [.. Enumerable.Range(0, same.Length).SelectMany(a => first.Where(l => l.Actor == same[a]), (a, l) => l with { Actor = a })];
    }

    private IEnumerable<Live> Possible(IEnumerable<(int Actor, Position At)> places)
    {
        foreach ((int actor, Position at) in places)
        {
            Transition transition = World.Actors[actor].Transitions[at.Transition];
            foreach ((int index, Alternative alternative) in transition.Steps[at.Step].Alternatives.Index())
            {
                if (alternative.IsFault && !World.Faults)
                    continue;
                bool?[] verdicts = [.. alternative.Guards.SelectMany(_lanes.Clauses).Select(Judge)];
                if (verdicts.Contains(false))
                    continue;
                int next = transition.Next(at.Step, alternative);
                yield return new Live(
                    actor,
                    at,
                    index,
                    alternative,
                    next == transition.Steps.Length ? Position.Idle : at with { Step = next }
                );
                if (!alternative.IsFault && verdicts.All(v => v == true))
                    break; // what follows is never asked
            }
        }
    }

    /// <summary>A bit for every actor that holds a lock over more than a step, where somebody else may be kept waiting.</summary>
    private void AddLocks(List<Live> live)
    {
        foreach (var use in live.SelectMany(l => l.Alternative.Locks, (l, u) => (l.Actor, Use: u)).GroupBy(u => (u.Use.Name, u.Use.Of)))
        {
            if (use.Select(u => u.Actor).Distinct().Count() < 2 || use.All(u => u.Use.Mode == LockMode.Shared))
                continue;
            foreach ((int actor, LockUse held) in use.Where(u => u.Use.Acquires && !u.Use.Releases).DistinctBy(u => (u.Actor, u.Use.Mode)))
            {
                var lane = new Lane(LaneKind.Lock, default, actor) { Lock = held };
                lane.Learn(0);
                lane.Learn(1);
                lane.Measure();
                _locks.Add(lane);
            }
        }
        // A lock that is never held over a step still needs nobody to wait: it has no lane.
    }

    private void Assign()
    {
        foreach (Lane lane in Positions)
            lane.Measure();
        int[] walkers = [.. World.Actors.Index().Where(a => a.Item.Kind == ActorKind.Walker).Select(a => a.Index)];
        var used = new List<int>(); // bits, by word
        int Room(int width)
        {
            int word = used.FindIndex(u => u + width <= 64);
            if (word >= 0)
                return word;
            used.Add(0);
            return used.Count - 1;
        }
        void Put(Lane lane, int word)
        {
            lane.Place(word, used[word]);
            used[word] += lane.Width;
        }

        var blocks = new List<(int, int)>();
        foreach (int actor in walkers)
        {
            Lane[] block = [Positions[actor], .. _locks.Where(l => l.Unit == actor)];
            WalkerBits = block.Sum(l => l.Width);
            int word = Room(WalkerBits);
            blocks.Add((word, used[word]));
            foreach (Lane lane in block)
                Put(lane, word);
        }
        if (walkers.Length > 1 && walkers.All(w => World.Actors[w].Transitions.SequenceEqual(World.Actors[walkers[0]].Transitions)))
            WalkerBlocks = [.. blocks];
        Lane[] others = [.. Positions.Concat(_locks).Where(l => !walkers.Contains(l.Unit)).Concat(_lanes.Memory)];
        foreach (Lane lane in others)
        {
            if (lane.Width > 0)
                Put(lane, Room(lane.Width));
        }
        Words = Math.Max(1, used.Count);
        Owner = new ulong[Words];
        Lane[] sections = [.. _lanes.Sections.Concat(_lanes.Valid)];
        foreach (Lane lane in sections.Sum(l => l.Width) >= OwnerBits ? sections : others)
        {
            if (lane.Width > 0)
                Owner[lane.Word] |= lane.Mask;
        }
        Bits = used.Sum();
    }

    private int CodeOf(int actor, Position at) => at.Step == 0 ? 0 : Places[actor].IndexOf(at);

    private PackedAlternative Pack(Live live)
    {
        ulong[] clear = new ulong[Words],
            set = new ulong[Words],
            waits = new ulong[Words];
        void Change(Literal fact)
        {
            Lane lane = fact.Lane;
            if (lane.Width == 0)
                return;
            clear[lane.Word] |= lane.Mask;
            set[lane.Word] = (set[lane.Word] & ~lane.Mask) | (lane.Code(fact.Value) << lane.Shift);
        }
        foreach (Literal fact in live.Alternative.Effects.SelectMany(_lanes.Facts))
            Change(fact);
        Change(new Literal(Positions[live.Actor], live.Next == Position.Idle ? 0 : CodeOf(live.Actor, live.Next)));
        foreach (LockUse use in live.Alternative.Locks)
        {
            if (use.Acquires)
            {
                foreach (
                    Lane other in _locks.Where(l =>
                        l.Lock.Name == use.Name
                        && l.Lock.Of == use.Of
                        && l.Unit != live.Actor
                        && (use.Mode == LockMode.Exclusive || l.Lock.Mode == LockMode.Exclusive)
                    )
                )
                    waits[other.Word] |= other.Mask;
            }
            if (
                _locks.Find(l => l.Unit == live.Actor && l.Lock.Name == use.Name && l.Lock.Of == use.Of && l.Lock.Mode == use.Mode) is
                { } own
            )
            {
                if (use.Releases)
                    Change(new Literal(own, 0));
                else if (use.Acquires)
                    Change(new Literal(own, 1));
            }
        }
        return new PackedAlternative
        {
            Actor = live.Actor,
            At = live.At,
            Next = live.Next,
            Source = live.Alternative,
            When =
                Compile(live.Alternative.Guards, [])
                // Guards that exclude each other: it is never taken.
                ?? new Condition(
                    new ulong[Words],
                    new ulong[Words],
                    [
                        [],
                    ]
                ),
            Waits = waits,
            Clear = clear,
            Set = set,
            Group = (live.Actor * 100_000) + (live.At.Transition * 1000) + live.At.Step,
        };
    }
}

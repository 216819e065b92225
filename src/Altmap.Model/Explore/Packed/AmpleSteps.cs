using System.Collections.Immutable;

namespace Altmap.Model.Explore.Packed;

/// <summary>
/// Partial-order reduction, decided before the search: at which places of all actors the next step of one of them can stand for
/// everything that could be done (a persistent set; Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", 1996).
/// <list type="bullet">
/// <item>Nobody meets it: no step that another actor can come to while this one stands still, and keeps its locks, writes what the step
/// reads or writes, or reads what it writes.</item>
/// <item>Nobody sees it: it writes no bit that a property reads, and neither starts nor ends where a property looks for an actor.</item>
/// <item>It goes forward within an operation, and does not end it: a circle of states has a step that does, where all is expanded.</item>
/// </list>
/// </summary>
internal sealed class AmpleSteps
{
    private readonly record struct Step(ulong[] Reads, ulong[] Writes, ImmutableArray<(int Next, ulong[] Waits)> Ways);

    private readonly PackedProgram _program;
    private readonly int[] _first; // row of each actor's idle place
    private readonly int _rows;
    private readonly bool[] _leaves; // by row and row
    private readonly Step?[][] _steps; // actor, place
    private readonly List<Step>[] _begins; // actor

    /// <summary>Judges every place.</summary>
    public AmpleSteps(PackedProgram program, ImmutableArray<Property> properties)
    {
        _program = program;
        int actors = program.Places.Length;
        _first = new int[actors];
        for (int a = 0; a < actors; a++)
        {
            _first[a] = _rows;
            _rows += program.Places[a].Length;
        }
        _leaves = new bool[_rows * _rows];
        ILookup<(int Actor, Position At), PackedAlternative> groups = program.Alternatives.ToLookup(a => (a.Actor, a.At));
        _steps = [.. program.Places.Select((all, a) => all.Select((at, p) => p == 0 ? null : StepOf([.. groups[(a, at)]])).ToArray())];
        _begins =
        [
            .. Enumerable
                .Range(0, actors)
                .Select(a => groups.Where(g => g.Key.Actor == a && g.Key.At.Step == 0).Select(g => StepOf([.. g])!.Value).ToList()),
        ];
        (ulong[] seen, HashSet<(int Actor, Position At)> watched) = SeenBy(properties);
        for (int a = 0; a < actors; a++)
        {
            ulong[][] held = HeldBy(a);
            for (int p = 1; p < program.Places[a].Length; p++)
                if (_steps[a][p] is { } step && IsUnseen(a, p, [.. groups[(a, program.Places[a][p])]], seen, watched))
                    Judge(a, p, step, held[p]);
        }
    }

    /// <summary>True when the step of the actor at one row cannot be met by the actor at the other; of a row with itself: when the step may
    /// be taken alone at all. Rows are the places of all actors, one actor after the other.</summary>
    public bool IsLeftAlone(int row, int other) => _leaves[(row * _rows) + other];

    private Step? StepOf(PackedAlternative[] all)
    {
        if (all.Length == 0)
            return null;
        ulong[] reads = new ulong[_program.Words],
            writes = new ulong[_program.Words];
        foreach (PackedAlternative one in all)
        {
            AddMasks(reads, one.When);
            for (int w = 0; w < reads.Length; w++)
            {
                reads[w] |= one.Waits[w];
                writes[w] |= one.Clear[w] | one.Set[w];
            }
        }
        return new Step(reads, writes, [.. all.Select(o => (PlaceAfter(o), o.Waits))]);
    }

    private int PlaceAfter(PackedAlternative one) => one.Next == Position.Idle ? 0 : _program.Places[one.Actor].IndexOf(one.Next);

    private (ulong[] Bits, HashSet<(int, Position)> Places) SeenBy(ImmutableArray<Property> properties)
    {
        ulong[] bits = new ulong[_program.Words];
        var places = new HashSet<(int, Position)>();
        foreach (PropertyCase one in properties.SelectMany(p => p.Cases))
        {
            if (CaseCondition.Of(_program, one) is not { } condition)
                continue;
            AddMasks(bits, condition);
            foreach ((int actor, int transition, int step) in one.At)
                places.Add((actor, CaseCondition.PlaceOf(transition, step)));
        }
        // Where actors stand is told apart place by place.
        foreach (Lane lane in _program.Positions)
            bits[lane.Word] &= ~lane.Mask;
        return (bits, places);
    }

    private bool IsUnseen(int actor, int place, PackedAlternative[] all, ulong[] seen, HashSet<(int, Position)> watched)
    {
        Lane own = _program.Positions[actor];
        return !watched.Contains((actor, _program.Places[actor][place]))
            && all.All(o =>
                o.Next != Position.Idle
                && o.Next.Transition == o.At.Transition
                && o.Next.Step > o.At.Step
                && !watched.Contains((actor, o.Next))
                && Enumerable.Range(0, seen.Length).All(w => ((o.Clear[w] | o.Set[w]) & ~(w == own.Word ? own.Mask : 0) & seen[w]) == 0)
            );
    }

    /// <summary>The bits of locks that an actor holds for certain at each of its places.</summary>
    private ulong[][] HeldBy(int actor)
    {
        ulong[] own = new ulong[_program.Words];
        foreach (Lane lane in _program.Locks.Where(l => l.Unit == actor))
            own[lane.Word] |= lane.Mask;
        var held = new ulong[_program.Places[actor].Length][];
        PackedAlternative[] all = [.. _program.Alternatives.Where(a => a.Actor == actor)];
        for (bool changed = true; changed; )
        {
            changed = false;
            foreach (PackedAlternative one in all)
            {
                int from = one.At.Step == 0 ? 0 : _program.Places[actor].IndexOf(one.At),
                    to = PlaceAfter(one);
                ulong[]? before = from == 0 ? new ulong[_program.Words] : held[from];
                if (before is null || to == 0)
                    continue; // not reached yet
                ulong[] after = [.. before.Select((b, w) => ((b & ~one.Clear[w]) | one.Set[w]) & own[w])];
                if (held[to] is { } known)
                    after = [.. after.Select((b, w) => b & known[w])];
                if (held[to] is null || !held[to].AsSpan().SequenceEqual(after))
                    (held[to], changed) = (after, true);
            }
        }
        return [.. held.Select(h => h ?? new ulong[_program.Words])];
    }

    /// <summary>For each other actor the places from which it comes to no step that meets this one.</summary>
    private void Judge(int actor, int place, Step step, ulong[] held)
    {
        int row = _first[actor] + place;
        _leaves[(row * _rows) + row] = true;
        for (int b = 0; b < _first.Length; b++)
        {
            if (b == actor)
                continue;
            int places = _program.Places[b].Length;
            bool[] meets = new bool[places];
            for (bool changed = true; changed; )
            {
                changed = false;
                for (int q = 0; q < places; q++)
                {
                    if (
                        meets[q]
                        || !(
                            q == 0 ? _begins[b]
                            : _steps[b][q] is { } s ? [s]
                            : []
                        ).Exists(o => Meets(o, step, held, meets))
                    )
                        continue;
                    meets[q] = changed = true;
                }
            }
            for (int q = 0; q < places; q++)
                _leaves[(row * _rows) + _first[b] + q] = !meets[q];
        }
    }

    /// <summary>True when a step of another actor can be taken and meets this one, or leads to one that does.</summary>
    private static bool Meets(Step other, Step step, ulong[] held, bool[] meets)
    {
        bool isBlocked = other.Ways.All(w => Both(w.Waits, held));
        return !isBlocked
            && (
                Both(other.Writes, step.Reads)
                || Both(other.Writes, step.Writes)
                || Both(other.Reads, step.Writes)
                || other.Ways.Any(w => !Both(w.Waits, held) && meets[w.Next])
            );
    }

    private static bool Both(ulong[] a, ulong[] b)
    {
        for (int w = 0; w < a.Length; w++)
            if ((a[w] & b[w]) != 0)
                return true;
        return false;
    }

    private static void AddMasks(ulong[] bits, Condition condition)
    {
        for (int w = 0; w < bits.Length; w++)
            bits[w] |= condition.Mask[w];
        foreach ((ulong[] mask, _) in condition.Clauses.SelectMany(c => c))
            for (int w = 0; w < bits.Length; w++)
                bits[w] |= mask[w];
    }
}

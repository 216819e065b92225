using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Altmap.Model.Explore.Packed;

namespace Altmap.Model.Explore.Search;

/// <summary>The program of a world in vectors: what the inner loop reads, and nothing else.</summary>
internal sealed unsafe class Engine<TBits>
    where TBits : unmanaged, IBits<TBits>
{
    /// <summary>An alternative.</summary>
    private struct Move
    {
        public TBits Mask;
        public TBits Value;
        public TBits Waits;
        public TBits Clear;
        public TBits Set;
        public int FirstClause;
        public int PastClause;
        public int Past; // of its group
        public bool IsFault;
    }

    /// <summary>Choices of pairs of mask and value.</summary>
    private readonly record struct Range(int First, int Past);

    private readonly record struct Row(int First, int Past);

    private struct Place
    {
        public int Word;
        public int Shift;
        public ulong Mask;
        public int FirstRow;
    }

    private readonly NativeArray<Move> _moves = new();
    private readonly NativeArray<Range> _clauses = new();
    private readonly NativeArray<TBits> _terms = new(); // mask, value, mask, value …
    private readonly NativeArray<Row> _rows = new();
    private readonly NativeArray<Place> _places = new();
    private readonly List<(TBits Mask, TBits Value)> _termList = [];
    private readonly List<Range> _clauseList = [];
    private readonly int _actors;
    private readonly ImmutableArray<(int Word, int Shift)> _walkers;
    private readonly ulong _walkerMask;
    private readonly NativeArray<byte> _leaves = new(); // by row of an actor's place and row of another's: 1, nothing meets the step
    private readonly int _rowCount;
    private readonly bool _usesPartialOrder;

    public Engine(PackedProgram program, bool usesSymmetry, AmpleSteps? ample = null)
    {
        Program = program;
        _actors = program.Positions.Length;
        ImmutableArray<PackedAlternative> all = program.Alternatives;
        _moves.Grow(all.Length);
        for (int i = 0; i < all.Length; i++)
        {
            PackedAlternative a = all[i];
            int past = i + 1;
            while (past < all.Length && all[past].Group == a.Group)
                past++;
            Range clauses = Add(a.When.Clauses);
            _moves.Items[i] = new Move
            {
                Mask = TBits.From(a.When.Mask),
                Value = TBits.From(a.When.Value),
                Waits = TBits.From(a.Waits),
                Clear = TBits.From(a.Clear),
                Set = TBits.From(a.Set),
                FirstClause = clauses.First,
                PastClause = clauses.Past,
                Past = past,
                IsFault = a.Source.IsFault,
            };
        }
        _places.Grow(_actors);
        int rows = 0;
        for (int a = 0; a < _actors; a++)
        {
            Lane lane = program.Positions[a];
            _places.Items[a] = new Place
            {
                Word = lane.Word,
                Shift = lane.Shift,
                Mask = lane.Width == 0 ? 0 : lane.Mask >> lane.Shift,
                FirstRow = rows,
            };
            rows += program.Places[a].Length;
        }
        _rows.Grow(rows);
        for (int a = 0, row = 0; a < _actors; a++)
        {
            foreach (Position place in program.Places[a])
            {
                bool Fits(PackedAlternative m) => m.Actor == a && (place == Position.Idle ? m.At.Step == 0 : m.At == place);
                int first = 0;
                while (first < all.Length && !Fits(all[first]))
                    first++;
                int past = first;
                while (past < all.Length && Fits(all[past]))
                    past++;
                _rows.Items[row++] = new Row(first, past);
            }
        }
        _rowCount = rows;
        if (ample is not null)
        {
            _usesPartialOrder = true;
            _leaves.Grow(rows * rows);
            for (int i = 0; i < rows * rows; i++)
                _leaves.Items[i] = ample.IsLeftAlone(i / rows, i % rows) ? (byte)1 : (byte)0;
        }
        _walkers = usesSymmetry ? program.WalkerBlocks : [];
        _walkerMask = program.WalkerBits >= 64 ? ulong.MaxValue : (1UL << program.WalkerBits) - 1;
        Start = TBits.From(program.Start);
        Owner = TBits.From(program.Owner);
    }

    public PackedProgram Program { get; }

    public TBits Start { get; }

    /// <summary>The bits that say which partition keeps a state.</summary>
    public TBits Owner { get; }

    /// <summary>The largest number of successors of a state.</summary>
    public int MovesMax => Program.Alternatives.Length;

    /// <summary>Adds a condition of a property; its clauses share the pool. Only before the search.</summary>
    public Test<TBits> Compile(Condition condition)
    {
        Range clauses = Add(condition.Clauses);
        return new Test<TBits>(TBits.From(condition.Mask), TBits.From(condition.Value), clauses.First, clauses.Past);
    }

    /// <summary>Done adding conditions.</summary>
    public void Freeze()
    {
        _clauses.Grow(Math.Max(1, _clauseList.Count));
        for (int i = 0; i < _clauseList.Count; i++)
            _clauses.Items[i] = _clauseList[i];
        _terms.Grow(Math.Max(1, _termList.Count * 2));
        for (int i = 0; i < _termList.Count; i++)
            (_terms.Items[2 * i], _terms.Items[(2 * i) + 1]) = _termList[i];
    }

    /// <summary>True when a condition holds.</summary>
    public bool Holds(in Test<TBits> test, in TBits state) =>
        TBits.Has(state, test.Mask, test.Value) && (test.FirstClause == test.PastClause || Fits(test.FirstClause, test.PastClause, state));

    /// <summary>
    /// Successors of a state, in the order of actors; the number of them. With partial-order reduction those of one actor alone where they
    /// can stand for all (<see cref="AmpleSteps"/>). With <paramref name="taken"/> also the alternatives that gave them.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <param name="next">Room for <see cref="MovesMax"/>.</param>
    /// <param name="taken">Room for as many, or null.</param>
    /// <param name="isStuck">True when some actor is under way, and none of those can go on.</param>
    public int Successors(TBits* state, TBits* next, int* taken, out bool isStuck)
    {
        if (_usesPartialOrder && Ample(state, next, taken) is > 0 and var few)
        {
            isStuck = false; // somebody goes on
            return few;
        }
        return AllSuccessors(state, next, taken, out isStuck);
    }

    /// <summary>The same, without reduction.</summary>
    public int AllSuccessors(TBits* state, TBits* next, int* taken, out bool isStuck)
    {
        unchecked
        {
            TBits now = *state;
            var words = (ulong*)state;
            Place* place = _places.Items;
            int count = 0;
            bool isBusy = false,
                goesOn = false;
            for (int a = 0; a < _actors; a++, place++)
            {
                var at = (int)((words[place->Word] >> place->Shift) & place->Mask);
                int before = count;
                count = Moves(now, _rows.Items[place->FirstRow + at], next, taken, count);
                isBusy |= at != 0;
                goesOn |= at != 0 && count != before;
            }
            isStuck = isBusy && !goesOn;
            GC.KeepAlive(this); // its arrays are read by address
            return count;
        }
    }

    /// <summary>The steps of the first actor that nobody meets, or none.</summary>
    private int Ample(TBits* state, TBits* next, int* taken)
    {
        unchecked
        {
            TBits now = *state;
            var words = (ulong*)state;
            Place* places = _places.Items;
            int* rows = stackalloc int[_actors];
            for (int a = 0; a < _actors; a++)
                rows[a] = places[a].FirstRow + (int)((words[places[a].Word] >> places[a].Shift) & places[a].Mask);
            int count = 0;
            for (int a = 0; a < _actors && count == 0; a++)
            {
                byte* leaves = _leaves.Items + ((long)rows[a] * _rowCount);
                bool isAlone = true;
                for (int b = 0; b < _actors && isAlone; b++)
                    isAlone = leaves[rows[b]] != 0;
                if (isAlone)
                    count = Moves(now, _rows.Items[rows[a]], next, taken, 0);
            }
            GC.KeepAlive(this); // its arrays are read by address
            return count;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Moves(in TBits now, Row row, TBits* next, int* taken, int count)
    {
        unchecked
        {
            Move* moves = _moves.Items;
            for (int i = row.First; i < row.Past; )
            {
                Move* move = moves + i;
                if (
                    !TBits.Has(now, move->Mask, move->Value)
                    || (move->FirstClause != move->PastClause && !Fits(move->FirstClause, move->PastClause, now))
                )
                {
                    i++;
                    continue;
                }
                if (TBits.Meets(now, move->Waits))
                {
                    i = move->Past;
                    continue;
                }
                next[count] = TBits.Change(now, move->Clear, move->Set);
                if (taken != null)
                    taken[count] = i;
                count++;
                i = move->IsFault ? i + 1 : move->Past;
            }
            return count;
        }
    }

    /// <summary>The one state that stands for all that differ only in which walker is which.</summary>
    public void Canonicalise(TBits* state)
    {
        if (_walkers.Length < 2)
            return;
        unchecked
        {
            var words = (ulong*)state;
            // Few walkers: insertion by neighbours.
            for (int n = _walkers.Length - 1; n > 0; n--)
            {
                for (int i = 0; i < n; i++)
                {
                    (int wa, int sa) = _walkers[i];
                    (int wb, int sb) = _walkers[i + 1];
                    ulong a = (words[wa] >> sa) & _walkerMask,
                        b = (words[wb] >> sb) & _walkerMask;
                    if (a <= b)
                        continue;
                    ulong both = a ^ b;
                    words[wa] ^= both << sa;
                    words[wb] ^= both << sb;
                }
            }
        }
    }

    public bool UsesSymmetry => _walkers.Length > 1;

    private Range Add(ImmutableArray<ImmutableArray<(ulong[] Mask, ulong[] Value)>> clauses)
    {
        int first = _clauseList.Count;
        foreach (ImmutableArray<(ulong[] Mask, ulong[] Value)> clause in clauses)
        {
            int term = _termList.Count;
            foreach ((ulong[] mask, ulong[] value) in clause)
                _termList.Add((TBits.From(mask), TBits.From(value)));
            _clauseList.Add(new Range(term, _termList.Count));
        }
        return new Range(first, _clauseList.Count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Fits(int first, int past, in TBits state)
    {
        for (int c = first; c < past; c++)
        {
            Range clause = _clauses.Items[c];
            bool holds = false;
            for (int t = clause.First; t < clause.Past && !holds; t++)
                holds = TBits.Has(state, _terms.Items[2 * t], _terms.Items[(2 * t) + 1]);
            if (!holds)
                return false;
        }
        return true;
    }
}

/// <summary>A condition in vectors.</summary>
internal readonly record struct Test<TBits>(TBits Mask, TBits Value, int FirstClause, int PastClause)
    where TBits : unmanaged, IBits<TBits>;

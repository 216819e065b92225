using System.Collections.Immutable;
using Altmap.Model.Explore.Packed;

namespace Altmap.Model.Explore.Search;

/// <summary>A violation as it was found.</summary>
/// <param name="Property">Number among the properties.</param>
/// <param name="Case">Number among its cases.</param>
/// <param name="Depth">Steps from the start.</param>
internal abstract record Sighting(int Property, int Case, int Depth);

/// <summary>A violation as it was found, with its state.</summary>
/// <param name="Property">Number among the properties.</param>
/// <param name="Case">Number among its cases.</param>
/// <param name="Depth">Steps from the start.</param>
/// <param name="State">The state in which it was seen.</param>
internal sealed record Sighting<TBits>(int Property, int Case, int Depth, TBits State) : Sighting(Property, Case, Depth)
    where TBits : unmanaged, IBits<TBits>
{
    /// <summary>True when this one is to be told and not the other: the same one for any order in which states are looked at.</summary>
    public bool Precedes(Sighting<TBits>? other) =>
        other is null
        || (
            Depth != other.Depth ? Depth < other.Depth
            : Case != other.Case ? Case < other.Case
            : TBits.Precedes(State, other.State)
        );
}

/// <summary>The properties as tests, sorted by what makes them worth a look: where a walker stands, or that everybody rests.</summary>
internal sealed unsafe class Watch<TBits>
    where TBits : unmanaged, IBits<TBits>
{
    private readonly record struct Entry(int Property, int Case, Test<TBits> Test);

    private readonly Engine<TBits> _engine;
    private readonly Entry[][][] _byPlace; // actor, place
    private readonly Entry[] _atRest;
    private readonly TBits _positions;
    private readonly ImmutableArray<Lane> _lanes;
    private readonly int[] _watched; // actors with entries

    public Watch(Engine<TBits> engine, ImmutableArray<Property> properties)
    {
        _engine = engine;
        PackedProgram program = engine.Program;
        _lanes = program.Positions;
        var byPlace = program.Places.Select(p => p.Select(_ => new List<Entry>()).ToArray()).ToArray();
        var atRest = new List<Entry>();
        StuckProperty = -1;
        for (int p = 0; p < properties.Length; p++)
        {
            for (int c = 0; c < properties[p].Cases.Length; c++)
            {
                PropertyCase one = properties[p].Cases[c];
                if (one.IsStuck)
                {
                    StuckProperty = p;
                    continue;
                }
                if (CaseCondition.Of(program, one) is not { } condition)
                    continue;
                var entry = new Entry(p, c, engine.Compile(condition));
                if (one.AtRest)
                    atRest.Add(entry);
                else
                    byPlace[one.At[0].Actor]
                        [program.Places[one.At[0].Actor].IndexOf(CaseCondition.PlaceOf(one.At[0].Transition, one.At[0].Step))]
                        .Add(entry);
            }
        }
        _byPlace = [.. byPlace.Select(a => a.Select(e => e.ToArray()).ToArray())];
        _watched = [.. Enumerable.Range(0, _byPlace.Length).Where(a => _byPlace[a].Any(e => e.Length > 0))];
        _atRest = [.. atRest];
        ulong[] mask = new ulong[program.Words];
        foreach (Lane lane in program.Positions)
            mask[lane.Word] |= lane.Mask;
        _positions = TBits.From(mask);
        engine.Freeze();
    }

    /// <summary>The property that says that nobody is stuck, or -1.</summary>
    public int StuckProperty { get; }

    /// <summary>Looks at a new state; notes the sighting of each property that precedes all others.</summary>
    public void Look(TBits* state, Span<Sighting<TBits>?> found, int depth)
    {
        var words = (ulong*)state;
        foreach (int a in _watched)
        {
            Lane lane = _lanes[a];
            Entry[] entries = _byPlace[a][(int)((words[lane.Word] & lane.Mask) >> lane.Shift)];
            if (entries.Length > 0)
                Check(entries, state, found, depth);
        }
        if (!TBits.Meets(*state, _positions))
            Check(_atRest, state, found, depth);
    }

    private void Check(Entry[] entries, TBits* state, Span<Sighting<TBits>?> found, int depth)
    {
        foreach (ref readonly Entry entry in entries.AsSpan())
        {
            if (!(found[entry.Property]?.Depth < depth) && _engine.Holds(entry.Test, *state))
                Note(new Sighting<TBits>(entry.Property, entry.Case, depth, *state), found);
        }
    }

    /// <summary>Notes that nobody goes on in a state.</summary>
    public void NoteStuck(in TBits state, Span<Sighting<TBits>?> found, int depth)
    {
        if (StuckProperty >= 0 && !(found[StuckProperty]?.Depth < depth))
            Note(new Sighting<TBits>(StuckProperty, 0, depth, state), found);
    }

    private static void Note(Sighting<TBits> sighting, Span<Sighting<TBits>?> found)
    {
        if (sighting.Precedes(found[sighting.Property]))
            found[sighting.Property] = sighting;
    }
}

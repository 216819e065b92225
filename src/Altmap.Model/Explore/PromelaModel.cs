using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model.Explore.Packed;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore;

/// <summary>
/// The same steps as a model for SPIN: written from the steps' data, not from their masks, so that SPIN's counts and verdicts are a second
/// opinion on both. Without reductions SPIN stores as many states as the plain search finds.
/// </summary>
public sealed class PromelaModel
{
    private static readonly (SectionBits Bit, string Name)[] Flags =
    [
        (SectionBits.Present, "PRESENT"),
        (SectionBits.HasMemmap, "HAS_MEMMAP"),
        (SectionBits.Online, "ONLINE"),
        (SectionBits.Early, "EARLY"),
        (SectionBits.TaintZoneDevice, "TAINT"),
    ];

    private readonly StringBuilder _text = new();
    private readonly ExplorerModel _model;
    private readonly Lanes _lanes;
    private readonly ImmutableArray<PfnRange> _sections;
    private readonly ImmutableArray<(LockName Name, Pfn Of)> _locks;

    private PromelaModel(ExplorerModel model)
    {
        _model = model;
        _lanes = model.Program.Lanes;
        _sections = [.. _lanes.Sections.Select(l => l.Range).Distinct()];
        _locks =
        [
            .. model
                .World.Actors.SelectMany(a => a.Transitions)
                .SelectMany(t => t.Steps)
                .SelectMany(s => s.Alternatives)
                .SelectMany(a => a.Locks)
                .Select(l => (l.Name, l.Of))
                .Distinct()
                .OrderBy(l => l.Name)
                .ThenBy(l => l.Of),
        ];
    }

    /// <summary>The model's text. Its comments say how to run it.</summary>
    public static string Write(ExplorerModel model)
    {
        var promela = new PromelaModel(model);
        promela.WriteAll();
        return promela._text.ToString();
    }

    private void WriteAll()
    {
        Line("/* Hotplug, ZONE_DEVICE and pfn walkers of a small machine, step by step. Written by altmap explore --promela.");
        Line($" * Policy {_model.Scenario.Policy.Name}; {_model.Scenario.Bounds}.");
        Line(" * spin -a FILE && cc -O2 -DNOREDUCE -DSAFETY -o pan pan.c && ./pan -E -m10000000");
        Line(" * prints the name of each property that does not hold; \"states, stored\" is the number of states. */");
        Line("c_decl { static unsigned long told; };");
        foreach ((SectionBits bit, string name) in Flags)
            Line($"#define {name} {(int)bit}");
        foreach ((int index, Memmap memmap) in _lanes.Memmaps.Index())
            Line($"#define {NameOf(index)} {index} /* {StepWords.Of(memmap)} */");
        Line("#define NO_MAP 0\n#define LIVE 1\n#define DYING 2\n");
        RunLengthState start = _model.World.Start;
        foreach ((int i, PfnRange range) in _sections.Index())
            Line($"byte sec{i} = {Or(start.SectionOf(range.Start))}; /* pfns {range} */");
        foreach ((int i, Lane lane) in _lanes.Valid.Index())
            Line($"bit valid{i} = {(start.AnyValid(lane.Range) ? 1 : 0)}; /* {lane.Range} */");
        foreach ((int i, Lane lane) in _lanes.Memmap.Index())
            Line($"byte memmap{i} = {NameOf(_lanes.IndexOf(start.MemmapOf(lane.Range.Start)))}; /* {lane.Range} */");
        foreach ((int i, Lane lane) in _lanes.Pgmap.Index())
            Line($"byte pgmap{i} = {PgmapName(start.PgmapOf(lane.Range.Start))}; /* {lane.Range} */");
        foreach ((LockName name, Pfn of) in _locks)
            Line($"byte {Readers(name, of)}; bit {Writer(name, of)};");
        foreach (int a in Enumerable.Range(0, _model.World.Actors.Length))
            Line($"short at{a}; /* {_model.World.Actors[a].Name} */");
        Line("");
        for (int a = 0; a < _model.World.Actors.Length; a++)
            WriteActor(a);
        WriteProperties();
    }

    private void WriteActor(int a)
    {
        Actor actor = _model.World.Actors[a];
        Line($"active proctype {actor.Name.Replace('.', '_')}() {{");
        Line("end_idle: if");
        for (int t = 0; t < actor.Transitions.Length; t++)
            WriteStep(a, t, 0);
        Line("  fi;");
        for (int t = 0; t < actor.Transitions.Length; t++)
        {
            for (int s = 1; s < actor.Transitions[t].Steps.Length; s++)
            {
                MicroStep step = actor.Transitions[t].Steps[s];
                Line($"{Label(t, s)}: if /* {actor.Transitions[t].Name}: {step.Name}{(step.Piece.IsEmpty ? "" : $" {step.Piece}")} */");
                WriteStep(a, t, s);
                Line("  fi;");
            }
        }
        Line("}\n");
    }

    private void WriteStep(int a, int t, int s)
    {
        Transition transition = _model.World.Actors[a].Transitions[t];
        foreach ((Alternative alternative, string when) in Ways(transition.Steps[s]))
        {
            int next = transition.Next(s, alternative);
            bool ends = next == transition.Steps.Length;
            string effects = string.Join(
                "; ",
                [
                    .. alternative.Effects.SelectMany(Statements),
                    .. alternative.Locks.Where(l => l.Acquires != l.Releases).Select(Change),
                    $"at{a} = {(ends ? 0 : Place(a, t, next))}",
                ]
            );
            string comment = alternative.Errno == Errno.None ? "" : $" /* fails with {alternative.Errno} */";
            Line($"  :: d_step {{ ({when}) -> {effects} }}; goto {(ends ? "end_idle" : Label(t, next))}{comment}");
        }
    }

    /// <summary>The alternatives of a step, and when each can be taken.</summary>
    private IEnumerable<(Alternative Alternative, string When)> Ways(MicroStep step)
    {
        var earlier = new List<string>();
        foreach (Alternative alternative in step.Alternatives)
        {
            if (alternative.IsFault && !_model.World.Faults)
                continue;
            string guards = And(alternative.Guards.Select(Expression));
            yield return (alternative, And([.. earlier.Select(e => $"!({e})"), guards, .. Free(alternative)]));
            if (!alternative.IsFault)
                earlier.Add(guards);
        }
    }

    /// <summary>Somebody is under way, and each who is stands at a step that cannot be taken.</summary>
    private string Stuck()
    {
        int[] actors = [.. Enumerable.Range(0, _model.World.Actors.Length)];
        IEnumerable<string> Waits(int a) =>
            from transition in _model.World.Actors[a].Transitions.Index()
            from step in transition.Item.Steps.Index().Skip(1)
            let whens = Ways(step.Item).Select(w => w.When).ToArray()
            where !whens.Contains("true")
            select $"(at{a} == {Place(a, transition.Index, step.Index)} && {And(whens.Select(w => $"!({w})"))})";
        return And([Either(actors.Select(a => $"at{a} != 0")), .. actors.Select(a => Either([$"at{a} == 0", .. Waits(a)]))]);
    }

    private void WriteProperties()
    {
        Line("active proctype monitor() {");
        Line("end: do");
        foreach ((int index, Property property) in _model.Properties.Index())
        {
            Line($"  /* {property.Name}: {property.Title} */");
            foreach (string one in property.Cases.Select(c => c.IsStuck ? Stuck() : Expression(c)))
                Line(
                    $"  :: d_step {{ ({one}) -> c_code {{ if (!(told & {1 << index}UL)) "
                        + $"{{ told |= {1 << index}UL; printf(\"violated: {property.Name}\\n\"); }} }} }}"
                );
        }
        Line("  :: false\n  od\n}");
    }

    private string Expression(PropertyCase one)
    {
        var terms = new List<string>();
        if (one.AtRest)
            terms.AddRange(Enumerable.Range(0, _model.World.Actors.Length).Select(a => $"at{a} == 0"));
        foreach ((int actor, int transition, int step) in one.At)
            terms.Add($"at{actor} == {Place(actor, transition, step)}");
        terms.AddRange(one.Guards.Select(Expression));
        terms.AddRange(one.Choices.Select(c => Either(c.Select(Expression))));
        if (one.Next is { } next)
        {
            terms.AddRange(next.Source.Guards.Select(Expression));
            terms.AddRange(Free(next.Source));
        }
        return And(terms);
    }

    private string Expression(Guard guard)
    {
        string yes = guard.Kind switch
        {
            GuardKind.SectionHas =>
                $"(sec{SectionOf(guard.Range.Start)} & ({Or((SectionBits)guard.Operand)})) == ({Or((SectionBits)guard.Operand)})",
            GuardKind.AnyValid => Either(Indexes(_lanes.Valid, guard.Range).Select(i => $"valid{i} == 1")),
            GuardKind.AnyMemmap => Either(
                from i in Indexes(_lanes.Memmap, guard.Range)
                from m in _lanes.Memmaps.Index()
                where ((1 << (int)m.Item.Content) & guard.Operand) != 0
                select $"memmap{i} == {NameOf(m.Index)}"
            ),
            GuardKind.PgmapIs => $"pgmap{Indexes(_lanes.Pgmap, guard.Range).First()} == {PgmapName((Pgmap)guard.Operand)}",
            GuardKind.ZoneIs => Either(
                from m in _lanes.Memmaps.Index()
                where m.Item.Zone == (ZoneKind)guard.Operand
                select $"memmap{Indexes(_lanes.Memmap, guard.Range).First()} == {NameOf(m.Index)}"
            ),
            _ => throw new InvalidOperationException($"{guard.Kind}: registers are told by where an actor stands"),
        };
        return guard.IsNegated ? $"!({yes})" : $"({yes})";
    }

    private IEnumerable<string> Statements(Effect effect) =>
        effect.Kind switch
        {
            EffectKind.Sections => Enumerable
                .Range(0, _sections.Length)
                .Where(i => Meets(_sections[i], effect.Range))
                .Select(i => $"sec{i} = (sec{i} & {255 & ~(int)effect.Clear}) | ({Or(effect.Set)})"),
            EffectKind.Valid => Indexes(_lanes.Valid, effect.Range).Select(i => $"valid{i} = {(effect.Valid ? 1 : 0)}"),
            EffectKind.Memmap => Indexes(_lanes.Memmap, effect.Range).Select(i => $"memmap{i} = {NameOf(_lanes.IndexOf(effect.Memmap))}"),
            EffectKind.Pgmap => Indexes(_lanes.Pgmap, effect.Range).Select(i => $"pgmap{i} = {PgmapName(effect.Pgmap)}"),
            _ => [],
        };

    private static IEnumerable<string> Free(Alternative alternative) =>
        alternative
            .Locks.Where(l => l.Acquires)
            .Select(l =>
                l.Mode == LockMode.Shared ? $"{Writer(l.Name, l.Of)} == 0" : $"{Writer(l.Name, l.Of)} == 0 && {Readers(l.Name, l.Of)} == 0"
            );

    private static string Change(LockUse use) =>
        use.Mode == LockMode.Exclusive ? $"{Writer(use.Name, use.Of)} = {(use.Acquires ? 1 : 0)}"
        : use.Acquires ? $"{Readers(use.Name, use.Of)}++"
        : $"{Readers(use.Name, use.Of)}--";

    private int Place(int actor, int transition, int step) =>
        step == 0 ? 0 : _model.World.Actors[actor].Transitions.Take(transition).Sum(t => t.Steps.Length) + step;

    private string NameOf(int memmap)
    {
        Memmap page = _lanes.Memmaps[memmap];
        string zone = page.Zone == ZoneKind.None ? "" : $"_{page.Zone.Name().ToUpperInvariant()}{page.Node}";
        return $"M_{page.Content.ToString().ToUpperInvariant()}{zone}";
    }

    private int SectionOf(Pfn pfn) => _sections.Select((s, i) => (s, i)).First(s => s.s.Contains(pfn)).i;

    private static IEnumerable<int> Indexes(ImmutableArray<Lane> lanes, PfnRange range) =>
        Enumerable.Range(0, lanes.Length).Where(i => Meets(lanes[i].Range, range));

    private static bool Meets(PfnRange a, PfnRange b) => !b.IsEmpty && a.Start < b.End && b.Start < a.End;

    private static string Readers(LockName name, Pfn of) => string.Create(CultureInfo.InvariantCulture, $"{name}{of.Number}_readers");

    private static string Writer(LockName name, Pfn of) => string.Create(CultureInfo.InvariantCulture, $"{name}{of.Number}_writer");

    private static string PgmapName(Pgmap pgmap) =>
        pgmap switch
        {
            Pgmap.Live => "LIVE",
            Pgmap.Dying => "DYING",
            _ => "NO_MAP",
        };

    private static string Label(int transition, int step) => string.Create(CultureInfo.InvariantCulture, $"t{transition}_s{step}");

    private static string Or(SectionBits bits) =>
        bits == SectionBits.None ? "0" : string.Join(" | ", Flags.Where(f => bits.HasFlag(f.Bit)).Select(f => f.Name));

    private static string And(IEnumerable<string> terms) => string.Join(" && ", terms.Where(t => t != "true").DefaultIfEmpty("true"));

    private static string Either(IEnumerable<string> terms) => $"({string.Join(" || ", terms.DefaultIfEmpty("false"))})";

    private void Line(string text) => _text.Append(text).Append('\n');
}

using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model.Explore.Packed;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore;

/// <summary>A step of a trace.</summary>
/// <param name="Actor">Who.</param>
/// <param name="Operation">As <c>memremap_pages [0x4, 0xc)</c>.</param>
/// <param name="Step">Name of the step, with the piece of the range where there is one.</param>
/// <param name="Source">Kernel file and function.</param>
/// <param name="Effect">What changes, in words.</param>
/// <param name="Errno">None, or with what it fails.</param>
/// <param name="After">The memory afterwards.</param>
public sealed record TraceStep(string Actor, string Operation, string Step, string Source, string Effect, Errno Errno, MemoryPicture After);

/// <summary>The memory of a state of a small machine, page by page.</summary>
/// <param name="Pages">From pfn 0.</param>
public sealed record MemoryPicture(ImmutableArray<PagePicture> Pages)
{
    /// <summary>From the first to the last.</summary>
    public PfnRange Range => new(Pages[0].Pfn, Pages[^1].Pfn + new PfnCount(1));

    /// <summary>Out of a run-length state.</summary>
    public static MemoryPicture Of(RunLengthState state, PfnRange pages)
    {
        var all = ImmutableArray.CreateBuilder<PagePicture>();
        for (Pfn pfn = pages.Start; pfn < pages.End; pfn += new PfnCount(1))
            all.Add(new(pfn, state.SectionOf(pfn), state.AnyValid(Guard.One(pfn)), state.MemmapOf(pfn), state.PgmapOf(pfn)));
        return new(all.ToImmutable());
    }
}

/// <summary>A page of a picture.</summary>
public readonly record struct PagePicture(Pfn Pfn, SectionBits Section, bool IsValid, Memmap Memmap, Pgmap Pgmap);

/// <summary>A property that does not hold.</summary>
/// <param name="Property">Which.</param>
/// <param name="Case">What is wrong at the end.</param>
/// <param name="Trace">A shortest way there from boot.</param>
public sealed record Violation(Property Property, PropertyCase Case, ImmutableArray<TraceStep> Trace);

/// <summary>What a search found.</summary>
/// <param name="States">Distinct states.</param>
/// <param name="Edges">Steps between them, those to known states included.</param>
/// <param name="Depth">Steps from boot to the farthest state; where a bound stopped the search, to the last level begun.</param>
/// <param name="IsComplete">True: there are no more states.</param>
/// <param name="Stopped">The bound that stopped it, in words, or null.</param>
/// <param name="Bytes">Memory for states and index.</param>
/// <param name="Violations">By property.</param>
public sealed record Exploration(
    long States,
    long Edges,
    int Depth,
    bool IsComplete,
    string? Stopped,
    long Bytes,
    ImmutableArray<Violation> Violations
);

/// <summary>A scenario as packed steps and properties: what is searched, told and exported.</summary>
public sealed class ExplorerModel
{
    /// <summary>Lays the scenario out and packs it. Throws <see cref="Search.WorldTooLargeException"/>.</summary>
    public ExplorerModel(Scenario scenario)
    {
        Scenario = scenario.Laid();
        World = Scenario.World();
        Program = new PackedProgram(World);
        Properties = Explore.Properties.Of(Scenario, Program);
    }

    /// <summary>With places.</summary>
    public Scenario Scenario { get; }

    /// <summary>Memory after boot and actors.</summary>
    public World World { get; }

    /// <summary>What must hold.</summary>
    public ImmutableArray<Property> Properties { get; }

    /// <summary>Bits of a state.</summary>
    public int Bits => Program.Bits;

    internal PackedProgram Program { get; }

    /// <summary>The memory after boot.</summary>
    public MemoryPicture Boot => MemoryPicture.Of(World.Start, Program.Lanes.Pages);

    /// <summary>The story of a trace: each step carried out on the run-length state, which the packed search has not seen.</summary>
    internal ImmutableArray<TraceStep> Tell(IEnumerable<PackedAlternative> trace)
    {
        RunLengthState state = World.Start;
        var story = ImmutableArray.CreateBuilder<TraceStep>();
        var registers = new Walk[World.Actors.Length];
        foreach (PackedAlternative taken in trace)
        {
            foreach (Guard guard in taken.Source.Guards)
            {
                if (!guard.Holds(state, registers[taken.Actor]))
                    throw new InvalidOperationException($"the packed search took a step that the memory forbids: {guard}");
            }
            foreach (Effect effect in taken.Source.Effects)
                effect.Apply(ref state, ref registers[taken.Actor]);
            story.Add(Tell(taken, state));
        }
        return story.ToImmutable();
    }

    /// <summary>The steps of a walk of a page by the first walker, nobody else moving; empty without walkers.</summary>
    internal ImmutableArray<TraceStep> TellWalk(Pfn pfn, RunLengthState state)
    {
        Transition walk = PfnWalk.WalkAndUse(Scenario.Geometry, pfn, Scenario.Policy.Checks, Scenario.DeviceOf(pfn)?.Range.Start ?? pfn);
        var story = ImmutableArray.CreateBuilder<TraceStep>();
        var register = Walk.Idle;
        for (int i = 0; i < walk.Steps.Length && walk.Steps[i].Name is not (PfnWalk.Given or PfnWalk.Wrong); )
        {
            Alternative taken = Transition.Choose(walk.Steps[i], state, register, fault: false)!;
            foreach (Effect effect in taken.Effects)
                effect.Apply(ref state, ref register);
            int next = walk.Next(i, taken);
            story.Add(
                new TraceStep(
                    "walker0",
                    walk.Name,
                    walk.Steps[i].Name,
                    walk.Steps[i].Source,
                    StepWords.Of(walk, i, taken),
                    taken.Errno,
                    MemoryPicture.Of(state, Program.Lanes.Pages)
                )
            );
            i = next;
        }
        return story.ToImmutable();
    }

    /// <summary>The memory at the end of a trace.</summary>
    internal RunLengthState After(IEnumerable<PackedAlternative> trace)
    {
        RunLengthState state = World.Start;
        var register = Walk.Idle;
        foreach (Effect effect in trace.SelectMany(t => t.Source.Effects))
            effect.Apply(ref state, ref register);
        return state;
    }

    private TraceStep Tell(PackedAlternative taken, RunLengthState after)
    {
        Actor actor = World.Actors[taken.Actor];
        Transition transition = actor.Transitions[taken.At.Transition];
        MicroStep step = transition.Steps[taken.At.Step];
        return new TraceStep(
            actor.Name,
            transition.Name,
            step.Piece.IsEmpty ? step.Name : $"{step.Name} {step.Piece}",
            step.Source,
            StepWords.Of(transition, taken.At.Step, taken.Source),
            taken.Source.Errno,
            MemoryPicture.Of(after, Program.Lanes.Pages)
        );
    }
}

using Altmap.Core.Units;
using Altmap.Model.Explore.Packed;
using Altmap.Model.Explore.Search;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore;

/// <summary>A step as a trace file names it.</summary>
/// <param name="Actor">Who.</param>
/// <param name="Operation">What it is doing.</param>
/// <param name="Step">Name of the step.</param>
/// <param name="Effect">What it does.</param>
public readonly record struct NamedStep(string Actor, string Operation, string Step, string Effect);

/// <summary>What carrying out a trace gave.</summary>
/// <param name="Done">Steps that could be taken.</param>
/// <param name="Problem">Why it ended early or does not show the violation, or null.</param>
/// <param name="State">The memory at the end.</param>
public sealed record TraceReplayResult(int Done, string? Problem, RunLengthState State);

/// <summary>Carries out a trace step by step on the packed state and on run lengths.</summary>
public static unsafe class TraceReplay
{
    /// <summary>Takes the steps from boot; at the end the property must be violated.</summary>
    public static TraceReplayResult Run(ExplorerModel model, string property, IReadOnlyList<NamedStep> steps)
    {
        var engine = new Engine<Bits512>(model.Program, usesSymmetry: false);
        Property? violated = model.Properties.FirstOrDefault(p => p.Name == property);
        var watch = new Watch<Bits512>(engine, violated is null ? [] : [violated]);
        Bits512 state = engine.Start;
        Bits512[] next = new Bits512[engine.MovesMax + 1];
        int[] taken = new int[engine.MovesMax + 1];
        var trace = new List<PackedAlternative>();
        var found = new Sighting<Bits512>?[1];
        string? problem = violated is null ? $"there is no property {property}" : null;
        int done = 0;
        watch.Look(&state, found, 0);
        for (; done < steps.Count && problem is null; done++)
        {
            int count;
            bool isStuck;
            fixed (Bits512* room = next)
            fixed (int* moves = taken)
                count = engine.Successors(&state, room, moves, out isStuck);
            int[] same = [.. Enumerable.Range(0, count).Where(i => Name(model, model.Program.Alternatives[taken[i]]) == steps[done])];
            if (same.Length == 0)
                break;
            state = next[same[0]];
            trace.Add(model.Program.Alternatives[taken[same[0]]]);
            watch.Look(&state, found, 0);
        }
        model.Tell(trace); // throws where run lengths disagree
        RunLengthState memory = model.After(trace);
        if (problem is null && done < steps.Count)
            (done, problem) = Walk(model, memory, steps, done);
        if (problem is null && found[0] is null && !IsInitialisation(violated!, trace) && !violated!.Cases.Any(c => c.IsStuck))
            problem = $"the trace can be carried out, and {property} holds";
        return new TraceReplayResult(done, problem, memory);
    }

    private static NamedStep Name(ExplorerModel model, PackedAlternative alternative)
    {
        Actor actor = model.World.Actors[alternative.Actor];
        Transition transition = actor.Transitions[alternative.At.Transition];
        MicroStep step = transition.Steps[alternative.At.Step];
        return new(
            actor.Name,
            transition.Name,
            step.Piece.IsEmpty ? step.Name : $"{step.Name} {step.Piece}",
            StepWords.Of(transition, alternative.At.Step, alternative.Source)
        );
    }

    /// <summary>The last step is the one that must not happen: it was possible, which is the violation.</summary>
    private static bool IsInitialisation(Property property, List<PackedAlternative> trace) =>
        trace.Count > 0 && property.Cases.Any(c => c.Next is { } next && next == trace[^1]);

    /// <summary>The walk at rest with which some traces end.</summary>
    private static (int Done, string? Problem) Walk(ExplorerModel model, RunLengthState memory, IReadOnlyList<NamedStep> steps, int done)
    {
        foreach (Pfn pfn in model.Scenario.Pages)
        {
            NamedStep[] walk = [.. model.TellWalk(pfn, memory).Select(s => new NamedStep(s.Actor, s.Operation, s.Step, s.Effect))];
            if (walk.SequenceEqual(steps.Skip(done)))
                return (steps.Count, null);
        }
        return (done, $"step {done + 1} cannot be taken: {steps[done].Actor}: {steps[done].Operation}: {steps[done].Step}");
    }
}

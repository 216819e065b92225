using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;

namespace Altmap.Model.Tests.MicroSteps;

/// <summary>The lock under which a step runs. Neighbouring steps of one transition with the same lock are one critical section.</summary>
public enum StepLock
{
    None,

    /// <summary>mem_hotplug_begin() for writers, get_online_mems() for walkers.</summary>
    Hotplug,
}

/// <summary>One indivisible change, as far as other processors can see.</summary>
/// <param name="Name">Short and stable, as <c>m2 sub-section bits set</c>.</param>
/// <param name="Lock">Held while it runs.</param>
/// <param name="Source">Kernel file and function.</param>
/// <param name="Apply">The state afterwards. Pure.</param>
public sealed record MicroStep<TState>(string Name, StepLock Lock, string Source, Func<TState, TState> Apply)
    where TState : struct, IMemoryState<TState>
{
    /// <summary>What the kernel tests first: an errno ends the transition without this step.</summary>
    public Func<TState, Errno> Precondition { get; init; } = static _ => Errno.None;

    /// <summary>The errno of a failure that may come from outside (no memory), or none: the explorer tries both ways.</summary>
    public Func<TState, Errno> Fault { get; init; } = static _ => Errno.None;

    /// <summary>What the kernel takes back when <see cref="Fault"/> strikes here, before the transition's own <see cref="Transition{TState}.OnFailure"/>.</summary>
    public Func<TState, TState> Undo { get; init; } = static s => s;
}

/// <summary>A kernel operation as its steps, in order.</summary>
/// <param name="Name">As <c>memremap_pages [0x8, 0x18)</c>.</param>
/// <param name="Steps">In order.</param>
/// <param name="OnFailure">What is taken back when a step after the first fails; a refusal of the first changes nothing.</param>
public sealed record Transition<TState>(string Name, ImmutableArray<MicroStep<TState>> Steps, Func<TState, TState> OnFailure)
    where TState : struct, IMemoryState<TState>
{
    /// <summary>All steps, one after the other, nothing in between: what <c>altmap run</c> does. Stops at the first that is refused.</summary>
    public (TState State, Errno Errno) Fold(TState state, int? faultAt = null)
    {
        for (int i = 0; i < Steps.Length; i++)
        {
            (state, Errno errno) = Step(state, i, faultAt == i);
            if (errno != Errno.None) return (state, errno);
        }
        return (state, Errno.None);
    }

    /// <summary>Step <paramref name="index"/> alone, with what follows from its failure.</summary>
    public (TState State, Errno Errno) Step(TState state, int index, bool fault)
    {
        MicroStep<TState> step = Steps[index];
        Errno errno = step.Precondition(state);
        if (errno == Errno.None && fault && (errno = step.Fault(state)) != Errno.None) state = step.Undo(state);
        if (errno == Errno.None) return (step.Apply(state), errno);
        return (index == 0 ? state : OnFailure(state), errno);
    }
}

/// <summary>Where the metadata of a device range lies: pages at its start.</summary>
public readonly record struct Altmap(PfnCount Reserve, PfnCount Free);

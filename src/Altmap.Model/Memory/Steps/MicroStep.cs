using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

/// <summary>The lock under which a step runs. Neighbouring steps of one transition with the same lock are one critical section.</summary>
public enum StepLock
{
    /// <summary>None.</summary>
    None,

    /// <summary>mem_hotplug_begin() for writers, get_online_mems() for walkers.</summary>
    Hotplug,
}

/// <summary>One indivisible change, as far as other processors can see.</summary>
/// <param name="Name">Short and stable, as <c>m2 sub-section bits set</c>.</param>
/// <param name="Lock">Held while it runs.</param>
/// <param name="Source">Kernel file and function.</param>
/// <param name="Apply">The state afterwards. Pure.</param>
/// <typeparam name="TState">The representation.</typeparam>
public sealed record MicroStep<TState>(string Name, StepLock Lock, string Source, Func<TState, TState> Apply)
    where TState : struct, IMemoryState<TState>
{
    /// <summary>What the kernel tests first: an errno ends the transition without this step.</summary>
    public Func<TState, Errno> Precondition { get; init; } = static _ => Errno.None;

    /// <summary>What the kernel logs when the precondition refuses, or null.</summary>
    public string? Text { get; init; }

    /// <summary>The errno of a failure that may come from outside (no memory), or none: the explorer tries both ways.</summary>
    public Func<TState, Errno> Fault { get; init; } = static _ => Errno.None;

    /// <summary>What the kernel takes back when this step fails, before the transition's own
    /// <see cref="Transition{TState}.OnFailure"/>.</summary>
    public Func<TState, TState> Undo { get; init; } = static s => s;
}

/// <summary>What folding a transition gave.</summary>
/// <param name="State">Afterwards; also after a failure, which may leave traces.</param>
/// <param name="Errno">None, or why it stopped.</param>
/// <param name="Failed">The step that failed, or null.</param>
/// <typeparam name="TState">The representation.</typeparam>
public readonly record struct FoldResult<TState>(TState State, Errno Errno, MicroStep<TState>? Failed)
    where TState : struct, IMemoryState<TState>
{
    /// <summary>State and errno.</summary>
    public void Deconstruct(out TState state, out Errno errno) => (state, errno) = (State, Errno);
}

/// <summary>A kernel operation as its steps, in order.</summary>
/// <param name="Name">As <c>memremap_pages [0x8, 0x18)</c>.</param>
/// <param name="Steps">In order.</param>
/// <param name="OnFailure">What is taken back when a step after <see cref="LastCheck"/> fails.</param>
/// <typeparam name="TState">The representation.</typeparam>
public sealed record Transition<TState>(string Name, ImmutableArray<MicroStep<TState>> Steps, Func<TState, TState> OnFailure)
    where TState : struct, IMemoryState<TState>
{
    /// <summary>Index of the last step before which nothing was changed: a refusal up to it takes nothing back.</summary>
    public int LastCheck { get; init; }

    /// <summary>All steps, one after the other, nothing in between: what a command does. Stops at the first that is refused.</summary>
    public FoldResult<TState> Fold(TState state, int? faultAt = null)
    {
        for (int i = 0; i < Steps.Length; i++)
        {
            (state, Errno errno) = Step(state, i, faultAt == i);
            if (errno != Errno.None)
                return new(state, errno, Steps[i]);
        }
        return new(state, Errno.None, null);
    }

    /// <summary>Step <paramref name="index"/> alone, with what follows from its failure.</summary>
    public (TState State, Errno Errno) Step(TState state, int index, bool fault)
    {
        MicroStep<TState> step = Steps[index];
        Errno errno = step.Precondition(state);
        if (errno == Errno.None && fault)
            errno = step.Fault(state);
        if (errno == Errno.None)
            return (step.Apply(state), errno);
        state = step.Undo(state);
        return (index <= LastCheck ? state : OnFailure(state), errno);
    }
}

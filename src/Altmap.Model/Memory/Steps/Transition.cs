using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

/// <summary>One way in which a step can go.</summary>
/// <param name="Guards">All must hold.</param>
/// <param name="Effects">What changes, in order, at once.</param>
public sealed record Alternative(ImmutableArray<Guard> Guards, ImmutableArray<Effect> Effects)
{
    /// <summary>A <see cref="Goto"/> that ends the transition.</summary>
    public const string End = "end";

    /// <summary>None, or the answer of the kernel function: the transition fails.</summary>
    public Errno Errno { get; init; }

    /// <summary>What the kernel logs, or null.</summary>
    public string? Text { get; init; }

    /// <summary>True for a failure that comes from outside (no memory): it may happen when asked for, and need not.</summary>
    public bool IsFault { get; init; }

    /// <summary>Name of the step that follows; null: the next one, or the end after the last.</summary>
    public string? Goto { get; init; }

    /// <summary>Locks taken and given back. The step waits where one cannot be taken.</summary>
    public ImmutableArray<LockUse> Locks { get; init; } = [];
}

/// <summary>
/// One indivisible change, as far as other processors can see. The first alternative whose guards hold is the one that happens; a fault
/// before it may.
/// </summary>
/// <param name="Name">Short and stable, as <c>m2 sub-section bits set</c>.</param>
/// <param name="Source">Kernel file and function.</param>
/// <param name="Alternatives">In the order in which the kernel asks.</param>
public sealed record MicroStep(string Name, string Source, ImmutableArray<Alternative> Alternatives)
{
    /// <summary>The piece of the range that it is about, where a loop of the kernel cuts it; else empty.</summary>
    public PfnRange Piece { get; init; }
}

/// <summary>What folding a transition gave.</summary>
/// <param name="State">Afterwards; also after a failure, which may leave traces.</param>
/// <param name="Errno">None, or why it failed.</param>
/// <param name="Text">What the kernel logged, or null.</param>
/// <param name="Register">The actor's register: the verdict of a walk.</param>
public readonly record struct FoldResult(RunLengthState State, Errno Errno, string? Text, Walk Register)
{
    /// <summary>State and errno.</summary>
    public void Deconstruct(out RunLengthState state, out Errno errno) => (state, errno) = (State, Errno);
}

/// <summary>A kernel operation as its steps: data, which <see cref="Fold"/> carries out, the explorer interleaves, and other interpreters
/// tell or export.</summary>
/// <param name="Name">As <c>memremap_pages [0x8, 0x18)</c>.</param>
/// <param name="Steps">In order; those of the way back last.</param>
public sealed record Transition(string Name, ImmutableArray<MicroStep> Steps)
{
    /// <summary>Index of the step that an alternative of step <paramref name="index"/> leads to; the number of steps: the end.</summary>
    public int Next(int index, Alternative alternative)
    {
        if (alternative.Goto is not { } name)
            return index + 1;
        if (name == Alternative.End)
            return Steps.Length;
        for (int i = 0; i < Steps.Length; i++)
        {
            if (Steps[i].Name == name)
                return i;
        }
        throw new InvalidOperationException($"{Name}: {Steps[index].Name} goes to a step that is not there: {name}");
    }

    /// <summary>The same with a lock held from the first step to the end.</summary>
    public Transition Under(LockName name, LockMode mode, Pfn of = default)
    {
        var steps = ImmutableArray.CreateBuilder<MicroStep>(Steps.Length);
        for (int i = 0; i < Steps.Length; i++)
        {
            var alternatives = ImmutableArray.CreateBuilder<Alternative>(Steps[i].Alternatives.Length);
            foreach (Alternative alternative in Steps[i].Alternatives)
            {
                bool ends = Next(i, alternative) == Steps.Length;
                alternatives.Add(
                    i == 0 || ends ? alternative with { Locks = alternative.Locks.Add(new(name, of, mode, i == 0, ends)) } : alternative
                );
            }
            steps.Add(Steps[i] with { Alternatives = alternatives.MoveToImmutable() });
        }
        return this with { Steps = steps.MoveToImmutable() };
    }

    /// <summary>The same where nobody takes these locks.</summary>
    public Transition WithoutLocks(IReadOnlySet<LockName> names) =>
        names.Count == 0
            ? this
            : this with
            {
                Steps =
                [
                    .. Steps.Select(s =>
                        s with
                        {
                            Alternatives =
                            [
                                .. s.Alternatives.Select(a => a with { Locks = a.Locks.RemoveAll(l => names.Contains(l.Name)) }),
                            ],
                        }
                    ),
                ],
            };

    /// <summary>All steps, nothing in between: what a command does.</summary>
    /// <param name="state">Before.</param>
    /// <param name="faultAt">The step at which the fault happens, if it has one that can.</param>
    public FoldResult Fold(RunLengthState state, int? faultAt = null)
    {
        var register = Walk.Idle;
        Errno errno = Errno.None;
        string? text = null;
        for (int i = 0; i < Steps.Length; )
        {
            Alternative taken =
                Choose(Steps[i], state, register, faultAt == i)
                ?? throw new InvalidOperationException($"{Name}: {Steps[i].Name} waits, and nobody else is there");
            foreach (ref readonly Effect effect in taken.Effects.AsSpan())
                effect.Apply(ref state, ref register);
            if (errno == Errno.None)
                (errno, text) = (taken.Errno, taken.Text);
            i = Next(i, taken);
        }
        return new(state, errno, text, register);
    }

    /// <summary>The alternative of a step that happens, or null: none.</summary>
    public static Alternative? Choose(MicroStep step, in RunLengthState state, Walk register, bool fault)
    {
        foreach (Alternative alternative in step.Alternatives)
        {
            if (alternative.IsFault && !fault)
                continue;
            bool holds = true;
            foreach (ref readonly Guard guard in alternative.Guards.AsSpan())
            {
                if (guard.Holds(state, register))
                    continue;
                holds = false;
                break;
            }
            if (holds)
                return alternative;
        }
        return null;
    }
}

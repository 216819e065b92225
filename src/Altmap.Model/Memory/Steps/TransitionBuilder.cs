using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;

namespace Altmap.Model.Memory.Steps;

/// <summary>Writes a transition down: keeps the critical sections, so that each step names only what it does.</summary>
internal sealed class TransitionBuilder(string name)
{
    private readonly ImmutableArray<MicroStep>.Builder _steps = ImmutableArray.CreateBuilder<MicroStep>(16);
    private readonly List<Alternative> _alternatives = [];
    private LockUse? _lock; // the critical section that steps are now in
    private bool _isFirst; // of its steps
    private string? _onFailure;

    /// <summary>Steps from here on are one critical section.</summary>
    public TransitionBuilder Begin(LockName name, LockMode mode, Pfn of = default)
    {
        _lock = new LockUse(name, of, mode, Acquires: false, Releases: false);
        _isFirst = true;
        return this;
    }

    /// <summary>The step before was the last of the critical section.</summary>
    public TransitionBuilder End()
    {
        if (_lock is not { } held)
            throw new InvalidOperationException($"{name}: no critical section to end");
        MicroStep last = _steps[^1];
        _steps[^1] = last with
        {
            Alternatives = [.. last.Alternatives.Select(a => a.Errno == Errno.None ? a with { Locks = Given(a.Locks, held) } : a)],
        };
        _lock = null;
        return this;
    }

    /// <summary>Failures from here on go back by the step of this name; null: end the transition at once.</summary>
    public TransitionBuilder OnFailure(string? step)
    {
        _onFailure = step;
        return this;
    }

    /// <summary>The next step refuses with <paramref name="errno"/> where all guards hold; the effects are what is taken back.</summary>
    public TransitionBuilder Refuse(ImmutableArray<Guard> guards, Errno errno, string? text = null, ImmutableArray<Effect> undo = default)
    {
        _alternatives.Add(Failure(guards, errno, undo) with { Text = text });
        return this;
    }

    /// <summary>The next step may fail from outside where all guards hold.</summary>
    public TransitionBuilder MayFail(ImmutableArray<Guard> guards, Errno errno, ImmutableArray<Effect> undo = default)
    {
        _alternatives.Add(Failure(guards, errno, undo) with { IsFault = true });
        return this;
    }

    /// <summary>The next step does this where all guards hold.</summary>
    public TransitionBuilder When(ImmutableArray<Guard> guards, ImmutableArray<Effect> effects, string? then = null)
    {
        _alternatives.Add(new Alternative(guards, effects) { Goto = then, Locks = Taken(releases: false) });
        return this;
    }

    /// <summary>A step: what was said since the last one, and else these effects.</summary>
    public TransitionBuilder Step(string step, string source, ImmutableArray<Effect> otherwise, PfnRange piece = default)
    {
        _alternatives.Add(new Alternative([], otherwise) { Locks = Taken(releases: false) });
        return Close(step, source, piece);
    }

    /// <summary>A step that is nothing but what was said since the last one.</summary>
    public TransitionBuilder Close(string step, string source, PfnRange piece = default)
    {
        _steps.Add(new MicroStep(step, source, [.. _alternatives]) { Piece = piece });
        _alternatives.Clear();
        _isFirst = false;
        return this;
    }

    /// <summary>The steps so far are the way forth; those of the way back follow.</summary>
    public TransitionBuilder WayBack()
    {
        MicroStep last = _steps[^1];
        _steps[^1] = last with
        {
            Alternatives = [.. last.Alternatives.Select(a => a.Goto is null ? a with { Goto = Alternative.End } : a)],
        };
        return this;
    }

    /// <summary>The transition.</summary>
    public Transition Build() => new(name, _steps.ToImmutable());

    private Alternative Failure(ImmutableArray<Guard> guards, Errno errno, ImmutableArray<Effect> undo) =>
        new(guards, undo.IsDefault ? [] : undo)
        {
            Errno = errno,
            Goto = _onFailure ?? Alternative.End,
            Locks = Taken(releases: true),
        };

    private ImmutableArray<LockUse> Taken(bool releases) =>
        _lock is { } held && (_isFirst || releases) ? [held with { Acquires = _isFirst, Releases = releases }] : [];

    private static ImmutableArray<LockUse> Given(ImmutableArray<LockUse> locks, LockUse held)
    {
        LockUse own = locks.FirstOrDefault(l => l.Name == held.Name, held);
        return [.. locks.Where(l => l.Name != held.Name), own with { Releases = true }];
    }
}

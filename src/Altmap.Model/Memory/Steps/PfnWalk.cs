using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

/// <summary>pfn_to_online_page() as steps, so that it can be interleaved with maps and unmaps.</summary>
public static class PfnWalk
{
    /// <summary>Each check is one step; the verdict is left in <see cref="IMemoryState{TState}.Walk"/>.</summary>
    /// <param name="pfn">The page.</param>
    /// <param name="rule">Which kernel's rule.</param>
    /// <param name="walkLock">Whether the walker holds the hotplug lock.</param>
    /// <param name="ownsPfnValid">See <see cref="OnlineChecks.Of"/>.</param>
    public static Transition<TState> PfnToOnlinePage<TState>(Pfn pfn, PfnOnlineRule rule, StepLock walkLock, bool ownsPfnValid = false)
        where TState : struct, IMemoryState<TState>
    {
        const string Source = "mm/memory_hotplug.c pfn_to_online_page()";
        var steps = ImmutableArray.CreateBuilder<MicroStep<TState>>();
        steps.Add(new("w0 begin", walkLock, Source, s => s.SetWalk(Walk.Looking)));
        foreach (OnlineCheck check in OnlineChecks.Of(rule, ownsPfnValid))
            steps.Add(
                new(
                    check.Step,
                    walkLock,
                    Source,
                    s => s.Walk == Walk.Looking && !check.Passes(PageFacts.Of(s, pfn)) ? s.SetWalk(Walk.Null) : s
                )
            );
        steps.Add(new("w4 page", walkLock, Source, s => s.Walk == Walk.Looking ? s.SetWalk(Walk.Page) : s));
        return new($"pfn_to_online_page({pfn})", steps.ToImmutable(), static s => s);
    }
}

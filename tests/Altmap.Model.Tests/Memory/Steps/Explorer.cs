using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Tests.Memory.Steps;

/// <summary>When a pfn walker may run.</summary>
public enum Walkers
{
    /// <summary>Only while no operation is under way.</summary>
    AtRest,

    /// <summary>Between any two steps, each walk under the hotplug lock.</summary>
    Locked,

    /// <summary>Between any two steps, and the other way round.</summary>
    Unlocked,
}

/// <summary>What was found.</summary>
/// <param name="States">Distinct states seen.</param>
/// <param name="Trace">Steps to the first violation, shortest first; empty: none in any reachable state.</param>
public sealed record Exploration(int States, ImmutableArray<string> Trace);

/// <summary>Breadth first over every interleaving of one operator, who runs operations one after the other in any order, and one
/// walker.</summary>
public static class Explorer
{
    private readonly record struct Node(PackedState State, sbyte Operation, sbyte OperationStep, sbyte Walk, sbyte WalkStep);

    public static Exploration Explore(
        PackedState start,
        ImmutableArray<Transition<PackedState>> operations,
        PfnOnlineRule rule,
        Walkers walkers,
        bool faults
    )
    {
        StepLock walkLock = walkers == Walkers.Locked ? StepLock.Hotplug : StepLock.None;
        var walks = new List<Transition<PackedState>>();
        for (Pfn pfn = PackedState.Pages.Start; pfn < PackedState.Pages.End; pfn += new PfnCount(1))
            walks.Add(PfnWalk.PfnToOnlinePage<PackedState>(pfn, rule, walkLock));

        var first = new Node(start, -1, 0, -1, 0);
        var from = new Dictionary<Node, (Node Before, string Step)> { [first] = (first, "boot") };
        var queue = new Queue<Node>([first]);
        while (queue.TryDequeue(out Node node))
        {
            foreach ((Node next, string step) in Next(node, operations, walks, walkers, faults))
            {
                if (!from.TryAdd(next, (node, step)))
                    continue;
                if (IsViolation(next, walks.Count))
                    return new(from.Count, Trace(from, next));
                queue.Enqueue(next);
            }
        }
        return new(from.Count, []);
    }

    /// <summary>A walk that ended with a page whose memmap nobody initialised for online memory. Holes are accepted, as the kernel
    /// does.</summary>
    private static bool IsViolation(Node node, int walks) =>
        node.Walk >= 0
        && node.Walk < walks
        && node.State.Walk == Walk.Page
        && node.State.MemmapOf(new Pfn((ulong)node.Walk)).Content is not (MemmapContent.Ram or MemmapContent.Hole);

    private static IEnumerable<(Node, string)> Next(
        Node node,
        ImmutableArray<Transition<PackedState>> operations,
        List<Transition<PackedState>> walks,
        Walkers walkers,
        bool faults
    )
    {
        bool resting = node.Operation < 0,
            walking = node.Walk >= 0;
        bool operatorHolds = !resting && Holds(operations[node.Operation], node.OperationStep);
        bool walkerHolds = walking && Holds(walks[node.Walk], node.WalkStep);

        for (int o = resting ? 0 : node.Operation; o < (resting ? operations.Length : node.Operation + 1); o++)
        {
            if (walking && walkers == Walkers.AtRest)
                break;
            int at = resting ? 0 : node.OperationStep;
            if (walkerHolds && operations[o].Steps[at].Lock == StepLock.Hotplug)
                continue;
            foreach (bool fault in faults ? new[] { false, true } : [false])
            {
                if (fault && operations[o].Steps[at].Fault(node.State) == Errno.None)
                    continue;
                (PackedState state, Errno errno) = operations[o].Step(node.State, at, fault);
                bool ended = errno != Errno.None || at + 1 == operations[o].Steps.Length;
                yield return (
                    node with
                    {
                        State = state,
                        Operation = (sbyte)(ended ? -1 : o),
                        OperationStep = (sbyte)(ended ? 0 : at + 1),
                    },
                    $"{operations[o].Name}: {operations[o].Steps[at].Name}{(errno == Errno.None ? "" : $" fails with {errno}")}"
                );
            }
        }

        if (!resting && walkers == Walkers.AtRest)
            yield break;
        for (int w = walking ? node.Walk : 0; w < (walking ? node.Walk + 1 : walks.Count); w++)
        {
            int at = walking ? node.WalkStep : 0;
            if (at == walks[w].Steps.Length) // the verdict was looked at; forget it
            {
                yield return (node with { State = node.State.SetWalk(Walk.Idle), Walk = -1, WalkStep = 0 }, $"{walks[w].Name}: end");
                continue;
            }
            if (operatorHolds && walks[w].Steps[at].Lock == StepLock.Hotplug)
                continue;
            yield return (
                node with
                {
                    State = walks[w].Steps[at].Apply(node.State),
                    Walk = (sbyte)w,
                    WalkStep = (sbyte)(at + 1),
                },
                $"{walks[w].Name}: {walks[w].Steps[at].Name}"
            );
        }
    }

    /// <summary>Between two steps under the hotplug lock it is not let go.</summary>
    private static bool Holds(Transition<PackedState> transition, int next) =>
        next > 0
        && next < transition.Steps.Length
        && transition.Steps[next - 1].Lock == StepLock.Hotplug
        && transition.Steps[next].Lock == StepLock.Hotplug;

    private static ImmutableArray<string> Trace(Dictionary<Node, (Node Before, string Step)> from, Node end)
    {
        var steps = new Stack<string>();
        for (Node at = end; ; at = from[at].Before)
        {
            steps.Push(from[at].Step);
            if (from[at].Before == at)
                return [.. steps];
        }
    }
}

using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore;

/// <summary>Who takes steps.</summary>
public enum ActorKind
{
    /// <summary>A driver that maps and unmaps a device, or hotplug.</summary>
    Operator,

    /// <summary>A pfn walker: it changes nothing but its own register.</summary>
    Walker,
}

/// <summary>Somebody who carries out transitions, one after the other, in any order, for ever.</summary>
/// <param name="Name">As <c>dax0.0</c>, <c>walker0</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Transitions">What it may begin when it is idle.</param>
public sealed record Actor(string Name, ActorKind Kind, ImmutableArray<Transition> Transitions);

/// <summary>A small machine and all who act on it at the same time.</summary>
/// <param name="Geometry">The sizes.</param>
/// <param name="Start">The memory after boot.</param>
/// <param name="Actors">Operators first.</param>
/// <param name="Faults">True: allocations may fail.</param>
public sealed record World(Geometry Geometry, RunLengthState Start, ImmutableArray<Actor> Actors, bool Faults)
{
    /// <summary>Pages that belong to it though no step may speak of them.</summary>
    public PfnRange Pages { get; init; }
}

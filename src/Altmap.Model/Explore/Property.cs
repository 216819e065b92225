using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Explore.Packed;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore;

/// <summary>What must never be: a state in which one of the cases holds.</summary>
/// <param name="Name">As <c>online-at-rest</c>.</param>
/// <param name="Title">In words, as what must hold.</param>
/// <param name="Cases">Any of them is a violation.</param>
public sealed record Property(string Name, string Title, ImmutableArray<PropertyCase> Cases);

/// <summary>A case of a violation: where actors stand, and facts about the memory.</summary>
/// <param name="Detail">What is wrong, in words.</param>
public sealed record PropertyCase(string Detail)
{
    /// <summary>Actor by number, transition and step by number at which it stands.</summary>
    public ImmutableArray<(int Actor, int Transition, int Step)> At { get; init; } = [];

    /// <summary>True: nobody is under way.</summary>
    public bool AtRest { get; init; }

    /// <summary>True: somebody is under way, and nobody who is can go on.</summary>
    public bool IsStuck { get; init; }

    /// <summary>All must hold.</summary>
    public ImmutableArray<Guard> Guards { get; init; } = [];

    /// <summary>Of each at least one must hold.</summary>
    public ImmutableArray<ImmutableArray<Guard>> Choices { get; init; } = [];

    /// <summary>The page that a walk after the last state shows to be wrong, or null.</summary>
    public Pfn? Walk { get; init; }

    /// <summary>An alternative whose step must be possible: the step after the last state.</summary>
    internal PackedAlternative? Next { get; init; }
}

using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Planning;

namespace Altmap.Advice.Plans;

/// <summary>A way to use a namespace of a machine, tried on its model under its kernel.</summary>
/// <param name="Group">The question that it answers: <c>page-map</c> or <c>system-ram</c>.</param>
/// <param name="Id">Stable, as <c>mem-2M</c>.</param>
/// <param name="What">A few words.</param>
/// <param name="Plan">What is there then; null: it was refused.</param>
/// <param name="Commands">What a person types; empty: it is so already.</param>
public sealed record Way(string Group, string Id, string What, NamespacePlan? Plan, ImmutableArray<string> Commands)
{
    /// <summary>True where the machine is so already.</summary>
    public bool IsPresent { get; init; }

    /// <summary>The word of the kernel command line that the machine must be booted with first, and the one it stands for.</summary>
    public (string Word, string InsteadOf)? Boot { get; init; }

    /// <summary>What the commands destroy.</summary>
    public string? Loses { get; init; }

    /// <summary>Why not, in the words of who refused.</summary>
    public string? Refused { get; init; }

    /// <summary>What goes wrong with it all the same.</summary>
    public string? Danger { get; init; }

    /// <summary>What it gives.</summary>
    public ByteSize Usable => Plan?.Usable ?? ByteSize.Zero;

    /// <summary>RAM that it takes for struct pages.</summary>
    public ByteSize RamCost => Plan?.StructPagesInRam ?? ByteSize.Zero;

    /// <summary>Of the space that it takes, what gives nothing.</summary>
    public ByteSize Lost => Plan is null ? ByteSize.Zero : Plan.Range.Size - Plan.Usable;
}

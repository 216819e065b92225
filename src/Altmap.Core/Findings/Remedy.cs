using System.Collections.Immutable;

namespace Altmap.Core.Findings;

/// <summary>What to do about a finding. What it may lose comes first.</summary>
/// <param name="Loses">What is gone afterwards, or may be; empty: nothing.</param>
/// <param name="Commands">To be typed in this order; empty: there is nothing to type, or only a person can decide.</param>
/// <param name="Advice">The same in words.</param>
public sealed record Remedy(string Loses, ImmutableArray<string> Commands, string Advice)
{
    /// <summary>The whole kernel command line to boot with, memmap= and all, or null: it stays.</summary>
    public string? CommandLine { get; init; }

    /// <summary>Lines of the machine's state that change, as they were when the commands were tried on the model; empty: not
    /// tried.</summary>
    public ImmutableArray<string> Before { get; init; } = [];

    /// <summary>The same lines afterwards.</summary>
    public ImmutableArray<string> After { get; init; } = [];

    /// <summary>Words alone.</summary>
    public static Remedy InWords(string advice) => new("", [], advice);
}

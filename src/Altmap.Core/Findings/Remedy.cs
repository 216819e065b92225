using System.Collections.Immutable;

namespace Altmap.Core.Findings;

/// <summary>What to do about a finding. What it may lose comes first.</summary>
/// <param name="Loses">What is gone afterwards, or may be; empty: nothing.</param>
/// <param name="Commands">To be typed in this order; empty: there is nothing to type, or only a person can decide.</param>
/// <param name="Advice">The same in words.</param>
public sealed record Remedy(string Loses, ImmutableArray<string> Commands, string Advice)
{
    /// <summary>Words alone.</summary>
    public static Remedy InWords(string advice) => new("", [], advice);
}

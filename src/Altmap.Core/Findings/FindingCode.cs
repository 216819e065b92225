namespace Altmap.Core.Findings;

/// <summary>
/// What can be found, once for all places that find it: the page of <c>altmap explain</c>. Made by a <see cref="FindingTable"/>, which
/// stands beside the check.
/// </summary>
/// <param name="Name">Stable words with dots, as <c>pfn.dataoff.beyond-end</c>; never renamed or reused.</param>
/// <param name="Severity">How much it matters as a rule; a single finding may weigh less.</param>
/// <param name="Title">What was found, in one line.</param>
/// <param name="Consequence">What it means for the user.</param>
/// <param name="Advice">What to do, in words that hold for every machine.</param>
/// <param name="Source">The kernel or ndctl file, function and versions that the rule was read from; empty: arithmetic.</param>
public sealed record FindingCode(string Name, Severity Severity, string Title, string Consequence, string Advice, string Source)
{
    /// <summary>The name alone.</summary>
    public override string ToString() => Name;
}

using System.Collections.Immutable;

namespace Altmap.Core.Findings;

/// <summary>
/// The codes of one subject, in the order in which they are declared. A static class of codes starts with its table and adds each code as
/// it declares it, so that no code is without a page and no list is kept by hand.
/// </summary>
/// <param name="prefix">Before each name, as <c>pfn.</c>.</param>
public sealed class FindingTable(string prefix)
{
    private readonly List<FindingCode> _codes = [];

    /// <summary>All codes added so far.</summary>
    public ImmutableArray<FindingCode> Codes => [.. _codes];

    /// <summary>Adds a code; throws when the name stands already.</summary>
    /// <param name="name">Without the prefix.</param>
    /// <param name="severity">As a rule.</param>
    /// <param name="title">What was found.</param>
    /// <param name="consequence">What it means.</param>
    /// <param name="advice">What to do.</param>
    /// <param name="source">Where the rule stands.</param>
    public FindingCode Add(string name, Severity severity, string title, string consequence, string advice, string source)
    {
        var code = new FindingCode(prefix + name, severity, title, consequence, advice, source);
        if (_codes.Exists(c => c.Name == code.Name))
            throw new ArgumentException($"{code.Name} stands twice", nameof(name));
        _codes.Add(code);
        return code;
    }
}

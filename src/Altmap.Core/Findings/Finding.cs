using System.Collections.Immutable;

namespace Altmap.Core.Findings;

/// <summary>A fact about media or machine that a person may have to act on. Returned, never thrown.</summary>
/// <param name="Code">What was found.</param>
/// <param name="Severity">How much it matters here.</param>
/// <param name="Subject">The thing it is about.</param>
/// <param name="Place">Where, if it has a place.</param>
/// <param name="Evidence">What it rests on.</param>
/// <param name="Consequence">What it means here.</param>
/// <param name="Remedy">What to do here.</param>
/// <param name="Source">The kernel file, function and versions that the rule was read from.</param>
/// <param name="Kernels">The kernel profiles for which it holds; empty: all.</param>
public sealed record Finding(
    FindingCode Code,
    Severity Severity,
    Subject Subject,
    Place? Place,
    ImmutableArray<Evidence> Evidence,
    string Consequence,
    Remedy Remedy,
    string Source,
    ImmutableArray<string> Kernels
)
{
    /// <summary>One fact at one place, with what the code says about consequence, advice and source.</summary>
    public static Finding Of(FindingCode code, Subject subject, Place? place, params ReadOnlySpan<Evidence> evidence) =>
        new(code, code.Severity, subject, place, [.. evidence], code.Consequence, Remedy.InWords(code.Advice), code.Source, []);

    /// <summary>The same with other words about what to do.</summary>
    public Finding Advise(string advice) => this with { Remedy = Remedy with { Advice = advice } };
}

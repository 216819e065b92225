using Altmap.Conformance.Guests;

namespace Altmap.Conformance.Cases;

/// <summary>A comparison that is declared once and runs on the kernels it says.</summary>
/// <param name="Name">As FILTER sees it.</param>
/// <param name="Kernels">The kernels it is for.</param>
/// <param name="Skip">Why it is not run, or null.</param>
/// <param name="Run">Boots and compares: the differences; none is a pass.</param>
internal sealed record ConformanceCase(
    string Name,
    IReadOnlyList<string> Kernels,
    string? Skip,
    Func<Laboratory, string, IReadOnlyList<string>> Run
)
{
    /// <summary>True: one of the few that are run with every change.</summary>
    public bool IsSmoke { get; init; }
}

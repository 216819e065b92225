namespace Altmap.Conformance.Reports;

/// <summary>A row of docs/conformance.md: one kind of comparison on one kernel.</summary>
/// <param name="Kernel">The series.</param>
/// <param name="Release">As <c>uname -r</c> says, and the package's version.</param>
/// <param name="What">Cases, or a kind of fuzzed input.</param>
/// <param name="Seed">The seed; empty for cases.</param>
/// <param name="Compared">How many.</param>
/// <param name="Agree">Of those, the same in guest and model.</param>
/// <param name="NotModelled">Refused by the model: compared with nothing.</param>
/// <param name="Skipped">Not run, for want of something.</param>
/// <param name="Notes">What else is to be said.</param>
internal sealed record SuiteTally(
    string Kernel,
    string Release,
    string What,
    string Seed,
    int Compared,
    int Agree,
    int NotModelled,
    int Skipped,
    string Notes
)
{
    /// <summary>Rows of the same key replace each other; runs with other seeds stand beside each other.</summary>
    public (string, string, string) Key => (Kernel, What, Seed);
}

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
    /// <summary>What did not agree, by name.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>True when something did not agree.</summary>
    public bool IsFailure => Agree < Compared;

    /// <summary>Rows of the same key as one.</summary>
    public static IEnumerable<SuiteTally> Summed(IEnumerable<SuiteTally> rows) =>
        rows.GroupBy(r => r.Key)
            .Select(g =>
                g.First() with
                {
                    Release = g.Select(r => r.Release).FirstOrDefault(r => r.Length > 0) ?? "",
                    Compared = g.Sum(r => r.Compared),
                    Agree = g.Sum(r => r.Agree),
                    NotModelled = g.Sum(r => r.NotModelled),
                    Skipped = g.Sum(r => r.Skipped),
                    Notes = string.Join(
                        "; ",
                        g.Select(r => r.Notes)
                            .Where(n => n.Length > 0)
                            .Distinct()
                            .Concat(g.SelectMany(r => r.Names).Select(n => $"not the same: {n}"))
                    ),
                }
            );

    /// <summary>Rows of the same key replace each other; runs with other seeds stand beside each other.</summary>
    public (string, string, string) Key => (Kernel, What, Seed);
}

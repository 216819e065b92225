using System.Runtime.CompilerServices;

namespace Altmap.Bench;

/// <summary>Recordings that benchmarks run on, found from this file's own place in the checkout.</summary>
internal static class BenchInputs
{
    /// <summary>Root of the checkout.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", ".."));

    /// <summary>A file below tests/golden.</summary>
    public static string Golden(params string[] parts) => Path.Combine([Root, "tests", "golden", .. parts]);

    private static string Here([CallerFilePath] string file = "") => file;
}

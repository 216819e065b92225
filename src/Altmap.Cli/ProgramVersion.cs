using System.Reflection;
using Altmap.Core.Kernels;

namespace Altmap.Cli;

/// <summary>What this program is: its version, the commit it was built from, the kernels that it knows.</summary>
internal static class ProgramVersion
{
    private const int CommitDigits = 12;

    private static readonly string[] s_informational = (
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown"
    ).Split('+');

    /// <summary>As <c>0.1.0</c>.</summary>
    public static string Number => s_informational[0];

    /// <summary>Of git, or null where it was built without.</summary>
    public static string? Commit => s_informational is [_, { Length: >= CommitDigits } commit] ? commit[..CommitDigits] : null;

    /// <summary>Day of the release, as <c>2026-11-26</c>.</summary>
    public static string Date { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "ReleaseDate").Value!;

    /// <summary>What <c>altmap --version</c> prints.</summary>
    public static IEnumerable<string> Lines =>
        [
            $"altmap {Number} ({(Commit is { } commit ? $"commit {commit}" : "built without git")})",
            $"kernels: {string.Join(", ", KernelProfiles.All.Select(k => k.Name))}; "
                + $"with CONFIG_KMSAN: {string.Join(", ", KernelProfiles.Kmsan.Select(k => k.Name))}",
        ];
}

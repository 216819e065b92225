using System.Text;

namespace Altmap.Conformance.Defects;

/// <summary>docs/findings.md, written from the defects that the suite shows.</summary>
internal static class FindingsPage
{
    /// <summary>All defects, the kernel's first.</summary>
    public static IReadOnlyList<Defect> All { get; } =
    [.. KernelDefects.All.Concat(BttDefects.All).Concat(ToolDefects.All).OrderBy(d => d.Whose == "kernel" ? 0 : 1)];

    /// <summary>Writes the page. Where a defect was seen is kept from the page as it was, and added to.</summary>
    public static void Write(string path, IReadOnlyList<(string Case, string Kernel)> passed)
    {
        string[] old = File.Exists(path) ? File.ReadAllLines(path) : [];
        File.WriteAllText(path, Text(d => [.. d.Kernels.Where(k => passed.Contains(($"defect/{d.Id}", k)) || WasSeen(old, d, k))]));
    }

    private static bool WasSeen(IEnumerable<string> page, Defect defect, string kernel) =>
        page.Any(l =>
            l.Contains($"](#{defect.Id}) |", StringComparison.Ordinal)
            && l.Split('|')[^2].Trim() is var seen
            && (seen.Split(", ").Contains(kernel) || (defect.Machine is null && seen != "not yet"))
        );

    private static string Text(Func<Defect, IReadOnlyList<string>> seenOn)
    {
        var text = new StringBuilder(
            """
            # Defects of kernels and tools

            What real kernels and tools do wrong, each with the command that shows it: on a guest that it boots, or with the tool alone. The model behaves as the real thing does. Written by `./test --kernel K --write-docs` from tests/Altmap.Conformance/Defects; the
            last column says where the suite has seen it happen.

            | whose | what | seen on |
            |---|---|---|

            """
        );
        foreach (Defect defect in All)
        {
            IReadOnlyList<string> seen = seenOn(defect);
            string where =
                seen.Count == 0 ? "not yet"
                : defect.Machine is null ? $"{defect.Whose} 76.1"
                : string.Join(", ", seen);
            text.Append(null, $"| {defect.Whose} | [{defect.Title}](#{defect.Id}) | {where} |\n");
        }
        foreach (Defect defect in All)
        {
            string kernel = defect.Kernels.Contains("6.1") ? "6.1" : defect.Kernels[0];
            string versions = defect.Whose == "kernel" ? $"kernels {string.Join(", ", defect.Kernels)}" : $"{defect.Whose} 76.1";
            text.Append(
                null,
                $"""

                ## {defect.Id}

                **{defect.Whose}: {defect.Title}.** {defect.What}

                - Shown by `./test --kernel {kernel} defect/{defect.Id}` ({versions}{(defect.Machine is null ? ", without a guest" : "")}).
                - Cost: {defect.Cost}
                - Altmap: {defect.Instead}

                """
            );
        }
        return text.ToString();
    }
}

using System.Text;

namespace Altmap.Conformance.Defects;

/// <summary>docs/findings.md, written from the defects that the suite shows.</summary>
internal static class FindingsPage
{
    /// <summary>All defects, the kernel's first.</summary>
    public static IReadOnlyList<Defect> All { get; } =
    [.. KernelDefects.All.Concat(BttDefects.All).Concat(ToolDefects.All).OrderBy(d => d.Whose == "kernel" ? 0 : 1)];

    /// <summary>The page.</summary>
    public static string Text()
    {
        var text = new StringBuilder(
            """
            # Defects of kernels and tools

            What real kernels and tools do wrong, each with the command that boots one and shows it. The model behaves as the real thing does, and says so. Written by `./test --kernel … --write-docs` from tests/Altmap.Conformance/Defects.

            | whose | what | shown on |
            |---|---|---|

            """
        );
        foreach (Defect defect in All)
            text.Append(null, $"| {defect.Whose} | [{defect.Title}](#{defect.Id}) | {string.Join(", ", defect.Kernels)} |\n");
        foreach (Defect defect in All)
        {
            text.Append(
                null,
                $"""

                ## {defect.Id}

                **{defect.Whose}: {defect.Title}.** {defect.What}

                - Shown by `./test --kernel {(
                    defect.Kernels.Contains("6.1") ? "6.1" : defect.Kernels[0]
                )} defect/{defect.Id}`, on {string.Join(", ", defect.Kernels)}.
                - Cost: {defect.Cost}
                - Altmap: {defect.Instead}

                """
            );
        }
        return text.ToString();
    }
}

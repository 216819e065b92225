using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Altmap.Conformance.Reports;

/// <summary>docs/conformance.md: its table is read, rows of this run take the place of older ones of the same kernel and kind, and it is
/// written again.</summary>
internal static partial class ConformancePage
{
    private const string Head = """
        # What was compared with real kernels

        Written by `./test --kernel … --write-docs` (tests/Altmap.Conformance): Debian's kernels and tools, booted in QEMU, against the model. A row is a run; the same command with the same seed makes the same inputs.

        - *cases*: recorded machines booted again: their sessions (transcript, end state, label areas and info-blocks byte by byte) and, step by step, `pfn_to_online_page()` of every pfn, zones, memory blocks and /proc/iomem.
        - *info-blocks*, *BTT info-blocks*, *label areas*: good structures with fields changed (most with right checksums), enabled by the kernel; drivers, sizes, modes, listings and kernel messages of each region compared.
        - *sessions*: random commands of ndctl, daxctl and sysfs on random machines; commands that the model refuses to answer are left out before they are sent.
        - *not modelled*: the model said so and nothing was compared. *Races*: the kernel's drivers gave another answer in another fresh boot; one that agreed counts.

        | kernel | release | what | seed | compared | agree | not modelled | skipped | notes |
        |---|---|---|---|---|---|---|---|---|

        """;

    /// <summary>Puts rows into the page.</summary>
    public static void Write(string path, IReadOnlyList<SuiteTally> rows)
    {
        IEnumerable<SuiteTally> old = File.Exists(path) ? File.ReadAllLines(path).Select(Read).OfType<SuiteTally>() : [];
        var text = new StringBuilder(Head);
        foreach (
            SuiteTally row in old.Where(o => rows.All(r => r.Key != o.Key))
                .Concat(rows)
                .OrderBy(r => Order(r.Kernel))
                .ThenBy(r => r.What, StringComparer.Ordinal)
        )
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {row.Kernel} | {row.Release} | {row.What} | {row.Seed} | {row.Compared} | {row.Agree} | {row.NotModelled} | {row.Skipped} | {row.Notes} |\n"
            );
        File.WriteAllText(path, text.ToString());
    }

    private static SuiteTally? Read(string line)
    {
        string[] cells = [.. line.Split('|').Select(c => c.Trim())];
        return cells.Length == 11 && Version().IsMatch(cells[1])
            ? new(cells[1], cells[2], cells[3], cells[4], Number(cells[5]), Number(cells[6]), Number(cells[7]), Number(cells[8]), cells[9])
            : null;
    }

    private static int Number(string cell) => int.Parse(cell, CultureInfo.InvariantCulture);

    private static (int, int) Order(string kernel) => (int.Parse(kernel.Split('.')[0], null), int.Parse(kernel.Split('.')[1], null));

    [GeneratedRegex(@"^\d+\.\d+$")]
    private static partial Regex Version();
}

using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Altmap.Advice.Doctor;
using Altmap.Core.Findings;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Doctor;

/// <summary>The tables of docs/doctor.md. ALTMAP_APPROVE=1 writes what they should be.</summary>
public class DoctorPageTests
{
    private static readonly string Page = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "docs", "doctor.md"));

    /// <summary>Machine files of recordings, with their media.</summary>
    private static readonly string[] Machines =
    [
        "a_fsdax/machine.json",
        "c_sector/machine.json",
        "d_multi/machine.json",
        "e_legacy/machine.json",
        "f_memmap/machine.json",
        "f_nfit/machine.json",
        "g_kmem/machine.json",
        "l_bad/machine.json",
        "r_tools/machine.json",
        "p_online/5.10/both-vmdebug/machine.json",
        "p_online/6.1/both-vmdebug/machine.json",
        "p_online/6.1/aligned/machine.json",
        "p_online/6.1/mis-1M/machine.json",
        "p_online/6.1/ram-end/machine.json",
    ];

    [Fact]
    public void The_rules_are_listed() => Check("rules", Rules());

    [Fact]
    public void What_is_said_of_recorded_machines_is_listed() => Check("machines", Recorded());

    /// <summary>Every recorded snapshot, whole and as two of its pieces. Fewer pieces may find less, and never another fault.</summary>
    [Fact]
    public void What_is_said_of_every_snapshot_is_listed()
    {
        using var scratch = new Scratch();
        var rows = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        int count = 0;
        foreach (string snapshot in Snapshots())
        {
            Answer whole = Examine(Golden.Path(snapshot)),
                pieces = Examine(TarOf(scratch[$"{count++}.tar"], Golden.Path(snapshot)));
            Assert.True(whole.ExitCode is 0 or 1 or 4 && pieces.ExitCode is 0 or 1 or 4, snapshot);
            foreach (IGrouping<string, string> found in pieces.Found.Where(f => f.Severity != "note").Select(f => f.Code).GroupBy(c => c))
            {
                int inWhole = whole.Found.Count(f => f.Code == found.Key);
                Assert.True(inWhole >= found.Count(), $"{snapshot}: {found.Count()} {found.Key} of two pieces, {inWhole} of all");
            }
            string row = $"{whole.Text} | {pieces.Text}";
            if (!rows.TryGetValue(row, out List<string>? same))
                rows[row] = same = [];
            same.Add(snapshot);
        }
        Assert.InRange(count, 80, int.MaxValue);
        var text = new StringBuilder("| snapshots | as a directory | as a tar of iomem and list alone |\n|---|---|---|\n");
        foreach ((string row, List<string> same) in rows.OrderBy(r => r.Value[0], StringComparer.Ordinal))
            text.Append($"| {Names(same)} | {row} |\n");
        Check("snapshots", text.ToString());
    }

    private sealed record Answer(int ExitCode, (string Code, string Severity)[] Found, bool HasUnknown)
    {
        public string Text =>
            $"{ExitCode}{(Found.Length == 0 ? "" : ": ")}{Count(Found)}"
            + (
                !HasUnknown ? ""
                : Found.Length == 0 ? ": unknown"
                : ", unknown"
            );
    }

    private static Answer Examine(string path)
    {
        CliResult result = Cli.Run("doctor", path, "--json");
        using var json = JsonDocument.Parse(result.Output);
        return new(
            result.ExitCode,
            [
                .. json
                    .RootElement.GetProperty("findings")
                    .EnumerateArray()
                    .Select(f => (f.GetProperty("code").GetString()!, f.GetProperty("severity").GetString()!)),
            ],
            json.RootElement.GetProperty("unknown").GetArrayLength() > 0
        );
    }

    private static IEnumerable<string> Snapshots() =>
        Directory
            .EnumerateFiles(Golden.Root, "iomem.txt*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Golden.Root, Path.GetDirectoryName(f)!))
            .Where(d => !d.StartsWith("pieces", StringComparison.Ordinal) && !d.StartsWith("cases", StringComparison.Ordinal))
            .Distinct()
            .Order(StringComparer.Ordinal);

    private static string TarOf(string path, string directory)
    {
        using FileStream file = File.Create(path);
        using var tar = new TarWriter(file);
        foreach (string name in (string[])["iomem.txt", "iomem.txt.gz", "list.json", "list.json.gz"])
            if (File.Exists(Path.Combine(directory, name)))
                tar.WriteEntry(Path.Combine(directory, name), name);
        return path;
    }

    /// <summary>Folders with the names of their snapshots; one alone by its path.</summary>
    private static string Names(List<string> snapshots) =>
        string.Join(
            ", ",
            snapshots
                .GroupBy(s => Path.GetDirectoryName(s)!)
                .Select(g => g.Count() == 1 ? g.First() : $"{g.Key}: {string.Join(", ", g.Select(Path.GetFileName))}")
        );

    private static string Rules()
    {
        var text = new StringBuilder("| asks | finds |\n|---|---|\n");
        foreach (DoctorRule rule in Examination.Rules)
        {
            string codes = rule.Codes.IsEmpty
                ? "`labels.…`: [labels.md](labels.md)"
                : string.Join(", ", rule.Codes.Select(c => $"`{c.Name}` ({c.Severity.Word()})"));
            text.Append($"| {rule.Question} | {codes} |\n");
        }
        return text.ToString();
    }

    private static string Recorded()
    {
        var text = new StringBuilder("| recording | exit code | errors and warnings | notes |\n|---|---|---|---|\n");
        foreach (string machine in Machines)
        {
            Answer answer = Examine(Golden.Path([.. machine.Split('/')]));
            text.Append(
                $"| {machine} | {answer.ExitCode} | {Count(answer.Found.Where(f => f.Severity != "note"))} | "
                    + $"{Count(answer.Found.Where(f => f.Severity == "note"))} |\n"
            );
        }
        return text.ToString();
    }

    private static string Count(IEnumerable<(string Code, string Severity)> found) =>
        string.Join(", ", found.GroupBy(f => f.Code).Select(g => g.Count() == 1 ? $"`{g.Key}`" : $"{g.Count()} `{g.Key}`"));

    private static void Check(string mark, string expected)
    {
        string page = File.ReadAllText(Page),
            open = $"<!-- {mark} -->\n",
            close = $"<!-- /{mark} -->";
        int start = page.IndexOf(open, StringComparison.Ordinal) + open.Length,
            end = page.IndexOf(close, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("ALTMAP_APPROVE") == "1")
            File.WriteAllText(Page, page[..start] + expected + page[end..]);
        else
            Assert.Equal(expected, page[start..end]);
    }
}

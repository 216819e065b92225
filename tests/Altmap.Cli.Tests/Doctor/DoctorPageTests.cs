using System.Text;
using Altmap.Advice.Doctor;
using Altmap.Core.Findings;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Doctor;

/// <summary>The tables of docs/doctor.md. ALTMAP_APPROVE=1 writes what they should be.</summary>
public class DoctorPageTests
{
    private static readonly string Page = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "docs", "doctor.md"));

    /// <summary>Machine files of recordings, and captures of boots; without media the answer is unknown, never a verdict.</summary>
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
        "a_fsdax/create",
        "g_kmem/system-ram",
        "f_memmap/fsdax-mem",
    ];

    [Fact]
    public void The_rules_are_listed() => Check("rules", Rules());

    [Fact]
    public void What_is_said_of_recorded_machines_is_listed() => Check("machines", Recorded());

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
            CliResult result = Cli.Run("doctor", Golden.Path([.. machine.Split('/')]), "--json");
            using var json = System.Text.Json.JsonDocument.Parse(result.Output);
            (string Code, string Severity)[] found =
            [
                .. json
                    .RootElement.GetProperty("findings")
                    .EnumerateArray()
                    .Select(f => (f.GetProperty("code").GetString()!, f.GetProperty("severity").GetString()!)),
            ];
            text.Append(
                $"| {machine} | {result.ExitCode} | {Count(found.Where(f => f.Severity != "note"))} | "
                    + $"{Count(found.Where(f => f.Severity == "note"))} |\n"
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

using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Reports;

public sealed partial class ReportCommandTests : IDisposable
{
    private static readonly string Examples = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "examples"));
    private static readonly string Shared = Path.Combine(Examples, "shared-section.json");
    private readonly Scratch _scratch = new();

    private string Page => _scratch["report.html"];

    [Fact]
    [Trait("problem", "C1")]
    public void A_report_has_what_the_other_commands_say()
    {
        string html = Write(Shared);
        foreach (
            string word in (string[])
                [
                    "section.shared-with-ram",
                    "namespace1.0",
                    "System RAM 64 MiB, region0 64 MiB",
                    "Under other kernels",
                    "504 GiB in 2 regions",
                ]
        )
            Assert.Contains(word, html, StringComparison.Ordinal);
        using JsonDocument doctor = JsonDocument.Parse(Cli.Run("doctor", Shared, "--json").Output);
        JsonElement[] findings = [.. doctor.RootElement.GetProperty("findings").EnumerateArray()];
        Assert.Equal(findings.Length, Article().Count(html));
        Assert.All(findings, f => Assert.Contains($"<code>{f.GetProperty("code").GetString()}</code>", html, StringComparison.Ordinal));
        string command = findings.SelectMany(f => f.GetProperty("remedy").GetProperty("commands").EnumerateArray()).First().GetString()!;
        Assert.Contains(command, html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_map_that_is_drawn_is_that_of_map()
    {
        using JsonDocument drawn = JsonDocument.Parse(MapData().Match(Write(Shared)).Groups[1].Value);
        JsonElement[][] parts = [.. drawn.RootElement.GetProperty("parts").EnumerateArray().Select(p => p.EnumerateArray().ToArray())];
        using JsonDocument map = JsonDocument.Parse(Cli.Run("map", Shared, "--json").Output);
        JsonElement[] ranges = [.. map.RootElement.GetProperty("ranges").EnumerateArray()];
        ulong[] edges = [.. ranges.Select(r => r.GetProperty("start_pfn").GetUInt64())];
        ulong end = ranges[^1].GetProperty("end_pfn").GetUInt64(); // of the last section; pmem without one lies behind
        Assert.Equal(0UL, parts[0][0].GetUInt64());
        for (int i = 1; i < parts.Length; i++)
        {
            Assert.Equal(parts[i - 1][1].GetUInt64(), parts[i][0].GetUInt64());
            if (parts[i][0].GetUInt64() < end)
                Assert.Contains(parts[i][0].GetUInt64(), edges);
        }
    }

    [Fact]
    public void Two_kernels_or_machines_stand_beside_each_other()
    {
        string html = Write(Shared, "--compare", "5.10");
        Assert.Contains("<td>note</td><td>warning</td>", html, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(html, "class=\"map\""));
        html = Write(Shared, "--compare", Path.Combine(Examples, "nvdimm.json"), "--force");
        Assert.Contains("physical memory", html, StringComparison.Ordinal);
        Assert.Contains("Nothing that this report shows", Write(Shared, "--compare", Shared, "--force"), StringComparison.Ordinal);
    }

    /// <summary>What nobody gave is neither fine nor broken.</summary>
    [Fact]
    public void What_is_not_known_is_said()
    {
        string html = Write(Path.Combine(Examples, "pieces", "server"));
        Assert.Contains("What is not known, and what was assumed", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<p>Nothing is wrong.</p>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_cannot_become_markup()
    {
        string machine = _scratch["m.json"];
        File.WriteAllText(
            machine,
            File.ReadAllText(Shared).Replace("\"shared-section\"", "\"</script><img src=x onerror=alert(1)>\"", StringComparison.Ordinal)
        );
        string html = Write(machine);
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.Contains("&lt;/script>", html.Replace("&gt;", ">", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("http://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_report_gives_way()
    {
        Write(Shared);
        Write(Shared);
        File.WriteAllText(Page, "mine");
        Assert.Equal(16, Cli.Run("report", Shared, "-o", Page).ExitCode);
        Assert.Equal("mine", File.ReadAllText(Page));
        Assert.Equal(16, Cli.Run("report", Shared).ExitCode);
        Assert.Equal(8, Cli.Run("report", _scratch["missing"], "-o", Page + "2").ExitCode);
    }

    /// <summary>A hundred namespaces on 64 TiB: the page grows by few KiB for each.</summary>
    [Fact]
    public void A_large_machine_makes_no_large_page()
    {
        string[] names = [.. Enumerable.Range(0, 8).Select(i => $"{i}")];
        string dimms = string.Join(',', names.Select(i => $$"""{"dev":"nmem{{i}}","label_bytes":"128K","serial":"0x1{{i}}"}""")),
            regions = string.Join(
                ',',
                names.Select(
                    (i, n) =>
                        $$"""{"dev":"region{{i}}","bus":"ndbus0","start":"0x{{0x10000000000UL + ((ulong)n << 43):x}}","size":"8T","target_node":0,"mappings":[{"dimm":"nmem{{i}}","offset":0,"size":"8T"}]}"""
                )
            ),
            steps = string.Join(
                ',',
                Enumerable
                    .Range(0, 96)
                    .Select(i => $"\"ndctl create-namespace -r region{i % 8} -m {(i % 3 == 0 ? "devdax" : "fsdax")} -s 512G\"")
            );
        string machine = _scratch["big.json"];
        File.WriteAllText(
            machine,
            $$"""
            {"format":"altmap-machine/1","name":"big","kernel":"6.1","memory":[{"start":"0x100000","end":"0x7fffffff","type":"System RAM"}],
            "buses":[{"dev":"ndbus0","provider":"ACPI.NFIT"}],"dimms":[{{dimms}}],"regions":[{{regions}}],
            "steps":["ndctl disable-region all","ndctl init-labels -f all","ndctl enable-region all",{{steps}}]}
            """
        );
        string html = Write(machine);
        Assert.Contains("namespace7.11", html, StringComparison.Ordinal);
        Assert.InRange(html.Length, 20_000, 96 * 5 << 10);
    }

    /// <summary>In a real browser: the map is drawn, keys and buttons zoom to a sub-section, nothing overflows a telephone's width, and
    /// nothing is fetched.</summary>
    [Theory]
    [InlineData(420)]
    [InlineData(1400)]
    public void It_works_in_a_browser(int width)
    {
        string? browser = new[] { "/usr/bin/chromium", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
        Assert.SkipUnless(browser is not null, "needs chromium");
        Write(Shared, "--compare", "5.10");
        File.WriteAllText(
            _scratch["test.html"],
            $$"""
            <body><iframe id="f" src="report.html" width="{{width}}" height="900"></iframe><pre id="out"></pre><script>
            f.onload = () => {
              const w = f.contentWindow, d = w.document, view = d.querySelector(".view"), canvas = d.querySelector("canvas"), told = {};
              const press = key => canvas.dispatchEvent(new w.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
              told.overflow = d.documentElement.scrollWidth - d.documentElement.clientWidth;
              told.first = view.textContent;
              told.height = canvas.clientHeight;
              const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
              told.colours = new Set(Array.from({ length: 400 }, (_, i) => pixels.slice(4 * (i * 997 % (canvas.width * canvas.height))).slice(0, 3).join())).size;
              for (let i = 0; i < 40; i++) press("+");
              setTimeout(() => {
                told.deep = view.textContent;
                d.querySelector("button[data-move=all]").click();
                canvas.dispatchEvent(new w.WheelEvent("wheel", { deltaY: -200, cancelable: true }));
                setTimeout(() => {
                  told.wheel = view.textContent;
                  press("s");
                  setTimeout(() => {
                    told.section = view.textContent;
                    told.fetched = w.performance.getEntriesByType("resource").length;
                    out.textContent = JSON.stringify(told);
                  }, 300);
                }, 300);
              }, 300);
            };
            </script></body>
            """
        );
        var start = new ProcessStartInfo(
            browser!,
            [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--allow-file-access-from-files",
                $"--user-data-dir={_scratch["profile"]}",
                "--virtual-time-budget=20000",
                "--dump-dom",
                "file://" + _scratch["test.html"],
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string dom = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Match told = Out().Match(dom);
        Assert.True(told.Success && told.Groups[1].Length > 2, dom.Length > 2000 ? dom[^2000..] : dom);
        using JsonDocument json = JsonDocument.Parse(System.Net.WebUtility.HtmlDecode(told.Groups[1].Value));
        JsonElement seen = json.RootElement;
        Assert.Equal(0, seen.GetProperty("overflow").GetInt32());
        Assert.Equal(0, seen.GetProperty("fetched").GetInt32());
        Assert.InRange(seen.GetProperty("colours").GetInt32(), 3, 400);
        Assert.StartsWith("Shown: 0x0 to 0x967c000000, 601.94 GiB", seen.GetProperty("first").GetString(), StringComparison.Ordinal);
        Assert.Contains(", 2 MiB, sections", seen.GetProperty("deep").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("601.94 GiB", seen.GetProperty("wheel").GetString(), StringComparison.Ordinal);
        Assert.Contains(", 128 MiB, sections", seen.GetProperty("section").GetString(), StringComparison.Ordinal);
    }

    public void Dispose() => _scratch.Dispose();

    private string Write(string machine, params string[] more)
    {
        CliResult result = Cli.Run(["report", machine, "-o", Page, .. more]);
        Assert.True(result.ExitCode == 0, result.Error);
        return File.ReadAllText(Page);
    }

    [GeneratedRegex("<article ")]
    private static partial Regex Article();

    [GeneratedRegex("<script type=\"application/json\" id=\"map0\">(.*)</script></div>")]
    private static partial Regex MapData();

    [GeneratedRegex("<pre id=\"out\">(.*)</pre>")]
    private static partial Regex Out();
}

using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Maps;

public class PfnPolicyTests
{
    /// <summary>RAM up to the middle of a section; a namespace from there on, mapped with struct pages at boot.</summary>
    private static string Machine(string kernel) => Golden.Path("p_online", kernel, "startmid", "machine.json");

    private static JsonElement Json(int exitCode, params string[] args)
    {
        CliResult result = Cli.Run(["pfn", .. args, "--json"]);
        Assert.True(result.ExitCode == exitCode, result.Error);
        return JsonDocument.Parse(result.Output).RootElement[0];
    }

    private static (ulong Given, ulong Wrong, ulong Missed) Side(JsonElement answer, string key)
    {
        JsonElement side = answer.GetProperty(key);
        return (side.GetProperty("given").GetUInt64(), side.GetProperty("wrong").GetUInt64(), side.GetProperty("missed").GetUInt64());
    }

    /// <summary>The 64 MiB of the device in that section, and nothing else; what real 5.10 and 6.1 show there is in tests/golden.</summary>
    [Theory]
    [Trait("problem", "E1")]
    [InlineData("5.10", "current", 0, 0UL, 16384UL, 16384UL, 0UL)]
    [InlineData("6.1", "sub-section", 4, 16384UL, 0UL, 0UL, 16384UL)]
    [InlineData("6.1", "current", 0, 0UL, 0UL, 0UL, 0UL)]
    public void Altered_pages_are_counted_and_listed(
        string kernel,
        string policy,
        int exitCode,
        ulong gained,
        ulong lost,
        ulong wrongBefore,
        ulong wrongAfter
    )
    {
        JsonElement answer = Json(exitCode, Machine(kernel), "--policy", policy);
        Assert.Equal(gained, answer.GetProperty("gained").GetUInt64());
        Assert.Equal(lost, answer.GetProperty("lost").GetUInt64());
        (ulong given, ulong wrong, _) = Side(answer, "kernel_pages");
        (ulong givenAfter, ulong wrongThen, _) = Side(answer, "policy_pages");
        Assert.Equal((wrongBefore, wrongAfter), (wrong, wrongThen));
        Assert.Equal(given + gained - lost, givenAfter);
        Assert.Equal(
            gained + lost == 0 ? [] : [(0x44000UL, 0x48000UL)],
            answer
                .GetProperty("ranges")
                .EnumerateArray()
                .Select(r => (r.GetProperty("pfn").GetUInt64(), r.GetProperty("end_pfn").GetUInt64()))
        );
    }

    /// <summary>Online sub-sections end where RAM ends, though the run of alike pages goes on.</summary>
    [Fact]
    public void A_check_that_asks_around_a_page_cuts_runs_at_sub_sections()
    {
        string text = File.ReadAllText(Machine("6.1")).Replace("192M!1088M", "192M!0x43f00000", StringComparison.Ordinal);
        using var scratch = new Scratch();
        File.WriteAllText(scratch["m.json"], text);
        File.WriteAllText(
            scratch["p.json"],
            """{"format":"altmap-policy/1","name":"around","checks":["section-online","sub-section-online"]}"""
        );
        JsonElement answer = Json(0, scratch["m.json"], "0x43000000-0x4fffffff", "--kernel", "5.10", "--policy", scratch["p.json"]);
        // The device's first MiB lies in a sub-section with RAM: still given, as a hole; the rest is not.
        Assert.Equal(
            0x44000UL,
            answer.GetProperty("ranges").EnumerateArray().First(r => r.GetProperty("altered").GetBoolean()).GetProperty("pfn").GetUInt64()
        );
    }

    [Fact]
    public void Only_the_pages_that_are_asked_for_are_judged()
    {
        JsonElement answer = Json(0, Machine("5.10"), "0x47000000-0x48ffffff", "--policy", "current");
        Assert.Equal(8192UL, answer.GetProperty("pages").GetUInt64());
        Assert.Equal(4096UL, answer.GetProperty("lost").GetUInt64());
    }

    [Fact]
    public void A_policy_without_checks_misses_nothing_and_gives_everything()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["p.json"], """{"format":"altmap-policy/1","name":"all","checks":[]}""");
        JsonElement answer = Json(4, Machine("6.1"), "--policy", scratch["p.json"]);
        (ulong given, ulong wrong, ulong missed) = Side(answer, "policy_pages");
        Assert.Equal((answer.GetProperty("pages").GetUInt64(), 0UL), (given, missed));
        Assert.NotEqual(0UL, wrong);
        File.WriteAllText(
            scratch["q.json"],
            """{"format":"altmap-policy/1","name":"ram","checks":["sub-section-online","tainted:section-online","any-pagemap"]}"""
        );
        Json(0, Machine("6.1"), "--policy", scratch["q.json"]);
    }

    [Theory]
    [InlineData(16, "which page?")]
    [InlineData(1, "changes what is there at boot", "--policy", "drop-pmem")]
    [InlineData(16, "did you mean \"current\"?", "--policy", "curent")]
    [InlineData(8, "no such file", "--policy", "./nowhere.json")]
    public void What_cannot_be_judged_is_told(int exitCode, string expected, params string[] options)
    {
        CliResult result = Cli.Run(["pfn", Machine("6.1"), .. options]);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_lists_the_words()
    {
        string help = Cli.Run("pfn", "--help").Output;
        Assert.All(
            (string[])["taint-pagemap", "dev-pagemap", "tainted:", "altmap-policy/1"],
            w => Assert.Contains(w, help, StringComparison.Ordinal)
        );
    }
}

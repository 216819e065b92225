using System.Text.Json;
using Altmap.Model.Explore;

namespace Altmap.Cli.Tests.Explore;

public class ExploreCommandTests
{
    private const string Tiny = "sections=2,devices=1,walkers=1,pages=3,hotplug=0";

    private static JsonElement Json(int exitCode, params string[] args)
    {
        CliResult result = Cli.Run(["explore", .. args, "--json"]);
        Assert.True(result.ExitCode == exitCode, result.Error);
        return JsonDocument.Parse(result.Output).RootElement;
    }

    /// <summary>The contract: these words and these keys.</summary>
    [Theory]
    [Trait("problem", "E2")]
    [InlineData("section-flag", "off", 4)]
    [InlineData("taint-pagemap", "off", 4)]
    [InlineData("taint-pagemap", "on", 4)]
    [InlineData("current", "off", 0)]
    [InlineData("current", "on", 0)]
    public void Json_has_the_agreed_shape(string policy, string poison, int exitCode)
    {
        JsonElement json = Json(exitCode, "--policy", policy, "--poison", poison);
        Assert.Equal(policy, json.GetProperty("policy").GetString());
        Assert.Equal(poison, json.GetProperty("poison").GetString());
        Assert.True(json.GetProperty("complete").GetBoolean());
        Assert.InRange(json.GetProperty("states").GetInt64(), 10_000, 1_000_000);
        Assert.InRange(json.GetProperty("depth").GetInt32(), 20, 200);
        Assert.Equal(3, json.GetProperty("bounds").GetProperty("sections").GetInt32());
        JsonElement violations = json.GetProperty("violations");
        Assert.Equal(exitCode == 4, violations.GetArrayLength() > 0);
        foreach (JsonElement violation in violations.EnumerateArray())
        {
            Assert.NotEmpty(violation.GetProperty("property").GetString()!);
            Assert.All(
                violation.GetProperty("trace").EnumerateArray(),
                step =>
                    Assert.All(
                        (string[])["actor", "operation", "step", "effect"],
                        key => Assert.NotEmpty(step.GetProperty(key).GetString()!)
                    )
            );
        }
    }

    [Theory]
    [Trait("problem", "E2")]
    [InlineData("section-flag")]
    [InlineData("taint-pagemap", "--poison", "on")]
    [InlineData("current", "--walkers", "unlocked")]
    [InlineData("current", "--walkers", "unlocked", "--reduce", "partial-order")]
    [InlineData(
        "taint-pagemap",
        "--faults",
        "map-failure",
        "--bounds",
        "sections=2,devices=1,walkers=3,pages=2,hotplug=1",
        "--reduce",
        "symmetry,partial-order"
    )]
    [InlineData("current", "--faults", "map-failure", "--bounds", "sections=3,devices=2,walkers=1,pages=3,hotplug=1")]
    [InlineData("current", "--without", "device-lock,rcu")]
    public void Traces_can_be_carried_out_again(string policy, params string[] options)
    {
        string[] bounds = options.Contains("--bounds") ? [] : ["--bounds", Tiny];
        CliResult found = Cli.Run(["explore", "--policy", policy, .. options, .. bounds, "--json"]);
        Assert.Equal(4, found.ExitCode);
        CliResult replayed = Cli.RunWith(found.Output, "explore", "--replay", "-", "--json");
        Assert.True(replayed.ExitCode == 0, replayed.Error + replayed.Output);
        using JsonDocument json = JsonDocument.Parse(replayed.Output);
        Assert.Equal(
            JsonDocument.Parse(found.Output).RootElement.GetProperty("violations").GetArrayLength(),
            json.RootElement.GetProperty("traces").GetArrayLength()
        );
        Assert.All(json.RootElement.GetProperty("traces").EnumerateArray(), t => Assert.True(t.GetProperty("violated").GetBoolean()));
    }

    [Fact]
    public void A_trace_that_cannot_be_is_told()
    {
        string found = Cli.Run("explore", "--policy", "section-flag", "--bounds", Tiny, "--json").Output;
        CliResult replayed = Cli.RunWith(
            found
                .Replace("\"section-flag\"", "\"current\"")
                .Replace("\"section-online\"", "\"section-online\", \"section-valid\", \"tainted:dev-pagemap\""),
            "explore",
            "--replay",
            "-"
        );
        Assert.Equal(4, replayed.ExitCode);
        Assert.Contains("cannot be taken", replayed.Output, StringComparison.Ordinal);
        replayed = Cli.RunWith(found.Replace("m7 data pages initialised", "m8 nonsense"), "explore", "--replay", "-");
        Assert.Equal(4, replayed.ExitCode);
        Assert.Contains("step 11 cannot be taken", replayed.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "JSON")]
    [InlineData("{}", "\"policy\"")]
    [InlineData("{\"policy\":\"current\",\"bounds\":{\"sections\":99}}", "from 0 to 16")]
    [InlineData("{\"policy\":\"current\",\"bounds\":{\"sections\":2},\"checks\":[\"x\"]}", "no check")]
    public void A_bad_trace_file_is_an_error(string file, string expected)
    {
        CliResult result = Cli.RunWith(file, "explore", "--replay", "-");
        Assert.Equal(16, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--policy", "curent", "did you mean \"current\"?")]
    [InlineData("--policy", "./nowhere.json", "no such file")]
    [InlineData("--poison", "maybe", "expected off or on")]
    [InlineData("--walkers", "lockd", "did you mean \"locked\"?")]
    [InlineData("--faults", "all", "expected none or map-failure")]
    [InlineData("--reduce", "symetry", "did you mean \"symmetry\"?")]
    [InlineData("--reduce", "none,symmetry", "none goes with no other word")]
    [InlineData("--without", "mutex", "hotplug-lock or device-lock")]
    [InlineData("--bounds", "sections=0", "WORD=NUMBER")]
    [InlineData("--bounds", "planets=3", "WORD=NUMBER")]
    [InlineData("--bounds", "sections=9", "sections (up to 8)")]
    [InlineData("--memory", "much", "no size")]
    public void Wrong_words_are_told(string option, string word, string expected)
    {
        CliResult result = Cli.Run("explore", option, word);
        Assert.Contains(result.ExitCode, new[] { 8, 16 });
        Assert.Contains(expected, result.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void A_bound_that_is_reached_is_no_answer()
    {
        JsonElement json = Json(1, "--bounds", "depth=14");
        Assert.Equal("depth", json.GetProperty("stopped_by").GetString());
        Assert.Equal(14, json.GetProperty("depth").GetInt32());
        CliResult text = Cli.Run("explore", "--bounds", "states=5000");
        Assert.Equal(1, text.ExitCode);
        Assert.Matches(@"bound reached \(states\): no violation up to depth \d+", text.Output);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("two")]
    public void Threads_that_cannot_be_are_refused(string threads)
    {
        CliResult result = Cli.Run("explore", "--threads", threads);
        Assert.Equal(16, result.ExitCode);
        Assert.Contains("--threads", result.Error);
        Assert.Contains("expected", result.Error);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("3")]
    public void Threads_change_nothing(string threads)
    {
        string[] words = ["explore", "--policy", "taint-pagemap", "--walkers", "unlocked", "--bounds", Tiny];
        CliResult one = Cli.Run(words),
            more = Cli.Run([.. words, "--threads", threads]);
        Assert.Equal(4, one.ExitCode);
        Assert.Contains("does not hold", one.Output, StringComparison.Ordinal);
        Assert.Equal(4, more.ExitCode);
        Assert.Equal(one.Output, more.Output);
    }

    private static string[] Shard(Scratch scratch, int me, string bounds) =>
        ["explore", "--policy", "taint-pagemap", "--bounds", bounds, "--directory", scratch["d"], "--shard", $"{me}/3", "--json"];

    /// <summary>Three processes that share a directory find what one finds, state for state; one that was killed goes on.</summary>
    [Fact]
    public void Shards_find_what_one_process_finds()
    {
        using var scratch = new Scratch();
        string[] whole = ["explore", "--policy", "taint-pagemap", "--bounds", "walkers=1", "--json"];
        // All are ended at a bound, as if the machine went down, and one loses its last level.
        Together(i => Shard(scratch, i, "walkers=1,depth=15"));
        File.Delete(Path.Combine(scratch["d"], "shard-1", "level-000015"));
        CliResult[] results = Together(i => Shard(scratch, i, "walkers=1"));
        Assert.Equal(4, results[0].ExitCode);
        Assert.Contains("had 16 levels", results[0].Error, StringComparison.Ordinal);
        Assert.Contains("had 15 levels", results[1].Error, StringComparison.Ordinal);
        Assert.Equal(Cli.Run(whole).Output, results[0].Output);
        Assert.Equal(States(scratch["d"], 3), Alone(scratch));
    }

    /// <summary>Three at the same time, each on a thread of its own: they wait for each other.</summary>
    private static CliResult[] Together(Func<int, string[]> words)
    {
        var results = new CliResult[3];
        Thread[] threads = [.. Enumerable.Range(0, 3).Select(i => new Thread(() => results[i] = Cli.Run(words(i))))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.True(thread.Join(TimeSpan.FromMinutes(2)), "a shard waits for ever");
        return results;
    }

    private static SortedSet<string> Alone(Scratch scratch)
    {
        Assert.Equal(4, Cli.Run("explore", "--policy", "taint-pagemap", "--bounds", "walkers=1", "--directory", scratch["one"]).ExitCode);
        return States(scratch["one"], 1);
    }

    /// <summary>Every state that shards have kept, level by level.</summary>
    private static SortedSet<string> States(string directory, int shards)
    {
        var states = new SortedSet<string>(StringComparer.Ordinal);
        for (int shard = 0; shard < shards; shard++)
        {
            foreach (string file in Directory.GetFiles(Path.Combine(directory, $"shard-{shard}")))
            {
                byte[] bytes = File.ReadAllBytes(file);
                for (int at = 0; at < bytes.Length; at += 16)
                    Assert.True(states.Add($"{Path.GetFileName(file)} {Convert.ToHexString(bytes, at, 16)}"));
            }
        }
        return states;
    }

    [Fact]
    public void A_search_in_a_directory_goes_on()
    {
        using var scratch = new Scratch();
        Assert.Equal(1, Cli.Run("explore", "--bounds", "walkers=1,depth=20", "--directory", scratch["d"]).ExitCode);
        CliResult rest = Cli.Run("explore", "--bounds", "walkers=1", "--directory", scratch["d"]);
        Assert.Equal(0, rest.ExitCode);
        Assert.Contains("had 21 levels of this search", rest.Error, StringComparison.Ordinal);
        Assert.EndsWith("9,552 states, 29,608 steps, all there are (depth 68): no violation\n", rest.Output, StringComparison.Ordinal);
        CliResult other = Cli.Run("explore", "--policy", "sub-section", "--bounds", "walkers=1", "--directory", scratch["d"]);
        Assert.Equal(16, other.ExitCode);
        Assert.Contains("another search is kept here", other.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3/3")]
    [InlineData("x")]
    [InlineData("-1/2")]
    public void A_wrong_shard_is_told(string shard)
    {
        using var scratch = new Scratch();
        CliResult result = Cli.Run("explore", "--directory", scratch["d"], "--shard", shard);
        Assert.Equal(16, result.ExitCode);
        Assert.Contains("I/N", result.Error, StringComparison.Ordinal);
        Assert.Contains("--directory", Cli.Run("explore", "--shard", "0/2").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_file_is_a_policy()
    {
        using var scratch = new Scratch();
        File.WriteAllText(
            scratch["mine.json"],
            """{"format":"altmap-policy/1","name":"mine","checks":["section-online","tainted:section-valid","tainted:dev-pagemap"]}"""
        );
        JsonElement mine = Json(4, "--policy", scratch["mine.json"], "--walkers", "unlocked", "--bounds", Tiny),
            known = Json(4, "--policy", "slow-path-valid", "--walkers", "unlocked", "--bounds", Tiny);
        Assert.Equal(known.GetProperty("states").GetInt64(), mine.GetProperty("states").GetInt64());
        Assert.Equal("mine", mine.GetProperty("policy").GetString());
    }

    /// <summary>With the hotplug lock alone, the window while a device is unmapped closes when a dying map counts.</summary>
    [Fact]
    [Trait("problem", "E2")]
    public void A_policy_file_changes_another_policy()
    {
        using var scratch = new Scratch();
        File.WriteAllText(
            scratch["mine.json"],
            """{"format":"altmap-policy/1","name":"m","based_on":"current","remove":["tainted:dev-pagemap"],"add":["any-pagemap"]}"""
        );
        Json(4, "--policy", "current", "--without", "device-lock");
        Json(0, "--policy", scratch["mine.json"], "--without", "device-lock");
    }

    [Theory]
    [InlineData("""{"format":"altmap-policy/1","name":"current","checks":[]}""", "policy that ships")]
    [InlineData("""{"format":"altmap-policy/1","name":"x"}""", "neither")]
    [InlineData("""{"format":"altmap-policy/1","name":"x","based_on":"curent"}""", "did you mean")]
    [InlineData(
        """{"format":"altmap-policy/1","name":"x","based_on":"current","remove":["pfn-valid"]}""",
        "no check \"pfn-valid\" to remove"
    )]
    [InlineData("""{"format":"altmap-policy/1","name":"x","based_on":"current","add":["section-valid"]}""", "stands 2 times")]
    [InlineData("""{"format":"altmap-policy/1","name":"x","checks":["section-onlin"]}""", "did you mean \"section-online\"?")]
    [InlineData("""{"format":"altmap-policy/1","name":"x","checks":[],"holes":"deep"}""", "neighbour, zone-zero, uninitialised")]
    public void A_bad_policy_file_is_an_error(string file, string expected)
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["bad.json"], file);
        CliResult result = Cli.Run("explore", "--policy", scratch["bad.json"]);
        Assert.Equal(16, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    /// <summary>Each check of today's rule is there for something.</summary>
    [Fact]
    [Trait("problem", "E2")]
    public void Every_mutant_is_found()
    {
        Assert.Equal(3, Policy.Mutants.Length);
        Assert.All(Policy.Mutants, mutant => Json(4, "--policy", mutant.Name, "--bounds", "walkers=1"));
    }

    [Fact]
    public void The_picture_and_the_model_are_files()
    {
        using var scratch = new Scratch();
        Assert.Equal(4, Cli.Run("explore", "--policy", "section-flag", "--bounds", Tiny, "--svg", scratch["t.svg"]).ExitCode);
        Assert.Contains("m7 data pages initialised", File.ReadAllText(scratch["t.svg"]), StringComparison.Ordinal);
        Assert.Equal(0, Cli.Run("explore", "--policy", "current", "--promela", scratch["m.pml"]).ExitCode);
        Assert.Contains("active proctype walker1()", File.ReadAllText(scratch["m.pml"]), StringComparison.Ordinal);
    }
}

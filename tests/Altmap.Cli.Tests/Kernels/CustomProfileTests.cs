using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Kernels;

/// <summary>A profile file stands wherever a kernel's name does, and its rules count there.</summary>
public sealed class CustomProfileTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _machine = Golden.Path("d_multi", "machine.json");

    public CustomProfileTests()
    {
        File.WriteAllText(
            Profile,
            """{"format": "altmap-kernel/1", "name": "wide", "based_on": "6.1", "rules": {"info-block.max-struct-page-size": 128}}"""
        );
        File.WriteAllText(
            _scratch["tall.json"],
            """{"format": "altmap-kernel/1", "name": "tall", "based_on": "6.1", "rules": {"section.bits-x86_64": 30}}"""
        );
    }

    private string Profile => _scratch["wide.json"];

    [Fact]
    [Trait("problem", "A1")]
    public void Run_and_plan_lay_namespaces_out_by_its_rules()
    {
        string[] create = ["--", "ndctl", "create-namespace", "-e", "namespace0.0", "-m", "fsdax", "-f"];
        long Size(string kernel) => Root(Cli.Run(["run", _machine, "--kernel", kernel, .. create])).GetProperty("size").GetInt64();
        Assert.Equal(32L << 20, Size("6.1") - Size(Profile)); // 64 bytes more for each page of 2 GiB
        long Usable(string kernel) =>
            Root(Cli.Run("plan", "--start", "4G", "--size", "1T", "--kernel", kernel, "--json")).GetProperty("usable").GetInt64();
        Assert.Equal(16L << 30, Usable("6.1") - Usable(Profile));
    }

    [Fact]
    public void Map_and_pfn_have_its_sections()
    {
        string[] Sections(string kernel) =>
            [
                .. Root(Cli.Run("map", _machine, "--kernel", kernel, "--json"))
                    .GetProperty("ranges")
                    .EnumerateArray()
                    .Select(r => r.GetProperty("section_first").ToString()),
            ];
        Assert.NotEqual(Sections("6.1"), Sections(_scratch["tall.json"]));
        CliResult pfn = Cli.Run("pfn", _machine, "0x100000000", "--kernel", _scratch["tall.json"]);
        Assert.Equal(0, pfn.ExitCode);
        Assert.Contains("kernel tall:", pfn.Error);
    }

    [Fact]
    public void Replay_notices_what_it_changes()
    {
        string session = Golden.Path("d_multi", "session.steps.log");
        string Same(string kernel) => Cli.Run("replay", _machine, session, "--kernel", kernel).Output.TrimEnd('\n').Split('\n')[^1];
        Assert.NotEqual(Same("6.1"), Same(Profile));
    }

    [Fact]
    [Trait("problem", "A3")]
    public void Infoblock_check_judges_by_it()
    {
        File.WriteAllText(
            _scratch["large.json"],
            """{"format": "altmap-kernel/1", "name": "large", "based_on": "6.12", "rules": {"struct-page.size": 80}}"""
        );
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", _scratch["i"], "-s", "256M", "-M", "dev").ExitCode);
        JsonElement answer = Root(
            Cli.Run("infoblock", "check", _scratch["i"], "--start", "4G", "--size", "256M", "--kernel", _scratch["large.json"], "--json")
        );
        Assert.Equal(
            ("large", "unbound", 95),
            (answer.GetProperty("kernel").GetString(), answer.GetProperty("verdict").GetString(), answer.GetProperty("errno").GetInt32())
        );
    }

    [Fact]
    [Trait("problem", "A2")]
    public void Upgrade_and_compare_take_it_on_either_side()
    {
        JsonElement report = Root(Cli.Run("upgrade", _machine, "--from", Profile, "--to", _scratch["tall.json"], "--json"));
        Assert.Equal(
            ("wide", "tall", false),
            (report.GetProperty("from").GetString(), report.GetProperty("to").GetString(), report.GetProperty("verified").GetBoolean())
        );
        JsonElement compared = Root(Cli.Run("plan", "--compare", "--start", "4G", "--size", "16G", "--kernel", Profile, "--json"));
        JsonElement present = compared
            .GetProperty("groups")[0]
            .GetProperty("alternatives")
            .EnumerateArray()
            .Single(a => a.GetProperty("present").GetBoolean());
        Assert.Equal("reserve-128", present.GetProperty("id").GetString());
        JsonElement blocks = Root(
            Cli.Run("plan", "--compare", "--start", "4G", "--size", "16G", "--kernel", _scratch["tall.json"], "--json")
        );
        Assert.Equal(1L << 30, blocks.GetProperty("memory_block").GetInt64());
    }

    /// <summary>What a kernel was built with is a rule, and not a part of its name: a profile based on a KMSAN build that changes something
    /// else has its memory.</summary>
    [Fact]
    [Trait("problem", "B2")]
    public void A_profile_based_on_a_KMSAN_build_is_one()
    {
        File.WriteAllText(
            _scratch["mine.json"],
            """{"format": "altmap-kernel/1", "name": "mine", "based_on": "6.12+kmsan", "rules": {"btt.lane-check": "yes"}}"""
        );
        long Freed(string kernel) => Root(Cli.Run("kmsan", _machine, "--kernel", kernel, "--json")).GetProperty("freed").GetInt64();
        Assert.Equal(Freed("6.12+kmsan"), Freed(_scratch["mine.json"]));
        Assert.Equal(Freed("6.12"), Freed(_scratch["mine.json"]));
        string machine = File.ReadAllText(_machine).Replace("\"memory\"", "\"config\": {\"struct_page_size\": 96}, \"memory\"");
        File.WriteAllText(_scratch["m.json"], machine);
        JsonElement given = Root(Cli.Run("kmsan", _scratch["m.json"], "--kernel", "6.12", "--json"));
        Assert.True(given.GetProperty("freed").GetInt64() < Freed("6.12"));
        Assert.Equal(
            given.GetProperty("freed").GetInt64(),
            Root(Cli.Run("kmsan", _scratch["m.json"], "--kernel", "6.12+kmsan", "--json")).GetProperty("freed").GetInt64()
        );
    }

    [Fact]
    public void Kernels_shows_it_and_a_machine_names_it_by_a_path_of_its_own()
    {
        Assert.Contains("info-block.max-struct-page-size", Cli.Run("kernels", "6.1", Profile).Output);
        string machine = File.ReadAllText(_machine).Replace("\"kernel\": \"6.1\"", "\"kernel\": \"wide.json\"");
        File.WriteAllText(_scratch["m.json"], machine);
        Assert.Contains("kernel wide", Cli.Run("plan", _scratch["m.json"]).Output);
        Assert.Equal("wide", Root(Cli.Run("upgrade", _scratch["m.json"], "--to", "6.1", "--json")).GetProperty("from").GetString());
    }

    public void Dispose() => _scratch.Dispose();

    private static JsonElement Root(CliResult result) => JsonDocument.Parse(result.Output).RootElement;
}

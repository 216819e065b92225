using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Machines;

public class MachineCommandTests
{
    private static string ListOnly => Golden.Path("pieces", "list-only.json");

    private static string LogOnly => Golden.Path("pieces", "dmesg-only.txt");

    [Fact]
    public void A_list_alone_answers_why_a_region_is_not_divided()
    {
        CliResult result = Cli.Run("run", ListOnly, "--", "ndctl", "create-namespace", "-r", "region2", "--size=300G");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Error: Legacy / label-less namespaces do not support sub-dividing a region", result.Error);
        using var scratch = new Scratch();
        string script = scratch["s"];
        File.WriteAllText(
            script,
            "ndctl disable-region all\nndctl init-labels all\nndctl enable-region all\nndctl create-namespace -r region2 --size=300G\n"
        );
        Assert.Equal(0, Cli.Run("run", ListOnly, "--script", script).ExitCode);
    }

    [Fact]
    public void A_log_alone_gives_the_carve_out()
    {
        CliResult result = Cli.Run("run", LogOnly, "--", "ndctl", "list", "-RN");
        Assert.Equal(0, result.ExitCode);
        using var json = JsonDocument.Parse(result.Output);
        JsonElement region = json.RootElement.GetProperty("regions")[0];
        Assert.Equal(17179869184UL, region.GetProperty("size").GetUInt64());
        JsonElement ns = region.GetProperty("namespaces")[0];
        Assert.Equal(("fsdax", "mem"), (ns.GetProperty("mode").GetString(), ns.GetProperty("map").GetString()));
        CliResult map = Cli.Run("map", LogOnly, "--table");
        Assert.Contains("0x100000000", map.Output);
    }

    [Fact]
    public void Notes_are_one_line_by_default()
    {
        CliResult result = Cli.Run("run", ListOnly, "--kernel", "6.1", "--", "true");
        string[] notes = result.Error.TrimEnd('\n').Split('\n');
        Assert.StartsWith("note: assumed: arch (taken as x86_64), cmdline, memory, nodes, buses of ndbus0, regions of 4, ", notes[^1]);
        Assert.Equal(2, notes.Length); // and one about cookies, whatever the number of regions
    }

    [Fact]
    public void Explain_says_where_each_fact_is_from()
    {
        CliResult text = Cli.Run("machine", ListOnly, "--explain");
        Assert.Equal(0, text.ExitCode);
        Assert.Contains("kernel             assumed  taken as 6.1", text.Output);
        using var json = JsonDocument.Parse(Cli.Run("machine", ListOnly, "--explain", "--json").Output);
        JsonElement[] facts = [.. json.RootElement.GetProperty("facts").EnumerateArray()];
        Assert.Contains(facts, f => f.GetProperty("topic").GetString() == "labels" && f.GetProperty("origin").GetString() == "derived");
        Assert.All(
            facts.Where(f => f.GetProperty("origin").GetString() == "assumed"),
            f => Assert.NotEqual("", f.GetProperty("needs").GetString())
        );
        Assert.Contains("all of it is given", Cli.Run("machine", Golden.Path("a_fsdax", "machine.json"), "--explain").Output);
    }

    /// <summary>The machine file that is written is the machine that the pieces gave, labels and blocks included.</summary>
    [Fact]
    public void A_written_machine_is_the_machine_of_the_pieces()
    {
        using var scratch = new Scratch();
        string capture = Golden.Path("a_fsdax", "create"),
            file = scratch["m.json"];
        Assert.Equal(0, Cli.Run("machine", capture, "-o", file).ExitCode);
        string listed = Cli.Run("run", capture, "--", "ndctl", "list", "-RNDi").Output;
        Assert.Contains("\"mode\":\"fsdax\"", listed);
        Assert.Equal(listed, Cli.Run("run", file, "--", "ndctl", "list", "-RNDi").Output);
        CliResult again = Cli.Run("machine", capture, "-o", file);
        Assert.Equal(
            (16, $"altmap: {file}: there is such a file; nothing is overwritten: give another name, or --force\n"),
            (again.ExitCode, again.Error)
        );
        Assert.Equal(0, Cli.Run("machine", capture, "-o", file, "-f").ExitCode);
    }

    /// <summary>No verdict on bytes nobody gave: another kernel's answer on a capture without media is unknown, in text and JSON.</summary>
    [Theory]
    [InlineData("a_fsdax/create", "infoblock.namespace0.0.json: with namespace0.0 disabled, sudo ndctl read-infoblock -j namespace0.0")]
    [InlineData("c_sector/create", "infoblock.namespace0.0.json")]
    public void Upgrade_of_what_was_not_given_is_unknown(string capture, string needs)
    {
        CliResult text = Cli.Run("upgrade", Golden.Path(capture), "--to", "6.12");
        Assert.Equal(1, text.ExitCode);
        Assert.Contains($"unknown: needs {needs}", text.Output);
        Assert.DoesNotContain(": opens", text.Output);
        Assert.DoesNotContain("verified", text.Output);
        CliResult json = Cli.Run("upgrade", Golden.Path(capture), "--to", "6.12", "--json");
        Assert.Equal(1, json.ExitCode);
        using var document = JsonDocument.Parse(json.Output);
        Assert.All(
            document.RootElement.GetProperty("namespaces").EnumerateArray(),
            n => Assert.Equal("unknown", n.GetProperty("verdict").GetString())
        );
        Assert.False(document.RootElement.GetProperty("verified").GetBoolean());
    }

    [Theory]
    [InlineData("map", "--json")]
    [InlineData("pfn", "0x100000000", "--json")]
    [InlineData("plan", "--json")]
    public void Answers_that_depend_on_what_is_assumed_are_unknown(string command, params string[] options)
    {
        CliResult result = Cli.Run([command, LogOnly, .. options]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("unknown: needs media.region0.0.bin: sudo dd if=/dev/pmem0", result.Error);
        using var json = JsonDocument.Parse(result.Output);
        JsonElement root = json.RootElement.ValueKind == JsonValueKind.Array ? json.RootElement[0] : json.RootElement;
        Assert.Equal("media", root.GetProperty("unknown")[0].GetProperty("topic").GetString());
    }

    [Fact]
    public void What_was_made_again_of_one_kernel_counts_for_that_kernel_only()
    {
        string capture = Golden.Path("a_fsdax", "create");
        Assert.Equal(0, Cli.Run("map", capture, "--table").ExitCode);
        Assert.Equal(0, Cli.Run("map", capture, "--table", "--kernel", "6.1").ExitCode);
        CliResult other = Cli.Run("map", capture, "--table", "--kernel", "6.12");
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("unknown: needs infoblock.namespace0.0.json", other.Error);
    }

    [Fact]
    public void Junk_is_refused_in_words()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["x"], "NAME MAJ:MIN RM SIZE\n");
        CliResult result = Cli.Run("machine", scratch["x"]);
        Assert.Equal(16, result.ExitCode);
        Assert.StartsWith(
            $"altmap: {scratch["x"]}: this is no piece of a machine; it starts with \"NAME MAJ:MIN RM SIZE\"; expected ",
            result.Error
        );
    }
}

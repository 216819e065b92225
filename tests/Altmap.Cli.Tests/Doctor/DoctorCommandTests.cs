using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Doctor;

public class DoctorCommandTests
{
    /// <summary>A capture without media: nothing is called whole that nobody gave.</summary>
    [Fact]
    [Trait("problem", "C3")]
    public void Bytes_that_nobody_gave_are_not_judged()
    {
        CliResult result = Cli.Run("doctor", Golden.Path("a_fsdax", "create"), "--json");
        Assert.Equal(1, result.ExitCode);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        Assert.True(json.RootElement.GetProperty("unknown").GetArrayLength() > 0);
        Assert.DoesNotContain(
            json.RootElement.GetProperty("findings").EnumerateArray(),
            f => f.GetProperty("subject").GetString()!.StartsWith("namespace", StringComparison.Ordinal)
        );
    }

    [Fact]
    [Trait("problem", "C1")]
    public void The_machine_of_C1_names_the_collision_what_it_costs_and_a_way_out_that_was_tried()
    {
        string path = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "examples", "shared-section.json"));
        using JsonDocument json = JsonDocument.Parse(Cli.Run("doctor", path, "--json").Output);
        JsonElement found = json
            .RootElement.GetProperty("findings")
            .EnumerateArray()
            .Single(f => f.GetProperty("code").GetString() == "section.shared-by-regions");
        Assert.Equal("0x5778000000", found.GetProperty("place").GetProperty("start").GetString());
        Assert.Contains("64 MiB", found.GetProperty("consequence").GetString());
        JsonElement remedy = found.GetProperty("remedy");
        Assert.NotEqual("", remedy.GetProperty("loses").GetString());
        using var scratch = new Scratch();
        File.WriteAllLines(scratch["s"], remedy.GetProperty("commands").EnumerateArray().Select(c => c.GetString()!));
        CliResult saved = Cli.Run("run", path, "--script", scratch["s"], "--save", scratch["after.json"]);
        Assert.Equal(0, saved.ExitCode);
        using JsonDocument after = JsonDocument.Parse(Cli.Run("doctor", scratch["after.json"], "--json").Output);
        Assert.DoesNotContain(
            after.RootElement.GetProperty("findings").EnumerateArray(),
            f =>
                f.GetProperty("code").GetString() == "section.shared-by-regions"
                && f.GetProperty("subject").GetString() == found.GetProperty("subject").GetString()
        );
    }

    [Fact]
    public void Files_that_are_no_machine_are_named()
    {
        using var scratch = new Scratch();
        byte[] bytes = new byte[1 << 20];
        File.WriteAllBytes(scratch["zero"], bytes);
        Assert.StartsWith("zeroes: ", Cli.Run("doctor", scratch["zero"]).Output);
        "LUKS\xba\xbe"u8.ToArray().CopyTo(bytes, 0);
        (bytes[4], bytes[5]) = (0xba, 0xbe);
        File.WriteAllBytes(scratch["luks"], bytes);
        Assert.StartsWith("LUKS", Cli.Run("doctor", scratch["luks"]).Output);
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", scratch["fsdax"], "-s", "64M").ExitCode);
        Assert.StartsWith("pfn info-block", Cli.Run("doctor", scratch["fsdax"]).Output);
        Assert.Equal(8, Cli.Run("doctor", scratch["none"]).ExitCode);
    }

    [Fact]
    public void Several_machines_give_a_line_each_in_their_order()
    {
        string[] machines = [.. ((string[])["a_fsdax", "d_multi", "g_kmem"]).Select(m => Golden.Path(m, "machine.json"))];
        string[] many = [.. Enumerable.Repeat(machines, 20).SelectMany(m => m)];
        CliResult result = Cli.Run(["doctor", .. many, "--json"]);
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(many, lines.Select(l => JsonDocument.Parse(l).RootElement.GetProperty("path").GetString()));
        CliResult table = Cli.Run(["doctor", .. machines, Golden.Path("no-such-machine")]);
        Assert.Contains("not examined", table.Output);
        Assert.Equal(8, table.ExitCode);
        Assert.Equal(5 + 3, table.Output.Split('\n', StringSplitOptions.None).Length);
    }
}

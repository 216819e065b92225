using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Btt;

/// <summary>The commands on BTTs, on recorded images and on ones they make.</summary>
public class BttCommandTests
{
    private static string Recorded(string name) => Golden.Path("h_btt", "images", $"legacy4096-{name}.sparse.gz");

    private static string Unpacked(Scratch scratch, string name)
    {
        byte[] bytes = new byte[32 << 20];
        foreach ((ulong at, ReadOnlyMemory<byte> page) in Host.MachineLoader.ReadImage(Recorded(name)).Value!.Pages())
            page.Span.CopyTo(bytes.AsSpan((int)at));
        File.WriteAllBytes(scratch["image"], bytes);
        return scratch["image"];
    }

    [Theory]
    [InlineData("good", 0, "consistent: every block has one owner", "loads it")]
    [InlineData("info1-zero", 4, "btt.info.first", "sees no BTT")]
    [InlineData("map-dup", 4, "btt.map.duplicate", "loads it")]
    [InlineData("log-seq-same", 4, "btt.log.sequence", "refuses it")]
    [InlineData("map-trim", 0, "btt.map.trimmed", "loads it")]
    public void Check(string name, int exitCode, string found, string verdict)
    {
        CliResult result = Cli.Run("btt", "check", Recorded(name));
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Error));
        Assert.Contains(found, result.Output, StringComparison.Ordinal);
        Assert.Contains($"kernel 6.1: {verdict}", result.Output, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(Cli.Run("btt", "check", Recorded(name), "--json").Output);
        Assert.Equal(exitCode != 4 && name == "good", json.RootElement.GetProperty("consistent").GetBoolean());
    }

    [Fact]
    public void Mended_images_are_shown_first_then_written_and_can_be_undone()
    {
        using var scratch = new Scratch();
        string image = Unpacked(scratch, "log-garbage");
        byte[] before = File.ReadAllBytes(image);
        CliResult tried = Cli.Run("btt", "repair", image, "--dry-run");
        Assert.Equal(4, tried.ExitCode);
        Assert.Contains("would mend btt.log.sequence", tried.Output, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(image));
        CliResult mended = Cli.Run("btt", "repair", image);
        Assert.Equal((2, ""), (mended.ExitCode, mended.Error));
        Assert.Equal(0, Cli.Run("btt", "check", image).ExitCode);
        Assert.Equal(0, Cli.Run("btt", "repair", image).ExitCode);
        Assert.Equal(0, Cli.Run("undo", image + ".e2undo", image).ExitCode);
        Assert.Equal(before, File.ReadAllBytes(image));
        Assert.Equal(16, Cli.Run("btt", "repair", Recorded("log-garbage")).ExitCode);
    }

    [Fact]
    public void Made_written_exported_and_imported()
    {
        using var scratch = new Scratch();
        string image = scratch["image"],
            data = scratch["data"];
        Assert.Equal(0, Cli.Run("btt", "create", image, "--size", "20M", "--sector-size", "520", "--uuid-seed", "1").ExitCode);
        Assert.Equal(16, Cli.Run("btt", "create", image, "--size", "20M").ExitCode);
        byte[] disk = new byte[3 << 20];
        new Random(7).NextBytes(disk);
        File.WriteAllBytes(data, disk);
        Assert.Equal(0, Cli.Run("btt", "import", image, "-i", data).ExitCode);
        Assert.Equal(0, Cli.RunWith("hello", "btt", "write", image, "5").ExitCode);
        Assert.Equal(0, Cli.Run("btt", "check", image).ExitCode);
        CliResult read = Cli.Run("btt", "read", image, "5");
        Assert.Equal("hello"u8.ToArray(), read.Bytes[..5]);
        Assert.Equal(512, read.Bytes.Length);
        Assert.Equal(0, Cli.Run("btt", "export", image, scratch["out"]).ExitCode);
        byte[] exported = File.ReadAllBytes(scratch["out"]);
        Assert.Equal(disk[..2560], exported[..2560]);
        Assert.Equal(disk[3072..], exported[3072..disk.Length]);
        Assert.Equal(16, Cli.Run("btt", "read", image, "999999999").ExitCode);
    }

    /// <summary>What decides is asked for: neither "raw" nor "opens" on bytes nobody gave.</summary>
    [Fact]
    public void A_label_that_decides_is_asked_for()
    {
        using var scratch = new Scratch();
        const string label = "11111111-2222-4333-8444-555555555555";
        string image = scratch["image"];
        Assert.Equal(0, Cli.Run("btt", "create", image, "--size", "20M", "--format", "2.0", "--parent-uuid", label).ExitCode);
        foreach (
            string[] command in (string[][])
                [
                    ["btt", "check", image],
                    ["infoblock", "check", image, "--start", "4G"],
                ]
        )
        {
            CliResult unknown = Cli.Run(command);
            Assert.Equal(1, unknown.ExitCode);
            Assert.Contains("unknown: needs --claim btt2", unknown.Output, StringComparison.Ordinal);
            CliResult known = Cli.Run([.. command, "--claim", "btt2", "--parent-uuid", label]);
            Assert.Equal(0, known.ExitCode);
        }
        Assert.Equal(0, Cli.Run("btt", "create", scratch["v1"], "--size", "20M", "--parent-uuid", label).ExitCode);
        CliResult asked = Cli.Run("infoblock", "check", scratch["v1"], "--start", "4G");
        Assert.Equal(1, asked.ExitCode);
        Assert.Contains("unknown: needs --parent-uuid", asked.Output, StringComparison.Ordinal);
    }

    /// <summary>An arena whose first info-block is damaged has a copy at its end; nothing is called lost before that is said.</summary>
    [Theory]
    [InlineData("info1-zero", "btt.info.first")]
    [InlineData("both-zero", "btt.info.both")]
    [InlineData("map-dup", "btt.map.duplicate")]
    public void Infoblock_check_knows_a_btt(string name, string code)
    {
        CliResult result = Cli.Run("infoblock", "check", Recorded(name), "--start", "4G");
        Assert.Equal(4, result.ExitCode);
        Assert.Contains(code, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("recreate", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_btt_is_said_and_bad_words_are_refused()
    {
        using var scratch = new Scratch();
        File.WriteAllBytes(scratch["zero"], new byte[20 << 20]);
        CliResult none = Cli.Run("btt", "check", scratch["zero"]);
        Assert.Equal(4, none.ExitCode);
        Assert.Contains("no BTT", none.Error, StringComparison.Ordinal);
        Assert.Equal(8, Cli.Run("btt", "info", scratch["no"]).ExitCode);
        Assert.Equal(16, Cli.Run("btt", "create", scratch["zero"], "--sector-size", "1000").ExitCode);
        Assert.Equal(16, Cli.Run("btt", "create", scratch["new"], "--size", "1M").ExitCode);
        Assert.False(File.Exists(scratch["new"]));
    }

    [Fact]
    public void Orphans_are_saved()
    {
        using var scratch = new Scratch();
        CliResult result = Cli.Run("btt", "extract", Recorded("map-dup"), "--orphans", "-o", scratch["orphans"]);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(4096, new FileInfo(Assert.Single(Directory.GetFiles(scratch["orphans"]))).Length);
    }
}

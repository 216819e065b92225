using System.Text.Json;
using System.Xml.Linq;
using Altmap.Cli.Maps;
using Altmap.Cli.Sessions;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Maps;

public class MapCommandTests
{
    private static readonly string Legacy = Golden.Path("e_legacy", "machine.json"),
        Shared = Golden.Path("p_online", "6.12", "both-vmdebug", "machine.json");

    [Theory]
    [InlineData("5.10")]
    [InlineData("6.12")]
    [Trait("problem", "E1")]
    public void The_map_is_sorted_and_whole_and_pfn_agrees_with_it(string kernel)
    {
        CliResult result = Cli.Run("map", Legacy, "--kernel", kernel, "--json");
        Assert.Equal(0, result.ExitCode);
        using JsonDocument map = JsonDocument.Parse(result.Output);
        ulong at = 0;
        foreach (JsonElement range in map.RootElement.GetProperty("ranges").EnumerateArray())
        {
            Assert.Equal(at, range.GetProperty("start_pfn").GetUInt64());
            at = range.GetProperty("end_pfn").GetUInt64();
            string page = (at - 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
            using JsonDocument story = JsonDocument.Parse(Cli.Run("pfn", Legacy, page, "--kernel", kernel, "--json").Output);
            Assert.Equal(range.GetProperty("online").GetBoolean(), story.RootElement[0].GetProperty("online").GetBoolean());
            Assert.Equal(range.GetProperty("owner").GetString(), story.RootElement[0].GetProperty("owner").GetString());
        }
        Assert.NotEqual(0ul, at);
    }

    [Fact]
    public void A_device_has_struct_pages_and_is_not_online()
    {
        using JsonDocument map = JsonDocument.Parse(Cli.Run("map", Shared, "--json").Output);
        Assert.Contains(
            map.RootElement.GetProperty("ranges").EnumerateArray(),
            r =>
                r.GetProperty("owner").GetString() == "namespace0.0"
                && !r.GetProperty("online").GetBoolean()
                && r.GetProperty("zone").GetString() == "Device"
        );
    }

    [Fact]
    public void The_table_has_a_row_for_each_range()
    {
        using JsonDocument map = JsonDocument.Parse(Cli.Run("map", Shared, "--json").Output);
        string[] lines = Cli.Run("map", Shared, "--table").Output.TrimEnd('\n').Split('\n');
        Assert.InRange(lines.Length, map.RootElement.GetProperty("ranges").GetArrayLength() + 1, 100);
        Assert.Contains("first byte", lines[0], StringComparison.Ordinal);
        Assert.Equal(
            ["8.16"],
            Cli.Run("map", Shared, "--section", "8.16")
                .Output.Split('\n')
                .Where(l => l.StartsWith("  8.", StringComparison.Ordinal))
                .Select(l => l[2..6])
        );
        string[] cut = Cli.Run("map", Shared, "--section", "8.16-17", "--table").Output.TrimEnd('\n').Split('\n');
        Assert.Equal(2, cut.Length);
        Assert.Equal(["0x42000000", "0x423fffff", "4", "MiB", "8"], cut[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..5]);
    }

    /// <summary>What has no struct pages and lies above the last section is in both; so is where it lies.</summary>
    [Theory]
    [InlineData("examples/tour/machine.json")]
    [InlineData("examples/nvdimm.json")]
    [InlineData("examples/shared-section.json")]
    [InlineData("tests/golden/d_multi/machine.json")]
    public void The_table_has_what_the_bars_have(string file)
    {
        string machine = Path.Combine(Golden.Root, "..", "..", file);
        using var host = new CliHost(Stream.Null, TextWriter.Null, () => Stream.Null);
        Altmap.Model.Machine booted = MachineSession.Open(host, machine).State.Machine;
        string[][] rows = [.. MapTable.Of(booted).Rows];
        Assert.All(
            MapParts.Of(booted).Where(p => p.Label is not (MapPart.Nothing or "hole")),
            p => Assert.Contains(rows, r => r[^1] == p.Label)
        );
        ulong at = 0;
        foreach (string[] row in rows)
        {
            Assert.Equal(at, Convert.ToUInt64(row[0], 16));
            at = Convert.ToUInt64(row[1], 16) + 1;
            Assert.Equal(
                (Convert.ToUInt64(row[0], 16) / booted.Mm.Geometry.PagesPerSection.ToBytes(booted.Mm.PageSize).Bytes).ToString(
                    System.Globalization.CultureInfo.InvariantCulture
                ),
                row[3]
            );
        }
        Assert.Equal(MapParts.Of(booted)[^1].Pages.End.ToAddress(booted.Mm.PageSize).Bytes, at);
    }

    [Fact]
    public void RAM_beyond_the_last_address_is_not_called_offline()
    {
        using var scratch = new Scratch();
        File.WriteAllText(
            scratch["m.json"],
            """{"format":"altmap-machine/1","kernel":"6.1","memory":[{"start":0,"end":"0x7fffffff","type":"System RAM"},{"start":"0x800000000000","end":"0x80003fffffff","type":"System RAM"}]}"""
        );
        string map = Cli.Run("map", scratch["m.json"]).Output;
        Assert.Contains("1 GiB beyond what this kernel addresses", map.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.DoesNotContain("offline", map, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bar_that_is_not_to_scale_says_so_and_the_line_in_it_is_explained()
    {
        string[] tour = Cli.Run("map", Path.Combine(Golden.Root, "..", "..", "examples", "tour", "machine.json"))
            .Output.TrimEnd('\n')
            .Split('\n');
        Assert.Equal(["| begins another part of the same kind", "not to scale: the smallest part has a cell too"], tour[^2..]);
        Assert.DoesNotContain("to scale", Cli.Run("map", Shared, "--section", "8").Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("problem", "E1")]
    public void A_section_is_a_bar_and_what_shares_it_is_said()
    {
        CliResult result = Cli.Run("map", Shared);
        string[] lines = result.Output.Split('\n');
        Assert.Contains("! 8            0x40000000  ####DDDDDDDDDDDD  System RAM 32 MiB, DMA32", lines);
        Assert.Contains("  1-7           0x8000000  ################  System RAM 896 MiB, DMA32", lines);
        Assert.Contains("! pmem and System RAM share sections 8 (System RAM 32 MiB, region0 96 MiB), 10", lines);
        Assert.All(lines, l => Assert.True(l.Length <= 80 && l.All(char.IsAscii), l));
        Assert.DoesNotContain("no online RAM", result.Output, StringComparison.Ordinal);
        Assert.Contains("49152 pages are no online RAM", Cli.Run("map", Shared, "--kernel", "5.10").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zoom_shows_sub_sections()
    {
        string[] lines = Cli.Run("map", Shared, "--section", "8").Output.Split('\n');
        Assert.Contains("  8.0-15       0x40000000  ################  System RAM 32 MiB, DMA32", lines);
        Assert.Contains("  8.16-63      0x42000000  DDDDDDDDDDDDDDDD  namespace0.0 96 MiB, not online", lines);
        string[] window = Cli.Run("map", Shared, "--from", "0x41e00000", "--to", "0x421fffff").Output.Split('\n');
        Assert.Contains("  8.15         0x41e00000  ################  System RAM 2 MiB, DMA32", window);
        Assert.Contains("  8.16         0x42000000  DDDDDDDDDDDDDDDD  namespace0.0 2 MiB, not online", window);
        // The byte there is left out.
        Assert.Equal(window, Cli.Run("map", Shared, "--from", "0x41e00000", "--to", "0x42200000").Output.Split('\n'));
    }

    [Theory]
    [InlineData("--section: ", "--section", "x")]
    [InlineData("expected 0 to 8191", "--section", "8192")]
    [InlineData("--section excludes", "--section", "1", "--from", "0")]
    [InlineData("--section: 8192 is", "--section", "8190-8192")]
    [InlineData("a section has the sub-sections 0 to 63, not 64", "--section", "8.64")]
    [InlineData("ends before it starts", "--section", "8.5-4")]
    [InlineData("is no section", "--section", "8.5.4")]
    [InlineData("is no section", "--section", "8-9-10")]
    [InlineData("is not behind --from", "--from", "2G", "--to", "1G")]
    [InlineData("is not behind --from", "--from", "1G", "--to", "1G")]
    [InlineData("is not behind the first byte", "--to", "0")]
    [InlineData("is behind the last page", "--from", "2T")]
    [InlineData("--json gives the whole map", "--json", "--table")]
    [InlineData("there is no directory", "--svg", "/nowhere/at/all.svg")]
    public void A_wrong_wish_is_an_error(string message, params string[] options)
    {
        CliResult result = Cli.Run(["map", Shared, .. options]);
        Assert.Equal(message.StartsWith("there", StringComparison.Ordinal) ? 8 : 16, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void Picture_and_page_show_what_the_text_shows()
    {
        using var scratch = new Scratch();
        CliResult result = Cli.Run("map", Shared, "--svg", scratch["a.svg"], "--html", scratch["a.html"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Output));
        string[] texts = [.. XDocument.Load(scratch["a.svg"]).Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
        Assert.Contains("namespace0.0 96 MiB, not online", texts);
        Assert.Contains(texts, t => t.StartsWith("! pmem and System RAM share sections 8", StringComparison.Ordinal));
        string page = File.ReadAllText(scratch["a.html"]);
        Assert.Contains("<div class=\"bar\"><span class=\"t", page, StringComparison.Ordinal);
        Assert.Contains("<td class=\"r\">0x42000000</td>", page, StringComparison.Ordinal);
        if (!File.Exists("/dev/full"))
            return;
        CliResult full = Cli.Run("map", Shared, "--svg", "/dev/full");
        Assert.Equal((8, ""), (full.ExitCode, full.Output));
    }

    [Fact]
    public void Every_recorded_machine_fits_80_columns()
    {
        foreach (
            string path in Directory
                .EnumerateFiles(Golden.Path("p_online"), "machine.json", SearchOption.AllDirectories)
                .Concat(Directory.EnumerateFiles(Golden.Path("s_arm64"), "machine.json", SearchOption.AllDirectories))
        )
        {
            CliResult result = Cli.Run("map", path),
                json = Cli.Run("map", path, "--json");
            using JsonDocument map = JsonDocument.Parse(json.Output);
            bool isWrong = map.RootElement.GetProperty("ranges").EnumerateArray().Any(r => r.GetProperty("wrong").GetBoolean());
            Assert.Equal((isWrong ? 4 : 0, isWrong ? 4 : 0), (result.ExitCode, json.ExitCode));
            Assert.All(result.Output.Split('\n'), l => Assert.True(l.Length <= 80, $"{path}: {l}"));
        }
    }
}

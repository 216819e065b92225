using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Commands;

public class MapCommandTests
{
    [Theory]
    [InlineData("5.10")]
    [InlineData("6.12")]
    [Trait("problem", "E1")]
    public void The_map_is_sorted_and_whole_and_pfn_agrees_with_it(string kernel)
    {
        CliResult result = Cli.Run("map", Golden.Path("e_legacy", "machine.json"), "--kernel", kernel, "--json");
        Assert.Equal(0, result.ExitCode);
        using JsonDocument map = JsonDocument.Parse(result.Output);
        ulong at = 0;
        foreach (JsonElement range in map.RootElement.GetProperty("ranges").EnumerateArray())
        {
            Assert.Equal(at, range.GetProperty("start_pfn").GetUInt64());
            at = range.GetProperty("end_pfn").GetUInt64();
            string page = (at - 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
            using JsonDocument story = JsonDocument.Parse(Cli.Run("pfn", Golden.Path("e_legacy", "machine.json"), page, "--kernel", kernel, "--json").Output);
            Assert.Equal(range.GetProperty("online").GetBoolean(), story.RootElement[0].GetProperty("online").GetBoolean());
            Assert.Equal(range.GetProperty("owner").GetString(), story.RootElement[0].GetProperty("owner").GetString());
        }
        Assert.NotEqual(0ul, at);
    }

    [Fact]
    public void Text_has_a_row_for_each_range()
    {
        string path = Golden.Path("e_legacy", "machine.json");
        using JsonDocument map = JsonDocument.Parse(Cli.Run("map", path, "--json").Output);
        string[] lines = Cli.Run("map", path).Output.TrimEnd('\n').Split('\n');
        Assert.Equal(map.RootElement.GetProperty("ranges").GetArrayLength() + 1, lines.Length);
        Assert.Contains("first byte", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_kernel_answers_for_a_page_that_an_address_names()
    {
        CliResult result = Cli.Run("pfn", Golden.Path("e_legacy", "machine.json"), "0x100000", "--all-kernels");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("kernel 4.19: pfn 256 (0x100000)", result.Output, StringComparison.Ordinal);
        Assert.Contains("kernel 7.2: pfn 256 (0x100000)", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("99999999999999999999")]
    [InlineData("99999999999999999")]
    [InlineData("zebra")]
    public void What_is_no_page_is_an_error(string page) => Assert.Equal(16, Cli.Run("pfn", Golden.Path("e_legacy", "machine.json"), page).ExitCode);
}

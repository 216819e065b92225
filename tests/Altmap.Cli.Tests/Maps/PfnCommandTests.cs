using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Maps;

public class PfnCommandTests
{
    private static readonly string Legacy = Golden.Path("e_legacy", "machine.json"),
        Shared = Golden.Path("p_online", "6.12", "both-vmdebug", "machine.json");

    [Fact]
    public void Every_kernel_answers_for_a_page_that_an_address_names()
    {
        CliResult result = Cli.Run("pfn", Legacy, "0x100000", "--all-kernels");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("kernel 4.19: pfn 256 (0x100000)", result.Output, StringComparison.Ordinal);
        Assert.Contains("kernel 7.2: pfn 256 (0x100000)", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0x40000000-0x47ffffff")]
    [InlineData("1G+128M")]
    [InlineData("262144-294911")]
    [InlineData("262144+32768")]
    [InlineData("262144+128M")]
    [InlineData("pfn:0x40000-pfn:0x47fff")]
    [InlineData("pfn:262144+32768")]
    [Trait("problem", "E1")]
    public void A_range_is_told_by_runs_of_pages_that_are_alike(string range)
    {
        using JsonDocument story = JsonDocument.Parse(Cli.Run("pfn", Shared, range, "--kernel", "5.10", "--json").Output);
        Assert.Equal(
            [(262144, 270336, false), (270336, 294912, true)],
            story
                .RootElement.EnumerateArray()
                .Select(s => (s.GetProperty("pfn").GetInt32(), s.GetProperty("end_pfn").GetInt32(), s.GetProperty("wrong").GetBoolean()))
        );
    }

    [Fact]
    public void A_huge_range_takes_as_many_lines_as_there_are_differences()
    {
        CliResult result = Cli.Run("pfn", Shared, "0-0xffffffffffffff");
        Assert.InRange(result.Output.Split('\n').Count(l => l.StartsWith("kernel ", StringComparison.Ordinal)), 8, 30);
        Assert.Contains("-68719476735 ", Cli.Run("pfn", Shared, "0+256T").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("raw", "namespace0.0 is in raw mode: its driver makes no struct pages")]
    [InlineData("sector", "namespace0.0 is in sector mode: its driver (btt) makes no struct pages")]
    public void A_reason_is_told_once_and_a_mode_without_struct_pages_is_named(string mode, string reason)
    {
        using var scratch = new Scratch();
        string machine = Path.Combine(Golden.Root, "..", "..", "examples", "nvdimm.json");
        Assert.Equal(
            0,
            Cli.Run("run", machine, "--save", scratch["m.json"], "--", "ndctl", "create-namespace", "-m", mode, "-s", "1G").ExitCode
        );
        string[] lines = Cli.Run(
                "pfn",
                scratch["m.json"],
                Cli.Run("map", scratch["m.json"], "--table")
                    .Output.Split('\n')
                    .First(l => l.EndsWith("namespace0.0", StringComparison.Ordinal))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]
            )
            .Output.TrimEnd('\n')
            .Split('\n');
        Assert.Equal($"  {reason}", lines[^1]);
        Assert.Single(lines, l => l.Contains("its section is not there", StringComparison.Ordinal));
    }

    [Fact]
    public void Missing_arguments_are_named_as_they_are_given() =>
        Assert.Contains("usage: altmap pfn MACHINE [-- PFN|ADDRESS|RANGE ...] [options]\n", Cli.Run("pfn").Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("99999999999999999999")]
    [InlineData("99999999999999999")]
    [InlineData("zebra")]
    [InlineData("5-4")]
    [InlineData("5-0x6000")]
    [InlineData("5+0")]
    [InlineData("1-2-3")]
    [InlineData("0x10-0x5")]
    [InlineData("pfn:")]
    [InlineData("pfn:4G")]
    [InlineData("0x5000+0")]
    [InlineData("5-")]
    [InlineData("5+")]
    [InlineData("5+99999999999999999999")]
    public void What_is_no_page_is_an_error(string page)
    {
        CliResult result = Cli.Run("pfn", Legacy, page);
        Assert.Equal((16, ""), (result.ExitCode, result.Output));
        Assert.Contains("page, address or range: ", result.Error, StringComparison.Ordinal);
    }
}

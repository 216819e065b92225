using System.Text.Json;

namespace Altmap.Cli.Tests.Output;

public class FindingJsonTests
{
    [Fact]
    public void A_finding_says_what_where_why_and_what_to_do()
    {
        using var scratch = new Scratch();
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", scratch["i"], "-s", "64M", "-M", "dev").ExitCode);
        CliResult result = Cli.Run(
            "infoblock",
            "check",
            scratch["i"],
            "--size",
            "64M",
            "--start",
            "0x100100000",
            "--kernel",
            "6.12",
            "--json"
        );
        Assert.Equal(4, result.ExitCode);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        JsonElement found = json
            .RootElement.GetProperty("findings")
            .EnumerateArray()
            .Single(f => f.GetProperty("code").GetString() == "pfn.start.misaligned");
        Assert.Equal(
            ["code", "severity", "subject", "place", "evidence", "consequence", "remedy", "source", "kernels"],
            found.EnumerateObject().Select(p => p.Name)
        );
        Assert.Equal("""{"in":"namespace","offset":4172,"field":"start_pad"}""", Compact(found.GetProperty("place")));
        Assert.Equal(
            """[{"what":"start_pad","expected":"namespace start + start_pad a multiple of 0x200000","actual":"0x100100000"}]""",
            Compact(found.GetProperty("evidence"))
        );
        Assert.Equal(
            """{"loses":"","commands":[],"advice":"move the namespace to an aligned address, or back the data up by block I/O on an older kernel","command_line":null,"before":[],"after":[]}""",
            Compact(found.GetProperty("remedy"))
        );
        Assert.Equal("""["6.12"]""", Compact(found.GetProperty("kernels")));
    }

    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element, Readable);
}

using Altmap.Advice;
using Altmap.Advice.Explain;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Explain;

public class ExplainCommandTests
{
    [Fact]
    public void A_page_says_what_it_means_and_what_to_do()
    {
        Assert.Equal(
            """
            pfn.mode: mode is neither 1 (mem) nor 2 (dev)

            Consequence: the namespace comes up raw, and no new block can be written over this one
            What to do:  restore the block from a copy; without one, save the data first, and only then create the namespace anew
            Source:      drivers/nvdimm/pfn_devs.c nd_pfn_validate() (5.10, 6.1, 6.12, 7.2): ENXIO, the namespace comes up raw and no new block can be written

            """,
            Cli.Run("explain", "pfn.mode").Output
        );
        Assert.Equal(
            (16, "altmap: there is no code \"pfn.mod\"; \"altmap explain\" lists them; did you mean \"pfn.mode\"?\n"),
            Cli.Run("explain", "pfn.mod") is var r ? (r.ExitCode, r.Error) : default
        );
    }

    [Fact]
    public void Pages_are_data_too()
    {
        using var all = System.Text.Json.JsonDocument.Parse(Cli.Run("explain", "--json").Output);
        using var one = System.Text.Json.JsonDocument.Parse(Cli.Run("explain", "pfn.mode", "--json").Output);
        Assert.Equal(FindingPages.All.Length, all.RootElement.GetArrayLength());
        Assert.StartsWith("restore the block from a copy", one.RootElement.GetProperty("remedy").GetString());
        Assert.Equal("error", one.RootElement.GetProperty("severity").GetString());
    }
}

namespace Altmap.Cli.Tests.Common;

public class CommandHelpTests
{
    [Theory]
    [InlineData("--help")]
    [InlineData("help")]
    [InlineData("explain", "--help")]
    [InlineData("infoblock", "check", "--help")]
    [InlineData("help", "kernels")]
    public void Help_fits_a_page_when_redirected(params string[] args)
    {
        CliResult result = Cli.Run(args);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.All(result.Output.Split('\n'), l => Assert.True(l.Length <= 100, l));
        Assert.DoesNotContain("pfn.absent", result.Output);
        Assert.DoesNotContain("4.19|", result.Output);
    }

    [Fact]
    public void Words_for_help_and_version_do_too()
    {
        Assert.Equal(Cli.Run("--version").Output, Cli.Run("version").Output);
        Assert.Equal(Cli.Run("run", "--help").Output, Cli.Run("help", "run").Output);
    }
}

using System.CommandLine;

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

    /// <summary>What a command alone has comes first, then the kernel and what goes with it, files that are written, JSON.</summary>
    [Fact]
    public void Options_come_in_one_order()
    {
        string[] shared = ["--kernel", "--all-kernels", "--arch", "--page-size", "--svg", "--html", "--json"];
        using var host = new CliHost(Stream.Null, TextWriter.Null, () => Stream.Null);
        Command[] all = [.. Below(AltmapCommand.CreateRoot(host)).Where(c => c.Options.Any(o => o.Name == "--kernel"))];
        Assert.True(all.Length >= 9);
        Assert.All(
            all,
            c =>
            {
                string[] names = [.. c.Options.Select(o => o.Name).Where(n => n is not "--help")];
                string[] known = [.. names.Where(shared.Contains)];
                Assert.Equal(known.OrderBy(n => Array.IndexOf(shared, n)), known);
                Assert.Equal(known, names[^known.Length..]);
            }
        );

        static IEnumerable<Command> Below(Command command) => command.Subcommands.SelectMany(c => Below(c).Prepend(c));
    }

    [Fact]
    public void Words_for_help_and_version_do_too()
    {
        Assert.Equal(Cli.Run("--version").Output, Cli.Run("version").Output);
        Assert.Equal(Cli.Run("run", "--help").Output, Cli.Run("help", "run").Output);
    }
}

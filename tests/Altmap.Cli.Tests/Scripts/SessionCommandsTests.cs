using Altmap.Cli.Scripts;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Scripts;

public class SessionCommandsTests
{
    private static readonly string Machine = Golden.Path("d_multi", "machine.json");

    [Fact]
    public void Diff_tells_the_last_change_and_map_and_pfn_look_at_what_is_now()
    {
        CliResult result = Cli.RunWith(
            "diff\nndctl disable-region region0\nndctl list\ndiff\nmap --table\npfn 0x1000\n",
            "run",
            Machine,
            "--script",
            "-",
            "--transcript"
        );
        Assert.Contains("+ diff\nnothing has changed yet\n# rc=0\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("+ diff\nndctl disable-region region0\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("  region0: enabled -> disabled\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("+ map --table\n", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("# rc=0\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void They_are_no_steps_and_their_mistakes_end_nothing()
    {
        using var scratch = new Scratch();
        CliResult result = Cli.RunWith(
            "map --section 1 --from 0\nmap --frob\npfn zebra\ndiff\n",
            "run",
            Machine,
            "--script",
            "-",
            "--save",
            scratch["a.json"]
        );
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("map: --section excludes --from and --to", result.Error, StringComparison.Ordinal);
        Assert.Contains("\"--frob\"", result.Error, StringComparison.Ordinal);
        Assert.Contains("pfn: page, address or range", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("zebra", File.ReadAllText(scratch["a.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Help_undo_and_exit_work_in_scripts()
    {
        using var scratch = new Scratch();
        CliResult result = Cli.RunWith(
            "undo\nndctl disable-region region0\nndctl list -R -r region0\nundo\nhelp\nexit 7\nndctl disable-region region1\n",
            "run",
            Machine,
            "--script",
            "-",
            "--transcript",
            "--save",
            scratch["a.json"]
        );
        Assert.Equal(7, result.ExitCode);
        Assert.StartsWith("+ undo\nthere is nothing to take back\n# rc=0\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("+ undo\ntaken back\n# rc=0\n+ help\nCommands of the machine: ", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("region1", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("exit", result.Output.Split("# rc=")[^1], StringComparison.Ordinal);
        // Taken back is not done: the saved machine has no steps.
        Assert.DoesNotContain("disable-region", File.ReadAllText(scratch["a.json"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ndctl disable-namespace nosuch\nexit\n", 250)]
    [InlineData("ndctl disable-namespace nosuch\nquit 0\n", 0)]
    public void Exit_ends_with_its_number_or_that_of_the_last_command(string script, int exitCode) =>
        Assert.Equal(exitCode, Cli.RunWith(script, "run", Machine, "--script", "-").ExitCode);

    [Fact]
    public void Help_names_them() =>
        Assert.All(SessionCommands.Names, n => Assert.Contains($"{n} ", SessionCommands.Help, StringComparison.Ordinal));
}

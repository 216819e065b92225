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
    public void Help_names_them() =>
        Assert.All(SessionCommands.Names, n => Assert.Contains($"{n} ", SessionCommands.Help, StringComparison.Ordinal));
}

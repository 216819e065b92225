namespace Altmap.Cli.Tests.Common;

public class UsageErrorsTests
{
    /// <summary>One cause gives one message, with the way to mend it.</summary>
    [Theory]
    [InlineData("altmap plan: there is no option \"--strat\" here; did you mean \"--start\"?", "plan", "--strat", "4G")]
    [InlineData(
        "altmap plan: there is no option \"--josn\" here; did you mean \"--json\"?",
        "plan",
        "--start",
        "4G",
        "--size",
        "1T",
        "--josn"
    )]
    [InlineData("altmap infoblock: there is no command \"chek\" here; did you mean \"check\"?", "infoblock", "chek", "d.img")]
    [InlineData("altmap labels: there is no command \"raed\" here; did you mean \"read\"?", "labels", "raed", "x")]
    [InlineData("altmap: \"ndctl\" runs on a model of a machine: altmap run MACHINE -- ndctl list", "ndctl", "list")]
    [InlineData("altmap: \"daxctl\" runs on a model of a machine: altmap run MACHINE -- daxctl list", "daxctl", "list")]
    [InlineData("altmap: there is no command \"nosuch\" here", "nosuch", "--help")]
    [InlineData("altmap run: Required argument missing for option: '--kernel'.", "run", "m.json", "--kernel")]
    public void A_wrong_word_is_told_once(string message, params string[] args)
    {
        CliResult result = Cli.Run(args);
        Assert.Equal((16, "", message), (result.ExitCode, result.Output, result.Error.Split('\n')[0]));
        Assert.Equal(2, result.Error.TrimEnd('\n').Split('\n').Length);
    }

    [Theory]
    [InlineData(
        "altmap replay: MACHINE and SESSION are missing\nusage: altmap replay MACHINE SESSION [options]\nexample: altmap replay "
            + "machine.json session.log\n",
        "replay"
    )]
    [InlineData("altmap replay: SESSION is missing\nusage: altmap replay MACHINE SESSION [options]\n", "replay", "m.json")]
    [InlineData(
        "altmap run: MACHINE is missing\nusage: altmap run MACHINE [-- COMMAND ...] [options]\nexample: altmap run machine.json",
        "run"
    )]
    [InlineData("altmap infoblock check: FILE is missing\n", "infoblock", "check")]
    [InlineData("altmap completion: SHELL is missing\n", "completion")]
    [InlineData("altmap labels: a command is missing; expected one of read, check, repair, init\n", "labels")]
    public void A_missing_argument_is_named(string start, params string[] args)
    {
        CliResult result = Cli.Run(args);
        Assert.Equal(16, result.ExitCode);
        Assert.StartsWith(start, result.Error);
    }

    [Fact]
    public void A_dash_stands_for_standard_input_and_behind_two_all_is_allowed()
    {
        Assert.Equal(4, Cli.RunWith(new string('\0', 8192), "infoblock", "read", "-").ExitCode); // read, and no info-block
        Assert.Equal(8, Cli.Run("infoblock", "read", "--", "--nosuch").ExitCode);
    }
}

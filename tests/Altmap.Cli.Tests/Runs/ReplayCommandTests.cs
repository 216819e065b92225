using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Runs;

public class ReplayCommandTests
{
    private static readonly string Machine = Golden.Path("a_fsdax", "machine.json");
    private static readonly string Session = Golden.Path("a_fsdax", "session.create.log");

    [Fact]
    public void A_session_that_is_the_same_exits_with_0()
    {
        CliResult result = Cli.Run("replay", Machine, Session);
        Assert.Equal((0, "21 commands: 21 same, 0 different, 0 unsupported\n", ""), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public void Differences_are_shown_and_exit_with_4()
    {
        using var scratch = new Scratch();
        File.WriteAllText(
            scratch["s.log"],
            "+ ndctl disable-region all\ndisabled 3 regions\n# rc=1\n+ true\n# rc=0\n+ mount /dev/pmem0 /mnt\n# rc=0\n"
        );
        CliResult result = Cli.Run("replay", Golden.Path("d_multi", "machine.json"), scratch["s.log"]);
        Assert.Equal(4, result.ExitCode);
        Assert.Equal(
            """
            line 1: ndctl disable-region all
            --- recorded
            +++ model
            -# rc=1
            +# rc=0
            @@ -1 +1 @@
            -disabled 3 regions
            +disabled 2 regions
            line 6: mount /dev/pmem0 /mnt
              unsupported: the command mount; known are cat, daxctl, dmesg, echo, hotplug, ls, lsmem, mkpfn, modprobe, ndctl, qmp, reboot, true
            3 commands: 1 same, 1 different, 1 unsupported

            """,
            result.Output
        );
        using JsonDocument json = JsonDocument.Parse(
            Cli.Run("replay", Golden.Path("d_multi", "machine.json"), scratch["s.log"], "--json").Output
        );
        Assert.Equal(
            (3, 1, 2),
            (
                json.RootElement.GetProperty("commands").GetInt32(),
                json.RootElement.GetProperty("same").GetInt32(),
                json.RootElement.GetProperty("differences").GetArrayLength()
            )
        );
    }

    [Fact]
    public void What_is_no_session_is_wrong_use() => Assert.Equal(16, Cli.Run("replay", Machine, Machine).ExitCode);

    [Fact]
    public void Control_characters_of_a_recording_reach_no_terminal()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["s.log"], "+ true\n\u001b[31mRED\u001b]0;owned\a\n# rc=0\n+ rm \u001b[2J\n# rc=0\n");
        CliResult result = Cli.Run("replay", Golden.Path("d_multi", "machine.json"), scratch["s.log"]);
        Assert.DoesNotContain('\u001b', result.Output + result.Error);
        Assert.Contains("\\x1b[31mRED\\x1b]0;owned\\x07", result.Output);
        File.WriteAllText(scratch["s.log"], "+ true\n# rc=\u001b[31m\n");
        CliResult damaged = Cli.Run("replay", Golden.Path("d_multi", "machine.json"), scratch["s.log"]);
        Assert.Equal(16, damaged.ExitCode);
        Assert.DoesNotContain('\u001b', damaged.Error);
    }

    [Fact]
    public void A_byte_order_mark_hides_no_command()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["s.log"], "\ufeff+ true\n# rc=0\n+ true\n# rc=0\n");
        Assert.Equal(
            "2 commands: 2 same, 0 different, 0 unsupported\n",
            Cli.Run("replay", Golden.Path("d_multi", "machine.json"), scratch["s.log"]).Output
        );
    }
}

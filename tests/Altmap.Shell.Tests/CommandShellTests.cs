using Altmap.Core.Identity;
using Altmap.Shell.Scripts;
using Altmap.Shell.Tests.Replays;

namespace Altmap.Shell.Tests;

public class CommandShellTests
{
    private readonly ShellState _state = new(RecordedMachine.Boot("r_tools"), UuidSource.FromSeed(1));

    [Theory]
    [InlineData("cat /sys/bus/nd/devices/region1/size", "1073741824\n")]
    [InlineData("cat /sys/bus/nd/devices/namespace0.0/mode", "memory\n")]
    [InlineData("cat /sys/bus/nd/devices/pfn1.0/supported_alignments", "4096 2097152 1073741824 \n")]
    [InlineData("cat /sys/bus/nd/devices/nmem0/nfit/serial", "0x56341200\n")]
    [InlineData("echo hello  'a  b' # comment", "hello a  b\n")]
    [InlineData("ndctl --version", "76.1\n")]
    public void Commands_answer(string line, string stdout)
    {
        CommandResult result = Run(_state, line);
        Assert.Equal((stdout, "", 0), (result.Stdout, result.Stderr, result.ExitCode));
    }

    [Theory]
    [InlineData("cat /sys/bus/nd/devices/nosuch/size", "cat: can't open '/sys/bus/nd/devices/nosuch/size': No such file or directory\n")]
    [InlineData("cat /sys/bus/nd/devices/pfn1.0/size", "cat: read error: No such device or address\n")]
    [InlineData("cat /sys/bus/nd/devices/region1", "cat: read error: Is a directory\n")]
    [InlineData("cat /sys/bus/nd/devices/region1/", "cat: read error: Is a directory\n")]
    [InlineData("cat /sys/bus/nd/devices/nmem0/nfit", "cat: read error: Is a directory\n")]
    [InlineData("cat /sys/bus/nd/devices/nmem0/driver", "cat: read error: Is a directory\n")]
    [InlineData("cat /sys/bus/nd/devices/region99", "cat: can't open '/sys/bus/nd/devices/region99': No such file or directory\n")]
    [InlineData("cat /sys/bus/nd/drivers/nd_pmem", "cat: read error: Is a directory\n")]
    [InlineData("cat /sys/bus/dax/drivers/kmem", "cat: read error: Is a directory\n")]
    [InlineData("cat /sys", "cat: read error: Is a directory\n")]
    [InlineData("cat /sys/bus/nd/drivers/nd_pmem/bind", "cat: can't open '/sys/bus/nd/drivers/nd_pmem/bind': Permission denied\n")]
    [InlineData("echo 1 > /sys/bus/nd/devices/region1/size", "sh: can't create /sys/bus/nd/devices/region1/size: Permission denied\n")]
    [InlineData(
        "echo online > /sys/devices/system/memory/memory999/state",
        "sh: can't create /sys/devices/system/memory/memory999/state: nonexistent directory\n"
    )]
    [InlineData(
        "echo 1 > /sys/bus/nd/devices/region77/align",
        "sh: can't create /sys/bus/nd/devices/region77/align: nonexistent directory\n"
    )]
    [InlineData("echo nosuch > /sys/bus/nd/drivers/nd_pmem/bind", "sh: write error: No such device\n")]
    [InlineData("echo 3M > /sys/bus/nd/devices/pfn1.0/align", "sh: write error: Invalid argument\n")]
    [InlineData("echo 17 > /sys/bus/nd/devices/region1/align", "sh: write error: Invalid argument\n")]
    public void Refusals_are_the_shells_own(string line, string stderr)
    {
        CommandResult result = Run(_state, line);
        Assert.Equal(("", stderr, 1), (result.Stdout, result.Stderr, result.ExitCode));
        Assert.False(result.IsUnsupported);
    }

    [Theory]
    [InlineData("cat /proc/meminfo")]
    [InlineData("cat /sys/kernel/mm/x")]
    [InlineData("ls /sys")]
    [InlineData("ndctl monitor")]
    [InlineData("echo 1 > /etc/passwd")]
    [InlineData("ndctl list > /tmp/x")]
    public void What_is_not_modelled_says_so_and_changes_nothing(string line)
    {
        CommandResult result = Run(_state, line);
        Assert.True(result.IsUnsupported);
        Assert.StartsWith("unsupported: ", result.Stderr);
        Assert.Same(_state.Machine, result.State.Machine);
        Assert.NotEqual(0, result.ExitCode);
    }

    [Fact]
    public void A_step_leaves_the_earlier_state_as_it_was_and_is_repeatable()
    {
        CommandResult once = Run(_state, "ndctl create-namespace -f -e namespace0.0 -m fsdax -M dev");
        CommandResult twice = Run(_state, "ndctl create-namespace -f -e namespace0.0 -m fsdax -M dev");
        Assert.Equal(0, once.ExitCode);
        Assert.Equal(once.Stdout, twice.Stdout);
        Assert.True(once.State.Machine.Regions[0].Media.ContentEquals(twice.State.Machine.Regions[0].Media));
        Assert.Contains("\"size\":134217728", Run(_state, "ndctl list -n namespace0.0").Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reboot_keeps_the_media_and_forgets_the_rest()
    {
        ShellState state = Run(_state, "ndctl create-namespace -f -e namespace0.0 -m fsdax -M dev").State;
        string before = Run(state, "ndctl list -n namespace0.0").Stdout;
        state = Run(state, "ndctl disable-namespace namespace0.0").State;
        Assert.Equal("", Run(state, "ndctl list -n namespace0.0").Stdout);
        state = Run(state, "reboot").State;
        Assert.Equal(before, Run(state, "ndctl list -n namespace0.0").Stdout);
    }

    private static CommandResult Run(ShellState state, string line)
    {
        ScriptLine parsed = Assert.Single(ScriptParser.Parse(line).Lines);
        return CommandShell.Run(state, parsed.Words, parsed.RedirectTo);
    }
}

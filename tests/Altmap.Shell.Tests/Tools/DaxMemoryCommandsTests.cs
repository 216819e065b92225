using Altmap.Core.Identity;
using Altmap.Shell.Scripts;
using Altmap.Shell.Tests.Replays;

namespace Altmap.Shell.Tests.Tools;

/// <summary>A device of seven memory blocks (33 to 39) on its ways; what no recording shows has the texts and exit codes of daxctl/device.c
/// 76.1.</summary>
public class DaxMemoryCommandsTests
{
    private const string Blocks = "/sys/devices/system/memory/memory";
    private const string Race =
        "dax1.0:\n  WARNING: detected a race while onlining memory\n  Some memory may not be in the expected zone. It is\n"
        + "  recommended to disable any other onlining mechanisms,\n  and retry. If onlining is to be left to other agents,\n  use "
        + "the --no-online option to suppress this warning\n";

    private readonly ShellState _offline = Run(Devdax("6.1"), "daxctl reconfigure-device -m system-ram -N dax1.0").State;

    [Fact]
    [Trait("problem", "D3")]
    public void Blocks_that_are_so_already_are_told_and_the_others_follow()
    {
        ShellState state = Run(_offline, $"echo online_movable > {Blocks}35/state").State;
        Assert.Contains("\"online_memblocks\":1,\n    \"total_memblocks\":7\n", Run(state, "daxctl list").Stdout, StringComparison.Ordinal);
        CommandResult online = Run(state, "daxctl online-memory dax1.0");
        Assert.Equal(
            (Race + "dax1.0: 1 memory section already online\nonlined memory for 1 device\n", 0),
            (online.Stderr, online.ExitCode)
        );
        CommandResult again = Run(online.State, "daxctl online-memory --no-movable dax1.0");
        Assert.Equal(
            (Race + "dax1.0: all memory sections (7) already online\nonlined memory for 0 devices\n", 1),
            (again.Stderr, again.ExitCode)
        );

        state = Run(Run(online.State, $"echo offline > {Blocks}33/state").State, $"echo 0 > {Blocks}34/online").State;
        CommandResult offline = Run(state, "daxctl offline-memory dax1.0");
        Assert.Equal(("dax1.0: 2 memory sections already offline\nofflined memory for 1 device\n", 0), (offline.Stderr, offline.ExitCode));
        Assert.Equal(
            "dax1.0: all memory sections (7) already offline\nofflined memory for 0 devices\n",
            Run(offline.State, "daxctl offline-memory dax1.0").Stderr
        );
    }

    [Fact]
    [Trait("problem", "D3")]
    public void Movable_is_true_when_every_block_is()
    {
        ShellState state = Run(_offline, $"echo online_kernel > {Blocks}33/state").State;
        CommandResult mixed = Run(state, "daxctl reconfigure-device -m system-ram dax1.0");
        Assert.Equal(
            "dax1.0 was already in system-ram mode\n" + Race + "dax1.0: 1 memory section already online\nreconfigured 1 device\n",
            mixed.Stderr
        );
        Assert.Contains(
            "\"online_memblocks\":7,\n    \"total_memblocks\":7,\n    \"movable\":false\n",
            mixed.Stdout,
            StringComparison.Ordinal
        );
        CommandResult all = Run(Devdax("6.1"), "daxctl reconfigure-device --mode=system-ram dax1.0");
        Assert.Contains("\"movable\":true", all.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("problem", "D3")]
    public void The_way_back_wants_every_block_offline()
    {
        ShellState state = Run(_offline, "daxctl online-memory dax1.0").State;
        CommandResult busy = Run(state, "daxctl reconfigure-device -m devdax dax1.0");
        Assert.Equal(("error reconfiguring devices: Device or resource busy\nreconfigured 0 devices\n", 240), (busy.Stderr, busy.ExitCode));
        Assert.Equal(
            "error disabling namespaces: Device or resource busy\ndisabled 0 namespaces\n",
            Run(state, "ndctl disable-namespace namespace1.0").Stderr
        );
        CommandResult forced = Run(state, "daxctl reconfigure-device -m devdax -f dax1.0");
        Assert.Equal(("reconfigured 1 device\n", 0), (forced.Stderr, forced.ExitCode));
        Assert.DoesNotContain("kmem", Run(forced.State, "cat /proc/iomem").Stdout, StringComparison.Ordinal);
        Assert.Equal(
            "cat: can't open '/sys/devices/system/memory/memory33/state': No such file or directory\n",
            Run(forced.State, $"cat {Blocks}33/state").Stderr
        );
        // Offline blocks keep nobody.
        Assert.Equal("disabled 1 namespace\n", Run(_offline, "ndctl disable-namespace namespace1.0").Stderr);
    }

    [Fact]
    [Trait("problem", "D3")]
    public void What_is_online_when_kmem_lets_go_stays_until_the_next_boot()
    {
        ShellState state = Run(_offline, $"echo online_movable > {Blocks}36/state").State;
        CommandResult unbound = Run(state, "echo dax1.0 > /sys/bus/dax/drivers/kmem/unbind");
        Assert.Equal(0, unbound.ExitCode);
        Assert.Contains(
            "kmem dax1.0: mapping0: 0x108000000-0x13fffffff cannot be hotremoved until the next reboot\n",
            Run(unbound.State, "dmesg").Stdout,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "\"mode\":\"devdax\",\n    \"state\":\"disabled\"",
            Run(unbound.State, "daxctl list").Stdout,
            StringComparison.Ordinal
        );
        CommandResult again = Run(unbound.State, "daxctl reconfigure-device -m system-ram dax1.0");
        Assert.Equal(
            "libdaxctl: daxctl_dev_enable: dax1.0: failed to enable\nerror reconfiguring devices: Device or resource "
                + "busy\nreconfigured 0 devices\n",
            again.Stderr
        );
        Assert.Equal("online\n", Run(again.State, $"cat {Blocks}36/state").Stdout);
        ShellState booted = Run(again.State, "reboot").State;
        Assert.Contains("\"mode\":\"devdax\"", Run(booted, "daxctl list").Stdout, StringComparison.Ordinal);
        Assert.Equal("online\n", Run(Run(booted, "daxctl reconfigure-device -m system-ram dax1.0").State, $"cat {Blocks}36/state").Stdout);
    }

    [Theory]
    [InlineData("6.12", "online", "Normal", "false")]
    [InlineData("6.12", "online_movable", "Movable", "true")]
    [InlineData("7.2", "online_kernel", "Normal", "false")]
    [Trait("problem", "D3")]
    public void A_forced_reconfiguration_finds_what_the_policy_made_of_it(string kernel, string policy, string zone, string movable)
    {
        ShellState state = Run(Devdax(kernel), $"echo {policy} > /sys/devices/system/memory/auto_online_blocks").State;
        CommandResult forced = Run(state, "daxctl reconfigure-device -m system-ram -f dax1.0");
        Assert.Equal(
            (Race + "dax1.0: all memory sections (7) already online\nreconfigured 1 device\n", 0),
            (forced.Stderr, forced.ExitCode)
        );
        Assert.Contains($"\"movable\":{movable}", forced.Stdout, StringComparison.Ordinal);
        Assert.Equal(zone + "\n", Run(forced.State, $"cat {Blocks}39/valid_zones").Stdout);
    }

    /// <summary>48 GiB in 384 blocks, less the first.</summary>
    [Fact]
    public void Many_blocks_go_online_and_offline()
    {
        ShellState state = new(
            RecordedMachine.Boot(
                "g_kmem",
                "6.1",
                d =>
                    d with
                    {
                        Regions =
                        [
                            .. d
                                .Regions.Where(r => r.Name == "region1")
                                .Select(r =>
                                    r with
                                    {
                                        Range = new Core.Units.PhysicalRange(r.Range.Start, Core.Units.ByteSize.GiB(48)),
                                        Mappings = [.. r.Mappings.Select(m => m with { Size = Core.Units.ByteSize.GiB(48) })],
                                    }
                                ),
                        ],
                    }
            ),
            UuidSource.FromSeed(1)
        );
        state = Run(state, "ndctl create-namespace -f -e namespace1.0 -m devdax -M mem").State;
        CommandResult online = Run(state, "daxctl reconfigure-device -m system-ram dax1.0");
        Assert.Contains("\"online_memblocks\":383", online.Stdout, StringComparison.Ordinal);
        Assert.Equal(0, Run(online.State, "daxctl reconfigure-device -m devdax -f dax1.0").ExitCode);
    }

    /// <summary>dax1.0: 1 GiB at 4 GiB, less the info-block.</summary>
    private static ShellState Devdax(string kernel)
    {
        ShellState state = new(RecordedMachine.Boot("g_kmem", kernel), UuidSource.FromSeed(1));
        CommandResult created = Run(state, "ndctl create-namespace -f -e namespace1.0 -m devdax -M mem");
        Assert.Equal(0, created.ExitCode);
        return created.State;
    }

    private static CommandResult Run(ShellState state, string line)
    {
        ScriptLine parsed = Assert.Single(ScriptParser.Parse(line).Lines);
        CommandResult result = CommandShell.Run(state, parsed.Words, parsed.RedirectTo);
        Assert.False(result.IsUnsupported, result.Merged);
        return result;
    }
}

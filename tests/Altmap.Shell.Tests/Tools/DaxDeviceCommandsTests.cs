using Altmap.Core.Identity;
using Altmap.Shell.Scripts;
using Altmap.Shell.Tests.Replays;

namespace Altmap.Shell.Tests.Tools;

/// <summary>What no recording shows; texts and exit codes are those of daxctl/device.c 76.1.</summary>
public class DaxDeviceCommandsTests
{
    private const string Second = "ndctl create-namespace -f -e namespace4.0 -m devdax -M mem";
    private const string Policy = "error: kernel policy will auto-online memory, aborting\n";

    [Theory]
    [InlineData("daxctl enable-device nosuch", "error enabling device: No such device or address\nenabled 0 devices\n", 250)]
    [InlineData("daxctl disable-device -r 1 dax0.0", "error disabling device: No such device or address\ndisabled 0 devices\n", 250)]
    [InlineData("daxctl disable-device -r region0 all", "disabled 1 device\n", 0)]
    [InlineData("daxctl disable-device /dev/dax0.0", "disabled 1 device\n", 0)]
    [InlineData("daxctl disable-device 0.0x", "disabled 1 device\n", 0)]
    [InlineData("daxctl disable-device 0.1", "error disabling device: No such device or address\ndisabled 0 devices\n", 250)]
    [InlineData("daxctl enable-device dax0.0", "enabled 1 device\n", 0)]
    [InlineData("daxctl create-device -r 5", "error creating devices: No such device or address\ncreated 0 devices\n", 250)]
    [InlineData("daxctl create-device", "error creating devices: No space left on device\ncreated 0 devices\n", 228)]
    [InlineData(
        "daxctl destroy-device -f dax0.0",
        "libdaxctl: daxctl_dev_set_size: dax0.0: failed to set size\nerror destroying devices: No such device or address\ndestroyed "
            + "0 devices\n",
        250
    )]
    [InlineData(
        "daxctl reconfigure-device -s 0 dax0.0",
        "libdaxctl: daxctl_dev_set_size: dax0.0: failed to set size\nerror reconfiguring devices: No such device or "
            + "address\nreconfigured 0 devices\n",
        250
    )]
    [InlineData(
        "daxctl reconfigure-device -a 4K -s 1G dax0.0",
        "libdaxctl: daxctl_dev_set_align: dax0.0: failed to set align\nerror reconfiguring devices: No such device or "
            + "address\nreconfigured 0 devices\n",
        250
    )]
    [InlineData(
        "daxctl reconfigure-device -a 0 -m devdax dax0.0",
        "dax0.0: unknown mode requested: 0\nerror reconfiguring devices: Invalid argument\nreconfigured 0 devices\n",
        234
    )]
    [InlineData(
        "daxctl reconfigure-device -s many dax0.0",
        "dax0.0: unknown mode requested: 0\nerror reconfiguring devices: Invalid argument\nreconfigured 0 devices\n",
        234
    )]
    [InlineData(
        "daxctl online-memory dax0.0",
        "dax0.0: memory operations are not applicable in devdax mode\nerror onlining memory: No such device or address\nonlined "
            + "memory for 0 devices\n",
        250
    )]
    public void On_a_small_device_that_kmem_would_refuse(string command, string stderr, int exitCode)
    {
        CommandResult result = Run(Small("6.1"), command);
        Assert.Equal(("", stderr, exitCode), (result.Stdout, result.Stderr, result.ExitCode));
    }

    /// <summary>Before the dax bus there is no kmem, and libdaxctl leaves devices of class dax as they are.</summary>
    [Fact]
    public void Without_a_dax_bus_nothing_becomes_System_RAM()
    {
        CommandResult result = Run(Small("4.19"), "daxctl reconfigure-device -m system-ram dax0.0");
        Assert.Equal(
            (
                "libdaxctl: daxctl_dev_disable: dax0.0: error: device model is dax-class\nlibdaxctl: daxctl_dev_disable: dax0.0: see "
                    + "man daxctl-migrate-device-model\n"
                    + "dax0.0: disable failed: Operation not supported\nerror reconfiguring devices: Operation not "
                    + "supported\nreconfigured 0 devices\n",
                161
            ),
            (result.Stderr, result.ExitCode)
        );
        Assert.EndsWith(
            "error disabling device: Operation not supported\ndisabled 0 devices\n",
            Run(Small("4.19"), "daxctl disable-device dax0.0").Stderr
        );
        Assert.EndsWith(
            "dax0.0: enable failed: Operation not supported\nerror enabling device: Operation not supported\nenabled 0 devices\n",
            Run(Small("4.19"), "daxctl enable-device dax0.0").Stderr
        );
    }

    [Fact]
    public void Of_several_devices_the_last_one_is_shown_and_its_result_stands()
    {
        ShellState state = Run(Run(Small("6.1"), Second).State, "daxctl disable-device all").State;
        CommandResult result = Run(state, "daxctl reconfigure-device -m devdax -u all");
        // Giving the first name to device_dax binds every device, so the second one is there already.
        string[] listed = [.. Run(state, "daxctl list").Stdout.Split('\n').Where(l => l.Contains("chardev", StringComparison.Ordinal))];
        Assert.Equal(2, listed.Length);
        Assert.Equal($"{listed[1].Split('"')[3]} was already in devdax mode\nreconfigured 2 devices\n", result.Stderr);
        Assert.StartsWith("{\n" + listed[1][2..], result.Stdout, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    [Trait("problem", "D1")]
    public void A_refused_device_stays_disabled_until_it_is_enabled()
    {
        ShellState state = Run(Small("6.1"), "daxctl reconfigure-device -m system-ram -N dax0.0").State;
        Assert.Contains("\"state\":\"disabled\"", Run(state, "daxctl list").Stdout, StringComparison.Ordinal);
        Assert.Contains("\"mode\":\"devdax\"", Run(state, "ndctl list -n namespace0.0").Stdout, StringComparison.Ordinal);
        Assert.Equal("disabled 1 namespace\n", Run(state, "ndctl disable-namespace namespace0.0").Stderr);
        Assert.Equal("destroyed 1 namespace\n", Run(state, "ndctl destroy-namespace -f namespace0.0").Stderr);
        state = Run(state, "daxctl enable-device dax0.0").State;
        Assert.DoesNotContain("disabled", Run(state, "daxctl list").Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void On_5_10_a_device_without_memory_is_in_system_ram_mode()
    {
        CommandResult first = Run(Small("5.10"), "daxctl reconfigure-device -m system-ram -N dax0.0");
        Assert.Equal(("reconfigured 1 device\n", 0), (first.Stderr, first.ExitCode));
        CommandResult again = Run(first.State, "daxctl reconfigure-device -m system-ram dax0.0");
        Assert.Equal(
            "dax0.0 was already in system-ram mode\ndax0.0: all memory sections (0) already online\nreconfigured 1 device\n",
            again.Stderr
        );
        const string NotApplicable = "dax0.0: status operations are only applicable in devdax mode\n";
        Assert.Equal(
            NotApplicable + "error disabling device: No such device or address\ndisabled 0 devices\n",
            Run(first.State, "daxctl disable-device dax0.0").Stderr
        );
        Assert.Equal(
            NotApplicable + "error enabling device: No such device or address\nenabled 0 devices\n",
            Run(first.State, "daxctl enable-device dax0.0").Stderr
        );
        Assert.Equal("disabled 1 namespace\n", Run(first.State, "ndctl disable-namespace namespace0.0").Stderr);
    }

    /// <summary>129 MiB at 1088 MiB: block 9 starts in the device and goes on with System RAM (seen on 5.10 up to the refused way
    /// back).</summary>
    [Fact]
    public void Boot_memory_that_daxctl_takes_for_the_devices_keeps_the_namespace_busy()
    {
        ShellState state = new(RecordedMachine.Boot("p_online/5.10/mis-end"), UuidSource.FromSeed(1));
        state = Run(state, "mkpfn dax region0 namespace0.0 ram 2097152 c0000000-0000-4000-8000-000000000000").State;
        state = Run(state, "daxctl reconfigure-device -m system-ram dax0.0").State;
        CommandResult back = Run(state, "daxctl reconfigure-device -m devdax dax0.0");
        Assert.Equal(("error reconfiguring devices: Device or resource busy\nreconfigured 0 devices\n", 240), (back.Stderr, back.ExitCode));
        CommandResult disabled = Run(state, "ndctl disable-namespace namespace0.0");
        Assert.Equal(
            ("error disabling namespaces: Device or resource busy\ndisabled 0 namespaces\n", 240),
            (disabled.Stderr, disabled.ExitCode)
        );
        Assert.Equal(
            "error destroying namespaces: Device or resource busy\ndestroyed 0 namespaces\n",
            Run(state, "ndctl destroy-namespace -f namespace0.0").Stderr
        );
        Assert.Equal("disabled 0 regions\n", Run(state, "ndctl disable-region region0").Stderr);
    }

    [Theory]
    [InlineData("6.12", "", "-m system-ram", true)]
    [InlineData("6.12", "", "-m system-ram -N --no-movable", true)]
    [InlineData("6.12", "offline", "-m system-ram", false)]
    [InlineData("6.1", "online_kernel", "-m system-ram", true)]
    [InlineData("6.12", "", "-m system-ram --no-movable", false)]
    [InlineData("6.12", "", "-m system-ram -f", false)]
    public void The_policy_is_asked_unless_forced_or_kernel_memory_is_wanted(string kernel, string policy, string options, bool stops)
    {
        ShellState state = Small(kernel);
        if (policy.Length > 0)
            state = Run(state, $"echo {policy} > /sys/devices/system/memory/auto_online_blocks").State;
        CommandResult result = Run(state, $"daxctl reconfigure-device {options} dax0.0");
        Assert.Equal(stops, result.Stderr.Contains(Policy, StringComparison.Ordinal));
        Assert.Equal(stops ? 240 : 234, result.ExitCode);
    }

    [Theory]
    [InlineData("daxctl create-device --input /etc/x.json")]
    public void What_is_not_modelled_is_not_answered_and_changes_nothing(string command)
    {
        ShellState state = Run(Small("6.1"), Second).State;
        Assert.Contains("dax4.0", Run(state, "daxctl list").Stdout, StringComparison.Ordinal);
        CommandResult result = Run(state, command);
        Assert.True(result.IsUnsupported, result.Merged);
        Assert.Same(state.Machine, result.State.Machine);
    }

    /// <summary>dax0.0: 124 MiB or so, in which no whole block lies.</summary>
    private static ShellState Small(string kernel)
    {
        ShellState state = new(RecordedMachine.Boot("r_tools", kernel), UuidSource.FromSeed(1));
        CommandResult created = Run(state, "ndctl create-namespace -f -e namespace0.0 -m devdax");
        Assert.Equal(0, created.ExitCode);
        return created.State;
    }

    private static CommandResult Run(ShellState state, string line)
    {
        ScriptLine parsed = Assert.Single(ScriptParser.Parse(line).Lines);
        return CommandShell.Run(state, parsed.Words, parsed.RedirectTo);
    }
}

using Altmap.Core.Identity;
using Altmap.Shell.Tests.Replays;

namespace Altmap.Shell.Tests.Sysfs;

public class FolderListingTests
{
    private readonly ShellState _state = new(RecordedMachine.Boot("g_kmem", "6.1"), UuidSource.FromSeed(1));

    [Theory]
    [InlineData("/sys/bus/memory/devices", "memory0\nmemory1\nmemory2\nmemory3\nmemory4\nmemory5\nmemory6\nmemory7\n")]
    [InlineData("/sys/bus/dax/devices/", "")]
    [InlineData("/sys/devices/system/memory/memory3/state", "/sys/devices/system/memory/memory3/state\n")]
    [InlineData(
        "/sys/devices/system/memory",
        "auto_online_blocks\nblock_size_bytes\nhard_offline_page\nmemory0\nmemory1\nmemory2\nmemory3\nmemory4\nmemory5\nmemory6\nmemory7\n"
            + "power\nsoft_offline_page\nuevent\n"
    )]
    [InlineData(
        "/sys/devices/system/memory/memory3/",
        "node0\nonline\nphys_device\nphys_index\npower\nremovable\nstate\nsubsystem\nuevent\nvalid_zones\n"
    )]
    [InlineData("/sys/bus/memory", "devices\ndrivers\ndrivers_autoprobe\ndrivers_probe\nuevent\n")]
    public void What_is_there_is_named(string path, string text)
    {
        CommandResult result = CommandShell.Run(_state, ["ls", "-1", path]);
        Assert.Equal((text, "", 0), (result.Stdout, result.Stderr, result.ExitCode));
    }

    /// <summary>crash_hotplug is newer (drivers/base/memory.c memory_root_attrs).</summary>
    [Theory]
    [InlineData("6.1", false)]
    [InlineData("6.12", true)]
    public void The_memory_folder_is_that_of_the_kernel(string kernel, bool hasCrashHotplug)
    {
        var state = new ShellState(RecordedMachine.Boot("g_kmem", kernel), UuidSource.FromSeed(1));
        string names = CommandShell.Run(state, ["ls", "/sys/devices/system/memory"]).Stdout;
        Assert.Equal(hasCrashHotplug, names.Contains("crash_hotplug\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("6.1", "scheduler", "atomic_write_max_bytes")]
    [InlineData("7.2", "atomic_write_max_bytes", "scheduler")]
    public void A_queue_has_the_files_of_the_kernel(string kernel, string has, string lacks)
    {
        var state = new ShellState(RecordedMachine.Boot("a_fsdax", kernel), UuidSource.FromSeed(1));
        string[] names = CommandShell.Run(state, ["ls", "/sys/block/pmem0/queue"]).Stdout.Split('\n');
        Assert.Contains(has, names);
        Assert.DoesNotContain(lacks, names);
        Assert.Equal(
            ("ls: /sys/block/pmem99/queue: No such file or directory\n", 1),
            CommandShell.Run(state, ["ls", "/sys/block/pmem99/queue"]) is var r ? (r.Stderr, r.ExitCode) : default
        );
    }

    [Fact]
    public void Devices_of_the_nd_bus_are_in_the_order_of_bytes()
    {
        string[] names = CommandShell.Run(_state, ["ls", "/sys/bus/nd/devices"]).Stdout.TrimEnd('\n').Split('\n');
        Assert.Contains("namespace3.0", names);
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
    }

    [Fact]
    public void What_is_not_there_is_an_error() =>
        Assert.Equal(
            ("ls: /sys/bus/nd/devices/region9/size: No such file or directory\n", 1),
            CommandShell.Run(_state, ["ls", "/sys/bus/nd/devices/region9/size"]) is var r ? (r.Stderr, r.ExitCode) : default
        );

    [Theory]
    [InlineData("/sys/devices/system/node")]
    [InlineData("/etc")]
    [InlineData("-l")]
    public void What_is_not_known_whole_is_refused(string path) => Assert.True(CommandShell.Run(_state, ["ls", path]).IsUnsupported);
}

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
    public void What_is_there_is_named(string path, string text)
    {
        CommandResult result = CommandShell.Run(_state, ["ls", "-1", path]);
        Assert.Equal((text, "", 0), (result.Stdout, result.Stderr, result.ExitCode));
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
    [InlineData("/sys/devices/system/memory")]
    [InlineData("/etc")]
    [InlineData("-l")]
    public void What_is_not_known_whole_is_refused(string path) => Assert.True(CommandShell.Run(_state, ["ls", path]).IsUnsupported);
}

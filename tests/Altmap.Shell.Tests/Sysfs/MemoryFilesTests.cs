using Altmap.Core.Findings;
using Altmap.Model;
using Altmap.Shell.Sysfs;
using Altmap.Shell.Tests.Replays;

namespace Altmap.Shell.Tests.Sysfs;

public class MemoryFilesTests
{
    private const string Policy = "/sys/devices/system/memory/auto_online_blocks", Size = "/sys/devices/system/memory/block_size_bytes";

    [Theory]
    [InlineData("online\n", Errno.None, "online")]
    [InlineData("online_movable", Errno.None, "online_movable")]
    [InlineData("offline\n", Errno.None, "offline")]
    [InlineData("online\n\n", Errno.EINVAL, "offline")]
    [InlineData("Online\n", Errno.EINVAL, "offline")]
    [InlineData("\n", Errno.EINVAL, "offline")]
    [InlineData("", Errno.EINVAL, "offline")]
    public void The_policy_is_one_of_four_words(string text, Errno errno, string shown)
    {
        Machine machine = RecordedMachine.Boot("r_tools", "6.1");
        Assert.Equal("offline", SysfsTree.Read(machine, Policy)!.Value.Text);
        StepResult written = SysfsTree.Write(machine, Policy, text)!.Value;
        Assert.Equal(errno, written.Errno);
        Assert.Equal(shown, SysfsTree.Read(written.Machine, Policy)!.Value.Text);
    }

    [Fact]
    public void The_block_size_is_hex_and_read_only()
    {
        Machine machine = RecordedMachine.Boot("r_tools", "6.1");
        Assert.Equal("8000000", SysfsTree.Read(machine, Size)!.Value.Text);
        Assert.Equal(Errno.EACCES, SysfsTree.Write(machine, Size, "1\n")!.Value.Errno);
    }
}

using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Sysfs;
using Altmap.Shell.Tests.Replays;

namespace Altmap.Shell.Tests.Sysfs;

public class MemoryFilesTests
{
    private const string Memory = "/sys/devices/system/memory/",
        Parameter = "/sys/module/memory_hotplug/parameters/memmap_on_memory";
    private const string Policy = "/sys/devices/system/memory/auto_online_blocks",
        Size = "/sys/devices/system/memory/block_size_bytes";

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

    [Theory]
    [InlineData("5.10", Memory + "memory3/state", "online")]
    [InlineData("6.1", Memory + "memory3/online", "1")]
    [InlineData("6.1", Memory + "memory3/phys_index", "00000003")]
    [InlineData("6.1", Memory + "memory3/phys_device", "0")]
    [InlineData("7.2", Memory + "memory3/removable", "1")]
    [InlineData("6.1", Memory + "memory3/valid_zones", "DMA32")]
    [InlineData("6.1", Memory + "memory0/valid_zones", "none")]
    [InlineData("6.1", "/sys/devices/system/node/node0/memory3/state", "online")]
    [InlineData("6.1", "/sys/bus/memory/devices/memory3/state", "online")]
    [InlineData("6.1", "/sys/devices/system/node/online", "0")]
    [InlineData("6.1", Parameter, "N")]
    [InlineData("6.12", Parameter, "N")]
    public void Files_read_as_on_a_real_kernel(string kernel, string path, string value) =>
        Assert.Equal(value, SysfsTree.Read(RecordedMachine.Boot("g_kmem", kernel), path)!.Value.Text);

    [Theory]
    [InlineData("6.1", "memory_hotplug.memmap_on_memory=1", "Y")]
    [InlineData("6.12", "memory_hotplug.memmap_on_memory=force", "force")]
    public void The_parameter_is_that_of_the_command_line(string kernel, string commandLine, string value) =>
        Assert.Equal(
            value,
            SysfsTree.Read(RecordedMachine.Boot("g_kmem", kernel, d => d with { CommandLine = commandLine }), Parameter)!.Value.Text
        );

    [Theory]
    [InlineData("5.10", Parameter)]
    [InlineData("6.1", Memory + "memory77/state")]
    [InlineData("6.1", Memory + "memory03/state")]
    [InlineData("6.1", Memory + "memory99999999999999999999/state")]
    [InlineData("6.1", Memory + "memory3/stat")]
    [InlineData("6.1", "/sys/devices/system/node/node1/memory3/state")]
    public void What_is_not_there_is_ENOENT(string kernel, string path)
    {
        Machine machine = RecordedMachine.Boot("g_kmem", kernel);
        Assert.Equal(Errno.ENOENT, SysfsTree.Read(machine, path)!.Value.Errno);
        Assert.Equal(Errno.EACCES, SysfsTree.Write(machine, path, "offline\n")!.Value.Errno);
    }

    [Theory]
    [InlineData("memory3/state", "online\n", Errno.EINVAL)]
    [InlineData("memory3/state", "sideways\n", Errno.EINVAL)]
    [InlineData("memory3/online", "1\n", Errno.None)]
    [InlineData("memory3/online", "on\n", Errno.None)]
    [InlineData("memory3/online", "maybe\n", Errno.EINVAL)]
    [InlineData("memory0/online", "0\n", Errno.EINVAL)] // several zones
    [InlineData("memory7/state", "offline\n", Errno.EINVAL)] // a hole
    [InlineData("memory3/valid_zones", "Normal\n", Errno.EACCES)]
    public void Boot_memory_answers_writes_as_the_kernel_does(string path, string text, Errno errno)
    {
        StepResult written = SysfsTree.Write(RecordedMachine.Boot("g_kmem", "6.1"), Memory + path, text)!.Value;
        Assert.Equal(errno, written.Errno);
        Assert.Equal("online", SysfsTree.Read(written.Machine, Memory + "memory3/state")!.Value.Text);
    }

    [Fact]
    public void What_the_kernel_keeps_in_boot_memory_is_not_guessed_at()
    {
        Machine machine = RecordedMachine.Boot("g_kmem", "6.1");
        Assert.Throws<NotModelledException>(() => SysfsTree.Write(machine, Memory + "memory3/state", "offline\n"));
        Assert.Throws<NotModelledException>(() => SysfsTree.Read(machine, Memory + "memory3/uevent"));
        Assert.Null(SysfsTree.Read(machine, Memory + "soft_offline_page"));
    }

    [Theory]
    [InlineData(Memory, true)]
    [InlineData(Memory + "memory3", true)]
    [InlineData(Memory + "memory3/node0", true)]
    [InlineData(Memory + "memory3/node1", false)]
    [InlineData(Memory + "memory3/state", false)]
    [InlineData(Memory + "memory77", false)]
    [InlineData("/sys/devices/system/node/node0", true)]
    [InlineData("/sys/devices/system/node/node0/memory3/", true)]
    [InlineData("/sys/devices/system/node/node1", false)]
    [InlineData("/sys/module/memory_hotplug/parameters", true)]
    public void Folders_are_known(string path, bool isFolder) =>
        Assert.Equal(isFolder, SysfsTree.IsDirectory(RecordedMachine.Boot("g_kmem", "6.1"), path));

    [Theory]
    [InlineData("1\n", Errno.None)]
    [InlineData("3", Errno.None)]
    [InlineData(" 4 \n", Errno.None)]
    [InlineData("0\n", Errno.EINVAL)]
    [InlineData("5\n", Errno.EINVAL)]
    [InlineData("all\n", Errno.EINVAL)]
    [InlineData("\n", Errno.EINVAL)]
    public void Caches_are_dropped_by_number(string text, Errno errno)
    {
        Machine machine = RecordedMachine.Boot("g_kmem", "6.1");
        Assert.Equal(errno, SysfsTree.Write(machine, "/proc/sys/vm/drop_caches", text)!.Value.Errno);
        Assert.Equal(Errno.EACCES, SysfsTree.Read(machine, "/proc/sys/vm/drop_caches")!.Value.Errno);
    }

    [Fact]
    public void A_prompt_completes_blocks()
    {
        Machine machine = RecordedMachine.Boot("g_kmem", "6.1");
        Assert.Equal(8, SysfsTree.Complete(machine, Memory + "memory").Count(p => p.EndsWith("/state", StringComparison.Ordinal)));
        Assert.DoesNotContain(
            SysfsTree.Complete(machine, "/sys/"),
            p => p.EndsWith("/state", StringComparison.Ordinal) && p.StartsWith(Memory, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void The_block_size_is_hex_and_read_only()
    {
        Machine machine = RecordedMachine.Boot("r_tools", "6.1");
        Assert.Equal("8000000", SysfsTree.Read(machine, Size)!.Value.Text);
        Assert.Equal(Errno.EACCES, SysfsTree.Write(machine, Size, "1\n")!.Value.Errno);
    }
}

using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Scripts;
using Altmap.Shell.Sysfs;
using Altmap.Shell.Tests.Replays;

namespace Altmap.Shell.Tests.Sysfs;

public class DaxFilesTests
{
    private const string Device = "/sys/bus/dax/devices/dax0.0",
        Drivers = "/sys/bus/dax/drivers";

    private readonly Machine _machine = Devdax("r_tools", "6.1");

    [Theory]
    [InlineData(Device + "/size", "130023424")]
    [InlineData(Device + "/align", "2097152")]
    [InlineData(Device + "/resource", "0x10400000")]
    [InlineData(Device + "/target_node", "0")]
    [InlineData(Device + "/mapping0/end", "0x17ffffff")]
    public void Attributes_read_as_on_a_real_kernel(string path, string value)
    {
        Assert.Equal(value, SysfsTree.Read(_machine, path)!.Value.Text);
        Assert.Equal(Errno.EACCES, SysfsTree.Write(_machine, path, "1\n")!.Value.Errno);
    }

    [Theory]
    [InlineData(Drivers + "/kmem/new_id", Errno.EACCES)]
    [InlineData(Device + "/driver/unbind", Errno.EACCES)]
    [InlineData(Device + "/memmap_on_memory", Errno.ENOENT)]
    [InlineData("/sys/bus/dax/devices/dax9.9/size", Errno.ENOENT)]
    [InlineData(Drivers + "/nosuch/bind", Errno.ENOENT)]
    [InlineData(Drivers, Errno.ENOENT)]
    public void What_cannot_be_read_says_why(string path, Errno errno) => Assert.Equal(errno, SysfsTree.Read(_machine, path)!.Value.Errno);

    [Fact]
    public void Drivers_bind_and_unbind_and_take_names()
    {
        Machine machine = Write(_machine, $"{Device}/driver/unbind", Errno.None);
        Assert.Null(DaxDeviceDrivers.Find(machine, "dax0.0")!.Driver);
        Assert.Equal(Errno.EACCES, SysfsTree.Write(machine, $"{Device}/driver/unbind", "dax0.0\n")!.Value.Errno);
        machine = Write(machine, $"{Drivers}/kmem/bind", Errno.ENODEV);
        machine = Write(machine, $"{Drivers}/kmem/new_id", Errno.None);
        machine = Write(machine, $"{Drivers}/kmem/bind", Errno.EINVAL);
        machine = Write(machine, $"{Drivers}/kmem/remove_id", Errno.None);
        machine = Write(machine, $"{Drivers}/kmem/bind", Errno.ENODEV);
        machine = Write(machine, $"{Drivers}/device_dax/bind", Errno.None);
        machine = Write(machine, $"{Drivers}/device_dax/bind", Errno.EBUSY);
        Assert.Contains((Device + "/driver", "device_dax"), SysfsTree.All(machine));
    }

    [Fact]
    public void A_device_without_node_has_no_target_node()
    {
        Machine machine = Devdax("p_online/6.1/ram-end", "6.1");
        Assert.Equal(Errno.ENOENT, SysfsTree.Read(machine, Device + "/target_node")!.Value.Errno);
        Assert.Equal("-1", SysfsTree.Read(machine, Device + "/numa_node")!.Value.Text);
    }

    [Fact]
    public void Memmap_on_memory_is_there_where_the_kernel_has_it()
    {
        Machine machine = Devdax("r_tools", "6.12");
        Assert.Equal("0", SysfsTree.Read(machine, Device + "/memmap_on_memory")!.Value.Text);
        // Not on the command line.
        Assert.Equal(Errno.EOPNOTSUPP, SysfsTree.Write(machine, Device + "/memmap_on_memory", "1\n")!.Value.Errno);
        Assert.Equal(Errno.None, SysfsTree.Write(machine, Device + "/memmap_on_memory", "off\n")!.Value.Errno);
        Assert.Equal(Errno.EINVAL, SysfsTree.Write(machine, Device + "/memmap_on_memory", "\n")!.Value.Errno);
    }

    [Fact]
    public void A_prompt_completes_drivers_and_devices()
    {
        Assert.Equal(8, SysfsTree.Complete(_machine, Drivers).Count());
        Assert.Contains(Device + "/mapping0/start", SysfsTree.Complete(_machine, "/sys/bus/dax/devices/"));
    }

    private static Machine Write(Machine machine, string path, Errno errno)
    {
        StepResult written = SysfsTree.Write(machine, path, "dax0.0\n")!.Value;
        Assert.Equal(errno, written.Errno);
        return written.Machine;
    }

    private static Machine Devdax(string group, string kernel)
    {
        var state = new ShellState(RecordedMachine.Boot(group, kernel), UuidSource.FromSeed(1));
        ScriptLine line = ScriptParser.Parse("mkpfn dax region0 namespace0.0 pmem 2097152 c0000000-0000-4000-8000-000000000000").Lines[0];
        return CommandShell.Run(state, line.Words).State.Machine;
    }
}

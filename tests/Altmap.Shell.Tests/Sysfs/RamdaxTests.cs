using static Altmap.Shell.Tests.ScriptedMachine;

namespace Altmap.Shell.Tests.Sysfs;

/// <summary>Ranges of type 12 that go from nd_e820 to ramdax and back (rules seen on 7.2).</summary>
public class RamdaxTests
{
    private const string Unbind = "echo e820_pmem > /sys/bus/platform/drivers/e820_pmem/unbind";
    private const string Override = "echo ramdax > /sys/devices/platform/e820_pmem/driver_override";

    [Fact]
    public void An_override_changes_nothing_while_nd_e820_has_the_ranges()
    {
        ShellState state = Run(Boot("memmap=1G!5G"), Override, "modprobe ramdax");
        Assert.Equal("e820", Assert.Single(state.Machine.Buses.Values).Provider);
        Assert.Equal(16, Code(state, "echo e820_pmem > /sys/bus/platform/drivers/ramdax/bind", "Device or resource busy"));
        state = Run(state, Unbind, "echo e820_pmem > /sys/bus/platform/drivers/ramdax/bind");
        Assert.Equal("ramdax", Assert.Single(state.Machine.Buses.Values).Provider);
    }

    [Fact]
    public void Without_an_override_ramdax_takes_nothing()
    {
        ShellState state = Run(Boot("memmap=1G!5G"), Unbind, "modprobe ramdax");
        Assert.Empty(state.Machine.Buses);
        Assert.Equal(19, Code(state, "echo e820_pmem > /sys/bus/platform/drivers/ramdax/bind", "No such device"));
        Assert.Equal(19, Code(Run(state, Override), "echo e820_pmem > /sys/bus/platform/drivers/e820_pmem/bind", "No such device"));
    }

    [Fact]
    public void Going_to_and_fro_keeps_what_is_in_the_range()
    {
        ShellState state = Run(
            Boot("memmap=1G!5G"),
            Unbind,
            Override,
            "modprobe ramdax",
            "ndctl create-namespace -m fsdax -s 256M -n kept",
            "echo e820_pmem > /sys/bus/platform/drivers/ramdax/unbind",
            "echo > /sys/devices/platform/e820_pmem/driver_override",
            "echo e820_pmem > /sys/bus/platform/drivers/e820_pmem/bind"
        );
        string seen = Output(state, "ndctl list");
        Assert.Contains("\"size\":1073741824", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("kept", seen, StringComparison.Ordinal);
        state = Run(state, Unbind, Override, "echo e820_pmem > /sys/bus/platform/drivers/ramdax/bind");
        Assert.Contains("\"name\":\"kept\"", Output(state, "ndctl list"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("512M", 520093696UL)]
    [InlineData("300M", 301989888UL)]
    [InlineData("48M", 33554432UL)]
    [InlineData("256M", 251658240UL)]
    public void What_can_be_allocated_is_without_the_label_area_and_in_steps_of_16_MiB(string size, ulong available)
    {
        ShellState state = Run(Boot($"memmap={size}!5G"), Unbind, Override, "modprobe ramdax");
        Assert.Equal(FormattableString.Invariant($"{available}"), Output(state, "cat /sys/bus/nd/devices/region0/available_size"));
    }

    [Fact]
    public void Kernels_before_6_19_lack_the_module()
    {
        ShellState state = Run(Boot("memmap=1G!5G", "6.12"), Unbind, Override);
        CommandResult result = Do(state, "modprobe ramdax");
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("modprobe: module ramdax not found in modules.dep\n", result.Stderr);
        Assert.Empty(result.State.Machine.Buses);
    }

    [Fact]
    public void A_machine_file_may_give_the_ranges_to_ramdax_at_every_boot()
    {
        ShellState state = Run(
            Boot("memmap=1G!5G", "7.2", "\"buses\":[{\"dev\":\"ndbus0\",\"provider\":\"ramdax\"}],"),
            "ndctl create-namespace -m devdax -s 128M",
            "reboot"
        );
        Assert.Equal("ramdax", Assert.Single(state.Machine.Buses.Values).Provider);
        Assert.Contains("\"mode\":\"devdax\"", Output(state, "ndctl list"), StringComparison.Ordinal);
    }

    private static ShellState Boot(string line, string kernel = "7.2", string more = "") =>
        ScriptedMachine.Boot(kernel, ["0-7fffffff", "100000000-1ffffffff"], line, more);

    /// <summary>The errno whose words the refused write has.</summary>
    private static int Code(ShellState state, string line, string words)
    {
        CommandResult result = Do(state, line);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(words, result.Stderr, StringComparison.Ordinal);
        return words == "No such device" ? 19 : 16;
    }
}

using static Altmap.Shell.Tests.ScriptedMachine;

namespace Altmap.Shell.Tests.Hotplug;

/// <summary>DIMMs and virtio-mem beside what tests/golden/t_hotplug has.</summary>
public class PluggedMemoryTests
{
    private const string Parameters = "/sys/module/memory_hotplug/parameters";
    private static readonly string[] s_twoGigabytes = ["1000-9efff", "100000-7ffdcfff"];

    /// <summary>Two nodes of 1 GiB with 262046 and 262109 pages, of which 301 % are 788758 and 788948 (a boot of 7.2).</summary>
    [Theory]
    [Trait("problem", "D1")]
    [InlineData("Y", "Normal")]
    [InlineData("N", "Movable")]
    public void Auto_movable_asks_the_node_too(string isNumaAware, string zone)
    {
        ShellState state = Run(
            Boot("7.2", ["1000-9efff:0", "100000-3fffffff:0", "40000000-7ffdcfff:1"]),
            $"echo auto-movable > {Parameters}/online_policy",
            "hotplug add-dimm 4G 2G --node 1",
            "hotplug add-dimm 6G 2G --node 1",
            $"echo {isNumaAware} > {Parameters}/auto_movable_numa_aware",
            "hotplug add-dimm 8G 4G --node 0"
        );
        Assert.Equal(["Movable", "Normal", zone], [Zone(state, 32), Zone(state, 48), Zone(state, 64)]);
    }

    [Theory]
    [InlineData("online_policy", "auto", "Invalid argument")]
    [InlineData("auto_movable_ratio", "-1", "Invalid argument")]
    [InlineData("auto_movable_numa_aware", "perhaps", "Invalid argument")]
    [InlineData("memmap_on_memory", "1", "Permission denied")]
    public void Parameters_refuse_what_they_cannot_be(string name, string value, string message) =>
        Assert.Contains(message, Do(Boot("7.2", s_twoGigabytes), $"echo {value} > {Parameters}/{name}").Stderr, StringComparison.Ordinal);

    [Fact]
    public void Parameters_come_from_the_command_line()
    {
        ShellState state = Boot(
            "6.12",
            s_twoGigabytes,
            "memory_hotplug.online_policy=auto-movable memory_hotplug.auto_movable_ratio=0 memory_hotplug.auto_movable_numa_aware=N"
        );
        Assert.Equal(
            $"{Parameters}/auto_movable_numa_aware:N\n{Parameters}/auto_movable_ratio:0\n{Parameters}/memmap_on_memory:N\n"
                + $"{Parameters}/online_policy:auto-movable",
            Output(state, $"grep -H . {Parameters}/*")
        );
        // A ratio of 0 leaves all to the kernel.
        Assert.Equal("Normal", Zone(Run(state, "hotplug add-dimm 4G 1G"), 32));
    }

    [Theory]
    [InlineData("6.1", 1)]
    [InlineData("7.2", 2)]
    public void A_refused_dimm_is_tried_again_until_it_is_pulled_out(string kernel, int times)
    {
        ShellState state = Do(Boot(kernel, s_twoGigabytes), "hotplug add-dimm 4G 64M").State;
        state = Run(state, "hotplug add-dimm 8G 128M");
        Assert.Equal(times, Refusals(state));
        state = Run(state, "hotplug remove 4G", "hotplug add-dimm 12G 128M");
        Assert.Equal(times, Refusals(state));

        static int Refusals(ShellState state) => state.Machine.Log.Count(l => l == "acpi PNP0C80:00: add_memory failed");
    }

    [Fact]
    public void A_dimm_whose_struct_pages_do_not_fit_costs_what_is_free()
    {
        CommandResult result = Do(Boot("6.1", ["100000-18fdcfff"]), "hotplug add-dimm 16G 40G");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("struct pages need 640 MiB", result.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain(result.State.Machine.Log, l => l.StartsWith("Block size", StringComparison.Ordinal));
        // Older kernels leave it alone; what a newer one finds when it tries again was not recorded.
        Assert.Equal(0, Do(result.State, "hotplug add-dimm 8G 128M").ExitCode);
        ShellState newer = Do(Boot("7.2", ["100000-18fdcfff"]), "hotplug add-dimm 16G 40G").State;
        Assert.True(Do(newer, "hotplug add-dimm 8G 128M").IsUnsupported);
    }

    [Fact]
    public void Memory_that_is_held_stays()
    {
        ShellState state = Run(Boot("7.2", s_twoGigabytes), "hotplug add-dimm 4G 256M", "hotplug hold 4224M 4K");
        Assert.Contains("cannot go offline", Do(state, "hotplug remove 4G").Stderr, StringComparison.Ordinal);
        Assert.Contains("memory memory33: Offline failed.", Do(state, "hotplug remove 4G").State.Machine.Log);
        Assert.Contains(
            "Device or resource busy",
            Do(state, "echo offline > /sys/devices/system/memory/memory33/state").Stderr,
            StringComparison.Ordinal
        );
        Run(state, "hotplug release 4224M 4K", "hotplug remove 4G");
    }

    [Fact]
    public void Big_blocks_come_and_go_as_wholes()
    {
        ShellState state = Run(Boot("7.2", s_twoGigabytes), "hotplug add-virtio-mem 4G 4G --block 256M", "hotplug resize 4G 768M");
        Assert.Equal([32UL, 33, 34, 35, 36, 37], Blocks(state));
        Assert.Equal([32UL, 33], Blocks(Run(state, "hotplug hold 4G 4K", "hotplug resize 4G 0")));
        Assert.Empty(Blocks(Run(state, "hotplug resize 4G 0")));
    }

    [Fact]
    public void No_more_than_1_GiB_is_added_offline()
    {
        ShellState state = Run(
            Boot("7.2", s_twoGigabytes),
            "echo offline > /sys/devices/system/memory/auto_online_blocks",
            "hotplug add-virtio-mem 4G 4G",
            "hotplug resize 4G 2G"
        );
        Assert.Equal(8, Blocks(state).Length);
        Assert.Equal(9, Blocks(Run(state, "echo online > /sys/devices/system/memory/memory32/state")).Length);
    }

    [Fact]
    public void A_reboot_plugs_what_was_requested_again()
    {
        ShellState state = Run(
            Boot("7.2", s_twoGigabytes),
            "hotplug add-virtio-mem 4G 4G",
            "hotplug resize 4G 300M",
            "hotplug add-dimm 12G 128M",
            "reboot"
        );
        Assert.Equal([32UL, 33, 34, 96], Blocks(state));
    }

    [Theory]
    [InlineData("hotplug resize 4G 1M", "no virtio-mem device starts at")]
    [InlineData("hotplug add-virtio-mem 4G 3M", "not made of blocks")]
    [InlineData("hotplug add-virtio-mem 4G 4G --block 3M", "power of two")]
    [InlineData("hotplug add-virtio-mem 0 2M", "no room for")]
    [InlineData("qmp {", "no JSON")]
    [InlineData("qmp '{\"execute\":\"quit\"}'", "unsupported: the monitor's quit")]
    public void Mistakes_are_told(string line, string message) =>
        Assert.Contains(message, Do(Boot("7.2", s_twoGigabytes), line).Merged, StringComparison.Ordinal);

    private static string Zone(ShellState state, int block) => Output(state, $"cat /sys/devices/system/memory/memory{block}/valid_zones");

    private static ulong[] Blocks(ShellState state) =>
        [.. Model.Memory.MemoryBlocks.All(state.Machine).Where(b => !b.Block.IsEarly).Select(b => b.Number.Number)];
}

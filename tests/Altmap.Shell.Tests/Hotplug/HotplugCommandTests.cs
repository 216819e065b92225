using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Shell.Scripts;
using Altmap.Shell.Tests.Replays;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Hotplug;

/// <summary>What the kernel makes of plugged memory is compared in <see cref="MemoryRecordingTests"/>; here: the command itself.</summary>
public class HotplugCommandTests
{
    private ShellState _state = new(RecordedMachine.Boot("p_online/6.1/none"), UuidSource.FromSeed(1));

    [Theory]
    [InlineData("hotplug", "usage: hotplug add-dimm", 16)]
    [InlineData("hotplug plug", "unknown command 'plug'; expected add-dimm, add-nvdimm, add-virtio-mem, hold, release, remove, resize", 16)]
    [InlineData("hotplug add-dimm 4G", "expected ADDRESS and SIZE", 16)]
    [InlineData("hotplug add-dimm 4G 128M 1", "expected ADDRESS and SIZE", 16)]
    [InlineData("hotplug add-dimm x 128M", "ADDRESS: 'x' is not a number; expected one as 0x110000000, 4096 or 128M", 16)]
    [InlineData("hotplug add-dimm 4G 0", "SIZE is 0", 16)]
    [InlineData("hotplug add-dimm 0xfffffffffffff000 8192", "end beyond 64 bits", 16)]
    [InlineData("hotplug add-dimm 4G 128M --size 3", "unknown option '--size'; expected --node", 16)]
    [InlineData("hotplug add-dimm 4G 128M --node", "--node needs a value", 16)]
    [InlineData("hotplug add-dimm 4G 128M --node=-1", "--node -1: expected a number from 0 to 1023", 16)]
    [InlineData("hotplug add-nvdimm 4G 128M --label-size 12", "--label-size 12: expected 0, or 1K to 64M", 16)]
    [InlineData("hotplug add-nvdimm 4G 128M --handle 0", "--handle 0: expected a number from 1 to 0xffffffff", 16)]
    [InlineData("hotplug add-dimm 1G 128M", "no room for a DIMM at 0x40000000-0x47ffffff: System RAM is at", 1)]
    [InlineData("hotplug add-nvdimm 0xfffff000 8192", "no room for an NVDIMM at 0xfffff000-0x100000fff: Reserved is at", 1)]
    [InlineData(
        "hotplug add-dimm 0x110200000 128M",
        "Block size [0x8000000] unaligned hotplug range: start 0x110200000, size 0x8000000",
        1
    )]
    [InlineData("hotplug add-dimm 4G 127M", "the kernel refuses the DIMM at 0x100000000-0x107efffff: Invalid argument: Block size", 1)]
    [InlineData("hotplug add-dimm 0x800000000000 128M", "exceeds maximum addressable range", 1)]
    [InlineData("hotplug remove 4G", "no DIMM starts at 0x100000000: none was plugged", 1)]
    [InlineData("hotplug remove 1M", "memory that is there at boot cannot be pulled out", 1)]
    [InlineData("hotplug add-dimm 0xfffffffff8000000 128M", "Hotplug memory [0xfffffffff8000000-0x0] exceeds maximum addressable range", 1)]
    [InlineData("hotplug add-nvdimm 0xfffffffff0000000 256M", "ends beyond the physical addresses that there are", 16)]
    [InlineData("hotplug add-nvdimm 0x400000000 1", "SIZE is 1; expected whole pages of 4096 bytes", 16)]
    [InlineData("hotplug remove nmem0", "ADDRESS: 'nmem0' is not a number", 16)]
    public void Mistakes_are_told(string line, string message, int exitCode)
    {
        Machine before = _state.Machine;
        CommandResult result = Run(line);
        Assert.Contains(message, result.Stderr, StringComparison.Ordinal);
        Assert.Equal((exitCode, "", false), (result.ExitCode, result.Stdout, result.IsUnsupported));
        Machine after = result.State.Machine;
        Assert.Same(before.Mm, after.Mm);
        Assert.Same(before.Regions, after.Regions);
        Assert.Same(before.Dimms, after.Dimms);
    }

    [Fact]
    public void A_DIMM_comes_goes_online_and_goes()
    {
        Assert.Equal(
            "DIMM at 0x110000000-0x11fffffff, 256 MiB: memory34 to memory35, offline\n",
            Run("hotplug add-dimm 0x110000000 256M").Stdout
        );
        Assert.Contains("110000000-11fffffff : System RAM\n", Run("cat /proc/iomem").Stdout, StringComparison.Ordinal);
        Assert.Contains("a DIMM is at 0x110000000-0x11fffffff", Run("hotplug add-dimm 0x118000000 128M").Stderr, StringComparison.Ordinal);
        Run("echo online_movable > /sys/devices/system/memory/memory35/state");
        CommandResult gone = Run("hotplug remove 0x110000000");
        Assert.Equal(("DIMM at 0x110000000-0x11fffffff: removed\n", "", 0), (gone.Stdout, gone.Stderr, gone.ExitCode));
        Assert.Empty(_state.Machine.Mm.PluggedRam);
        Assert.Equal(BlockState.Absent, MemoryBlocks.Find(_state.Machine, new(35)).State);
        Assert.Equal(0UL, _state.Machine.Mm.ZoneOf(0, ZoneKind.Movable).Spanned.Pages);
    }

    [Fact]
    public void A_DIMM_is_there_after_a_reboot_and_online_where_the_policy_says()
    {
        Run("hotplug add-dimm 0x110000000 128M --node 0");
        Run("reboot");
        Assert.Equal(BlockState.Offline, MemoryBlocks.Find(_state.Machine, new(34)).State);
        Run("echo online > /sys/devices/system/memory/auto_online_blocks");
        Assert.EndsWith("memory36, online\n", Run("hotplug add-dimm 0x120000000 128M").Stdout, StringComparison.Ordinal);
        Assert.True(MemoryMap.Of(_state.Machine)[new Pfn(0x120000)].IsOnline);
    }

    [Fact]
    public void An_NVDIMM_brings_bus_DIMM_and_region_which_stay()
    {
        Assert.Equal(
            "nmem0: region0 at 0x104000000-0x10fffffff, 192 MiB\n",
            Run("hotplug add-nvdimm 0x104000000 192M --label-size 128K").Stdout
        );
        Assert.Equal("ACPI.NFIT\n", Run("cat /sys/bus/nd/devices/ndbus0/provider").Stdout);
        Assert.Equal("8680-56341200\n", Run("cat /sys/bus/nd/devices/nmem0/nfit/id").Stdout);
        Assert.Equal(0, Run("ndctl create-namespace -f -e namespace0.0 -m fsdax -M mem").ExitCode);
        Assert.Equal("nmem1: region1 at 0x200000000-0x20bffffff, 192 MiB\n", Run("hotplug add-nvdimm 8G 192M").Stdout);
        Assert.Equal("0x2\n", Run("cat /sys/bus/nd/devices/nmem1/nfit/handle").Stdout);
        Run("reboot");
        Assert.Contains(
            "104000000-10fffffff : Persistent Memory\n  104000000-10fffffff : namespace0.0\n",
            Run("cat /proc/iomem").Stdout,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("nmem0")]
    [InlineData("region0")]
    [InlineData("0x104000000")]
    public void An_NVDIMM_cannot_be_pulled_out(string what)
    {
        Run("hotplug add-nvdimm 0x104000000 192M");
        CommandResult result = Run($"hotplug remove {what}");
        Assert.Contains("new nfit deletes entries (unsupported)", result.Stderr, StringComparison.Ordinal);
        Assert.Equal(1, result.ExitCode);
    }

    [Fact]
    public void Handles_are_unique()
    {
        Run("hotplug add-nvdimm 4G 192M --handle 2 --serial 0x12");
        Assert.Equal("hotplug: nmem0 has the handle 0x2\n", Run("hotplug add-nvdimm 8G 192M --handle=2").Stderr);
        Assert.Equal("0x00000012\n", Run("cat /sys/bus/nd/devices/nmem0/nfit/serial").Stdout);
    }

    [Fact]
    public void A_device_tree_machine_has_no_ACPI()
    {
        _state = new(RecordedMachine.Boot("s_arm64/6.12-4k/gib"), UuidSource.FromSeed(1));
        Assert.True(Run("hotplug add-dimm 0x300000000 1G").IsUnsupported);
        Assert.True(Run("hotplug add-nvdimm 0x300000000 1G").IsUnsupported);
    }

    private CommandResult Run(string line)
    {
        ScriptLine parsed = ScriptParser.Parse(line).Lines.Single();
        CommandResult result = CommandShell.Run(_state, parsed.Words, parsed.RedirectTo);
        _state = result.State;
        return result;
    }
}

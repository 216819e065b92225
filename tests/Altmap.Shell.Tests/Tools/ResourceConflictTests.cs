using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Scripts;
using Altmap.Shell.Tests.Replays;

namespace Altmap.Shell.Tests.Tools;

/// <summary>Who holds a resource in /proc/iomem, and what the next driver is told. The order of the checks is that of
/// drivers/nvdimm/pmem.c,
/// drivers/dax/device.c and kmem.c; the words of the first case are those of a posted log of 6.17-rc.</summary>
[Trait("problem", "D3")]
public class ResourceConflictTests
{
    private ShellState _state = new(RecordedMachine.Boot(Path.Combine("cases", "ndctl294")), UuidSource.FromSeed(1));

    [Fact]
    public void Memory_that_could_not_be_removed_stands_in_the_way_of_every_driver()
    {
        LeaveMemoryBehind();
        byte[] before = HeadOf();
        (string output, int exitCode) = Run("ndctl destroy-namespace namespace1.0 -f");
        Assert.Equal(0, exitCode);
        Assert.Contains(
            "Error: destroy namespace: namespace1.0 failed to enable for zeroing, continuing",
            output,
            StringComparison.Ordinal
        );
        Assert.Equal(before, HeadOf()); // the info-block is not zeroed
        Assert.Equal(
            [
                "nd_pmem namespace1.0: could not reserve region [??? 0x2070000000-0x216fffffff flags 0x0]",
                "nd_pmem namespace1.0: probe with driver nd_pmem failed with error -16",
            ],
            _state.Machine.Log.TakeLast(2)
        );

        (_, exitCode) = Run("ndctl create-namespace -r region1 -s 1G -m fsdax");
        Assert.NotEqual(0, exitCode);
        Assert.Equal("nd_pmem pfn1.0: probe with driver nd_pmem failed with error -16", _state.Machine.Log[^1]);

        (output, exitCode) = Run("ndctl create-namespace -r region1 -m devdax");
        Assert.Equal(0, exitCode);
        Assert.Contains("\"state\":\"disabled\"", output, StringComparison.Ordinal);
        Assert.Equal(
            [
                "device_dax dax1.0: mapping0: 0x2074200000-0x216fffffff could not reserve range",
                "device_dax dax1.0: probe with driver device_dax failed with error -16",
            ],
            _state.Machine.Log.TakeLast(2)
        );

        Assert.Equal(240, Run("daxctl reconfigure-device -m system-ram dax1.0").ExitCode);
        Assert.Equal(
            [
                "kmem dax1.0: mapping0: 0x2080000000-0x20ffffffff could not reserve region",
                "kmem dax1.0: probe with driver kmem failed with error -16",
            ],
            _state.Machine.Log.TakeLast(2)
        );
    }

    /// <summary>The driver asks for the start of the namespace first, and for the rest only once it has read what is there: a namespace
    /// that
    /// keeps clear of the memory is not in its way.</summary>
    [Fact]
    public void What_keeps_clear_of_it_is_free()
    {
        LeaveMemoryBehind();
        Run("ndctl destroy-namespace namespace1.0 -f");
        Assert.Equal(0, Run("ndctl create-namespace -r region1 -s 128M -m fsdax -M mem").ExitCode);
        Assert.Equal(0, Run("reboot").ExitCode);
        Assert.Empty(_state.Machine.Mm.Kmem);
    }

    /// <summary>A namespace that came from a label has a typed resource.</summary>
    [Fact]
    public void The_resource_of_a_labelled_namespace_is_named_as_memory()
    {
        LeaveMemoryBehind();
        Run("ndctl disable-region region1");
        Run("ndctl enable-region region1");
        Assert.Equal("device_dax dax1.0: probe with driver device_dax failed with error -16", _state.Machine.Log[^1]);
        Run("ndctl disable-namespace namespace1.0");
        Run("echo 1 > /sys/bus/nd/devices/namespace1.0/force_raw");
        Assert.Equal(1, Run("echo namespace1.0 > /sys/bus/nd/drivers/nd_pmem/bind").ExitCode);
        Assert.Equal("nd_pmem namespace1.0: could not reserve region [mem 0x2070000000-0x216fffffff]", _state.Machine.Log[^2]);
    }

    private void LeaveMemoryBehind()
    {
        foreach (
            string line in (string[])
                [
                    "ndctl disable-region all",
                    "ndctl init-labels -f nmem0",
                    "ndctl enable-region all",
                    "ndctl create-namespace -r region1 -m devdax",
                    "echo offline > /sys/devices/system/memory/auto_online_blocks",
                    "daxctl reconfigure-device -m system-ram dax1.0",
                    "echo dax1.0 > /sys/bus/dax/drivers/kmem/unbind",
                    "ndctl disable-namespace namespace1.0",
                ]
        )
            Assert.Equal((line, 0), (line, Run(line).ExitCode));
        Assert.Single(_state.Machine.Mm.Kmem);
    }

    private byte[] HeadOf() => _state.Machine.Regions[1].Media.Read(0, 8192);

    private (string Output, int ExitCode) Run(string line)
    {
        ScriptLine parsed = ScriptParser.ParseLine(line)!.Value.Line!;
        CommandResult result = CommandShell.Run(_state, parsed.Words, parsed.RedirectTo);
        Assert.False(result.IsUnsupported, result.Merged);
        _state = result.State;
        return (result.Merged, result.ExitCode);
    }
}

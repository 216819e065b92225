using Altmap.Core.Identity;
using Altmap.Model;
using Altmap.Shell.Scripts;
using Altmap.Shell.Tests.Replays;

namespace Altmap.Shell.Tests.Tools;

/// <summary>Kernels before 5.1 have no dax bus: dax_pmem maps in its own probe (drivers/dax/pmem.c dax_pmem_probe(), read in
/// 4.15).</summary>
public class OldKernelTests
{
    private ShellState _state = new(RecordedMachine.Boot(Path.Combine("cases", "devdax-4.19")), UuidSource.FromSeed(1));

    [Fact]
    [Trait("problem", "A2")]
    public void A_devdax_namespace_that_cannot_be_mapped_is_not_made()
    {
        foreach (string step in _state.Machine.Description.Steps)
            Run(step);
        Assert.Equal(0, Run("ndctl create-namespace --mode=fsdax --size=128G --region=region0 --force").ExitCode);
        CommandResult failed = Run("ndctl create-namespace --mode=devdax --region=region0");
        Assert.NotEqual(0, failed.ExitCode);
        Assert.Matches("libndctl: ndctl_dax_enable: dax0\\.\\d: failed to enable", failed.Merged);
        Assert.Contains("failed to create namespace: No such device or address", failed.Merged, StringComparison.Ordinal);
        Assert.Matches("^dax_pmem: probe of dax0\\.\\d failed with error -12$", _state.Machine.Log[^1]);
        Assert.DoesNotContain("target_node", Run("ndctl list -RNDX").Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_no_dax_bus()
    {
        Assert.Equal(1, Run("cat /sys/bus/dax/devices/dax0.0/size").ExitCode);
    }

    private CommandResult Run(string line)
    {
        ScriptLine parsed = ScriptParser.ParseLine(line)!.Value.Line!;
        CommandResult result = CommandShell.Run(_state, parsed.Words, parsed.RedirectTo);
        Assert.False(result.IsUnsupported, result.Merged);
        _state = result.State;
        return result;
    }
}

using Altmap.Advice.Doctor;
using Altmap.Advice.Sessions;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Host;
using Altmap.TestSupport;

namespace Altmap.Advice.Tests.Doctor;

/// <summary>The doctor on machines that real kernels ran on: no alarm on the healthy ones, the right one on the sick ones.</summary>
public class RecordedMachinesTests
{
    /// <summary>What real kernels made of them: p_online and f_memmap say which namespaces came up and which pfns count as
    /// online.</summary>
    [Theory]
    [InlineData("p_online/6.1/aligned", "")]
    [InlineData("p_online/6.1/none", "")]
    [InlineData("p_online/6.1/ram-end", "memmap.over-firmware namespace.no-kernel-opens")] // memmap= over memory that the firmware keeps
    [InlineData("p_online/6.1/startmid", "")]
    [InlineData("p_online/5.10/startmid", "pfn.online-wrongly")]
    [InlineData("p_online/6.1/mis-1M", "memmap.misaligned namespace.no-kernel-opens")]
    [InlineData("p_online/6.12/mis-end", "memmap.misaligned namespace.no-kernel-opens")]
    [InlineData("p_online/7.2/mis-4K", "memmap.misaligned namespace.no-kernel-opens")]
    [InlineData("a_fsdax", "")]
    [InlineData("c_sector", "")]
    [InlineData("d_multi", "")]
    [InlineData("e_legacy", "")]
    [InlineData("f_nfit", "")]
    [InlineData("g_kmem", "")]
    [InlineData("r_tools", "")]
    [Trait("problem", "E1")]
    public void Alarms_are_right_and_none_is_false(string machine, string errors)
    {
        string path = Golden.Path([.. machine.Split('/'), "machine.json"]);
        LoadResult loaded = MachineLoader.Load(path);
        Assert.Empty(loaded.Errors);
        KernelProfile kernel = KernelProfiles.Find(loaded.Source!.Description.Kernel)!;
        ArchitectureRules architecture = ArchitectureRules.Find(
            kernel,
            loaded.Source.Description.Architecture,
            loaded.Source.Description.PageSize
        )!;
        SessionOpening opening = SessionOpening.Of(loaded.Source, kernel, architecture, UuidSource.FromSeed(1));
        Examination examination = Examination.Of(new Patient(opening.State!));
        string[] found = [.. examination.Findings.Where(f => f.Severity == Severity.Error).Select(f => f.Code.Name).Distinct()];
        Assert.Equal(errors.Split(' ', StringSplitOptions.RemoveEmptyEntries), found);
        Assert.Empty(examination.Unknown);
    }
}

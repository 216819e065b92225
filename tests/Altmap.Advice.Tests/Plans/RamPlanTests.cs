using System.Globalization;
using Altmap.Advice.Plans;
using Altmap.Core.Units;
using Altmap.Host;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.TestSupport;

namespace Altmap.Advice.Tests.Plans;

public class RamPlanTests
{
    public static TheoryData<string> Recordings =>
        [
            .. Directory
                .GetFiles(Golden.Path("p_online"), "steps.txt", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Golden.Root, Path.GetDirectoryName(f)!))
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>Of the recorded zones, present pages are those of the plan, and managed ones (MemTotal) are below its bound and above
    /// three quarters of it: the kernel of these guests takes a few dozen MiB of 2 GiB.</summary>
    [Theory]
    [MemberData(nameof(Recordings))]
    public void What_is_present_is_as_recorded_and_MemTotal_below_the_bound(string recording)
    {
        Machine machine = PlanMachines.Booted(MachineLoader.Load(Golden.Path(recording, "machine.json")).Source!);
        (string step, Dictionary<string, List<string>> sections) = new MemoryRecording(machine, Golden.Path(recording, "steps.txt"))
            .Steps()
            .First();
        Assert.StartsWith("00", step, StringComparison.Ordinal);
        string[][] zones = [.. sections["zones"].Select(l => l.Split(' ')).Where(f => f.Length == 6 && f[1] != "Device" && f[2] != "-")];
        Assert.NotEmpty(zones);
        RamPlan plan = RamPlan.Of(machine);
        ByteSize Sum(int field) =>
            ByteSize.KiB(4 * zones.Aggregate(0UL, (sum, f) => sum + ulong.Parse(f[field], CultureInfo.InvariantCulture)));
        Assert.Equal(Sum(4), plan.Present);
        Assert.True(Sum(5) < plan.TotalBelow && plan.TotalBelow.Bytes / 4 * 3 < Sum(5).Bytes, $"{Sum(5)} of {plan.TotalBelow}");
    }

    /// <summary>1 MiB at either end: two sections in part, and struct pages for what is not there.</summary>
    [Fact]
    [Trait("problem", "D1")]
    public void Sections_that_RAM_fills_in_part_cost_the_struct_pages_of_their_holes()
    {
        Machine machine = PlanMachines.Booted(PlanMachines.Source("6.1", (4UL << 30) - (1 << 20), isVirtual: true, windows: []));
        RamPlan plan = RamPlan.Of(machine);
        Assert.Equal((32UL, 2UL), (plan.Sections, plan.Straddled));
        Assert.Equal((ByteSize.MiB(64), ByteSize.KiB(32)), (plan.Memmap, plan.MemmapOfHoles)); // 512 pages of 64 bytes
        Assert.Equal(plan.Present - plan.Memmap, plan.TotalBelow);
    }

    [Fact]
    public void Words_that_set_RAM_aside_are_read_or_named()
    {
        const string Line = "crashkernel=256M hugepagesz=1G hugepages=2 crashkernel=1G-4G:160M reserve_mem=16M:4K:oops quiet hugepages=x";
        Assert.Equal(
            [
                ("hugepages=2", ByteSize.GiB(2), true),
                ("crashkernel=1G-4G:160M", null, false),
                ("reserve_mem=16M:4K:oops", null, false),
                ("hugepages=x", (ByteSize?)null, true),
            ],
            BootReservations.Of(Line).Select(r => (r.Word, r.Size, r.IsInTotal))
        );
        Machine machine = PlanMachines.Booted(PlanMachines.Source("6.1", 4UL << 30, isVirtual: true, windows: [], "crashkernel=256M"));
        RamPlan plan = RamPlan.Of(machine);
        Assert.Equal(plan.Present - plan.Memmap - ByteSize.MiB(256), plan.TotalBelow);
        RamPlan huge = RamPlan.Of(PlanMachines.Booted(PlanMachines.Source("6.1", 4UL << 30, true, [], "crashkernel=1T")));
        Assert.Equal(huge.Present - huge.Memmap, huge.TotalBelow);
    }
}

using System.Collections.Immutable;
using Altmap.Advice.Plans;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;

namespace Altmap.Advice.Tests.Plans;

public class WindowPlanTests
{
    private static readonly PhysicalRange s_window = new(new(0xc0_5000_0000), new(0x1e_5000_0000));

    /// <summary>The window of 121.25 GiB that people asked about: 1.25 GiB lost where blocks have 2 GiB.</summary>
    [Theory]
    [Trait("problem", "D1")]
    [InlineData("6.12", 2048, 1280)]
    [InlineData("7.2", 256, 0)]
    public void A_window_loses_what_is_no_whole_block(string kernel, ulong block, ulong lost)
    {
        WindowPlan plan = Plan([s_window], [kernel]);
        Assert.Equal([false, true], plan.Cases.Select(c => c.IsVirtual));
        WindowCase bare = plan.Cases[0];
        Assert.Equal(ByteSize.MiB(block), bare.Sizing!.Size);
        WindowLoss loss = Assert.Single(bare.Losses);
        Assert.Equal(ByteSize.MiB(lost), loss.Lost);
        Assert.Equal(s_window.Size, loss.SystemRam + loss.Lost);
        Assert.Equal(lost == 0, plan.Proposals.IsEmpty);
    }

    [Fact]
    public void Every_place_that_is_proposed_loses_nothing_where_it_is_booted()
    {
        PhysicalRange[] windows = [s_window, new(new(0x100_1000_0000), ByteSize.GiB(6) + ByteSize.MiB(768))];
        WindowPlan plan = Plan([.. windows], ["6.1", "6.12", "7.2"]);
        Assert.Equal(2, plan.Proposals.Select(p => p.Memory).Distinct().Count());
        foreach (WindowProposal proposal in plan.Proposals)
        {
            WindowPlan then = Plan([.. windows.Select(w => w == proposal.Memory.Range ? proposal.Range : w)], ["6.1", "6.12", "7.2"]);
            Assert.All(
                then.Cases,
                c => Assert.True(c.Losses.Single(l => l.Memory.Range == proposal.Range).Lost.IsZero, $"{proposal} on {c.Kernel.Name}")
            );
            Assert.DoesNotContain(windows, w => w != proposal.Memory.Range && w.Overlaps(proposal.Range));
        }
    }

    /// <summary>What a kernel that gives soft-reserved memory to kmem at boot has added is what the plan says.</summary>
    [Fact]
    [Trait("problem", "D1")]
    public void The_plan_is_what_a_booted_machine_has()
    {
        var random = new Random(20261126);
        for (int i = 0; i < 200; i++)
        {
            ulong unit = 2UL << 20 << random.Next(9);
            var window = new PhysicalRange(
                new((0x60_0000_0000 / unit * unit) + (unit * (ulong)random.Next(64))),
                new(unit * (ulong)random.Next(1, 64))
            );
            bool isVirtual = random.Next(2) == 1;
            ulong end = (64UL << 30) + ((ulong)random.Next(64) << 27);
            WindowCase said = Plan([window], ["7.2"], end).Cases.Single(c => c.IsVirtual == isVirtual);
            Machine machine = PlanMachines.Booted(PlanMachines.Source("7.2", end, isVirtual, [window]));
            ulong block = machine.Mm.BlockSize.Bytes,
                added = 0;
            foreach ((ulong first, ulong past, _) in MemoryBlocks.Runs(machine))
                for (ulong number = first; number < past; number++)
                    added += window.Contains(new PhysicalRange(new(number * block), new(block))) ? block : 0;
            Assert.Equal(said.Losses.Single().SystemRam.Bytes, added);
        }
    }

    [Fact]
    public void Windows_that_nobody_gave_leave_a_kernel_unknown()
    {
        MachineSource source = PlanMachines.Source("7.2", 0x10_0000_0000, false, [s_window]);
        MachineSource silent = source with { Description = source.Description with { CxlWindows = default } };
        // 6.12 does not ask for windows, 7.2 does.
        WindowPlan plan = WindowPlan.Of(
            PlanMachines.Booted(silent with { Description = silent.Description with { Kernel = "6.12" } }),
            silent,
            [KernelProfiles.Find("6.12")!, KernelProfiles.Find("7.2")!]
        );
        Assert.Equal([true, true, false, false], plan.Cases.Select(c => c.Unknown is null));
        Assert.Contains("cxl_windows", plan.Cases[2].Unknown);
        Assert.Empty(plan.Proposals);
    }

    private static WindowPlan Plan(ImmutableArray<PhysicalRange> windows, string[] kernels, ulong end = 0x10_8000_0000)
    {
        MachineSource source = PlanMachines.Source("7.2", end, false, windows);
        return WindowPlan.Of(PlanMachines.Booted(source), source, [.. kernels.Select(k => KernelProfiles.Find(k)!)]);
    }
}

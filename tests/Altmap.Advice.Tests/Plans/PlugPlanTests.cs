using Altmap.Advice.Plans;
using Altmap.Advice.Sessions;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Shell;

namespace Altmap.Advice.Tests.Plans;

/// <summary>Against tests/golden/hotplug (t_hotplug: dimm-sizes, block-2G, virtio-mem): refusals and what is taken are the recorded
/// ones.</summary>
public class PlugPlanTests
{
    [Theory]
    [Trait("problem", "D1")]
    [InlineData("128M", 0x108000000, true)]
    [InlineData("64M", 0x108000000, false)]
    [InlineData("192M", 0x108000000, false)]
    [InlineData("256M", 0x10c000000, false)] // 64 MiB off
    [InlineData("1G", 0x180000000, true)]
    public void A_dimm_is_taken_whole_or_not_at_all(string size, ulong at, bool accepted)
    {
        PlugPlan plan = Plan(Machine("6.12", 2), size, at);
        Assert.Equal(accepted, plan.Asked!.IsAccepted);
        Assert.Equal(!accepted, plan.Asked.Log.Any(l => l.Contains("unaligned hotplug range", StringComparison.Ordinal)));
        Assert.Equal(accepted, plan.Ways.IsEmpty);
    }

    /// <summary>Without an address too it is said why nothing is taken.</summary>
    [Fact]
    public void What_was_tried_and_refused_is_told()
    {
        PlugPlan plan = PlugPlan.Of(Machine("6.12", 2), ByteSize.GiB(64 << 10), null);
        Assert.True(plan.Asked is null && plan.Ways.IsEmpty);
        Assert.Contains("its struct pages need 1 TiB, more than the RAM that there is", Assert.Single(plan.Refused).Refused);
    }

    [Fact]
    public void What_is_proposed_is_accepted_when_it_is_run()
    {
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            ShellState state = Machine("7.2", (ulong)random.Next(1, 70));
            ByteSize size = ByteSize.MiB((ulong)random.Next(1, 3000));
            ulong? at = random.Next(3) == 0 ? null : ((ulong)random.Next(1, 100) << 30) + ((ulong)random.Next(64) << 21);
            PlugPlan plan = PlugPlan.Of(state, size, at is { } start ? new PhysicalAddress(start) : null);
            foreach (PlugTrial way in plan.Ways)
            {
                Trial trial = Trial.Start(state).Then(way.Commands);
                Assert.True(trial.IsDone, trial.Failed);
                ulong blocks = way.Blocks.Aggregate(0UL, (sum, b) => sum + b.Last - b.First + 1);
                Assert.Equal(way.Range.Size.AlignUp(plan.Block), plan.Block * blocks);
                Assert.True(way.Kind == PlugKind.VirtioMem ? way.Plugged == size : way.Plugged == way.Range.Size);
                Assert.Equal(way.Range.Size.Bytes / 64, way.RamForMemmap.Bytes); // struct page of 64 bytes
            }
            if (plan.Asked is null && plan.Ways.IsEmpty)
                Assert.Fail($"nothing is proposed for {size}");
        }
    }

    [Fact]
    public void Struct_pages_lie_in_the_memory_itself_with_memmap_on_memory()
    {
        PlugPlan plan = Plan(Machine("6.12", 2, "memory_hotplug.memmap_on_memory=1"), "1G", 0x180000000);
        Assert.True(plan.Asked!.RamForMemmap.IsZero);
    }

    private static PlugPlan Plan(ShellState state, string size, ulong at)
    {
        Assert.True(ByteSize.TryParse(size, out ByteSize bytes));
        return PlugPlan.Of(state, bytes, new PhysicalAddress(at));
    }

    private static ShellState Machine(string kernel, ulong gibibytes, string commandLine = "") =>
        new(
            PlanMachines.Booted(PlanMachines.Source(kernel, gibibytes << 30, isVirtual: true, windows: [], commandLine)),
            UuidSource.FromSeed(1)
        );
}

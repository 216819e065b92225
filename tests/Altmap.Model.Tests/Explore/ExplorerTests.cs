using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Model.Explore;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Tests.Explore;

/// <summary>The counter-examples of the thread, found by machine; none for today's rule while all is locked and succeeds.</summary>
public class ExplorerTests(ITestOutputHelper output)
{
    private static readonly Bounds Tiny = new(Sections: 2, Devices: 1, Walkers: 1, Pages: 4, Hotplug: 0);
    private static readonly Bounds TwoPieces = new(Sections: 3, Devices: 2, Walkers: 1, Pages: 3, Hotplug: 0);

    private Exploration Explore(Scenario scenario, SearchLimits? limits = null)
    {
        Exploration found = Explorer.Search(new ExplorerModel(scenario), limits ?? new SearchLimits());
        output.WriteLine($"{scenario.Policy.Name}: {found.States} states, depth {found.Depth}");
        foreach (Violation violation in found.Violations)
        {
            output.WriteLine($"{violation.Property.Name}: {violation.Case.Detail}");
            foreach (TraceStep step in violation.Trace)
                output.WriteLine($"    {step.Actor}: {step.Operation}: {step.Step}: {step.Effect}");
        }
        return found;
    }

    private static Scenario Of(string policy, Bounds bounds) => new() { Policy = Policy.Find(policy)!, Bounds = bounds };

    private static Violation Of(Exploration found, string property) => Assert.Single(found.Violations, v => v.Property.Name == property);

    /// <summary>RAM and a device in one section, the device mapped: one operation, then the walk.</summary>
    [Fact]
    [Trait("problem", "E1")]
    public void The_section_flag_alone_gives_device_pages()
    {
        ImmutableArray<TraceStep> trace = Of(Explore(Of("section-flag", Tiny)), "online-at-rest").Trace;
        Assert.Contains(trace, s => s.Step == "m7 data pages initialised");
        Assert.DoesNotContain(trace, s => s.Operation.StartsWith("memunmap", StringComparison.Ordinal));
        Assert.Equal("the page is given; goes on with 'wrong page given'", trace[^1].Effect);
    }

    [Theory]
    [Trait("problem", "E2")]
    [InlineData(false)]
    [InlineData(true)]
    public void Taint_and_pagemap_fail_after_unmapping(bool poison)
    {
        Exploration found = Explore(Of("taint-pagemap", Tiny) with { Poisons = poison });
        ImmutableArray<TraceStep> trace = Of(found, "online-at-rest").Trace;
        Assert.Contains(trace, s => s.Step == "u6 range entry gone");
        Assert.Equal(poison, trace.Any(s => s.Step == "u3 poison"));
        Assert.Contains(found.Violations, v => v.Property.Name == "unmap-restores");
    }

    [Theory]
    [Trait("problem", "E2")]
    [InlineData(false)]
    [InlineData(true)]
    public void The_current_rule_with_its_locks_has_no_violation(bool poison)
    {
        Exploration all = Explore(Of("current", TwoPieces) with { Poisons = poison });
        Assert.Empty(all.Violations);
        Assert.True(all.IsComplete);
        Assert.InRange(all.States, 1000, 100_000);
    }

    [Theory]
    [Trait("problem", "E2")]
    [InlineData(false, 1)] // stale ZONE_DEVICE pages of an earlier map
    [InlineData(true, 0)] // poison is enough
    public void A_map_that_fails_half_way_leaves_a_wrong_verdict(bool poison, int unmaps)
    {
        Exploration found = Explore(Of("current", TwoPieces) with { Poisons = poison, Faults = true });
        ImmutableArray<TraceStep> trace = Of(found, "online-at-rest").Trace;
        Assert.Contains(trace, s => s.Errno == Errno.ENOMEM);
        Assert.Equal(unmaps, trace.Count(s => s.Step == "u6 range entry gone"));
        Assert.Contains(found.Violations, v => v.Property.Name == "no-leaked-section");
    }

    /// <summary>memory-model's two windows: between m2 and m5 of the first map, and between u1 and u4.</summary>
    [Theory]
    [Trait("problem", "E2")]
    [InlineData(true, "online-answer", "m3 memmap there")]
    [InlineData(false, "not-initialised-under-reader", "m2 sub-section bits set")]
    [InlineData(false, "online-while-unmapping", "u1 reference dead")]
    public void Windows_of_the_current_rule_without_locks(bool poison, string property, string through)
    {
        Exploration found = Explore(Of("current", Tiny) with { Poisons = poison, WalkersLocked = false });
        Assert.Contains(Of(found, property).Trace, s => s.Step.StartsWith(through, StringComparison.Ordinal));
        Assert.DoesNotContain(found.Violations, v => v.Property.Name == "online-at-rest");
    }

    /// <summary>percpu_ref_kill() comes before mem_hotplug_begin(): the hotplug lock alone leaves the second window open.</summary>
    [Fact]
    [Trait("problem", "E2")]
    public void The_hotplug_lock_alone_is_not_enough()
    {
        Exploration found = Explore(Of("current", Tiny) with { Without = [LockName.Device] });
        ImmutableArray<TraceStep> trace = Of(found, "online-answer").Trace;
        Assert.Contains(trace, s => s.Step == "u1 reference dead");
        Assert.DoesNotContain(trace, s => s.Step.StartsWith("u4", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_rcu_a_freed_device_map_is_read() =>
        Of(Explore(Of("current", Tiny) with { WalkersLocked = false, Without = [LockName.Rcu] }), "pagemap-lives");

    [Fact]
    public void Holes_of_zone_zero_have_the_wrong_zone() =>
        Assert.Equal(
            ["begin", "online_section()", "return"], // a hole, right after boot
            Of(Explore(Of("section-flag-zone0", Tiny)), "zone-at-rest").Trace.Select(s => s.Step)
        );

    [Theory]
    [InlineData("drop-ram")]
    [InlineData("drop-pmem")]
    [InlineData("sub-section-online")]
    [Trait("problem", "E4")]
    public void What_the_thread_weighed_is_right_at_rest(string policy) =>
        Assert.DoesNotContain(
            Explore(Of(policy, TwoPieces) with { Faults = true }).Violations,
            v => v.Property.Name is "online-at-rest" or "unmap-restores"
        );

    [Fact]
    public void A_limit_stops_and_says_so()
    {
        Exploration found = Explore(Of("current", TwoPieces), new SearchLimits { StatesMax = 500 });
        Assert.False(found.IsComplete);
        Assert.Equal("states", found.Stopped);
        found = Explore(Of("current", TwoPieces), new SearchLimits { DepthMax = 5 });
        Assert.Equal((5, "depth"), (found.Depth, found.Stopped));
    }

    /// <summary>Two walkers that change places are the same world: fewer states, the same verdicts at the same depths.</summary>
    [Theory]
    [InlineData("section-flag", true, false)]
    [InlineData("taint-pagemap", false, false)]
    [InlineData("current", false, true)]
    [InlineData("current", true, true)]
    public void Symmetry_changes_no_verdict(string policy, bool locked, bool faults)
    {
        Scenario scenario = Of(policy, Tiny with { Walkers = 3, Pages = 2, Sections = 3 }) with { WalkersLocked = locked, Faults = faults };
        Exploration plain = Explore(scenario),
            folded = Explore(scenario, new SearchLimits { Reductions = Reductions.Symmetry });
        Assert.Equal(
            plain.Violations.Select(v => (v.Property.Name, v.Trace.Length)),
            folded.Violations.Select(v => (v.Property.Name, v.Trace.Length))
        );
        Assert.Equal(plain.Depth, folded.Depth);
        Assert.InRange(folded.States, plain.States / 6, plain.States / 2);
    }

    public static TheoryData<string, bool, bool, bool, string> SmallWorlds
    {
        get
        {
            Bounds[] bounds =
            [
                Tiny,
                Tiny with
                {
                    Sections = 1,
                    Walkers = 2,
                    Pages = 2,
                },
                Tiny with
                {
                    Walkers = 2,
                    Pages = 2,
                    Hotplug = 1,
                },
                Tiny with
                {
                    Walkers = 3,
                    Pages = 1,
                },
                TwoPieces with
                {
                    Walkers = 2,
                    Pages = 2,
                },
            ];
            var data = new TheoryData<string, bool, bool, bool, string>();
            foreach (Policy policy in Policy.All)
            foreach (bool locked in (bool[])[true, false])
            foreach (bool faults in (bool[])[true, false])
            foreach (bool poison in (bool[])[true, false])
            foreach (Bounds size in bounds)
                data.Add(policy.Name, locked, faults, poison, size.ToString());
            return data;
        }
    }

    /// <summary>Every reduction alone and with the others, against the plain search: the same properties are violated.</summary>
    [Theory]
    [MemberData(nameof(SmallWorlds))]
    public void Reductions_change_no_verdict(string policy, bool locked, bool faults, bool poison, string bounds)
    {
        int[] sizes = [.. bounds.Split(',').Select(b => int.Parse(b.Split('=')[1], null))];
        Scenario scenario = Of(policy, new Bounds(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4])) with
        {
            WalkersLocked = locked,
            Faults = faults,
            Poisons = poison,
        };
        var model = new ExplorerModel(scenario);
        Exploration plain = Explorer.Search(model, new SearchLimits { Traces = false });
        Assert.True(plain.IsComplete);
        foreach (
            Reductions reductions in (Reductions[])
                [Reductions.Symmetry, Reductions.PartialOrder, Reductions.Symmetry | Reductions.PartialOrder]
        )
        {
            Exploration reduced = Explorer.Search(model, new SearchLimits { Traces = false, Reductions = reductions });
            Assert.Equal(Names(plain), Names(reduced));
            Assert.True(reduced.States <= plain.States);
            output.WriteLine($"{reductions}: {reduced.States} of {plain.States} states");
        }

        static string[] Names(Exploration found) => [.. found.Violations.Select(v => v.Property.Name)];
    }
}

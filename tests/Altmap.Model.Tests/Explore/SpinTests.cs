using Altmap.Model.Explore;
using Altmap.TestSupport;

namespace Altmap.Model.Tests.Explore;

/// <summary>SPIN searches the exported model: the same number of states, the same verdicts.</summary>
public class SpinTests(ITestOutputHelper output)
{
    /// <summary>Three worlds: one device; two and hotplug, faults; two walkers that hold no lock.</summary>
    [Theory]
    [InlineData("current", true, false, false, 2, 1, 1, 4, 0)]
    [InlineData("current", true, true, true, 3, 2, 1, 3, 1)]
    [InlineData("taint-pagemap", false, false, false, 3, 1, 2, 3, 0)]
    public void States_and_verdicts_are_the_same(
        string policy,
        bool locked,
        bool faults,
        bool poison,
        int sections,
        int devices,
        int walkers,
        int pages,
        int hotplug
    ) => Compare(policy, locked, faults, poison, new Bounds(sections, devices, walkers, pages, hotplug));

    public static TheoryData<string, bool, bool, bool> Everything =>
        [
            .. from policy in Policy.All.Concat(Policy.Mutants)
            from locked in (bool[])[true, false]
            from faults in (bool[])[true, false]
            from poison in (bool[])[true, false]
            select new TheoryDataRow<string, bool, bool, bool>(policy.Name, locked, faults, poison),
        ];

    /// <summary>Every policy, every way: ./test --spin.</summary>
    [Theory(Explicit = true)]
    [Trait("needs", "spin")]
    [MemberData(nameof(Everything))]
    public void Every_policy_is_the_same(string policy, bool locked, bool faults, bool poison) =>
        Compare(policy, locked, faults, poison, new Bounds(3, 2, 1, 4, 1));

    private void Compare(string policy, bool locked, bool faults, bool poison, Bounds bounds)
    {
        Assert.SkipWhen(Spin.Missing is not null, Spin.Missing ?? "");
        var model = new ExplorerModel(
            new Scenario
            {
                Policy = Policy.Find(policy)!,
                Bounds = bounds,
                WalkersLocked = locked,
                Faults = faults,
                Poisons = poison,
            }
        );
        Exploration own = Explorer.Search(model, new SearchLimits());
        SpinResult spin = Spin.Run(PromelaModel.Write(model), "-O0");
        output.WriteLine($"{own.States} states; {string.Join(", ", spin.Violated)}");
        Assert.Equal(own.States, spin.States);
        Assert.Equal(own.Violations.Select(v => v.Property.Name).Order(StringComparer.Ordinal), spin.Violated);
    }
}

using Altmap.Model.Explore;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.Memory;

/// <summary>The explorer's plain exact search, one core: two drivers, a hotplug actor and two walkers over five pages, maps that may fail.
/// The time is that of a state: 1000 ns are a million states a second.</summary>
public class ExplorerBenchmarks
{
    private const int LockedStates = 180_304;
    private const int UnlockedStates = 5_308_900;
    private ExplorerModel _locked = null!;
    private ExplorerModel _unlocked = null!;

    /// <summary>The same world, walkers with and without locks.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _locked = Model(locked: true);
        _unlocked = Model(locked: false);
    }

    /// <summary>0.2 million states.</summary>
    [Benchmark(OperationsPerInvoke = LockedStates)]
    public long Locked() => Search(_locked, LockedStates);

    /// <summary>5 million states.</summary>
    [Benchmark(OperationsPerInvoke = UnlockedStates)]
    public long Unlocked() => Search(_unlocked, UnlockedStates);

    internal static ExplorerModel Model(bool locked) =>
        new(
            new Scenario
            {
                Policy = Policy.Find("current")!,
                WalkersLocked = locked,
                Faults = true,
            }
        );

    private static long Search(ExplorerModel model, long states)
    {
        Exploration found = Explorer.Search(model, new SearchLimits());
        if (found.States != states)
            throw new InvalidOperationException($"{found.States} states, where the figure is for {states}");
        if (found.Bytes > states * 48)
            throw new InvalidOperationException($"{found.Bytes / states} bytes a state, where 48 are allowed");
        return found.States;
    }
}

using System.Diagnostics;
using System.Globalization;
using Altmap.Host.Explore;
using Altmap.Model.Explore;
using Altmap.TestSupport;

namespace Altmap.Bench;

/// <summary>
/// The explorer's plain exact search beside SPIN's compiled one (-O2 -DNOREDUCE -DSAFETY) on the same models, in one run. Times are
/// those of processors, since others may use the machine; only the figure of two cores is by the clock.
/// </summary>
internal static class SpinComparison
{
    private static readonly Demands s_demands = new();

    public static int Run(bool full)
    {
        Search(Model(new Bounds(Walkers: 1), locked: true), 1); // compiled
        Console.WriteLine(
            "world                                                      states     M/s    SPIN   times   bytes  SPIN's vector"
        );
        Compare("current, locked, maps may fail", Model(new Bounds(), locked: true));
        Compare("current, unlocked, three pages", Model(new Bounds(Pages: 3), locked: false));
        (double rate, double times, double bytes) = Compare("current, unlocked, five pages", Model(new Bounds(), locked: false));
        s_demands.AtLeast("times SPIN's rate", times, 4);
        s_demands.AtLeast("million states a second and core", rate, 1.2);
        s_demands.AtMost("bytes a state", bytes, 48);
        Cores();
        Reduction();
        if (full)
            Large();
        return s_demands.ExitCode;
    }

    private static ExplorerModel Model(Bounds bounds, bool locked) =>
        new(
            new Scenario
            {
                Policy = Policy.Find("current")!,
                Bounds = bounds,
                WalkersLocked = locked,
                Faults = true,
            }
        );

    private static (Exploration Found, double Cpu, double Clock) Search(
        ExplorerModel model,
        int threads,
        Reductions reductions = Reductions.None
    )
    {
        using Process self = Process.GetCurrentProcess();
        GC.Collect();
        TimeSpan before = self.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        Exploration found = ParallelExplorer.Search(model, new SearchLimits { Reductions = reductions, Traces = false }, threads);
        clock.Stop();
        self.Refresh();
        return (found, (self.TotalProcessorTime - before).TotalSeconds, clock.Elapsed.TotalSeconds);
    }

    private static (double Rate, double Times, double Bytes) Compare(string name, ExplorerModel model)
    {
        (Exploration own, double cpu, _) = Search(model, 1);
        SpinResult spin = Spin.Run(PromelaModel.Write(model), "-O2", isLarge: true);
        double rate = own.States / cpu / 1e6,
            other = spin.States / Math.Max(0.01, spin.CpuSeconds) / 1e6,
            bytes = (double)own.Bytes / own.States;
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name + ", " + model.Scenario.Bounds, -52} {own.States, 12:N0} {rate, 7:0.00} {other, 7:0.00} "
                    + $"{rate / other, 7:0.0} {bytes, 7:0.0} {spin.StateBytes, 7:0}"
            )
        );
        if (own.States != spin.States)
        {
            Console.WriteLine($"  SPIN counts {spin.States} states: NOT MET");
            s_demands.Miss();
        }
        return (rate, rate / other, bytes);
    }

    private static void Cores()
    {
        if (Environment.ProcessorCount < 2)
        {
            Console.WriteLine("two cores: this machine has one");
            return;
        }
        ExplorerModel model = Model(new Bounds(Pages: 6), locked: false);
        double one = double.MaxValue,
            two = double.MaxValue,
            apart = double.MaxValue;
        for (int i = 0; i < 7; i++)
        {
            one = Math.Min(one, Search(model, 1).Clock);
            two = Math.Min(two, Search(model, 2).Clock);
            var clock = Stopwatch.StartNew();
            Parallel.Invoke(() => Search(model, 1), () => Search(model, 1));
            apart = Math.Min(apart, clock.Elapsed.TotalSeconds);
        }
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"two searches that have nothing to do with each other get {2 * one / apart:0.00} times the speed of one on this machine"
            )
        );
        s_demands.AtLeast("times the speed of one core on two, by the clock, the best of seven each", one / two, 1.8);
    }

    private static void Reduction()
    {
        ExplorerModel model = Model(new Bounds(Walkers: 3, Pages: 2, Sections: 3, Devices: 2, Hotplug: 1), locked: false);
        Exploration plain = ParallelExplorer.Search(model, new SearchLimits(), 1),
            folded = ParallelExplorer.Search(model, new SearchLimits { Reductions = Reductions.Symmetry }, 1),
            less = ParallelExplorer.Search(model, new SearchLimits { Reductions = Reductions.Symmetry | Reductions.PartialOrder }, 1);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"three walkers: {plain.States:N0} states, {folded.States:N0} by symmetry, {less.States:N0} with partial order as well"
            )
        );
        s_demands.AtLeast("times fewer states by reductions", (double)plain.States / less.States, 5);
        bool isSame =
            plain
                .Violations.Select(v => (v.Property.Name, v.Trace.Length))
                .SequenceEqual(folded.Violations.Select(v => (v.Property.Name, v.Trace.Length)))
            && plain.Violations.Select(v => v.Property.Name).SequenceEqual(less.Violations.Select(v => v.Property.Name));
        s_demands.AtLeast("same verdicts (1: yes)", isSame ? 1 : 0, 1);
    }

    private static void Large()
    {
        ExplorerModel model = Model(new Bounds(Walkers: 3, Pages: 4), locked: false);
        (Exploration found, double cpu, _) = Search(model, 1);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{model.Scenario.Bounds}: {found.States:N0} states to the fixpoint (depth {found.Depth}), "
                    + $"{found.Bytes / 1e9:0.0} GB, {cpu:0} s"
            )
        );
        s_demands.AtLeast("million states to the fixpoint", found.States / 1e6, 100);
        s_demands.AtMost("GiB", found.Bytes / 1024.0 / 1024 / 1024, 24);
    }
}

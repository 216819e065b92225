using System.Collections.Immutable;
using System.Diagnostics;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Model.Tests.Memory.Steps;

/// <summary>One set of steps, two representations, folded and interleaved.</summary>
public class MicroStepTests(ITestOutputHelper output)
{
    private static readonly Geometry World = PackedState.World;

    // RAM in the first half of section 0; a device behind it, to the end of section 2.
    private static readonly PackedState Booted = BlockSteps.Boot<PackedState>(World, Pages(0, 4));
    private static readonly PfnRange Device = Pages(4, 24);

    private static ImmutableArray<Transition<PackedState>> MapAndUnmap(bool poison) =>
        [
            DeviceMapSteps.Map<PackedState>(Request(Device, new(new PfnCount(1), new PfnCount(3)), poison)),
            DeviceMapSteps.Unmap<PackedState>(World, Device, poison),
        ];

    private static DeviceMapRequest Request(PfnRange range, AltmapSpace? altmap, bool poison) =>
        new()
        {
            Geometry = World,
            Range = range,
            Altmap = altmap,
            Poisons = poison,
        };

    private static PfnRange Pages(ulong start, ulong end) => new(new Pfn(start), new Pfn(end));

    private static FoldResult<TState> Random<TState>(TState state, (byte Kind, byte Start, byte Length, byte Fault) step)
        where TState : struct, IMemoryState<TState>
    {
        ulong sub = (ulong)step.Start % 16,
            count = 1 + ((ulong)step.Length % (16 - sub));
        PfnRange range = Pages(sub * 2, (sub + count) * 2),
            sections = World.WholeSections(range);
        bool poison = (step.Fault & 1) != 0;
        int? fault = (step.Fault & 2) != 0 ? step.Fault % 11 : null;
        return (step.Kind % 6) switch
        {
            0 => DeviceMapSteps.Map<TState>(Request(range, null, poison)).Fold(state, fault),
            1 => DeviceMapSteps
                .Map<TState>(Request(range, new(new PfnCount(1), new PfnCount((ulong)step.Fault % (count * 2))), poison))
                .Fold(state, fault),
            2 => DeviceMapSteps.Unmap<TState>(World, range, poison).Fold(state),
            3 => BlockSteps.Offline<TState>(sections, poison).Fold(state),
            4 => BlockSteps.Online<TState>(sections, ZoneKind.Normal, 0).Fold(state),
            _ => PfnWalk.PfnToOnlinePage<TState>(range.Start, (PfnOnlineRule)(step.Fault % 4), StepLock.None).Fold(state),
        };
    }

    [Fact]
    [Trait("problem", "E3")]
    public void Both_representations_agree_on_random_steps() =>
        Prop.ForAll(
                (byte ramEnd, byte secondRam, List<(byte, byte, byte, byte)> steps) =>
                {
                    PfnRange[] ram = [Pages(0, 1 + ((ulong)ramEnd % 12)), Pages(20, 20 + ((ulong)secondRam % 12))];
                    RunLengthState runs = BlockSteps.Boot<RunLengthState>(World, ram);
                    PackedState packed = BlockSteps.Boot<PackedState>(World, ram);
                    foreach ((byte, byte, byte, byte) step in steps)
                    {
                        (runs, Errno a) = Random(runs, step);
                        (packed, Errno b) = Random(packed, step);
                        if (a != b || runs.Walk != packed.Walk)
                            return false;
                        for (Pfn pfn = PackedState.Pages.Start; pfn < PackedState.Pages.End; pfn += new PfnCount(1))
                        {
                            PfnRange one = new(pfn, pfn + new PfnCount(1));
                            bool same =
                                runs.SectionOf(pfn) == packed.SectionOf(pfn)
                                && runs.MemmapOf(pfn).Content == packed.MemmapOf(pfn).Content
                                && runs.PgmapOf(pfn) == packed.PgmapOf(pfn)
                                && runs.AnyValid(one) == packed.AnyValid(one);
                            if (!same)
                                return false;
                        }
                    }
                    return true;
                }
            )
            .QuickCheckThrowOnFailure();

    /// <summary>The shortest counter-example of memory-model: RAM and a device in one section, the device mapped.</summary>
    [Fact]
    [Trait("problem", "E1")]
    public void The_section_flag_alone_gives_device_pages()
    {
        Exploration found = Explorer.Explore(Booted, MapAndUnmap(poison: false), PfnOnlineRule.SectionFlag, Walkers.AtRest, faults: false);
        output.WriteLine(string.Join('\n', found.Trace));
        Assert.Contains(found.Trace, s => s.Contains("m7 data pages initialised", StringComparison.Ordinal));
        Assert.DoesNotContain(found.Trace, s => s.Contains("memunmap", StringComparison.Ordinal));
        Assert.EndsWith("w4 page", found.Trace[^1], StringComparison.Ordinal);
    }

    [Theory]
    [Trait("problem", "E2")]
    [InlineData(false)]
    [InlineData(true)]
    public void Taint_and_pagemap_fail_after_unmapping(bool poison)
    {
        Exploration found = Explorer.Explore(Booted, MapAndUnmap(poison), PfnOnlineRule.TaintPagemap, Walkers.AtRest, faults: false);
        Assert.Contains(found.Trace, s => s.Contains("u6 range entry gone", StringComparison.Ordinal));
    }

    [Theory]
    [Trait("problem", "E2")]
    [InlineData(false)]
    [InlineData(true)]
    public void The_current_rule_is_right_at_rest_while_maps_succeed(bool poison)
    {
        Exploration all = Explorer.Explore(Booted, MapAndUnmap(poison), PfnOnlineRule.Current, Walkers.AtRest, faults: false);
        Assert.Empty(all.Trace);
        Assert.InRange(all.States, 100, 100_000);
    }

    [Theory]
    [Trait("problem", "E2")]
    [InlineData(false, "memunmap_pages", 1)] // stale ZONE_DEVICE pages of an earlier map
    [InlineData(true, "m3 memmap there", 0)] // poison is enough
    public void A_map_that_fails_half_way_leaves_a_wrong_verdict(bool poison, string through, int unmaps)
    {
        Exploration found = Explorer.Explore(Booted, MapAndUnmap(poison), PfnOnlineRule.Current, Walkers.AtRest, faults: true);
        Assert.Contains(found.Trace, s => s.Contains(through, StringComparison.Ordinal));
        Assert.Contains(found.Trace, s => s.EndsWith("fails with ENOMEM", StringComparison.Ordinal));
        Assert.Equal(unmaps, found.Trace.Count(s => s.Contains("u6 ", StringComparison.Ordinal)));
    }

    /// <summary>The reference dies outside the hotplug lock: that window is open to a walker who holds it; the one before the taint is
    /// not.</summary>
    [Theory]
    [Trait("problem", "E2")]
    [InlineData(Walkers.Unlocked, true, "m3 memmap there")]
    [InlineData(Walkers.Locked, true, "u1 reference dead")]
    public void Windows_of_the_current_rule(Walkers walkers, bool poison, string through)
    {
        Exploration found = Explorer.Explore(Booted, MapAndUnmap(poison), PfnOnlineRule.Current, walkers, faults: false);
        Assert.Contains(found.Trace, s => s.Contains(through, StringComparison.Ordinal));
        Assert.Equal(walkers == Walkers.Locked, found.Trace.Any(s => s.Contains("m7 ", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_step_on_64_TiB_costs_its_ranges()
    {
        Geometry x86 = Geometry.X86;
        RunLengthState state = BlockSteps.Boot<RunLengthState>(x86, [.. Enumerable.Range(0, 24).Select(r => Gib((ulong)r * 2700, 64))]);
        var machine = new Machine(ImmutableSortedDictionary<string, PfnRange>.Empty, state);
        var clock = new Stopwatch();
        TimeSpan slowest = TimeSpan.Zero;
        for (int i = 0; i < 500; i++)
        {
            PfnRange range = Gib(((ulong)(i % 24) * 2700) + 64 + ((ulong)(i / 24) * 120), 100);
            range = range with { End = range.End + new PfnCount(512) }; // into the next section
            clock.Restart();
            (machine, Errno errno) = machine.CreateNamespace($"namespace{i % 24}.{i / 24}", range);
            slowest = i < 50 || clock.Elapsed < slowest ? slowest : clock.Elapsed; // the first ones are compiled
            Assert.Equal(Errno.None, errno);
        }
        output.WriteLine(
            $"500 namespaces: last {clock.Elapsed.TotalMicroseconds:0} us, slowest {slowest.TotalMicroseconds:0} us, "
                + $"{machine.Memory.Memmap.Count} runs of memmap"
        );
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromMilliseconds(100)); // loosely: the aim is 1 ms, the computer may be busy
        Assert.Equal(Errno.ENOMEM, machine.CreateNamespace("again", Gib(64 + 50, 100)).Errno); // a live device map at the first pfn

        static PfnRange Gib(ulong start, ulong size) => Pages(start << 18, (start + size) << 18);
    }

    /// <summary>How the model's Machine stays cheap to copy: records over immutable maps, sharing what did not change.</summary>
    private sealed record Machine(ImmutableSortedDictionary<string, PfnRange> Namespaces, RunLengthState Memory)
    {
        public (Machine Next, Errno Errno) CreateNamespace(string name, PfnRange range)
        {
            (RunLengthState memory, Errno errno) = DeviceMapSteps
                .Map<RunLengthState>(
                    new DeviceMapRequest
                    {
                        Geometry = Memory.Geometry,
                        Range = range,
                        Altmap = new(new PfnCount(2), new PfnCount(510)),
                    }
                )
                .Fold(Memory);
            return errno == Errno.None ? (new Machine(Namespaces.Add(name, range), memory), errno) : (this, errno);
        }
    }
}

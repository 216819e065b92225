using System.Collections.Immutable;
using System.Diagnostics;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Explore;
using Altmap.Model.Explore.Packed;
using Altmap.Model.Explore.Search;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Model.Tests.Memory.Steps;

/// <summary>One set of steps, two interpreters: the fold over run lengths and masks over a packed state.</summary>
public unsafe class MicroStepTests(ITestOutputHelper output)
{
    private static readonly Geometry Small = new(new PfnCount(2), new PfnCount(8));

    private static PfnRange Pages(ulong start, ulong end) => new(new Pfn(start), new Pfn(end));

    private static Transition Random((byte Kind, byte Start, byte Length, byte Detail) what)
    {
        ulong sub = (ulong)what.Start % 16,
            count = 1 + ((ulong)what.Length % (16 - sub));
        PfnRange range = Pages(sub * 2, (sub + count) * 2),
            sections = Small.WholeSections(range);
        bool poison = (what.Detail & 1) != 0;
        DeviceMapRequest request = new()
        {
            Geometry = Small,
            Range = range,
            Poisons = poison,
            Overrun = new PfnCount((what.Detail & 4) != 0 ? 1UL : 0),
        };
        return (what.Kind % 8) switch
        {
            0 => DeviceMapSteps.Map(request),
            1 => DeviceMapSteps.Map(request with { Altmap = new(new PfnCount(1), new PfnCount((ulong)what.Detail % (count * 2))) }),
            2 => DeviceMapSteps.Unmap(Small, range, poison),
            3 => BlockSteps.Offline(sections, poison),
            4 => BlockSteps.Online(sections, ZoneKind.Movable, 1),
            5 => BlockSteps.Add(sections, poison),
            6 => BlockSteps.RemoveOffline(Small, sections),
            _ => PfnWalk.PfnToOnlinePage(
                Small,
                range.Start,
                OnlineChecks.Of((PfnOnlineRule)(what.Detail % 4), ownsPfnValid: (what.Detail & 8) != 0)
            ),
        };
    }

    [Fact]
    [Trait("problem", "E3")]
    public void Both_interpreters_agree_on_random_steps()
    {
        int steps = 0;
        Prop.ForAll(
                ((byte End, byte Second) ram, NonEmptyArray<(byte, byte, byte, byte)> what, List<(byte Which, bool Fault)> order) =>
                    (
                        steps += Compare(
                            BlockSteps.Boot(Small, Pages(0, 1 + ((ulong)ram.End % 12)), Pages(20, 20 + ((ulong)ram.Second % 12))),
                            [.. what.Get.Take(6).Select(Random)],
                            order
                        )
                    ) >= 0
            )
            .QuickCheckThrowOnFailure();
        Assert.InRange(steps, 1000, int.MaxValue);
    }

    /// <summary>Transitions one after the other on both; after every step all facts about every page are compared.</summary>
    private static int Compare(RunLengthState runs, ImmutableArray<Transition> transitions, List<(byte Which, bool Fault)> order)
    {
        var world = new World(Small, runs, [new Actor("operator", ActorKind.Operator, transitions)], Faults: true);
        var program = new PackedProgram(world);
        var engine = new Engine<Bits512>(program, usesSymmetry: false);
        engine.Freeze();
        Bits512 packed = engine.Start;
        var next = new Bits512[engine.MovesMax + 1];
        int[] taken = new int[engine.MovesMax + 1];
        int steps = 0;
        foreach ((byte which, bool fault) in order)
        {
            int t = which % transitions.Length;
            var register = Walk.Idle;
            for (int i = 0; i < transitions[t].Steps.Length; steps++)
            {
                Alternative alternative = Transition.Choose(transitions[t].Steps[i], runs, register, fault)!;
                int count;
                fixed (Bits512* room = next)
                fixed (int* moves = taken)
                {
                    count = engine.Successors(&packed, room, moves, out bool isStuck);
                    Assert.False(isStuck);
                }
                var at = new Position(t, i);
                packed = next[
                    Assert.Single(
                        Enumerable.Range(0, count),
                        s => program.Alternatives[taken[s]] is var a && ReferenceEquals(a.Source, alternative) && a.At == at
                    )
                ];
                foreach (Effect effect in alternative.Effects)
                    effect.Apply(ref runs, ref register);
                AssertSame(program, runs, packed);
                i = transitions[t].Next(i, alternative);
            }
        }
        return steps;
    }

    private static void AssertSame(PackedProgram program, RunLengthState runs, Bits512 packed)
    {
        var words = new ReadOnlySpan<ulong>(&packed, Bits512.Words);
        Lanes lanes = program.Lanes;
        foreach (Lane lane in lanes.Sections)
            Assert.Equal(runs.SectionOf(lane.Range.Start).HasFlag((SectionBits)lane.Unit), lane.Read(words) == 1);
        foreach (Lane lane in lanes.Valid)
            Assert.Equal(runs.AnyValid(lane.Range), lane.Read(words) == 1);
        foreach (Lane lane in lanes.Memmap)
        {
            for (Pfn pfn = lane.Range.Start; pfn < lane.Range.End; pfn += new PfnCount(1))
                Assert.Equal(runs.MemmapOf(pfn), lanes.Memmaps[lane.Read(words)]);
        }
        foreach (Lane lane in lanes.Pgmap)
        {
            for (Pfn pfn = lane.Range.Start; pfn < lane.Range.End; pfn += new PfnCount(1))
                Assert.Equal(runs.PgmapOf(pfn), (Pgmap)lane.Read(words));
        }
    }

    /// <summary>A walk alone says what the checks say of the facts.</summary>
    [Fact]
    public void A_walk_is_its_checks() =>
        Prop.ForAll(
                ((byte RamEnd, byte Page) at, (byte Rule, bool OwnsPfnValid) rule, List<(byte, byte, byte, byte)> what) =>
                {
                    RunLengthState state = BlockSteps.Boot(Small, Pages(0, 1 + ((ulong)at.RamEnd % 12)));
                    foreach ((byte, byte, byte, byte) step in what)
                        state = Random(step).Fold(state).State;
                    ImmutableArray<OnlineCheck> checks = OnlineChecks.Of((PfnOnlineRule)(rule.Rule % 4), rule.OwnsPfnValid);
                    var pfn = new Pfn((ulong)at.Page % 32);
                    Walk walk = PfnWalk.PfnToOnlinePage(Small, pfn, checks).Fold(state).Register;
                    return walk == (OnlineChecks.IsOnline(PageFacts.Of(state, pfn), checks) ? Walk.Page : Walk.Null);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void A_step_on_64_TiB_costs_its_ranges()
    {
        Geometry x86 = Geometry.X86;
        RunLengthState state = BlockSteps.Boot(x86, [.. Enumerable.Range(0, 24).Select(r => Gib((ulong)r * 2700, 64))]);
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
                .Map(
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

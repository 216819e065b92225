using System.Diagnostics;
using System.Globalization;
using Altmap.Core.Units;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using static Altmap.Shell.Tests.ScriptedMachine;

namespace Altmap.Shell.Tests.Hotplug;

/// <summary>Random machines with CXL windows, soft-reserved ranges and DIMMs: what holds of all memory, whatever it is.</summary>
public class RandomMemoryTests(ITestOutputHelper log)
{
    private const ulong MiB = 1 << 20;
    private const ulong GiB = 1 << 30;
    private static readonly string[] s_kernels = ["6.1", "6.12", "7.2"];

    [Fact]
    [Trait("problem", "D1")]
    public void Blocks_lie_in_memory_that_is_there_and_nothing_is_counted_twice() => Check(1, 300);

    /// <summary>And a machine takes a millisecond at most, its boot and its plugs.</summary>
    [Fact(Explicit = true)]
    public void A_hundred_thousand_machines()
    {
        var clock = Stopwatch.StartNew();
        Check(1_000_000, 100_000);
        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalMilliseconds / 100_000:0.000} ms a machine"));
    }

    private static void Check(int seed, int machines)
    {
        int plugged = 0,
            refused = 0,
            taken = 0;
        for (int i = 0; i < machines; i++)
        {
            var random = new Random(seed + i);
            ShellState state = Machine(random);
            taken += state.Machine.Mm.Kmem.Count;
            Holds(state.Machine.Mm, seed + i);
            for (int n = random.Next(3); n > 0; n--)
            {
                ulong start = (200 * GiB) + ((ulong)random.Next(1 << 10) * 64 * MiB),
                    size = (ulong)random.Next(1, 40) * 64 * MiB;
                CommandResult result = Do(state, $"hotplug add-dimm 0x{start:x} {size}");
                (plugged, refused) = result.ExitCode == 0 ? (plugged + 1, refused) : (plugged, refused + 1);
                state = result.State;
                Holds(state.Machine.Mm, seed + i);
            }
        }
        // Else nothing was checked.
        Assert.True(plugged > machines / 20 && refused > machines / 20 && taken > machines / 20, $"{plugged}, {refused}, {taken}");
    }

    /// <summary>RAM, then windows behind it that soft-reserved memory fills, all or in part.</summary>
    private static ShellState Machine(Random random)
    {
        ulong end = (ulong)random.Next(1, 1200) * 64 * MiB + GiB,
            at = end + ((ulong)random.Next(64) * 128 * MiB);
        var memory = new List<string> { $"100000-{end - 1:x}" };
        var windows = new List<string>();
        for (int node = 1; node <= random.Next(4); node++)
        {
            ulong size = (ulong)random.Next(1, 80) * (random.Next(2) == 0 ? 256 * MiB : 64 * MiB);
            windows.Add($$"""{"start":"0x{{at:x}}","size":{{size}}}""");
            if (random.Next(3) > 0)
                memory.Add($"{at:x}-{at + size - 1:x}:{node}:Soft Reserved");
            at += size + ((ulong)random.Next(16) * 64 * MiB);
        }
        return Boot(s_kernels[random.Next(3)], [.. memory], "", $"\"cxl_windows\":[{string.Join(',', windows)}],");
    }

    private static void Holds(MemoryState mm, int seed)
    {
        PfnRange[] added = [.. mm.Kmem.Select(k => mm.PagesOf(k.Range)), .. mm.PluggedRam.Select(d => mm.PagesOf(d.Range))];
        PfnRange[] all = [.. mm.BootRam.Concat(added).OrderBy(r => r.Start.Number)];
        for (int i = 1; i < all.Length; i++)
            Assert.True(all[i - 1].End <= all[i].Start, $"seed {seed}: {all[i - 1]} and {all[i]} are counted twice");

        ulong blocks = 0,
            online = 0,
            ofAdded = 0;
        foreach ((ulong first, ulong past, MemoryBlock block) in mm.Blocks.Within(0, 1UL << 40))
        {
            if (block.State == BlockState.Absent)
                continue;
            for (ulong number = first; number < past; number++)
            {
                PfnRange pages = mm.PagesOfBlock(number);
                PfnRange[] here = [.. all.Where(r => r.Start < pages.End && pages.Start < r.End)];
                Assert.True(here.Length > 0, $"seed {seed}: memory{number} has no memory");
                // What is added comes in whole blocks.
                Assert.True(
                    block.IsEarly || here is [var one] && one.Start <= pages.Start && pages.End <= one.End,
                    $"seed {seed}: memory{number}"
                );
                ofAdded += block.IsEarly ? 0UL : 1;
            }
            blocks += past - first;
            online += block.State == BlockState.Online ? past - first : 0;
        }
        Assert.True(online <= blocks, $"seed {seed}");
        Assert.Equal(added.Aggregate(0UL, (sum, r) => sum + r.Count.Pages), ofAdded * mm.PagesPerBlock.Pages);
        // Sections that pfn_to_online_page() takes for online belong to blocks that are.
        ulong sections = mm.PagesPerBlock.Pages / mm.Geometry.PagesPerSection.Pages;
        foreach ((ulong first, ulong past, SectionBits bits) in mm.Pages.Sections.Within(0, 1UL << 32))
        {
            if (!bits.HasFlag(SectionBits.Online))
                continue;
            for (ulong number = first / sections; number * sections < past; number++)
                Assert.True(mm.Blocks[number].State == BlockState.Online, $"seed {seed}: section {first} is online, memory{number} is not");
        }
    }
}

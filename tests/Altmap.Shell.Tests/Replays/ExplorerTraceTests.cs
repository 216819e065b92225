using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Explore;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Memory.Steps;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>
/// The explorer's small machine and a recorded one of the same make: RAM, a device from the middle of a section over a whole one into the
/// middle of a third, RAM. The trace that shows E1 ends in the map that the real kernel showed.
/// </summary>
public class ExplorerTraceTests
{
    private const string Recording = "both-poison"; // of page_poison, which is not that of struct pages
    private const ulong InfoBlock = 0x4;

    /// <summary>First page of each piece of the small machine, and where that piece starts in the recorded one.</summary>
    private static readonly (ulong Small, ulong Real)[] s_pieces =
    [
        (0x0, 0x40000), // RAM of the first section
        (InfoBlock, 0x42000),
        (0x5, 0x42002), // memmap and data
        (0x8, 0x48000), // a section of the device alone
        (0x10, 0x50000), // its part of the third section
        (0x14, 0x56000), // RAM
        (0x18, 0x58000),
    ];

    [Theory]
    [Trait("problem", "E1")]
    [InlineData("5.10", "section-flag", true)]
    [InlineData("6.1", "current", false)]
    public void The_trace_of_E1_ends_in_the_map_of_the_real_kernel(string kernel, string policy, bool givesDevicePages)
    {
        string folder = Path.Combine("p_online", kernel, Recording);
        var recording = new MemoryRecording(RecordedMachine.Boot(folder), Golden.Path(folder, "steps.txt"));
        Dictionary<string, List<string>> sections = recording
            .Steps()
            .First(s => s.Step.StartsWith("06-fsdax-dev", StringComparison.Ordinal))
            .Sections;
        Assert.Contains("  42000000-55ffffff : namespace0.0", sections["iomem"]);
        MemoryMap map = MemoryMap.Of(recording.Machine);

        // One trace, that of E1, judged by either kernel's rule.
        Exploration found = Explorer.Search(
            new ExplorerModel(
                new Scenario { Policy = Policy.Find("section-flag")!, Bounds = new Bounds(Sections: 3, Devices: 1, Walkers: 1, Hotplug: 0) }
            ),
            new SearchLimits()
        );
        Violation wrong = Assert.Single(found.Violations, v => v.Property.Name == "online-at-rest");
        ImmutableArray<PagePicture> end = wrong.Trace[^1].After.Pages;
        ImmutableArray<OnlineCheck> checks = Policy.Find(policy)!.Checks;
        foreach (((ulong small, ulong real), (ulong past, ulong realPast)) in s_pieces.Zip(s_pieces.Skip(1)))
        {
            for (ulong page = small; page < past; page++)
            {
                PagePicture picture = end[(int)page];
                bool isGiven = OnlineChecks.IsOnline(
                    new PageFacts(picture.Section, picture.IsValid, picture.Memmap.Content, picture.Pgmap),
                    checks
                );
                foreach (ulong pfn in (ulong[])[real, ((real + realPast) / 2), realPast - 1])
                {
                    Assert.Equal(IsOnline(sections["online"], pfn), isGiven);
                    // The recorded machine had mapped the namespace raw before, info-block and all: those pages are stale there.
                    if (small != InfoBlock)
                        Assert.Equal(map[new Pfn(pfn)].Memmap.Content, picture.Memmap.Content);
                }
            }
        }
        bool isWrong = wrong.Case.Walk is { } walked && IsOnline(sections["online"], RealOf(walked));
        Assert.Equal(givesDevicePages, isWrong);
    }

    /// <summary>What the kernel's own /proc/kpageflags said.</summary>
    private static bool IsOnline(List<string> rows, ulong pfn) =>
        Assert.Single(rows.Select(r => r.Split(' ')), r => pfn >= Convert.ToUInt64(r[0], 16) && pfn < Convert.ToUInt64(r[1], 16))[2] == "+";

    private static ulong RealOf(Pfn small) => s_pieces.Last(p => p.Small <= small.Number).Real;
}

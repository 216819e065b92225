using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>pfn_to_online_page() of every pfn, zones, memory blocks and /proc/iomem against real kernels, step by step.</summary>
public class MemoryRecordingTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases(string group) =>
        [
            .. Directory
                .EnumerateFiles(Golden.Path(group), "steps.txt", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Golden.Root, Path.GetDirectoryName(f)!))
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [Trait("problem", "E1")]
    [MemberData(nameof(Cases), "p_online")]
    public void Every_pfn_of_x86_64_is_as_the_kernel_says(string folder) => AssertSame(folder);

    [Theory]
    [Trait("problem", "E1")]
    [MemberData(nameof(Cases), "s_arm64")]
    public void Every_pfn_of_arm64_is_as_the_kernel_says(string folder) => AssertSame(folder);

    private void AssertSame(string folder)
    {
        var recording = new MemoryRecording(RecordedMachine.Boot(folder), Golden.Path(folder, "steps.txt"));
        int steps = 0,
            different = 0;
        foreach ((string step, Dictionary<string, List<string>> sections) in recording.Steps())
        {
            if (step.StartsWith("00", StringComparison.Ordinal))
                continue; // before the drivers are loaded
            steps++;
            foreach (string difference in recording.Differences(sections))
            {
                output.WriteLine($"{step}: {difference}");
                different++;
            }
        }
        Assert.True(steps > 0);
        Assert.Equal(0, different);
    }
}

using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>pfn_to_online_page() of every pfn, zones, memory blocks and /proc/iomem against real kernels, step by step.</summary>
public class MemoryRecordingTests(ITestOutputHelper output)
{
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (string kernel in Directory.EnumerateDirectories(Golden.Path("p_online")).Order(StringComparer.Ordinal))
        {
            foreach (string map in Directory.EnumerateDirectories(kernel).Order(StringComparer.Ordinal)) cases.Add(Path.GetFileName(kernel), Path.GetFileName(map));
        }
        return cases;
    }

    [Theory]
    [Trait("problem", "E1")]
    [MemberData(nameof(Cases))]
    public void Every_pfn_is_as_the_kernel_says(string kernel, string map)
    {
        string folder = Path.Combine("p_online", kernel, map);
        var recording = new MemoryRecording(RecordedMachine.Boot(folder), Golden.Path(folder, "steps.txt"));
        int steps = 0, different = 0;
        foreach ((string step, Dictionary<string, List<string>> sections) in recording.Steps())
        {
            if (step.StartsWith("00", StringComparison.Ordinal)) continue; // before the drivers are loaded
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

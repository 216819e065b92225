using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>Every command and every snapshot of the recorded boots with soft-reserved memory.</summary>
public class PluggedRecordingTests
{
    /// <summary>Boots that could not take blocks of a kernel zone offline again: what stays is not known to any model.</summary>
    private static readonly (string Kernel, string Name)[] s_busy = [("7.2", "modes")];

    public static TheoryData<string, string> Hmem => Recordings("t_hmem");

    [Theory]
    [Trait("problem", "D1")]
    [MemberData(nameof(Hmem))]
    public void Soft_reserved_memory_is_as_recorded(string kernel, string name)
    {
        List<string> differences = new PluggedRecording("t_hmem", kernel, name).Differences();
        if (s_busy.Contains((kernel, name)))
            Assert.Contains(differences, d => d.Contains("Device or resource busy", StringComparison.Ordinal));
        else
            Assert.True(differences.Count == 0, string.Join('\n', differences.Take(20)));
    }

    public static TheoryData<string, string> Ramdax => Recordings("t_ramdax");

    [Theory]
    [Trait("problem", "D1")]
    [MemberData(nameof(Ramdax))]
    public void Ranges_as_labelled_dimms_are_as_recorded(string kernel, string name)
    {
        List<string> differences = new PluggedRecording("t_ramdax", kernel, name).Differences();
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(20)));
    }

    public static TheoryData<string, string> Hotplug => Recordings("t_hotplug");

    [Theory]
    [Trait("problem", "D1")]
    [MemberData(nameof(Hotplug))]
    public void Plugged_memory_is_as_recorded(string kernel, string name)
    {
        List<string> differences = new PluggedRecording("t_hotplug", kernel, name).Differences();
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(20)));
    }

    private static TheoryData<string, string> Recordings(string group)
    {
        var all = new TheoryData<string, string>();
        foreach (
            string file in Directory.GetFiles(Golden.Path(group), "*.txt.gz", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        )
            all.Add(Path.GetFileName(Path.GetDirectoryName(file)!), Path.GetFileName(file)[..^".txt.gz".Length]);
        return all;
    }
}

using System.Text.RegularExpressions;

namespace Altmap.Core.Tests.Architecture;

/// <summary>Media of the model change in one place: Machine.Write, by a plan.</summary>
public partial class MediaWriteTests
{
    /// <summary>Where a machine gets its first media, or keeps them over a reboot or a change of drivers.</summary>
    private static readonly string[] Allowed =
    [
        "src/Altmap.Model/Machine.cs",
        "src/Altmap.Model/Boot.cs",
        "src/Altmap.Model/Nvdimm/LegacyMemory.cs",
        "src/Altmap.Model/Nvdimm/RegionDriver.cs",
    ];

    [Fact]
    public void Only_a_plan_changes_media()
    {
        string[] all = [.. Checkout.Files("src/Altmap.Model", "*.cs"), .. Checkout.Files("src/Altmap.Shell", "*.cs")];
        Assert.Empty(
            from file in all.Except(Allowed)
            from line in Checkout.Read(file).Split('\n')
            where Assigns(line)
            select $"{file}: {line.Trim()}"
        );
        Assert.All(Allowed, f => Assert.Contains(f, all));
    }

    [Theory]
    [InlineData("return machine.With(region with { Media = bytes });", true)]
    [InlineData("dimm with { LabelBytes = area.Bytes }", true)]
    [InlineData("if (region.Media == other)", false)]
    public void A_planted_assignment_is_seen(string line, bool seen) => Assert.Equal(seen, Assigns(line));

    private static bool Assigns(string line) => Assignment().IsMatch(line);

    [GeneratedRegex(@"\b(Media|LabelBytes) = ")]
    private static partial Regex Assignment();
}

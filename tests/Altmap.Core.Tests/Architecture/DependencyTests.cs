using System.Collections.Immutable;
using System.Xml.Linq;

namespace Altmap.Core.Tests.Architecture;

/// <summary>Who may use whom (ARCHITECTURE.md).</summary>
public class DependencyTests
{
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Altmap.Core"] = [],
        ["Altmap.Formats"] = ["Altmap.Core"],
        ["Altmap.Model"] = ["Altmap.Core", "Altmap.Formats"],
        ["Altmap.Shell"] = ["Altmap.Core", "Altmap.Formats", "Altmap.Model"],
        ["Altmap.Advice"] = ["Altmap.Core", "Altmap.Formats", "Altmap.Model", "Altmap.Shell"],
        ["Altmap.Host"] = ["Altmap.Core", "Altmap.Formats", "Altmap.Model"],
        ["Altmap.Cli"] = ["Altmap.Core", "Altmap.Formats", "Altmap.Model", "Altmap.Shell", "Altmap.Advice", "Altmap.Host"],
    };

    /// <summary>Each has its paragraph in ARCHITECTURE.md.</summary>
    private static readonly Dictionary<string, string[]> MayHavePackages = new()
    {
        ["Altmap.Cli"] = ["System.CommandLine", "Spectre.Console", "RadLine"],
    };

    private static readonly BannedReferences Banned = new(Checkout.Read("BannedSymbols.txt"));

    public static TheoryData<string> Pure => ["Altmap.Core", "Altmap.Formats", "Altmap.Model", "Altmap.Shell", "Altmap.Advice"];

    [Fact]
    public void Projects_use_only_what_lies_below_them()
    {
        Assert.Equal(MayUse.Keys.Order(), Checkout.Files("src", "*.csproj").Select(p => Path.GetFileNameWithoutExtension(p)).Order());
        foreach (string path in Checkout.Files("src", "*.csproj"))
        {
            string project = Path.GetFileNameWithoutExtension(path);
            Assert.Empty(Complaints(project, XDocument.Parse(Checkout.Read(path))));
        }
    }

    [Fact]
    public void Nothing_but_tests_uses_the_command()
    {
        foreach (
            string path in Checkout.Files(".", "*.csproj").Where(p => p.Contains("Altmap.Cli.csproj", StringComparison.Ordinal) is false)
        )
        {
            bool usesCli = Checkout.Read(path).Contains("Altmap.Cli.csproj", StringComparison.Ordinal);
            Assert.True(!usesCli || path.StartsWith("tests/Altmap.Cli.Tests/", StringComparison.Ordinal), path);
        }
    }

    [Fact]
    public void A_planted_reference_is_seen()
    {
        XDocument planted = XDocument.Parse(
            """
            <Project><ItemGroup><ProjectReference Include="../Altmap.Host/Altmap.Host.csproj" /><PackageReference Include="Spectre.Console" /></ItemGroup></Project>
            """
        );
        Assert.Equal(
            ["Altmap.Model uses Altmap.Host", "Altmap.Model has the package Spectre.Console"],
            Complaints("Altmap.Model", planted)
        );
        Assert.Empty(Complaints("Altmap.Cli", planted));
    }

    [Theory]
    [MemberData(nameof(Pure))]
    public void The_core_refers_to_nothing_that_touches_the_world(string project)
    {
        byte[]? assembly =
            project == "Altmap.Core"
                ? File.ReadAllBytes(
                    typeof(Units.ByteSizeTests).Assembly.Location.Replace("Core.Tests.dll", "Core.dll", StringComparison.Ordinal)
                )
                : Built(project);
        Assert.SkipWhen(assembly is null, $"{project} is not built: ./test builds everything");
        Assert.Empty(Banned.In(assembly!));
    }

    /// <summary>This test assembly reads files: the checker must say so, or it checks nothing.</summary>
    [Fact]
    public void A_planted_violation_is_seen()
    {
        _ = DateTime.UtcNow;
        _ = Guid.NewGuid();
        ImmutableSortedSet<string> found = Banned.In(File.ReadAllBytes(typeof(DependencyTests).Assembly.Location));
        Assert.Superset(
            new HashSet<string> { "System.IO.File", "System.IO.Path", "System.DateTime.get_UtcNow", "System.Guid.NewGuid" },
            found.ToHashSet()
        );
    }

    private static byte[]? Built(string project)
    {
        try
        {
            return Checkout.Assembly(project);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static List<string> Complaints(string project, XDocument csproj)
    {
        string[] packages = MayHavePackages.GetValueOrDefault(project, []);
        return
        [
            .. from reference in csproj.Descendants("ProjectReference")
            let other = Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!)
            where !MayUse[project].Contains(other)
            select $"{project} uses {other}",
            .. from reference in csproj.Descendants("PackageReference")
            let package = (string)reference.Attribute("Include")!
            where !packages.Contains(package)
            select $"{project} has the package {package}",
        ];
    }
}

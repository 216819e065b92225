using System.Text.RegularExpressions;

namespace Altmap.Core.Tests.Architecture;

/// <summary>What no compiler checks. A rule that hurts gets an exception here, with its reason.</summary>
public partial class TidyTests
{
    private const int LinesMax = 650;
    private const int ColumnsMax = 140;

    /// <summary>Files that are longer for a reason.</summary>
    private static readonly Dictionary<string, string> LongFiles = [];

    private static readonly string[] Problems =
    [
        "A1",
        "A2",
        "A3",
        "A4",
        "B1",
        "B2",
        "B3",
        "C1",
        "C2",
        "C3",
        "C4",
        "D1",
        "D2",
        "D3",
        "E1",
        "E2",
        "E3",
        "E4",
    ];

    [Fact]
    public void Only_the_profiles_know_kernel_versions()
    {
        string[] found =
        [
            .. Lines("src")
                .Where(l => !l.Path.StartsWith("src/Altmap.Core/Kernels/", StringComparison.Ordinal) && ComparesVersions(l.Text))
                .Select(Show),
        ];
        Assert.Empty(found);
    }

    [Theory]
    [InlineData("if (profile.Name == \"6.1\") return;", true)]
    [InlineData("return kernel.Name is \"5.10\" or \"6.1\";", true)]
    [InlineData("case \"6.12\":", true)]
    [InlineData("\"6.12\" => true,", true)]
    [InlineData("if (version >= new Version(6, 1)) x();", true)]
    [InlineData("name.StartsWith(\"5.\")", true)]
    [InlineData("/// <param name=\"Kernel\">As <c>6.1</c>.</param>", false)]
    [InlineData("source: \"drivers/nvdimm/pfn_devs.c (6.1, 6.12)\"", false)]
    [InlineData("var version = new IndexVersion(1, 2);", false)]
    public void A_planted_version_is_seen(string line, bool seen) => Assert.Equal(seen, ComparesVersions(line));

    [Fact]
    public void Nothing_is_left_for_later() => Assert.Empty(Matching(Unfinished(), "src", "tests"));

    [Fact]
    public void Nothing_points_outside_the_repository() => Assert.Empty(Matching(Outside(), "src", "tests", "benchmarks"));

    [Fact]
    public void Files_stay_readable()
    {
        string[] all = [.. Checkout.Files("src", "*.cs"), .. Checkout.Files("tests", "*.cs"), .. Checkout.Files("benchmarks", "*.cs")];
        string[] tooLong = [.. all.Where(f => Checkout.Read(f).Count(c => c == '\n') > LinesMax && !LongFiles.ContainsKey(f))];
        Assert.Empty(tooLong);
        Assert.Empty(LongFiles.Keys.Except(all));
    }

    /// <summary>The formatter wraps code; literals, comments and documentation are wrapped by hand. Raw text stays as it is.</summary>
    [Fact]
    public void Lines_fit_a_screen() =>
        Assert.Empty(
            from path in (string[])["src", "tests", "benchmarks"]
            from file in Checkout.Files(path, "*.cs")
            from line in WithoutRawText(Checkout.Read(file))
            where line.Text.Length > ColumnsMax && !(path == "tests" && IsTestData(line.Text))
            select $"{file}:{line.Number}: {line.Text.Length} columns"
        );

    [Fact]
    public void Raw_text_is_left_out() =>
        Assert.Equal([1, 2, 4, 5], WithoutRawText("a\nb = $\"\"\"\nlong\n\"\"\";\nc\n").Select(l => l.Number).Where(n => n != 6));

    [Fact]
    public void Problem_ids_exist() =>
        Assert.Empty(
            from line in Lines("tests")
            from Match match in ProblemTrait().Matches(line.Text)
            where !IsThisFile(line.Path) && !Problems.Contains(match.Groups[1].Value)
            select Show(line)
        );

    [Fact]
    public void Generated_code_is_not_checked_in() =>
        Assert.DoesNotContain(
            Checkout.Files("src", "*.cs"),
            f => f.EndsWith(".g.cs", StringComparison.Ordinal) || f.EndsWith(".Designer.cs", StringComparison.Ordinal)
        );

    private static IEnumerable<(int Number, string Text)> WithoutRawText(string file)
    {
        bool raw = false;
        foreach ((int index, string text) in file.Split('\n').Index())
        {
            bool toggles = text.Split("\"\"\"").Length % 2 == 0;
            if ((!raw || toggles) && (toggles || !text.Contains("\"\"\"", StringComparison.Ordinal)))
                yield return (index + 1, raw ? "" : text);
            raw ^= toggles;
        }
    }

    private static bool IsTestData(string line) => line.TrimStart(' ', '+', '$') is ['"', ..] && line.TrimEnd(',', ')', ';') is [.., '"'];

    private static string[] Matching(Regex pattern, params string[] folders) =>
        [.. folders.SelectMany(Lines).Where(l => !IsThisFile(l.Path) && pattern.IsMatch(l.Text)).Select(Show)];

    private static bool ComparesVersions(string line) =>
        !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && VersionComparison().IsMatch(line);

    private static bool IsThisFile(string path) => path.EndsWith("Architecture/TidyTests.cs", StringComparison.Ordinal);

    private static string Show((string Path, int Line, string Text) l) => $"{l.Path}:{l.Line}: {l.Text.Trim()}";

    private static IEnumerable<(string Path, int Line, string Text)> Lines(string folder) =>
        from path in Checkout.Files(folder, "*.cs")
        from numbered in Checkout.Read(path).Split('\n').Select((text, i) => (path, i + 1, text))
        select numbered;

    /// <summary>A comparison, a pattern or a switch arm with a kernel's number in it; <c>new Version(6, 1)</c>.</summary>
    [GeneratedRegex(
        """([=!]=|\bis( not)?|\bor|\bcase|StartsWith\(|Equals\() *"[4-7]\.([0-9]+(\.[0-9]+)?)?"|"[4-7]\.[0-9]+" *(=>|or\b|==)|new Version\( *[4-7]\b"""
    )]
    private static partial Regex VersionComparison();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\.\./shared|""/(home|root|mnt)/")]
    private static partial Regex Outside();

    [GeneratedRegex("""Trait\("problem", *"([^"]*)"\)""")]
    private static partial Regex ProblemTrait();
}

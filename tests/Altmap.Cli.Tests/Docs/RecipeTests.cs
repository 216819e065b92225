using System.CommandLine;
using System.Text.RegularExpressions;
using Altmap.Core.Kernels;
using Altmap.Formats;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Docs;

/// <summary>What CONTRIBUTING.md promises of the three commonest changes: how many files of the source each one touches.</summary>
public partial class RecipeTests
{
    private static readonly string Checkout = Path.GetFullPath(Path.Combine(Golden.Root, "..", ".."));

    private static readonly string[] Beside = ["src/Altmap.Core/Kernels/KernelDistributions.cs", "src/Altmap.Core/Kernels/KernelNames.cs"];

    private static readonly (string Path, string Code)[] Sources =
    [
        .. Directory
            .EnumerateFiles(Path.Combine(Checkout, "src"), "*.cs", SearchOption.AllDirectories)
            .Select(p => Path.GetRelativePath(Checkout, p))
            .Where(p => !p.Split('/').Any(part => part is "bin" or "obj"))
            .Select(p => (p, Comment().Replace(File.ReadAllText(Path.Combine(Checkout, p)), ""))),
    ];

    [Fact]
    public void A_kernel_profile_is_one_file()
    {
        Assert.NotEmpty(KernelProfiles.All);
        foreach (string name in KernelProfiles.All.Select(k => k.Name))
        {
            // What distributions ship, and when rules changed between the profiles, are tables beside: they need no row for a new profile.
            Regex declared = new($"new\\(\\s*\"{Regex.Escape(name)}\",");
            Assert.Contains("src/Altmap.Core/Kernels/KernelProfiles.cs", FilesWith($"\"{name}\""));
            string[] core =
            [
                .. Sources
                    .Where(s => s.Path.StartsWith("src/Altmap.Core/", StringComparison.Ordinal) && declared.IsMatch(s.Code))
                    .Select(s => s.Path),
            ];
            Assert.Empty(core.Except(Beside).Except(["src/Altmap.Core/Kernels/KernelProfiles.cs"]));
        }
    }

    [Fact]
    public void A_finding_is_one_file()
    {
        Assert.NotEmpty(MediaFindings.Codes);
        foreach (string name in MediaFindings.Codes.Select(c => c.Name))
        {
            string behindPrefix = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
            Assert.Empty(FilesWith($"\"{name}\"")); // whoever means a code names the object
            Assert.Single(FilesWith($"Table.Add(\n        \"{behindPrefix}\""), f => Table(f).Contains($"\"{name.Split('.')[0]}.\""));
        }

        static string Table(string file) => Sources.First(s => s.Path == file).Code;
    }

    [Fact]
    public void A_command_is_one_file_and_one_line()
    {
        string root = Sources.Single(s => s.Path == "src/Altmap.Cli/AltmapCommand.cs").Code;
        string[] types = [.. Added().Matches(root).Select(m => m.Groups[1].Value)];
        using var host = new CliHost(Stream.Null, TextWriter.Null, () => Stream.Null);
        Command[] commands = [.. AltmapCommand.CreateRoot(host).Subcommands];
        Assert.Equal(commands.Length, types.Length);
        foreach (string type in types)
        {
            Assert.Single(new Regex($@"\b{type}\b").Matches(root));
            string declared = Assert.Single(Sources, s => Regex.IsMatch(s.Code, $@"\bclass {type}\b")).Path;
            Assert.All(
                Sources.Where(s => s.Path != "src/Altmap.Cli/AltmapCommand.cs" && Regex.IsMatch(s.Code, $@"\b{type}\.Create\(")),
                s => Assert.Equal(Path.GetDirectoryName(declared), Path.GetDirectoryName(s.Path))
            );
        }
        string docs = string.Concat(
            Directory.GetFiles(Path.Combine(Checkout, "docs"), "*.md").Append(Path.Combine(Checkout, "README.md")).Select(File.ReadAllText)
        );
        Assert.All(commands, c => Assert.Contains($"altmap {c.Name}", docs, StringComparison.Ordinal));
        Assert.All(commands, c => Assert.False(string.IsNullOrEmpty(c.Description), c.Name));
    }

    [Fact]
    public void The_recipes_stand_in_the_guide()
    {
        string guide = File.ReadAllText(Path.Combine(Checkout, "CONTRIBUTING.md"));
        Assert.All((string[])["### A kernel profile", "### A finding", "### A command"], h => Assert.Contains(h + "\n", guide));
        // A path that the guide names is there; XxxYyy and NAME stand for what is new.
        foreach (string path in PathInGuide().Matches(guide).Select(m => m.Groups[1].Value).Where(p => !p.Contains("NAME")))
            Assert.True(Path.Exists(Path.Combine(Checkout, path)), path);
    }

    private static string[] FilesWith(string text) =>
        [.. Sources.Where(s => s.Code.Contains(text, StringComparison.Ordinal)).Select(s => s.Path)];

    [GeneratedRegex(@"(?<!:)//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"root\.Add\((?:\w+\.)*(\w+)\.Create\(")]
    private static partial Regex Added();

    [GeneratedRegex("`((?:src|tests|docs|examples|benchmarks)/[A-Za-z0-9_./]+)`")]
    private static partial Regex PathInGuide();
}

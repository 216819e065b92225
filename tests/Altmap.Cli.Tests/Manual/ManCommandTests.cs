using System.CommandLine;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Altmap.Advice;
using Altmap.Cli.Common;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Manual;

public class ManCommandTests
{
    private static readonly string[] Names = [.. Cli.Run("man").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    [Fact]
    public void Every_command_has_a_page_that_names_all_its_options()
    {
        using var host = new CliHost(Stream.Null, TextWriter.Null, () => Stream.Null);
        foreach ((string name, Command command) in Walk(AltmapCommand.CreateRoot(host), "altmap"))
        {
            string page = Cli.Run("man", $"{name}.1").Output;
            Assert.StartsWith($".TH \"{name.ToUpperInvariant().Replace("-", "\\-", StringComparison.Ordinal)}\" 1 ", page);
            foreach (Option option in command.Options.Where(o => !o.Hidden && o.Description is not null))
                Assert.Contains($"\\fB{option.Name.Replace("-", "\\-", StringComparison.Ordinal)}\\fP", page);
        }

        static IEnumerable<(string Name, Command Command)> Walk(Command command, string name) =>
            command.Subcommands.Where(c => !c.Hidden).SelectMany(c => Walk(c, $"{name}-{c.Name}")).Prepend((name, command));
    }

    [Fact]
    public void Formats_and_findings_have_pages_too()
    {
        Assert.Contains(Names, n => n.StartsWith("altmap-machine(5) - ", StringComparison.Ordinal));
        string findings = Cli.Run("man", "altmap-findings").Output;
        Assert.All(FindingPages.All, c => Assert.Contains($"\\fB{c.Name.Replace("-", "\\-", StringComparison.Ordinal)}\\fP", findings));
        string machine = Cli.Run("man", "altmap-machine.5").Output;
        Assert.All((string[])["cxl_windows", "struct_page_size", "steps", "facts"], key => Assert.Contains($"\\fB{key}\\fP", machine));
    }

    /// <summary>The same table in three places: code, docs and manual.</summary>
    [Fact]
    public void Exit_codes_are_those_of_the_page()
    {
        string page = File.ReadAllText(Path.Combine(Golden.Root, "..", "..", "docs", "README.md"));
        Assert.Equal(
            ExitCode.Meanings.Select(m => $"| {m.Code} | {m.Meaning} |"),
            Regex.Matches(page, @"^\| \d+ \| .* \|$", RegexOptions.Multiline).Select(m => m.Value)
        );
    }

    [Fact]
    public void All_pages_are_written_once_and_nothing_over_them()
    {
        using var scratch = new Scratch();
        Assert.Equal(0, Cli.Run("man", "--output", scratch["man"]).ExitCode);
        string[] files = Directory.GetFiles(scratch["man"], "*", SearchOption.AllDirectories);
        Assert.Equal(Names.Length, files.Length);
        Assert.Contains(scratch["man/man5/altmap-machine.5"], files);
        CliResult again = Cli.Run("man", "--output", scratch["man"]);
        Assert.Equal(16, again.ExitCode);
        Assert.Contains("is there already", again.Error);
        Assert.SkipUnless(File.Exists("/usr/bin/mandoc"), "needs mandoc");
        using Process lint = Process.Start(
            new ProcessStartInfo("mandoc", ["-T", "lint", .. files]) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        Assert.Equal("", lint.StandardOutput.ReadToEnd() + lint.StandardError.ReadToEnd());
        lint.WaitForExit();
        Assert.Equal(0, lint.ExitCode);
    }

    [Theory]
    [InlineData("plam", "did you mean")]
    [InlineData("altmap-plan.9", "is no page")]
    public void A_page_that_is_not_there(string name, string message)
    {
        CliResult result = Cli.Run("man", name);
        Assert.Equal(16, result.ExitCode);
        Assert.Contains(message, result.Error);
    }

    [Fact]
    public void The_version_names_commit_and_kernels()
    {
        string[] lines = Cli.Run("--version").Output.Split('\n');
        Assert.Matches(@"^altmap \d+\.\d+\.\d+ \((commit [0-9a-f]{12}|built without git)\)$", lines[0]);
        Assert.StartsWith("kernels: 4.19, ", lines[1]);
    }
}

using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Shell.Options;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Shell.Tests.Options;

public class ToolCommandLineTests
{
    private static readonly ByteSize s_page = ByteSize.KiB(4);

    private static ToolRequest Parse(params ImmutableArray<string> words) => ToolCommandLine.Parse(words, s_page);

    [Fact]
    public void Says_to_the_byte_what_the_tools_say()
    {
        var wrong = new List<string>();
        foreach (var recorded in RecordedUsage.All.Where(r => r.IsAnswered))
        {
            var answer = ToolCommandLine.Parse(recorded.Words, s_page).Answer;
            if ((answer?.Stdout, answer?.Stderr, answer?.ExitCode) != (recorded.Stdout, recorded.Stderr, recorded.ExitCode))
                wrong.Add(
                    $"{recorded.Command}\n{answer?.Stdout}{answer?.Stderr}# rc={answer?.ExitCode}, "
                        + $"but\n{recorded.Stdout}{recorded.Stderr}# rc={recorded.ExitCode}"
                );
        }
        Assert.Empty(wrong);
        Assert.True(RecordedUsage.All.Count > 700);
    }

    [Fact]
    public void Agrees_with_a_recorded_session()
    {
        var count = 0;
        foreach (var command in RecordedSession.Parse(File.ReadAllText(Golden.Path("sessions", "tools.log"))).Commands)
        {
            var answer = ToolCommandLine.Parse(command.Words, s_page).Answer;
            Assert.Equal(command.ExitCode == 129, answer?.ExitCode == 129);
            if (answer is null)
                continue;
            Assert.Equal((command.Output, command.ExitCode), (answer.Stdout + answer.Stderr, answer.ExitCode));
            count++;
        }
        Assert.True(count >= 5);
    }

    [Fact]
    public void Lets_right_command_lines_pass()
    {
        foreach (var recorded in RecordedUsage.All.Where(r => !r.IsAnswered))
        {
            var request = ToolCommandLine.Parse(recorded.Words, s_page);
            Assert.True(request.Answer is null, $"{recorded.Command}: {request.Answer?.Stderr}");
            Assert.StartsWith(request.Warnings, recorded.Stderr, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_command_has_a_recorded_usage_text()
    {
        foreach (var command in NdctlCommands.Ndctl.Concat(NdctlCommands.Daxctl))
        {
            Assert.Contains(RecordedUsage.All, r => r.Command == $"{command.Tool} {command.Name} -h");
            Assert.Same(command, NdctlCommands.Find(command.Tool, command.Name));
        }
        Assert.Null(NdctlCommands.Find("ndctl", "create"));
    }

    [Fact]
    public void Reduces_arguments_as_the_tools_do()
    {
        Assert.Equal(["all"], Parse("ndctl", "disable-dimm", "a", "b", "all").Arguments);
        var two = Parse("ndctl", "disable-dimm", "nmem0", "x", "nmem1");
        Assert.Equal(["nmem0", "nmem1"], two.Arguments);
        Assert.Equal("'x' is not a valid dimm name\n", two.Warnings);
        Assert.Equal(["all"], Parse("ndctl", "start-scrub").Arguments);
        Assert.Equal(["dax0.0"], Parse("/usr/bin/daxctl", "disable-device", "/dev/dax0.0").Arguments);
    }

    [Fact]
    public void The_smallest_alignment_is_the_page_of_the_machine()
    {
        ImmutableArray<string> words = ["ndctl", "create-namespace", "-a", "4K"];
        Assert.Null(ToolCommandLine.Parse(words, s_page).Answer);
        Assert.StartsWith(
            "  Error: align must be a power-of-2 greater than 65536\n",
            ToolCommandLine.Parse(words, ByteSize.KiB(64)).Answer!.Stderr,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("create-namespace", "pmem", "fsdax", true, "dev", null)]
    [InlineData("create-namespace -m safe", "pmem", "safe", false, "dev", "4096")]
    [InlineData("create-namespace -t blk", "blk", "sector", true, "dev", "4096")]
    [InlineData("create-namespace -e namespace0.0", null, null, false, null, null)]
    [InlineData("create-namespace -e namespace0.0 -m sector -l 512", null, "sector", false, null, "512")]
    [InlineData("write-infoblock -c -s 1G", null, "fsdax", false, "dev", null)]
    public void Fills_in_defaults(string command, string? type, string? mode, bool isDefault, string? map, string? sectorSize)
    {
        var request = Parse(["ndctl", .. command.Split(' ')]);
        Assert.Equal(new NamespaceDefaults(type, mode, isDefault, map, sectorSize), NamespaceDefaults.Of(request.Options!));
    }

    [Theory]
    [InlineData("ndctl help list", "see man ndctl-list\n")]
    [InlineData("ndctl list --help", "see man ndctl-list\n")]
    [InlineData("daxctl --help daxctl-list", "see man daxctl-list\n")]
    public void Manual_pages_are_not_supported(string command, string stdout)
    {
        var answer = Parse([.. command.Split(' ')]).Answer!;
        Assert.True(answer.IsUnsupported);
        Assert.Equal((stdout, 0), (answer.Stdout, answer.ExitCode));
        Assert.Null(Parse("daxctl", "reconfigure-device", "-C", "dax0.0").Answer); // it looks for the files itself
    }

    [Fact]
    public void Long_messages_are_cut_where_the_tool_cuts_them()
    {
        // Measured: 1023 bytes of message, then the line end.
        var answer = Parse("ndctl", "list", "--" + new string('x', 5000)).Answer!;
        Assert.Equal("  Error: ".Length + 1023, answer.Stderr.IndexOf('\n', StringComparison.Ordinal));
    }

    [Fact]
    public void Any_words_are_answered_or_parsed() =>
        Check.QuickThrowOnFailure(
            Prop.ForAll(
                Gen.Elements("-", "--", "=", "no-", "s", "size", "1", "K", "-s", "--na", "all", "nmem0", "-h", "é", "", "\0", "--no-", "f")
                    .ListOf(4)
                    .Select(string.Concat)
                    .ListOf()
                    .ToArbitrary(),
                words =>
                    NdctlCommands
                        .Ndctl.Concat(NdctlCommands.Daxctl)
                        .All(c => Parse([c.Tool, c.Name, .. words]) is { } r && (r.Answer is null) == (r.Options is not null))
            )
        );
}

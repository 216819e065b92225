using System.Text;
using System.Text.RegularExpressions;
using Altmap.Model;
using Altmap.Shell.Replays;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>Random sessions of ndctl, daxctl and sysfs that real kernels ran (tests/golden/README-random.md): each command is answered as
/// recorded, but for what the README leaves out.</summary>
public partial class RandomSessionTests
{
    public static TheoryData<string> Sessions =>
        [.. Directory.GetDirectories(Golden.Path("z_random")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Sessions))]
    public void Every_command_is_answered_as_recorded(string session)
    {
        RecordedSession recorded = RecordedSession.Parse(
            Encoding.UTF8.GetString(Golden.Gunzip(Golden.Path("z_random", session, "transcript.gz")))
        );
        Assert.True(recorded.IsValid, string.Join('\n', recorded.Errors));
        Assert.True(recorded.Commands.Length > 25);
        ReplayResult result = RecordedMachine.Replay(RecordedMachine.Boot(Path.Combine("z_random", session)), recorded);
        ReplayedCommand[] others = [.. result.Commands.Where(c => c.Verdict != ReplayVerdict.Same && !IsLeftOut(c))];
        Assert.True(others.Length == 0, RecordedMachine.Differences(result with { Commands = [.. others] }));
    }

    [Fact]
    public void The_sessions_are_all_there() => Assert.Equal(53, Sessions.Count);

    /// <summary>What -v prints, and which of several dax devices of the nd bus the kernel's race gave a namespace.</summary>
    private static bool IsLeftOut(ReplayedCommand command) =>
        command.Verdict == ReplayVerdict.Different
        && command.Command.ExitCode == command.Result.ExitCode
        && (
            Verbose().IsMatch(command.Command.Text)
                ? WithoutLibrary(command.Command.Output) == WithoutLibrary(command.Result.Merged)
                : Unnumbered(command.Command.Output) == Unnumbered(command.Result.Merged)
        );

    private static string WithoutLibrary(string text) =>
        string.Join('\n', text.TrimEnd('\n').Split('\n').Where(l => !l.StartsWith("lib", StringComparison.Ordinal)));

    private static string Unnumbered(string text) => DaxPath().Replace(text.TrimEnd('\n'), "$1");

    [GeneratedRegex(@" -v+( |$)")]
    private static partial Regex Verbose();

    [GeneratedRegex(@"(""path"":"".*\\/dax\d+)\.\d+")]
    private static partial Regex DaxPath();
}

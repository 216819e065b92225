using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Scripts;

public class RecordedSessionTests
{
    private static RecordedSession Read(string name)
    {
        var session = RecordedSession.Parse(File.ReadAllText(Golden.Path("sessions", name)));
        Assert.Empty(session.Errors);
        return session;
    }

    [Fact]
    public void Reads_commands_with_output_and_exit_code()
    {
        var session = Read("tools.log");
        Assert.Equal(148, session.Commands.Length);
        Assert.All(session.Commands, c => Assert.True(c.IsComplete));
        Assert.Equal(
            ("ndctl --version", "76.1\n", 0),
            (session.Commands[0].Text, session.Commands[0].Output, session.Commands[0].ExitCode)
        );
        var wrong = session.Commands.Single(c => c.Text == "ndctl list -m nosuchmode");
        Assert.Equal(("  Error: invalid mode: 'nosuchmode'\n\n", 234), (wrong.Output, wrong.ExitCode));
        Assert.Equal(["ndctl", "list", "-n", "namespace/sys/bus/dax/devices/*.0"], session.Commands.First(c => c.Text.Contains('*')).Words);
    }

    [Fact]
    public void Lost_quotes_of_sh_c_are_found_again()
    {
        var commands = Read("sh.log").Commands;
        var write = commands.First(c => c.Text.StartsWith("sh -c", StringComparison.Ordinal));
        Assert.Equal("echo", write.Words[0]);
        Assert.StartsWith("/sys/", write.RedirectTo, StringComparison.Ordinal);
        Assert.DoesNotContain(commands, c => c.Words.Contains(">"));
    }

    [Fact]
    public void Recordings_without_exit_codes_carry_refusals_on_the_line()
    {
        var commands = Read("arm64-sysfs.log").Commands;
        Assert.All(commands, c => Assert.False(c.IsComplete));
        var refused = commands.First(c => c.Failure == "Invalid argument");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("/sys/bus/nd/", refused.RedirectTo, StringComparison.Ordinal);
        Assert.DoesNotContain(" : ", refused.Text, StringComparison.Ordinal);
        Assert.Equal("", commands.First(c => c.Failure == "nonexistent directory").RedirectTo);
        Assert.Contains(commands, c => c.Failure is null && c.ExitCode == 0 && c.RedirectTo!.EndsWith("/mode", StringComparison.Ordinal));
    }

    [Fact]
    public void Notes_are_not_output()
    {
        var session = Read("notes.log");
        Assert.Equal(["disabled 1 namespace\n", "destroyed 0 namespaces\n"], session.Commands.Take(2).Select(c => c.Output));
        Assert.Contains("pfn0.0: bind: Invalid argument", session.Commands[1].NotesBefore);
        Assert.Equal(["## 13-raw-again"], session.NotesAfter);
    }

    [Theory]
    [InlineData("+ ndctl list -n \n# rc=0\n", "ndctl|list|-n|", null)]
    [InlineData("+ sh -c echo 1 > /sys/a # was 0\n# rc=0\n", "echo|1", "/sys/a")]
    [InlineData("+ sh -c 'echo 1 > /sys/a'\n# rc=0\n", "echo|1", "/sys/a")]
    [InlineData("+ sh -c echo > /sys/a\n# rc=0\n", "echo", "/sys/a")]
    [InlineData("+ sh -c cd /; ls\n# rc=0\n", "sh|-c|cd /; ls", null)]
    [InlineData("+ echo 1 > /sys/a\n# rc=0\n", "echo|1", "/sys/a")]
    [InlineData("+ echo 1 >/sys/a\n# rc=0\n", "echo|1", "/sys/a")]
    [InlineData("+ ndctl create-namespace -n 'my data'\n# rc=0\n", "ndctl|create-namespace|-n|my data", null)]
    [InlineData("+ echo it's\n# rc=0\n", "echo|it's", null)]
    public void Splits_as_recorded(string text, string words, string? redirectTo)
    {
        var command = Assert.Single(RecordedSession.Parse(text).Commands);
        Assert.Equal(words.Split('|'), command.Words);
        Assert.Equal(redirectTo, command.RedirectTo);
    }

    [Fact]
    public void Output_may_look_like_notes_and_a_cut_recording_is_kept()
    {
        var session = RecordedSession.Parse("## step 1\n+ cat a\n## not a note\n# rc=x\n# rc=3\n+ reboot\nlast words");
        Assert.Equal("## not a note\n# rc=x\n", session.Commands[0].Output);
        Assert.Equal(["## step 1"], session.Commands[0].NotesBefore);
        Assert.Equal((2, 3, true), (session.Commands[0].LineNumber, session.Commands[0].ExitCode, session.Commands[0].IsComplete));
        Assert.False(session.Commands[1].IsComplete);
        Assert.Equal(["last words"], session.NotesAfter);
    }

    [Fact]
    public void A_recording_that_ends_inside_a_command_is_cut_off()
    {
        ScriptError error = Assert.Single(RecordedSession.Parse("+ ndctl list\n# rc=0\n+ ndctl list -N\n{\n").Errors);
        Assert.Equal(
            (3, "the recording is cut off: no \"# rc=\" closes this command; give a whole one"),
            (error.LineNumber, error.Message)
        );
        Assert.Empty(RecordedSession.Parse("+ ndctl list\n# rc=0\n+ echo 1 > /sys/x\n").Errors);
        Assert.Empty(RecordedSession.Parse("+ cat /sys/x\n").Errors);
    }

    /// <summary>A command whose end is damaged has no record to compare with; where another end follows, the line was output.</summary>
    [Theory]
    [InlineData("# rc=x7")]
    [InlineData("# rc=")]
    [InlineData("# rc=7\t")]
    [InlineData("# rc=-1")]
    [InlineData("# rc=256")]
    [InlineData("# rc=4294967296")]
    public void A_damaged_end_of_a_command_is_an_error(string end)
    {
        foreach (string after in (string[])["", "+ true\n# rc=0\n"])
        {
            ScriptError error = Assert.Single(RecordedSession.Parse($"+ true\n# rc=0\n+ ndctl list\nBOGUS\n{end}\n{after}").Errors);
            Assert.Equal(5, error.LineNumber);
            Assert.StartsWith($"the recording is damaged: \"{end}\"", error.Message);
            Assert.Single(RecordedSession.Parse($"+ echo 1 > /sys/x\n{end}\n{after}").Errors);
        }
        Assert.Empty(RecordedSession.Parse($"+ cat a\n{end}\n# rc=0\n").Errors);
    }

    [Fact]
    public void A_command_in_the_middle_that_nothing_closes_is_cut_off() =>
        Assert.Equal(1, Assert.Single(RecordedSession.Parse("+ ndctl list\nBOGUS\n+ true\n# rc=0\n").Errors).LineNumber);

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_command() =>
        Assert.Equal("ndctl list", RecordedSession.Parse("\ufeff+ ndctl list\n# rc=0\n").Commands[0].Text);
}

using System.Text;
using Altmap.Shell.Replays;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>Recorded sessions with daxctl: what is refused, what stays in devdax mode, and kernels on which kmem binds without
/// memory.</summary>
public class DaxctlReplayTests
{
    [Theory]
    [InlineData("r_tools", "6.1")]
    [InlineData("q_kernels/5.10/r_tools", "5.10")]
    [InlineData("q_kernels/6.12/r_tools", "6.12")]
    [InlineData("q_kernels/7.2/r_tools", "7.2")]
    [Trait("problem", "D1")]
    public void All_148_commands_of_the_tools_are_the_same(string group, string kernel)
    {
        ReplayResult result = RecordedMachine.Replay(
            RecordedMachine.Boot(group, kernel),
            RecordedMachine.Session(group, "session.tools.log")
        );
        Assert.True(result.IsSame, RecordedMachine.Differences(result));
        Assert.Equal("148 commands: 148 same, 0 different, 0 unsupported", result.Summary);

        // What kmem said: once when it is given the name, once more when it is told to bind, unless the policy of the kernel was in the
        // way.
        string[] recorded =
        [
            .. File.ReadLines(Golden.Path(group, "2-end", "dmesg.txt"))
                .Where(l => l.Contains("kmem", StringComparison.Ordinal))
                .Select(l => l[(l.IndexOf(']', StringComparison.Ordinal) + 2)..]),
        ];
        Assert.Equal(recorded, result.State.Machine.Log.Where(m => m.Contains("kmem", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("5.10", "mis-end", 20)]
    [InlineData("6.1", "mis-end", 18)]
    [InlineData("6.12", "mis-end", 19)]
    [InlineData("7.2", "mis-end", 19)]
    [InlineData("5.10", "pair-touch", 36)]
    [InlineData("6.1", "pair-touch", 36)]
    [InlineData("6.12", "pair-touch", 37)]
    [InlineData("7.2", "pair-touch", 37)]
    [Trait("problem", "D1")]
    public void Devices_without_a_whole_block_are_answered_as_recorded(string kernel, string layout, int commands)
    {
        RecordedSession session = RecordedSession.Parse(
            WithMkpfn(File.ReadAllLines(Golden.Path("p_online", kernel, layout, "session.log")))
        );
        ReplayResult result = RecordedMachine.Replay(RecordedMachine.Boot($"p_online/{kernel}/{layout}", kernel), session);
        Assert.True(result.IsSame, RecordedMachine.Differences(result));
        Assert.Equal(commands, result.Commands.Length);
    }

    /// <summary>The recorder wrote its shell function as a note; here it becomes the command with what it printed.</summary>
    private static string WithMkpfn(string[] lines)
    {
        var text = new StringBuilder();
        bool open = false;
        foreach (string line in lines)
        {
            bool isNote = line.StartsWith("## ", StringComparison.Ordinal);
            if (open && (isNote || line.StartsWith("+ ", StringComparison.Ordinal)))
                text.Append("# rc=0\n");
            if (isNote || line.StartsWith("+ ", StringComparison.Ordinal))
                open = line.StartsWith("## mkpfn ", StringComparison.Ordinal);
            if (open && isNote)
                text.Append("+ ").Append(line, 3, line.Length - 3).Append('\n');
            text.Append(line).Append('\n');
        }
        return text.ToString();
    }
}

using Altmap.Shell.Replays;

namespace Altmap.Shell.Tests.Replays;

/// <summary>Recorded sessions answer the same on the model, command by command.</summary>
public class ReplayTests
{
    [Theory]
    [InlineData("a_fsdax", "create", null)]
    [InlineData("q_kernels/5.10/a_fsdax", "create", "5.10")]
    [InlineData("q_kernels/6.12/a_fsdax", "create", "6.12")]
    [InlineData("q_kernels/7.2/a_fsdax", "create", "7.2")]
    [InlineData("f_memmap", "fsdax-dev", null)]
    [InlineData("f_memmap", "fsdax-mem", null)]
    [InlineData("f_memmap", "fsdax-4K", null)]
    [InlineData("f_memmap", "devdax-2M", null)]
    [InlineData("f_memmap", "devdax-4K", null)]
    [InlineData("r_tools", "tools", null)]
    [InlineData("q_kernels/5.10/r_tools", "tools", "5.10")]
    [InlineData("q_kernels/6.12/r_tools", "tools", "6.12")]
    [InlineData("q_kernels/7.2/r_tools", "tools", "7.2")]
    [InlineData("q_kernels/5.10/x_align1g", "after", "5.10")]
    [InlineData("q_kernels/6.1/x_align1g", "after", "6.1")]
    [InlineData("q_kernels/6.12/x_align1g", "after", "6.12")]
    [InlineData("q_kernels/7.2/x_align1g", "after", "7.2")]
    public void Every_command_of_the_session_is_the_same(string group, string boot, string? kernel)
    {
        ReplayResult result = RecordedMachine.Replay(
            RecordedMachine.Boot(group, kernel),
            RecordedMachine.Session(group, $"session.{boot}.log")
        );
        Assert.True(result.IsSame, RecordedMachine.Differences(result));
        Assert.NotEmpty(result.Commands);
    }

    [Fact]
    public void A_changed_record_is_noticed()
    {
        var session = RecordedMachine.Session("a_fsdax", "session.create.log");
        var commands = session.Commands;
        commands = commands.SetItem(
            3,
            commands[3] with
            {
                Output = commands[3].Output.Replace("262144000", "262144001", StringComparison.Ordinal),
            }
        );
        commands = commands.SetItem(5, commands[5] with { ExitCode = 0 });
        ReplayResult result = RecordedMachine.Replay(RecordedMachine.Boot("a_fsdax"), session with { Commands = commands });
        Assert.Equal(2, result.Count(ReplayVerdict.Different));
        Assert.Equal("21 commands: 19 same, 2 different, 0 unsupported", result.Summary);
    }
}

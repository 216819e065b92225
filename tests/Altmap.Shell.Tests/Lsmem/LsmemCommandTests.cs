using Altmap.Core;
using Altmap.Core.Identity;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Lsmem;
using Altmap.Shell.Scripts;
using Altmap.Shell.Tests.Replays;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Lsmem;

/// <summary>lsmem against the real tool (util-linux 2.38.1), which was given the memory blocks of recorded steps as a sysfs tree.</summary>
public class LsmemCommandTests
{
    [Theory]
    [InlineData("p_online/6.1/nfit-hot", "01a-dimm")]
    [InlineData("p_online/6.1/nfit-hot", "01b-dimm-online")]
    [InlineData("p_online/5.10/holes", "01-modules")]
    [InlineData("p_online/6.12/aligned", "09-system-ram")]
    [InlineData("s_arm64/5.10-4k/gib", "kmem-offline-2097152")]
    [InlineData("s_arm64/6.12-16k/gib", "kmem-online-16384")]
    [InlineData("s_arm64/6.12-64k/gib", "kmem-auto-65536")]
    public void Each_byte_is_as_the_tool_prints_it(string folder, string step)
    {
        RecordedSession session = RecordedMachine.Session("lsmem", $"{folder.Replace('/', '_')}.{step}.log");
        var recording = new MemoryRecording(RecordedMachine.Boot(folder), Golden.Path(folder, "steps.txt"));
        Assert.Contains(recording.Steps(), s => s.Step == step); // and stops there
        var state = new ShellState(recording.Machine, UuidSource.FromSeed(1));
        Assert.True(session.Commands.Length > 20);
        foreach (RecordedCommand command in session.Commands)
        {
            CommandResult result = CommandShell.Run(state, command.Words);
            Assert.Equal((command.Text, command.Output, command.ExitCode), (command.Text, result.Merged, result.ExitCode));
        }
    }

    [Fact]
    public void Another_root_is_not_modelled() => Assert.Throws<NotModelledException>(() => LsmemRequest.Parse(["-s", "/mnt"]));
}

using Altmap.Core.Identity;
using Altmap.Model;
using Altmap.Shell.Replays;
using Altmap.Shell.Scripts;

namespace Altmap.Shell.Tests.Replays;

/// <summary>The state after recorded commands equals the recorded snapshots: listings, attributes, iomem, and label areas byte for
/// byte.</summary>
public class SnapshotTests
{
    [Theory]
    [InlineData("a_fsdax", "create", "create", null, null)]
    [InlineData("q_kernels/5.10/a_fsdax", "create", "create", "5.10", null)]
    [InlineData("q_kernels/6.12/a_fsdax", "create", "create", "6.12", null)]
    [InlineData("q_kernels/7.2/a_fsdax", "create", "create", "7.2", null)]
    [InlineData("f_memmap", "fsdax-dev", "0-before", null, 0)]
    [InlineData("f_memmap", "fsdax-dev", "fsdax-dev", null, null)]
    [InlineData("f_memmap", "fsdax-mem", "fsdax-mem", null, null)]
    [InlineData("f_memmap", "fsdax-4K", "fsdax-4K", null, null)]
    [InlineData("f_memmap", "devdax-2M", "devdax-2M", null, null)]
    [InlineData("f_memmap", "devdax-4K", "devdax-4K", null, null)]
    [InlineData("r_tools", "tools", "0-boot", null, 0)]
    [InlineData("r_tools", "tools", "1-created", null, 77)]
    [InlineData("q_kernels/5.10/r_tools", "tools", "1-created", "5.10", 77)]
    [InlineData("q_kernels/6.12/r_tools", "tools", "1-created", "6.12", 77)]
    [InlineData("q_kernels/7.2/r_tools", "tools", "1-created", "7.2", 77)]
    [InlineData("r_tools", "tools", "2-end", null, null)]
    [InlineData("q_kernels/5.10/r_tools", "tools", "2-end", "5.10", null)]
    [InlineData("q_kernels/6.12/r_tools", "tools", "2-end", "6.12", null)]
    [InlineData("q_kernels/7.2/r_tools", "tools", "2-end", "7.2", null)]
    public void The_state_equals_the_snapshot(string group, string boot, string snapshot, string? kernel, int? commands)
    {
        Machine start = RecordedMachine.Boot(group, kernel);
        RecordedSession session = RecordedMachine.Session(group, $"session.{boot}.log");
        var recorded = new Snapshot(group, snapshot);
        ReplayResult draft = RecordedMachine.Replay(start, session, commands);
        Dictionary<Uuid, Uuid> labels = recorded.LabelUuids(draft.State.Machine);
        AssertSame(recorded, RecordedMachine.Replay(start, session, commands, labels).State);
    }

    internal static void AssertSame(Snapshot recorded, ShellState state)
    {
        Assert.True(recorded.Has("list.human.json") && recorded.Has("sysfs.txt.gz") && recorded.Has("iomem.txt"), "an empty recording");
        string[] differences =
        [
            .. recorded.Listing(state, "list.json", "ndctl list -BRNDFHXvvvi"),
            .. recorded.Listing(state, "list.human.json", "ndctl list -RNDuXvi"),
            .. recorded.Listing(state, "daxctl.json", "daxctl list -RDMi"),
            .. recorded.Sysfs(state.Machine),
            .. recorded.IomemLines(state.Machine),
            .. recorded.LabelAreas(state.Machine),
        ];
        Assert.True(differences.Length == 0, string.Join('\n', differences));
    }
}

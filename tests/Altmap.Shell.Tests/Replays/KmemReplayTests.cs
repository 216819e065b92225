using System.Globalization;
using System.Text;
using Altmap.Model;
using Altmap.Shell.Replays;
using Altmap.Shell.Scripts;
using Altmap.Shell.Sysfs;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>
/// Six devices given to kmem and one taken back, in two boots, on four kernels with both policies: output, memory blocks after each
/// command, /proc/iomem, sysfs, messages.
/// </summary>
public class KmemReplayTests
{
    /// <summary>Names under which the guest wrote down the memory blocks, and after how many commands of the first boot.</summary>
    private static readonly (string Name, int Commands)[] s_firstBoot =
    [
        ("before", 0),
        ("kmem-1G+0-mem-2M", 7),
        ("kmem-1G+0-dev-2M", 8),
        ("kmem-4G+0-mem-1G", 9),
        ("kmem-1G+67108864-mem-2M", 10),
        ("kmem-256M+0-mem-2M", 11),
        ("kmem-384M+132120576-mem-2M", 12),
        ("after", 12),
    ];

    private static readonly (string Name, int Commands)[] s_secondBoot = [("no-online", 1), ("no-movable", 2), ("no-movable2", 3)];

    public static TheoryData<string> Recordings =>
        [
            "g_kmem",
            "q_kernels/5.10/g_kmem",
            "q_kernels/6.12/g_kmem",
            "q_kernels/6.12/g_kmem-offline",
            "q_kernels/7.2/g_kmem",
            "q_kernels/7.2/g_kmem-offline",
        ];

    [Theory]
    [MemberData(nameof(Recordings))]
    [Trait("problem", "D1")]
    public void Every_command_of_both_boots_is_the_same(string group)
    {
        ReplayResult first = RecordedMachine.Replay(RecordedMachine.Boot(group), RecordedMachine.Session(group, "session.online.log"));
        Assert.True(first.IsSame, RecordedMachine.Differences(first));
        Assert.Equal(15, first.Commands.Length);

        RecordedSession session = RecordedMachine.Session(group, "session.no-online.log");
        // This guest asked before the kernel had made the device (ENXIO): a race of the recording.
        if (group == "q_kernels/6.12/g_kmem")
            session = session with { Commands = session.Commands.RemoveAt(0) };
        ReplayResult second = RecordedMachine.Replay(Boot.Again(first.State.Machine), session);
        Assert.True(second.IsSame, RecordedMachine.Differences(second));
        Assert.True(second.Commands.Length >= 2);
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    [Trait("problem", "D1")]
    public void Memory_blocks_are_the_recorded_ones_after_each_command(string group)
    {
        Dictionary<string, string> recorded = Blocks(group);
        RecordedSession session = RecordedMachine.Session(group, "session.online.log");
        foreach ((string name, int commands) in s_firstBoot)
            Check(RecordedMachine.Replay(RecordedMachine.Boot(group), session, commands).State, name);
        Machine again = Boot.Again(RecordedMachine.Replay(RecordedMachine.Boot(group), session).State.Machine);
        session = RecordedMachine.Session(group, "session.no-online.log");
        foreach ((string name, int commands) in s_secondBoot)
            Check(RecordedMachine.Replay(again, session, commands).State, name);

        void Check(ShellState state, string name) => Assert.Equal($"{name}\n{recorded[name]}", $"{name}\n{BlocksOf(state)}");
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    [Trait("problem", "D3")]
    public void Listings_attributes_iomem_and_messages_are_the_recorded_ones(string group)
    {
        RecordedSession session = RecordedMachine.Session(group, "session.online.log");
        foreach ((string snapshot, int commands) in (ReadOnlySpan<(string, int)>)[("devdax", 6), ("system-ram", 12), ("back", 15)])
            AssertSame(group, snapshot, RecordedMachine.Replay(RecordedMachine.Boot(group), session, commands).State);
        if (group == "q_kernels/6.12/g_kmem")
            return; // the race
        Machine again = Boot.Again(RecordedMachine.Replay(RecordedMachine.Boot(group), session).State.Machine);
        AssertSame(group, "no-online", RecordedMachine.Replay(again, RecordedMachine.Session(group, "session.no-online.log"), 1).State);
    }

    private static void AssertSame(string group, string snapshot, ShellState state)
    {
        SnapshotTests.AssertSame(new Snapshot(group, snapshot), state);
        string file = Golden.Path(group, snapshot, "dmesg.txt");
        string[] recorded = File.Exists(file)
            ?
            [
                .. File.ReadLines(file)
                    .Where(l => l.Contains("kmem", StringComparison.Ordinal))
                    .Select(l => l[(l.IndexOf(']', StringComparison.Ordinal) + 2)..]),
            ]
            : [];
        Assert.Equal(recorded, state.Machine.Log.Where(m => m.Contains("kmem", StringComparison.Ordinal)));
    }

    /// <summary>By name. Those of a group that has none are equal to those of g_kmem.</summary>
    private static Dictionary<string, string> Blocks(string group)
    {
        string file = Golden.Path(group, "blocks.txt");
        string text = File.ReadAllText(File.Exists(file) ? file : Golden.Path("g_kmem", "blocks.txt"));
        return text.Split("## ", StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(s => s[..s.IndexOf('\n', StringComparison.Ordinal)], s => s[(s.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
    }

    /// <summary>As the guest wrote them down: read from sysfs.</summary>
    private static string BlocksOf(ShellState state)
    {
        const string Memory = "/sys/devices/system/memory";
        var text = new StringBuilder();
        foreach (string name in (string[])["block_size_bytes", "auto_online_blocks"])
            text.Append(CultureInfo.InvariantCulture, $"{name}={Read($"{Memory}/{name}")}\n");
        for (int n = 0; n < 512; n++)
        {
            string block = string.Create(CultureInfo.InvariantCulture, $"{Memory}/memory{n}");
            if (CommandShell.Run(state, ["cat", block + "/state"]) is not { ExitCode: 0, Stdout: var shown })
                continue;
            string zones = Read(block + "/valid_zones").Replace(' ', ',');
            Assert.True(SysfsTree.IsDirectory(state.Machine, block + "/node0"));
            text.Append(
                CultureInfo.InvariantCulture,
                $"memory{n} state={shown.TrimEnd('\n')} phys_index={Read(block + "/phys_index")} zones={zones} node=0\n"
            );
        }
        return text.ToString();

        string Read(string path)
        {
            CommandResult result = CommandShell.Run(state, ["cat", path]);
            Assert.Equal("", result.Stderr);
            return result.Stdout.TrimEnd('\n');
        }
    }
}

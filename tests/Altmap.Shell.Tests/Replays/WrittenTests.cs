using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>No byte of a medium changes outside of a plan: over whole recorded sessions, what a command's plans make of the media before
/// it are
/// the media after it.</summary>
public class WrittenTests
{
    public static TheoryData<string, string> Sessions =>
        [
            .. Directory
                .EnumerateFiles(Golden.Path(), "session*.log", SearchOption.AllDirectories)
                .Select(f => (Path.GetFileName(Path.GetDirectoryName(f))!, Path.GetFileName(f)))
                .Where(f => File.Exists(Golden.Path(f.Item1, "machine.json")))
                .Order(),
        ];

    [Theory]
    [MemberData(nameof(Sessions))]
    public void Plans_lead_from_the_media_before_a_command_to_those_after_it(string group, string log)
    {
        RecordedSession session = RecordedSession.Parse(File.ReadAllText(Golden.Path(group, log)));
        var state = new ShellState(RecordedMachine.Boot(group), UuidSource.FromSeed(1));
        foreach (RecordedCommand command in session.Commands)
        {
            ShellState before = state;
            state = CommandShell.Run(state, command.Words, command.RedirectTo).State;
            AssertLedBy(before.Machine, state.Machine, command.Text);
        }
    }

    private static void AssertLedBy(Machine before, Machine after, string command)
    {
        ImmutableDictionary<NdDevice, SparseBytes> media = Media(before);
        foreach (MediaChange change in after.Written)
            media = media.SetItem(change.Device, change.Plan.Apply(media[change.Device]));
        ImmutableDictionary<NdDevice, SparseBytes> now = Media(after);
        foreach ((NdDevice device, SparseBytes bytes) in media)
            Assert.True(bytes.ContentEquals(now[device]), $"{command}: {device} changed outside of a plan");
    }

    private static ImmutableDictionary<NdDevice, SparseBytes> Media(Machine machine) =>
        machine
            .Regions.Values.Select(r => KeyValuePair.Create(r.Device, r.Media))
            .Concat(machine.Dimms.Values.Select(d => KeyValuePair.Create(d.Device, d.LabelBytes)))
            .ToImmutableDictionary();
}

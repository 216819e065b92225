using System.Globalization;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Host;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>The recorded runs of <c>ndctl check-namespace</c> over 17 copies of a BTT, 16 of them damaged: messages, exit codes, and what
/// <c>--repair</c> left on the media.</summary>
public class CheckNamespaceTests
{
    /// <summary>Copies that the guest read before the check: an error mark that reading sets is the kernel's, and not modelled.</summary>
    private static readonly string[] s_readBefore = ["legacy4096-map-range", "legacy4096-mapoff"];

    [Fact]
    public void Messages_exit_codes_and_media_are_the_recorded_ones()
    {
        LoadResult loaded = MachineLoader.Load(Golden.Path("h_btt", "machine.check.json"));
        Assert.True(loaded.Source is not null, string.Join('\n', loaded.Errors));
        KernelProfile kernel = KernelProfiles.Find("6.1")!;
        MachineDescription description = loaded.Source!.Description;
        ArchitectureRules architecture = ArchitectureRules.Find(kernel, description.Architecture, description.PageSize)!;
        var state = new ShellState(Model.Boot.Start(loaded.Source, kernel, architecture).Machine!, UuidSource.FromSeed(1));
        var session = RecordedSession.Parse(File.ReadAllText(Golden.Path("h_btt", "session.check.log")));
        string[] names =
        [
            .. File.ReadLines(Golden.Path("h_btt", "cases.tsv"))
                .SkipWhile(l => !l.StartsWith("#second", StringComparison.Ordinal))
                .Skip(1)
                .Select(l => l.Split('\t')[1]),
        ];
        Dictionary<string, string> copies = names
            .Select((name, i) => (name, address: (ulong)(i + 4) << 30))
            .ToDictionary(
                c =>
                    state
                        .Machine.Regions.Values.Single(r => r.Range.Start.Bytes == c.address)
                        .Device.Number.ToString(CultureInfo.InvariantCulture),
                c => c.name
            );
        var different = new List<string>();
        int compared = 0;
        foreach (RecordedCommand command in session.Commands)
        {
            CommandResult result = CommandShell.Run(state, command.Words);
            state = result.State;
            string copy = copies[command.Words[^1]["namespace".Length..].Split('.')[0]];
            if (s_readBefore.Contains(copy))
                continue;
            compared++;
            string said = Kept(result.Merged),
                recorded = Kept(command.Output);
            if (said != recorded || result.ExitCode != command.ExitCode)
                different.Add($"{copy}: {command.Text}\n{recorded}# rc={command.ExitCode}\n--- model\n{said}# rc={result.ExitCode}");
            if (command.Words.Length == 4 && command.ExitCode == 0)
                AssertMedia(copy, state.Machine, command.Words[^1], different);
        }
        Assert.True(different.Count == 0, string.Join("\n\n", different));
        Assert.True(compared > 40, $"{compared}");
    }

    private static void AssertMedia(string copy, Machine machine, string name, List<string> different)
    {
        SparseBytes after = MachineLoader.ReadImage(Golden.Path("h_btt", "images", $"{copy}.after-check.sparse.gz")).Value!;
        RegionState region = machine.Regions.Values.Single(r => $"namespace{r.Device.Number}.0" == name);
        if (!after.ContentEquals(region.Media.Resize(after.LengthBytes)))
            different.Add($"{copy}: other bytes than ndctl left");
    }

    /// <summary>Without the addresses of mappings, which are those of the process, and libndctl's own lines, which the guest left
    /// out.</summary>
    private static string Kept(string output) =>
        string.Concat(
            output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(l => !l.Contains(": btt_mmap: ", StringComparison.Ordinal) && !l.Contains(": btt_unmap: ", StringComparison.Ordinal))
                .Where(l => !l.StartsWith("libndctl:", StringComparison.Ordinal))
                .Select(l => l + "\n")
        );
}

using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.Shell.Replays;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>Machines and sessions of tests/golden.</summary>
internal static class RecordedMachine
{
    /// <summary>Booted, with blank label areas and media, on the kernel it was recorded on or on another.</summary>
    public static Machine Boot(string group, string? kernel = null, Func<MachineDescription, MachineDescription>? change = null) =>
        Load(Golden.Path(group, "machine.json"), kernel, change);

    /// <summary>As <see cref="Boot"/>, from a machine file of any name.</summary>
    public static Machine Load(string file, string? kernel, Func<MachineDescription, MachineDescription>? change = null)
    {
        MachineFileResult parsed = MachineFile.Parse(File.ReadAllBytes(file), file, null);
        Assert.True(parsed.Description is not null, string.Join('\n', parsed.Errors));
        MachineDescription description = change is null ? parsed.Description : change(parsed.Description);
        KernelProfile profile = KernelProfiles.Find(kernel ?? description.Kernel)!;
        ArchitectureRules architecture = ArchitectureRules.Find(profile, description.Architecture, description.PageSize)!;
        var source = new MachineSource(
            description,
            ImmutableSortedDictionary<string, SparseBytes>.Empty,
            ImmutableSortedDictionary<string, SparseBytes>.Empty
        );
        (Machine? machine, string? panic) = Model.Boot.Start(source, profile, architecture);
        Assert.Null(panic);
        return machine!;
    }

    public static RecordedSession Session(params string[] path)
    {
        RecordedSession session = RecordedSession.Parse(File.ReadAllText(Golden.Path(path)));
        Assert.True(session.IsValid, string.Join('\n', session.Errors));
        return session;
    }

    /// <summary>Replays the first commands of a session, or all.</summary>
    public static ReplayResult Replay(
        Machine machine,
        RecordedSession session,
        int? count = null,
        IReadOnlyDictionary<Uuid, Uuid>? known = null
    ) => Shell.Replays.Replay.Run(machine, [.. session.Commands.Take(count ?? session.Commands.Length)], known);

    /// <summary>What differs, for a failing test to print.</summary>
    public static string Differences(ReplayResult result) =>
        string.Join(
            '\n',
            result
                .Commands.Where(c => c.Verdict != ReplayVerdict.Same)
                .Select(c =>
                    $"{c.Verdict}: {c.Command.Text}\n--- recorded (rc {c.Command.ExitCode})\n{c.Command.Output}\n--- model (rc "
                    + $"{c.Result.ExitCode})\n{c.Result.Merged}"
                )
        );
}

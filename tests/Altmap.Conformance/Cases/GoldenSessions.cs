using System.Collections.Immutable;
using Altmap.Advice.Sessions;
using Altmap.Conformance.Fuzz;
using Altmap.Conformance.Guests;
using Altmap.Conformance.Judge;
using Altmap.Model.Hardware;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Conformance.Cases;

/// <summary>The recorded sessions, run again on a live guest with the recorded machine; transcript and end state are the model's.</summary>
internal static class GoldenSessions
{
    private static readonly string[] All = ["5.10", "6.1", "6.12", "7.2"];

    private static readonly (string Group, string Boot, string[] Kernels)[] Sessions =
    [
        ("a_fsdax", "create", All),
        ("c_btt_large", "create", ["6.1"]),
        ("c_sector", "create", ["6.1"]),
        ("d_multi", "steps", All),
        ("e_legacy", "create", All),
        ("f_memmap", "fsdax-dev", All),
        ("f_memmap", "fsdax-mem", ["6.1"]),
        ("f_memmap", "fsdax-4K", ["6.1"]),
        ("f_memmap", "devdax-2M", All),
        ("f_memmap", "devdax-4K", ["6.1"]),
        ("f_memmap", "sector", ["6.1"]),
        ("g_kmem", "online", All),
        ("r_tools", "tools", All),
    ];

    public static IEnumerable<ConformanceCase> Cases() =>
        Sessions.Select(s => new ConformanceCase(
            $"session/{s.Group}/{s.Boot}",
            s.Kernels,
            null,
            (laboratory, kernel) => Run(laboratory, kernel, s.Group, s.Boot)
        )
        {
            IsSmoke = s.Group is "d_multi",
        });

    private static List<string> Run(Laboratory laboratory, string kernel, string group, string boot)
    {
        MachineSource source = GoldenMachines.Load(group);
        RecordedSession recorded = RecordedSession.Parse(File.ReadAllText(Golden.Path(group, $"session.{boot}.log")));
        List<SessionCommand> commands = [.. recorded.Commands.Select(Command)];
        using SessionRig rig = SessionRig.Boot(
            laboratory,
            kernel,
            GoldenMachines.Computer(source.Description, group == "g_kmem" ? "guest.kmem" : "")
        );
        RecordedEnd real = rig.Run(commands);
        if (laboratory.RecordTo is { } folder)
            rig.Record(Path.Combine(folder, group), $"{boot}.{kernel}", real);
        List<string> differences = SessionSeries.Compare(rig, commands, real, out int at);
        if (differences.Count > 0 && at < commands.Count)
            differences.Insert(0, $"command {at + 1} of {commands.Count}");
        return differences;
    }

    /// <summary>The words with their quotes, which the recording has lost.</summary>
    private static SessionCommand Command(RecordedCommand command)
    {
        string line = string.Join(' ', command.Words.Select(StepText.QuoteWord));
        if (command.RedirectTo is { } target)
            line += " > " + StepText.QuoteWord(target);
        return new SessionCommand(line, line);
    }
}

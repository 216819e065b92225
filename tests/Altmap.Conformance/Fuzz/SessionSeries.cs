using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Altmap.Conformance.Guests;
using Altmap.Conformance.Judge;
using Altmap.Conformance.Packages;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Nvdimm;
using Altmap.Shell;
using Altmap.Shell.Replays;
using Altmap.Shell.Scripts;

namespace Altmap.Conformance.Fuzz;

/// <summary>What came out of sessions.</summary>
internal sealed class SessionTally
{
    public int Sessions { get; set; }
    public int Agree { get; set; }
    public int Commands { get; set; }
    public int Boots { get; set; }
    public int Races { get; set; }

    /// <summary>Why it ended before all was compared, or null.</summary>
    public string? Over { get; set; }

    public SortedDictionary<string, int> LeftOut { get; } = new(StringComparer.Ordinal);
    public List<string> Disagreements { get; } = [];
}

/// <summary>Random sessions on random machines: transcript, end state, label areas and info-blocks compared.</summary>
internal sealed partial class SessionSeries(Laboratory laboratory, string kernel, ulong seed, int count, TextWriter log)
{
    private const int SessionsOfBoot = 12;
    private const int DisagreementsMax = 40;

    /// <summary>Runs them.</summary>
    public SessionTally Run()
    {
        var tally = new SessionTally();
        for (ulong machine = seed; tally.Sessions < count && tally.Disagreements.Count < DisagreementsMax; machine++)
        {
            try
            {
                RunMachine(machine, tally);
            }
            catch (LaboratoryGap gap)
            {
                tally.Over = gap.Message;
                break;
            }
        }
        return tally;
    }

    private void RunMachine(ulong machine, SessionTally tally)
    {
        using SessionRig rig = Boot(machine, tally);
        for (ulong number = 0; number < SessionsOfBoot && tally.Sessions < count; number++)
        {
            if (number > 0 && rig.Reset() is [var first, ..] left)
            {
                Say($"sessions on {kernel}, machine {machine}: {left.Count} differences stay, the first: {first}");
                break; // the next machine, then
            }
            bool withKmem = number == SessionsOfBoot - 1 || (machine % 4 == 0 && number == 3);
            List<SessionCommand> commands = Generate(rig.Model, Dice.For(machine, number), withKmem, tally);
            tally.Sessions++;
            tally.Commands += commands.Count;
            IReadOnlyList<string> differences;
            int at;
            try
            {
                differences = Compare(rig, commands, out at);
            }
            catch (GuestDied died)
            {
                Died(machine, number, commands, died, tally);
                break; // the next machine, then
            }
            if (differences.Count == 0)
            {
                tally.Agree++;
                continue;
            }
            Report(machine, number, commands, differences, at, tally);
        }
        Say($"sessions on {kernel}, machine {machine}: {tally.Sessions} compared, {tally.Agree} agree, {tally.Commands} commands");
    }

    private SessionRig Boot(ulong machine, SessionTally tally)
    {
        tally.Boots++;
        try
        {
            return SessionRig.Boot(laboratory, kernel, SessionMachines.Make(machine));
        }
        catch (GuestDied died)
        {
            Say($"sessions on {kernel}, machine {machine}: booted once more: {died.Message}");
            return SessionRig.Boot(laboratory, kernel, SessionMachines.Make(machine));
        }
    }

    /// <summary>The model leaves out what it knows to kill a kernel: a guest that dies is a difference.</summary>
    private void Died(ulong machine, ulong number, List<SessionCommand> commands, GuestDied died, SessionTally tally)
    {
        int last = LastCommand().Matches(died.Console) is { Count: > 0 } marks
            ? int.Parse(marks[^1].Groups[1].Value, CultureInfo.InvariantCulture)
            : commands.Count;
        string text =
            $"DISAGREE sessions on {kernel}, machine {machine} session {number}: the guest died: {died.Fault}\n"
            + string.Concat(commands.Take(last).Select(c => $"    {c.Model}\n"));
        tally.Disagreements.Add(text);
        Say(text);
    }

    [GeneratedRegex(@"altmap:command (\d+)")]
    private static partial Regex LastCommand();

    /// <summary>Commands are chosen with the model's state before each; those that it does not know are left out and counted.</summary>
    private static List<SessionCommand> Generate(ModelMachine model, Dice dice, bool withKmem, SessionTally tally)
    {
        ShellState state = model.Boot();
        var commands = new List<SessionCommand>();
        int wanted = 20 + dice.Below(16);
        if (model.Description.Dimms.Any(d => d.LabelAreaSize.Bytes > 0) && !dice.OneIn(4))
        {
            foreach (
                string line in (string[])
                    [
                        "ndctl disable-region all",
                        dice.Of(["ndctl init-labels -f all", "ndctl init-labels -f -V 1.2 all"]),
                        "ndctl enable-region all",
                    ]
            )
                state = Take(SessionCommand.Same(line));
        }
        for (int tries = 0; commands.Count < wanted && tries < 200; tries++)
            state = Take(SessionCommands.Next(dice, state.Machine, withKmem));
        return commands;

        ShellState Take(SessionCommand command)
        {
            (ImmutableArray<string> words, string? redirect) = SessionRig.Words(command.Model);
            CommandResult result = CommandShell.Run(state, words, redirect);
            if (result.IsUnsupported)
            {
                string why = Observation.WithoutRacingNumbers(result.Stderr.Trim());
                tally.LeftOut[why] = tally.LeftOut.GetValueOrDefault(why) + 1;
                return state;
            }
            commands.Add(command);
            return result.State;
        }
    }

    /// <summary>The differences of a session, and the command where they start (the number of commands: only the end differs).</summary>
    public static List<string> Compare(SessionRig rig, IReadOnlyList<SessionCommand> commands, out int at) =>
        Compare(rig, commands, rig.Run(commands), out at);

    /// <summary>The same, for what a guest has said already.</summary>
    public static List<string> Compare(SessionRig rig, IReadOnlyList<SessionCommand> commands, RecordedEnd real, out int at)
    {
        ReplayResult model = Replay.Run(rig.Model.Boot().Machine, real.Commands);
        for (at = 0; at < commands.Count; at++)
        {
            RecordedCommand recorded = real.Commands[at];
            CommandResult result = model.Commands[at].Result;
            if (recorded.ExitCode == result.ExitCode && Text(recorded.Output) == Text(result.Merged))
                continue;
            return
            [
                $"+ {recorded.Text}",
                .. Lines("real", $"{Text(recorded.Output)}\n# rc={recorded.ExitCode}"),
                .. Lines("model", $"{Text(result.Merged)}\n# rc={result.ExitCode}"),
            ];
        }
        return [.. EndOf(rig, real, model.State.Machine)];
    }

    private static IEnumerable<string> EndOf(SessionRig rig, RecordedEnd real, Machine machine)
    {
        string[] lines = [.. rig.Model.Regions.SelectMany(r => SessionRig.Numbered(machine, r)).Select(l => Told(real, l))],
            theirs = [.. real.EndLines.Select(l => Told(real, l))];
        foreach (string line in theirs.Except(lines))
            yield return "  real  " + line;
        foreach (string line in lines.Except(theirs))
            yield return "  model " + line;
        foreach ((string dimm, byte[] area) in real.Labels)
        {
            DimmState state = machine.Dimms.Values.First(d => d.Device.Name == dimm);
            byte[] ours = state.LabelBytes.Read(0, area.Length);
            int at = ours.AsSpan().CommonPrefixLength(area);
            if (at < area.Length)
                yield return $"  labels of {dimm} differ from 0x{at:x} on: real {Hex(area, at)}, model {Hex(ours, at)}";
        }
        foreach (NamespaceState ndns in machine.Regions.Values.SelectMany(r => r.Namespaces.Values).Where(n => !n.Size.IsZero))
        {
            RegionState region = machine.Regions[ndns.Device.Number];
            // Where BTTs of version 2.0 start, and where pfn, dax and other BTT info-blocks are.
            ulong from = (ndns.Range.Start - region.Range.Start).Bytes;
            int length = (int)Math.Min(InfoBlock.StartBytes + InfoBlock.SizeBytes, region.Range.Size.Bytes - from);
            byte[] ours = region.Media.Read(from, length);
            byte[] media = rig.ReadMedia(region.Device.Name, from, length);
            int at = ours.AsSpan().CommonPrefixLength(media);
            if (at < ours.Length)
                yield return $"  media of {ndns.Device} differ from 0x{at:x} on: real {Hex(media, at)}, model {Hex(ours, at)}";
        }
    }

    /// <summary>A line of the end, where a UUID that no command named or printed is any: ndctl picked it, and told nobody.</summary>
    private static string Told(RecordedEnd real, string line) =>
        AnyUuid().Replace(line, m => real.Commands.Any(c => IsIn(c.Text, m.Value) || IsIn(c.Output, m.Value)) ? m.Value : "picked");

    private static bool IsIn(string text, string word) => text.Contains(word, StringComparison.Ordinal);

    [GeneratedRegex(@"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex AnyUuid();

    private void Report(
        ulong machine,
        ulong number,
        IReadOnlyList<SessionCommand> commands,
        IReadOnlyList<string> differences,
        int at,
        SessionTally tally
    )
    {
        // The model says which commands the difference needs; a fresh boot confirms.
        List<SessionCommand> few = [.. commands.Take(Math.Min(at + 1, commands.Count))];
        using (SessionRig rig = Boot(machine, tally))
        {
            if (at < commands.Count)
            {
                string answer = AnswerOf(rig.Model, few);
                for (int i = few.Count - 2; i >= 0; i--)
                {
                    List<SessionCommand> without = [.. few.Where((_, n) => n != i)];
                    if (AnswerOf(rig.Model, without) == answer)
                        few = without;
                }
            }
            IReadOnlyList<string> again = Compare(rig, few, out int place);
            if (again.Count > 0 && (place == few.Count - 1 || at == commands.Count))
                differences = again;
            else
            {
                few = [.. commands.Take(Math.Min(at + 1, commands.Count))];
                if (rig.Reset().Count == 0 && Compare(rig, few, out _).Count == 0)
                {
                    tally.Races++;
                    tally.Agree++;
                    Say($"RACE sessions on {kernel}, machine {machine} session {number}: gone in a fresh boot: {differences[0]}");
                    return;
                }
            }
        }
        string text =
            $"DISAGREE sessions on {kernel}, machine {machine} session {number}:\n"
            + string.Concat(few.Select(c => $"    {c.Model}\n"))
            + string.Join('\n', differences);
        tally.Disagreements.Add(text);
        Say(text);
    }

    private static string AnswerOf(ModelMachine model, IReadOnlyList<SessionCommand> commands)
    {
        ShellState state = model.Boot();
        CommandResult? last = null;
        foreach (SessionCommand command in commands)
        {
            (ImmutableArray<string> words, string? redirect) = SessionRig.Words(command.Model);
            last = CommandShell.Run(state, words, redirect);
            state = last.State;
        }
        return last is null ? "" : Text(last.Merged) + last.ExitCode;
    }

    private static string Text(string output) => Observation.WithoutRacingNumbers(output.TrimEnd('\n'));

    private static IEnumerable<string> Lines(string who, string text) => text.Split('\n').Select(l => $"  {who, -5} {l}");

    private static string Hex(byte[] bytes, int at) => Convert.ToHexStringLower(bytes.AsSpan(at, Math.Min(16, bytes.Length - at)));

    private void Say(string line)
    {
        log.WriteLine(line);
        log.Flush();
    }
}

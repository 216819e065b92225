using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Altmap.Core.Identity;
using Altmap.Model;
using Altmap.Shell.Modules;
using Altmap.Shell.Scripts;

namespace Altmap.Shell.Replays;

/// <summary>How a replayed command compares with its record.</summary>
public enum ReplayVerdict
{
    /// <summary>Output and exit code are the same.</summary>
    Same,

    /// <summary>Output or exit code differ.</summary>
    Different,

    /// <summary>The model does not know the answer.</summary>
    Unsupported,
}

/// <summary>A replayed command.</summary>
/// <param name="Command">The record.</param>
/// <param name="Result">What the model said.</param>
/// <param name="Verdict">How they compare.</param>
public sealed record ReplayedCommand(RecordedCommand Command, CommandResult Result, ReplayVerdict Verdict);

/// <summary>A replayed session.</summary>
/// <param name="Commands">In order.</param>
/// <param name="State">The state after the last one.</param>
public sealed record ReplayResult(ImmutableArray<ReplayedCommand> Commands, ShellState State)
{
    /// <summary>How many commands have this verdict.</summary>
    public int Count(ReplayVerdict verdict) => Commands.Count(c => c.Verdict == verdict);

    /// <summary>True when every command is the same.</summary>
    public bool IsSame => Count(ReplayVerdict.Same) == Commands.Length;

    /// <summary><c>N commands: N same, N different, N unsupported</c>.</summary>
    public string Summary =>
        $"{Commands.Length} commands: {Count(ReplayVerdict.Same)} same, {Count(ReplayVerdict.Different)} different, "
        + $"{Count(ReplayVerdict.Unsupported)} unsupported";
}

/// <summary>
/// Runs a recorded session on the model. UUIDs that the real tool picked at random are learnt from the record: a first run shows which of
/// ours stands where,
/// the second one uses the recorded ones, so that labels and info-blocks carry them too.
/// </summary>
public static partial class Replay
{
    private const ulong Seed = 0x616c746d6170; // any number: every UUID drawn from it that the record shows is replaced

    /// <summary>Replays a session on a machine as it is.</summary>
    /// <param name="machine">Before the first command.</param>
    /// <param name="commands">The record.</param>
    /// <param name="known">Recorded UUIDs for ours that no output shows, where they are known from elsewhere (a label area).</param>
    public static ReplayResult Run(Machine machine, ImmutableArray<RecordedCommand> commands, IReadOnlyDictionary<Uuid, Uuid>? known = null)
    {
        if (machine.Description.Steps.IsEmpty)
            machine = ModuleCommands.Prepare(machine, commands.Select(c => c.Words));
        UuidSource first = UuidSource.FromSeed(Seed);
        ReplayResult draft = RunOnce(new ShellState(machine, first), commands);
        Dictionary<Uuid, Uuid> recorded = known is null ? [] : new(known);
        foreach (ReplayedCommand command in draft.Commands)
            Learn(recorded, command);
        var taken = new List<Uuid>();
        for (UuidSource source = first; source.Random != draft.State.Uuids.Random; )
        {
            (Uuid ours, source) = source.Take();
            taken.Add(recorded.GetValueOrDefault(ours, ours));
        }
        return taken.Count == 0 ? draft : RunOnce(new ShellState(machine, first.WithGiven(taken)), commands);
    }

    private static ReplayResult RunOnce(ShellState state, ImmutableArray<RecordedCommand> commands)
    {
        var replayed = ImmutableArray.CreateBuilder<ReplayedCommand>(commands.Length);
        foreach (RecordedCommand command in commands)
        {
            CommandResult result = CommandShell.Run(state, command.Words, command.RedirectTo);
            replayed.Add(new ReplayedCommand(command, result, Compare(command, result)));
            state = result.State;
        }
        return new ReplayResult(replayed.MoveToImmutable(), state);
    }

    private static ReplayVerdict Compare(RecordedCommand command, CommandResult result)
    {
        if (result.IsUnsupported)
            return ReplayVerdict.Unsupported;
        bool same = !command.IsComplete
            ? (command.ExitCode == 0) == (result.ExitCode == 0)
            : command.ExitCode == result.ExitCode && Text(command.Output) == Text(result.Merged);
        return same ? ReplayVerdict.Same : ReplayVerdict.Different;
    }

    /// <summary>A record loses the last line end of an output that has none, and keeps one that has it.</summary>
    private static string Text(string output) => output.TrimEnd('\n');

    private static void Learn(Dictionary<Uuid, Uuid> recorded, ReplayedCommand command)
    {
        MatchCollection ours = UuidPattern().Matches(command.Result.Merged),
            theirs = UuidPattern().Matches(command.Command.Output);
        if (ours.Count != theirs.Count)
            return;
        for (int i = 0; i < ours.Count; i++)
        {
            if (ours[i].Value != theirs[i].Value)
                recorded.TryAdd(Uuid.Parse(ours[i].Value), Uuid.Parse(theirs[i].Value));
        }
    }

    [GeneratedRegex(@"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")]
    private static partial Regex UuidPattern();
}

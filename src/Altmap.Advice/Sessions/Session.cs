using System.Collections.Immutable;
using Altmap.Model;
using Altmap.Shell;
using Altmap.Shell.Scripts;

namespace Altmap.Advice.Sessions;

/// <summary>A command that a session ran.</summary>
/// <param name="Before">The state before it.</param>
/// <param name="Command">Its line.</param>
/// <param name="Step">As a machine file keeps it; null: it only looked, or was refused.</param>
public sealed record DoneCommand(ShellState Before, string Command, string? Step);

/// <summary>Commands one after the other on a machine, and the way back. A value; a command gives the next one.</summary>
/// <param name="State">As it is now.</param>
public sealed record Session(ShellState State)
{
    private ImmutableStack<DoneCommand> Done { get; init; } = [];

    /// <summary>The commands that changed something, in order, as a machine file keeps them.</summary>
    public ImmutableArray<string> Steps => [.. Done.Select(d => d.Step).OfType<string>().Reverse()];

    /// <summary>The latest command that changed the machine; null: none did.</summary>
    public DoneCommand? LastChange
    {
        get
        {
            Machine after = State.Machine;
            return Done.FirstOrDefault(d => !SameButLog(d.Before.Machine, after));
        }
    }

    /// <summary>Runs a command. What is not supported leaves the session as it was.</summary>
    /// <param name="line">The command.</param>
    /// <param name="others">Commands that the caller has beside those of the shell, for messages.</param>
    public (Session Next, CommandResult Result) Run(ScriptLine line, IEnumerable<string>? others = null)
    {
        CommandResult result = CommandShell.Run(State, line.Words, line.RedirectTo, others);
        if (result.IsUnsupported)
            return (this with { State = result.State }, result);
        string? step = HasChanged(State, result) ? StepText.Of(line.Text, State.Uuids, result.State.Uuids) : null;
        return (new Session(result.State) { Done = Done.Push(new DoneCommand(State, line.Text, step)) }, result);
    }

    /// <summary>The session before the last command that changed the machine, and before what only looked at it since; null: there is
    /// none.</summary>
    public Session? Undo()
    {
        ImmutableStack<DoneCommand> rest = Done;
        while (!rest.IsEmpty)
        {
            rest = rest.Pop(out DoneCommand last);
            if (!SameButLog(last.Before.Machine, State.Machine))
                return new Session(last.Before) { Done = rest };
        }
        return null;
    }

    /// <summary>
    /// True where the machine or the session's files are others. A refusal that is but a line in the kernel's log is none, nor are UUIDs
    /// that a failed command took: those picked later are kept with their own.
    /// </summary>
    private static bool HasChanged(ShellState before, CommandResult result) =>
        !ReferenceEquals(before.Files, result.State.Files)
        || !(
            result.ExitCode == 0 ? ReferenceEquals(before.Machine, result.State.Machine) : SameButLog(before.Machine, result.State.Machine)
        );

    private static bool SameButLog(Machine a, Machine b) => ReferenceEquals(a, b) || a with { Log = b.Log } == b;
}

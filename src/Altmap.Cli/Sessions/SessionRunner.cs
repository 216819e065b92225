using System.Collections.Immutable;
using System.Globalization;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Shell;
using Altmap.Shell.Scripts;

namespace Altmap.Cli.Sessions;

/// <summary>Runs commands one after the other, prints what they print and keeps what a saved machine needs. A failing command stops
/// nothing, as in sh.</summary>
internal sealed class SessionRunner(CliHost host, ShellState state, bool isTranscript)
{
    private readonly Stack<(ShellState State, int Steps, string Command)> _before = [];
    private readonly ImmutableArray<string>.Builder _steps = ImmutableArray.CreateBuilder<string>();

    public ShellState State { get; private set; } = state;

    /// <summary>Of the last command; 0 when there was none.</summary>
    public int ExitCode { get; private set; }

    /// <summary>The commands that changed something, as a machine file keeps them; what only looked, or was refused, is not among
    /// them.</summary>
    public ImmutableArray<string> Steps => _steps.ToImmutable();

    public void Run(Script script)
    {
        int remark = 0;
        foreach (ScriptLine line in script.Lines)
        {
            for (; isTranscript && remark < script.Remarks.Length && script.Remarks[remark].LineNumber < line.LineNumber; remark++)
                host.Out.WriteLine(script.Remarks[remark].Text);
            Run(line);
        }
        for (; isTranscript && remark < script.Remarks.Length; remark++)
            host.Out.WriteLine(script.Remarks[remark].Text);
    }

    public void Run(ScriptLine line)
    {
        if (line is { Words: [var name, ..], RedirectTo: null } && SessionCommands.Names.Contains(name))
        {
            RunOwn(line);
            return;
        }
        CommandResult result = CommandShell.Run(State, line.Words, line.RedirectTo, SessionCommands.Names);
        if (!result.IsUnsupported)
        {
            _before.Push((State, _steps.Count, line.Text));
            if (HasChanged(State, result))
                _steps.Add(StepText.Of(line.Text, State.Uuids, result.State.Uuids));
        }
        string? excess = ReferenceEquals(State.Machine.Mm, result.State.Machine.Mm) ? null : MemmapDemand.Excess(result.State.Machine);
        State = result.State;
        ExitCode = result.ExitCode;
        Print(line, result);
        if (excess is not null)
            host.Note(excess);
        if (result.Note is { } note)
            host.Note(note);
    }

    /// <summary>Takes back the last command that changed the machine, and what only looked at it since; false when there is none.</summary>
    public bool Undo()
    {
        while (_before.TryPop(out (ShellState State, int Steps, string Command) before))
        {
            bool changed = !SameButLog(before.State.Machine, State.Machine);
            State = before.State;
            _steps.Count = before.Steps;
            if (changed)
                return true;
        }
        return false;
    }

    /// <summary>Prints as the machine's commands do: in a transcript its line first, its exit code last.</summary>
    private void RunOwn(ScriptLine line)
    {
        (string Command, Machine Before)? last = null;
        Machine after = State.Machine;
        foreach ((ShellState state, _, string command) in _before) // the latest first
        {
            if (SameButLog(state.Machine, after))
                continue;
            last = (command, state.Machine);
            break;
        }
        if (isTranscript)
            host.Out.WriteLine($"+ {line.Echo}");
        ExitCode = SessionCommands.Run(host, line.Words, after, last);
        if (isTranscript)
            host.Out.WriteLine($"# rc={ExitCode}");
        host.Out.Flush();
    }

    /// <summary>
    /// True where the machine or the session's files are others. A refusal that is but a line in the kernel's log is none, nor are UUIDs
    /// that a failed command took: those
    /// picked later are kept with their own.
    /// </summary>
    private static bool HasChanged(ShellState before, CommandResult result) =>
        !ReferenceEquals(before.Files, result.State.Files)
        || !(
            result.ExitCode == 0 ? ReferenceEquals(before.Machine, result.State.Machine) : SameButLog(before.Machine, result.State.Machine)
        );

    private static bool SameButLog(Machine a, Machine b) => ReferenceEquals(a, b) || a with { Log = b.Log } == b;

    private void Print(ScriptLine line, CommandResult result)
    {
        if (isTranscript)
        {
            string output = result.Merged.Length == 0 || result.Merged.EndsWith('\n') ? result.Merged : result.Merged + "\n";
            host.Out.Write(string.Create(CultureInfo.InvariantCulture, $"+ {line.Echo}\n{output}# rc={result.ExitCode}\n"));
        }
        else
        {
            // In this order: the tools write standard output at their exit.
            host.Error.Write(result.Stderr);
            host.Out.Write(result.Stdout);
            host.Out.Flush();
        }
    }
}

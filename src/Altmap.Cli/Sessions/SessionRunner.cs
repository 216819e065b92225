using System.Collections.Immutable;
using System.Globalization;
using Altmap.Advice.Sessions;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Shell;
using Altmap.Shell.Scripts;

namespace Altmap.Cli.Sessions;

/// <summary>Runs commands one after the other, prints what they print and keeps what a saved machine needs. A failing command stops
/// nothing, as in sh.</summary>
internal sealed class SessionRunner(CliHost host, ShellState state, bool isTranscript)
{
    private Session _session = new(state);

    public ShellState State => _session.State;

    /// <summary>Of the last command; 0 when there was none.</summary>
    public int ExitCode { get; private set; }

    /// <summary>The commands that changed something, as a machine file keeps them; what only looked, or was refused, is not among
    /// them.</summary>
    public ImmutableArray<string> Steps => _session.Steps;

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
        Machine before = State.Machine;
        (_session, CommandResult result) = _session.Run(line, SessionCommands.Names);
        string? excess = ReferenceEquals(before.Mm, State.Machine.Mm) ? null : MemmapDemand.Excess(State.Machine);
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
        if (_session.Undo() is not { } before)
            return false;
        _session = before;
        return true;
    }

    /// <summary>Prints as the machine's commands do: in a transcript its line first, its exit code last.</summary>
    private void RunOwn(ScriptLine line)
    {
        if (isTranscript)
            host.Out.WriteLine($"+ {line.Echo}");
        ExitCode = SessionCommands.Run(host, line.Words, State.Machine, _session.LastChange);
        if (isTranscript)
            host.Out.WriteLine($"# rc={ExitCode}");
        host.Out.Flush();
    }

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

using System.Collections.Immutable;
using System.Globalization;
using Altmap.Advice.Sessions;
using Altmap.Cli.Common;
using Altmap.Cli.Sessions;
using Altmap.Host;
using Altmap.Model.Maps;
using Altmap.Shell;
using Altmap.Shell.Scripts;

namespace Altmap.Cli.Scripts;

/// <summary>Runs commands one after the other, prints what they print and keeps what a saved machine needs. A failing command stops
/// nothing, as in sh.</summary>
internal sealed class SessionRunner(CliHost host, ShellState state, bool isTranscript)
{
    private Session _session = new(state);
    private Stream? _input;

    /// <summary>Standard input is the commands' own: no script and no prompt reads it.</summary>
    public bool GivesInput { get; init; }

    /// <summary>The machine is saved afterwards: a command that no machine file can repeat is refused.</summary>
    public bool IsSaved { get; init; }

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
            if (!Run(line))
                return;
        }
        for (; isTranscript && remark < script.Remarks.Length; remark++)
            host.Out.WriteLine(script.Remarks[remark].Text);
    }

    /// <summary>Runs a line; false when it ends the session.</summary>
    public bool Run(ScriptLine line)
    {
        if (line is { Words: [var name, ..], RedirectTo: null } && SessionCommands.Names.Contains(name))
            return RunOwn(line);
        ShellState before = SessionFiles.WithInput(State, line.Words);
        if (GivesInput && IsSaved && SessionFiles.IsChangedByInput(before, line.Words))
            throw CliError.Usage($"{line.Echo}: with --save, give it -i FILE; a saved machine cannot read standard input again");
        if (GivesInput)
            before = SessionFiles.WithStandardInput(before, line.Words, () => _input ??= host.OpenInput());
        (Session next, CommandResult result) = (_session with { State = before }).Run(line, SessionCommands.Names);
        HostError? unwritten = SessionFiles.Write(before, next.State, line.Words);
        _session = next with { State = SessionFiles.WithoutInput(before, next.State) };
        string? excess = ReferenceEquals(before.Machine.Mm, State.Machine.Mm) ? null : MemmapDemand.Excess(State.Machine);
        ExitCode = unwritten is null ? result.ExitCode : Common.ExitCode.HostError;
        Print(line, result);
        if (unwritten is not null)
            host.Error.WriteLine($"altmap: {CliHost.Printable(unwritten.ToString())}");
        if (excess is not null)
            host.Note(excess);
        if (result.Note is { } note)
            host.Note(note);
        return true;
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
    private bool RunOwn(ScriptLine line)
    {
        if (line.Words is ["exit" or "quit", .. var code])
        {
            if (code is [var number] && byte.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out byte given))
                ExitCode = given;
            return false;
        }
        if (isTranscript)
            host.Out.WriteLine($"+ {line.Echo}");
        switch (line.Words[0])
        {
            case "help":
                host.Out.WriteLine($"Commands of the machine: {string.Join(", ", CommandShell.Commands)}.");
                host.Out.WriteLine(SessionCommands.Help);
                ExitCode = 0;
                break;
            case "undo":
                host.Out.WriteLine(Undo() ? "taken back" : "there is nothing to take back");
                ExitCode = 0;
                break;
            default:
                ExitCode = SessionCommands.Run(host, line.Words, State.Machine, _session.LastChange);
                break;
        }
        if (isTranscript)
            host.Out.WriteLine($"# rc={ExitCode}");
        host.Out.Flush();
        return true;
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
            if (result.Raw is { Length: > 0 } raw)
                WriteRaw(raw);
        }
    }

    private void WriteRaw(byte[] bytes)
    {
        if (host.IsOutputTerminal)
        {
            host.Note($"{bytes.Length} bytes that are no text are not shown on a terminal: send them into a file, or give -o FILE");
            return;
        }
        host.OutputBytes.Write(bytes);
        host.OutputBytes.Flush();
    }
}

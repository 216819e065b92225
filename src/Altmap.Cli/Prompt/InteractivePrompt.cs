using System.Runtime.InteropServices;
using Altmap.Cli.Output;
using Altmap.Cli.Scripts;
using RadLine;
using Spectre.Console;

namespace Altmap.Cli.Prompt;

/// <summary>The prompt of <c>altmap run</c>: line editing, history, completion. On a terminal that cannot do that, plain lines.</summary>
internal static class InteractivePrompt
{
    private const string Prompt = "altmap> ";

    public static void Run(CliHost host, SessionRunner runner)
    {
        var session = new PromptSession(host, runner);
        IAnsiConsole console = TerminalTables.Console(host);
        if (!host.IsOutputTerminal || !LineEditor.IsSupported(console))
        {
            RunPlain(host, session);
            return;
        }
        string? file = PromptHistory.PathOf(host);
        List<string> lines = [.. PromptHistory.Read(file)];
        host.Out.WriteLine("Type help for help, exit or Ctrl-D to end.");
        host.Out.Flush();
        // Between two lines, too, Ctrl-C must not lose the session: --save comes at its end.
        using var interrupts = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => c.Cancel = true);
        var input = PromptInput.OfTerminal();
        string text = "";
        while (true)
        {
            var keys = new PromptKeys(before => PromptCompletion.Complete(runner.State.Machine, before));
            if (ReadLine(host, console, input, keys, lines, text) is not { } line)
                break;
            text = "";
            if (keys.End == LineEnd.Listing)
            {
                WriteColumns(host, keys.Listed);
                text = line;
            }
            if (keys.End != LineEnd.Entered)
                continue;
            if (line.Trim().Length > 0 && (lines.Count == 0 || lines[^1] != line))
            {
                lines.Add(line);
                PromptHistory.Write(file, lines); // now: the terminal may be closed
            }
            if (!session.Take(line))
                break;
        }
    }

    /// <summary>One line. The editor is new for each: what it keeps of a line that was only listed or abandoned is not history.</summary>
    private static string? ReadLine(
        CliHost host,
        IAnsiConsole console,
        PromptInput input,
        PromptKeys keys,
        List<string> history,
        string text
    )
    {
        var editor = new LineEditor(console, input)
        {
            Prompt = new LineEditorPrompt(host.HasColor ? $"[bold]{Prompt.Trim()}[/]" : Prompt.Trim()),
            Text = text,
        };
        keys.AddTo(editor.KeyBindings);
        foreach (string line in history)
            editor.History.Add(line);
        Console.TreatControlCAsInput = true;
        try
        {
            return editor.ReadLine(CancellationToken.None).GetAwaiter().GetResult();
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    /// <summary>Candidates side by side, as many as fit.</summary>
    private static void WriteColumns(CliHost host, IReadOnlyList<string> words)
    {
        int width = words.Max(w => w.Length) + 2,
            perLine = Math.Max(1, Math.Max(40, host.Columns) / width);
        foreach (string[] line in words.Chunk(perLine))
            host.Out.WriteLine(string.Concat(line.Select(w => w.PadRight(width))).TrimEnd());
        host.Out.Flush();
    }

    private static void RunPlain(CliHost host, PromptSession session)
    {
        using var input = new StreamReader(host.OpenInput());
        // The terminal drops the line itself; the session stays.
        using var interrupts = PosixSignalRegistration.Create(
            PosixSignal.SIGINT,
            c =>
            {
                c.Cancel = true;
                host.Error.Write("\n" + Prompt);
            }
        );
        do
        {
            host.Out.Write(Prompt);
            host.Out.Flush();
        } while (input.ReadLine() is { } line && session.Take(line));
    }
}

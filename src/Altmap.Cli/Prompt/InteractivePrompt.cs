using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
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
        var editor = new LineEditor(console) { Prompt = new LineEditorPrompt(host.HasColor ? $"[bold]{Prompt.Trim()}[/]" : Prompt.Trim()), Completion = new Completion(runner) };
        editor.KeyBindings.Add<EndOfInput>(ConsoleKey.D, ConsoleModifiers.Control);
        foreach (string line in lines) editor.History.Add(line);
        host.Out.WriteLine("Type help for help, exit or Ctrl-D to end.");
        host.Out.Flush();
        while (editor.ReadLine(CancellationToken.None).GetAwaiter().GetResult() is { } line)
        {
            if (line.Trim().Length > 0 && (lines.Count == 0 || lines[^1] != line))
            {
                lines.Add(line);
                PromptHistory.Write(file, lines); // now: Ctrl-C ends the process
            }
            if (!session.Take(line)) break;
        }
    }

    private static void RunPlain(CliHost host, PromptSession session)
    {
        using var input = new StreamReader(host.OpenInput());
        do
        {
            host.Out.Write(Prompt);
            host.Out.Flush();
        }
        while (input.ReadLine() is { } line && session.Take(line));
    }

    private sealed class Completion(SessionRunner runner) : ITextCompletion
    {
        public IEnumerable<string>? GetCompletions(string context, string word, string suffix) =>
            PromptCompletion.Candidates(runner.State.Machine, context, word) is { IsEmpty: false } found ? found : null;
    }

    /// <summary>Ctrl-D ends the session as in a shell: only on an empty line.</summary>
    private sealed class EndOfInput : LineEditorCommand
    {
        public override void Execute(LineEditorContext context)
        {
            if (context.Buffer.Length > 0) return;
            context.Buffer.Insert("exit");
            context.Submit(SubmitAction.Submit);
        }
    }
}

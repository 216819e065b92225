using Altmap.Cli.Common;
using Altmap.Cli.Sessions;
using Altmap.Shell;
using Altmap.Shell.Scripts;

namespace Altmap.Cli.Prompt;

/// <summary>What a line at the prompt does, without the terminal.</summary>
internal sealed class PromptSession(CliHost host, SessionRunner runner)
{
    /// <summary>Runs a line; false when it ends the session.</summary>
    public bool Take(string line)
    {
        switch (line.Trim())
        {
            case "exit" or "quit":
                return false;
            case "help":
                host.Out.WriteLine($"Commands of the machine: {string.Join(", ", CommandShell.Commands)}.");
                host.Out.WriteLine(SessionCommands.Help);
                host.Out.WriteLine(
                    "undo takes the last one back, exit (or Ctrl-D) ends; Tab completes; nothing here touches this computer."
                );
                break;
            case "undo":
                host.Out.WriteLine(runner.Undo() ? "taken back" : "there is nothing to take back");
                break;
            default:
                if (ScriptParser.ParseLine(line) is not { } parsed)
                    break;
                if (parsed.Error is { } error)
                    host.Error.WriteLine(error.Message);
                else
                    Run(parsed.Line!);
                break;
        }
        host.Out.Flush();
        return true;
    }

    /// <summary>A mistake of ours in one command must not cost the session: the machine stays as it was before it.</summary>
    private void Run(ScriptLine line)
    {
        try
        {
            runner.Run(line);
        }
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException or CliError))
        {
            host.Error.WriteLine(
                $"internal error: {e.GetType().Name}: {e.Message}; this is a mistake in altmap, and the machine is as before the command"
            );
        }
    }
}

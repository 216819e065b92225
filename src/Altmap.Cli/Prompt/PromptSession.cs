using Altmap.Cli.Common;
using Altmap.Cli.Scripts;
using Altmap.Shell.Scripts;

namespace Altmap.Cli.Prompt;

/// <summary>What a line at the prompt does, without the terminal.</summary>
internal sealed class PromptSession(CliHost host, SessionRunner runner)
{
    /// <summary>Runs a line; false when it ends the session.</summary>
    public bool Take(string line)
    {
        bool goesOn = true;
        if (ScriptParser.ParseLine(line) is { } parsed)
        {
            if (parsed.Error is { } error)
                host.Error.WriteLine(error.Message);
            else
                goesOn = Run(parsed.Line!);
        }
        host.Out.Flush();
        return goesOn;
    }

    /// <summary>A mistake of ours in one command must not cost the session: the machine stays as it was before it.</summary>
    private bool Run(ScriptLine line)
    {
        try
        {
            return runner.Run(line);
        }
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException or CliError))
        {
            host.Error.WriteLine(
                $"internal error: {e.GetType().Name}: {e.Message}; this is a mistake in altmap, and the machine is as before the command"
            );
            return true;
        }
    }
}

using System.Collections.Immutable;
using Altmap.Shell;
using Altmap.Shell.Scripts;

namespace Altmap.Advice.Sessions;

/// <summary>
/// Commands as a person would type them, run on the model before anybody is told to. The first that does not succeed ends it.
/// </summary>
/// <param name="State">After the last that succeeded.</param>
/// <param name="Commands">Those that succeeded, in order.</param>
/// <param name="Failed">The one that ended it; null: all succeeded.</param>
/// <param name="Failure">What it gave; null with <paramref name="Failed"/>.</param>
public sealed record Trial(ShellState State, ImmutableArray<string> Commands, string? Failed, CommandResult? Failure)
{
    /// <summary>All ran and ended with exit code 0.</summary>
    public bool IsDone => Failed is null;

    /// <summary>A trial that has run nothing yet.</summary>
    public static Trial Start(ShellState state) => new(state, [], null, null);

    /// <summary>Runs one more command; nothing where one failed before. Throws <see cref="ArgumentException"/> where it is no command
    /// line: these are made by code.</summary>
    public Trial Then(string command)
    {
        if (!IsDone)
            return this;
        ScriptLine line = ScriptParser.ParseLine(command)?.Line ?? throw new ArgumentException($"no command: {command}", nameof(command));
        CommandResult result = CommandShell.Run(State, line.Words, line.RedirectTo);
        return result.IsUnsupported || result.ExitCode != 0
            ? this with
            {
                Failed = command,
                Failure = result,
            }
            : this with
            {
                State = result.State,
                Commands = Commands.Add(command),
            };
    }

    /// <summary>Runs several.</summary>
    public Trial Then(IEnumerable<string> commands) => commands.Aggregate(this, (trial, command) => trial.Then(command));
}

using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Advice.Sessions;
using Altmap.Cli.Common;
using Altmap.Cli.Maps;
using Altmap.Core;
using Altmap.Model;

namespace Altmap.Cli.Scripts;

/// <summary>
/// Commands of our own among those of the machine, at the prompt and in scripts: <c>map</c>, <c>pfn</c>, <c>diff</c>, which look and change
/// nothing; <c>help</c>, <c>undo</c>, <c>exit</c> (<see cref="SessionRunner"/>). No real tool has these names, and no recording contains
/// them: <c>altmap replay</c> does not know them.
/// </summary>
internal static class SessionCommands
{
    /// <summary>Their words.</summary>
    public static readonly ImmutableArray<string> Names = ["diff", "exit", "help", "map", "pfn", "quit", "undo"];

    /// <summary>What help says of them.</summary>
    public const string Help =
        "map shows the memory map (--section N, --from A, --to B …), pfn PAGE… what the kernel says of pages, diff what the last "
        + "change changed.\nhelp shows this, undo takes the last change back, exit or quit (or Ctrl-D) ends; "
        + "Tab completes. Files that -i and -o name are this "
        + "computer's; nothing else here touches it.";

    /// <summary>Runs one.</summary>
    /// <param name="host">Where it prints.</param>
    /// <param name="words">The command and its arguments.</param>
    /// <param name="machine">As it is now.</param>
    /// <param name="last">The last command that changed the machine, with the machine before it; null: none did.</param>
    /// <returns>The exit code.</returns>
    public static int Run(CliHost host, IReadOnlyList<string> words, Machine machine, DoneCommand? last)
    {
        try
        {
            Command command = words[0] switch
            {
                "map" => Map(host, machine),
                "pfn" => Pages(host, machine),
                _ => Diff(host, machine, last),
            };
            var root = new RootCommand("altmap run") { command };
            CommandHelp.Apply(root, host);
            ParseResult parse = root.Parse([.. words], new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (UsageErrors.IsWrong(parse))
                return UsageErrors.Report(parse, host);
            return parse.Invoke(
                new InvocationConfiguration
                {
                    Output = host.Out,
                    Error = host.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                }
            );
        }
        catch (CliError e)
        {
            foreach (string message in e.Messages)
                host.Error.WriteLine($"{words[0]}: {message}");
            return e.ExitCode;
        }
        catch (NotModelledException e)
        {
            host.Error.WriteLine($"unsupported: {e.Message}");
            return ExitCode.Unsupported;
        }
    }

    private static Command Map(CliHost host, Machine machine)
    {
        var request = new MapRequest();
        var command = new Command("map", "Shows the memory map as it is now.");
        request.AddTo(command);
        command.SetAction(p => request.Show(host, p, machine));
        return command;
    }

    private static Command Pages(CliHost host, Machine machine)
    {
        var request = new PfnRequest();
        var command = new Command("pfn", "Tells the story of pages as they are now.");
        request.AddTo(command);
        command.SetAction(p => request.Show(host, p, [machine]));
        return command;
    }

    private static Command Diff(CliHost host, Machine machine, DoneCommand? last)
    {
        var command = new Command("diff", "Tells what the last command that changed something changed in memory and devices.");
        command.SetAction(_ =>
        {
            if (last is null)
            {
                host.Out.WriteLine("nothing has changed yet");
                return;
            }
            ImmutableArray<string> lines = MapDiff.Of(last.Before.Machine, machine);
            host.Out.WriteLine(last.Command);
            foreach (string line in lines)
                host.Out.WriteLine($"  {line}");
            if (lines.IsEmpty)
                host.Out.WriteLine("  memory and devices are as before");
        });
        return command;
    }
}

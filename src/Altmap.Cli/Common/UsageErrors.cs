using System.CommandLine;
using System.CommandLine.Parsing;
using Altmap.Core.Json;

namespace Altmap.Cli.Common;

/// <summary>A wrong command line, told in one place: what is wrong, what was perhaps meant, where help is.</summary>
internal static class UsageErrors
{
    public static int Report(ParseResult parse, CliHost host)
    {
        Command command = parse.CommandResult.Command;
        string path = PathOf(parse.CommandResult);
        foreach (string unmatched in parse.UnmatchedTokens)
        {
            string[] known = [.. command.Subcommands.Select(c => c.Name), .. command.Options.Select(o => o.Name)];
            string hint = NearestWord.Hint(unmatched, known);
            string kind = unmatched.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
            host.Error.WriteLine($"{path}: there is no {kind} {Quote.Text(unmatched)} here{(hint.Length == 0 ? "" : $"; {hint}")}");
        }
        foreach (ParseError error in parse.Errors)
        {
            // The library's words for an unmatched word are in the lines above already.
            if (parse.UnmatchedTokens.Any(t => error.Message.Contains($"'{t}'", StringComparison.Ordinal))) continue;
            host.Error.WriteLine($"{path}: {error.Message}");
        }
        host.Error.WriteLine($"See {path} --help.");
        return ExitCode.Usage;
    }

    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "altmap";
}

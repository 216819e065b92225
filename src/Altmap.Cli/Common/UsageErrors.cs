using System.CommandLine;
using System.CommandLine.Parsing;
using Altmap.Advice.Sessions;
using Altmap.Core.Json;
using CommandShell = Altmap.Shell.CommandShell;

namespace Altmap.Cli.Common;

/// <summary>A wrong command line, told in one place: what is wrong, what was perhaps meant, where help is.</summary>
internal static class UsageErrors
{
    /// <summary>True where the command line is not to be run. Help is given whatever else is wrong, except for a command that does not
    /// exist.</summary>
    public static bool IsWrong(ParseResult parse) =>
        parse.Action is CommandHelp
            ? parse.UnmatchedTokens.Count > 0 && parse.CommandResult.Command.Subcommands.Count > 0
            : parse.Errors.Count > 0 || StrayOption(parse) is not null;

    public static int Report(ParseResult parse, CliHost host)
    {
        Command command = parse.CommandResult.Command;
        string path = PathOf(parse.CommandResult);
        // One cause, one message: what follows an unknown word is wrong because of it.
        if (MachineCommand(parse) is { } line)
        {
            host.Error.WriteLine($"{path}: a command of the machine stands after --: {line}");
        }
        else if ((StrayOption(parse) ?? (parse.UnmatchedTokens is [var unmatched, ..] ? unmatched : null)) is { } unknown)
        {
            host.Error.WriteLine($"{path}: {Unknown(command, unknown, parse.UnmatchedTokens)}");
        }
        else
        {
            ParseError[] own = [.. parse.Errors.Where(e => e.SymbolResult is OptionResult)];
            foreach (string message in own.Select(e => e.Message).Distinct())
                host.Error.WriteLine($"{path}: {message}");
            if (own.Length == 0 && !ReportMissing(parse, path, host))
                foreach (string message in parse.Errors.Select(e => e.Message).Distinct())
                    host.Error.WriteLine($"{path}: {message}");
        }
        host.Error.WriteLine($"See {path} --help.");
        return ExitCode.Usage;
    }

    /// <summary>An unknown option that an argument took for its value; only what stands after <c>--</c> may look like one.</summary>
    private static string? StrayOption(ParseResult parse)
    {
        var behind = new HashSet<object>(parse.Tokens.SkipWhile(t => t.Type != TokenType.DoubleDash), ReferenceEqualityComparer.Instance);
        return parse
            .CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(a => a.Tokens)
            .FirstOrDefault(t => t.Value.Length > 1 && t.Value[0] == '-' && !behind.Contains(t))
            ?.Value;
    }

    /// <summary><c>run M ndctl list -R</c> as it is to be; null for anything else.</summary>
    private static string? MachineCommand(ParseResult parse)
    {
        string[] words = [.. parse.Tokens.Select(t => t.Value)];
        if (words is not ["run", var machine, var name, ..] || !CommandShell.Knows(name))
            return null;
        return $"altmap run {machine} -- {string.Join(' ', words[2..].Select(StepText.QuoteWord))}";
    }

    private static string Unknown(Command command, string word, IReadOnlyList<string> words)
    {
        bool isOption = word.StartsWith('-');
        if (!isOption && command is RootCommand && CommandShell.Commands.Contains(word))
            return $"{Quote.Text(word)} runs on a model of a machine: altmap run MACHINE -- {string.Join(' ', words)}";
        IEnumerable<string> known = isOption ? command.Options.Select(o => o.Name) : command.Subcommands.Select(c => c.Name);
        string hint = NearestWord.Hint(word, known);
        string kind =
            isOption ? "option"
            : command.Subcommands.Count > 0 ? "command"
            : "argument";
        return $"there is no {kind} {Quote.Text(word)} here{(hint.Length == 0 ? "" : $"; {hint}")}";
    }

    private static bool ReportMissing(ParseResult parse, string path, CliHost host)
    {
        Command command = parse.CommandResult.Command;
        string[] missing =
        [
            .. command
                .Arguments.Where(a => a.Arity.MinimumNumberOfValues > 0 && parse.GetResult(a) is not { Tokens.Count: > 0 })
                .Select(a => a.Name),
        ];
        if (missing.Length > 0)
        {
            host.Error.WriteLine($"{path}: {string.Join(" and ", missing)} {(missing.Length == 1 ? "is" : "are")} missing");
            host.Error.WriteLine($"usage: {path} {string.Join(' ', command.Arguments.Select(Usage))} [options]");
        }
        else if (command.Subcommands.Count > 0)
        {
            host.Error.WriteLine(
                $"{path}: a command is missing; expected one of {string.Join(", ", command.Subcommands.Select(c => c.Name))}"
            );
        }
        else
        {
            return false;
        }
        if (CommandHelp.ExamplesOf(command) is [var example, ..])
            host.Error.WriteLine($"example: {example}");
        return true;
    }

    private static string Usage(Argument argument) =>
        argument.Arity is { MaximumNumberOfValues: > 1, MinimumNumberOfValues: > 0 } ? $"{argument.Name} ..."
        : argument.Arity.MaximumNumberOfValues > 1 ? $"[-- {argument.Name} ...]"
        : argument.Arity.MinimumNumberOfValues > 0 ? argument.Name
        : $"[{argument.Name}]";

    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "altmap";
}

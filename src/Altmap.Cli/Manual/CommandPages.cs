using System.CommandLine;
using Altmap.Cli.Common;

namespace Altmap.Cli.Manual;

/// <summary>Pages of commands: out of the tree that parses them and prints their help.</summary>
internal static class CommandPages
{
    /// <summary>The program's own, then those of every command and of commands below them.</summary>
    public static IEnumerable<ManualPage> Of(RootCommand root)
    {
        yield return new ManualPage("altmap", 1, OneLine(root), roff => WriteRoot(roff, root));
        foreach ((string name, Command command) in Walk(root, "altmap"))
            yield return new ManualPage(name.Replace(' ', '-'), 1, OneLine(command), roff => Write(roff, name, command));
    }

    private static IEnumerable<(string Name, Command Command)> Walk(Command command, string name) =>
        command.Subcommands.Where(c => !c.Hidden).SelectMany(c => Walk(c, $"{name} {c.Name}").Prepend(($"{name} {c.Name}", c)));

    private static string OneLine(Command command)
    {
        string text = (command.Description ?? "").TrimEnd('.');
        return text.Length == 0 ? command.Name : char.ToLowerInvariant(text[0]) + text[1..];
    }

    private static void WriteRoot(RoffWriter roff, RootCommand root)
    {
        roff.Section("Synopsis");
        roff.Paragraph("`altmap` `COMMAND` [`OPTIONS`] …");
        roff.Section("Description");
        roff.Paragraph(root.Description!);
        roff.Paragraph(
            "It runs the commands people know (ndctl, daxctl, sysfs) against an exact model of a machine, says where every byte and page "
                + "frame goes on which kernel, finds damage, and mends media without losing data. Without a command it shows a short tour."
        );
        roff.Section("Commands");
        foreach (Command command in root.Subcommands.Where(c => !c.Hidden))
            roff.Term($"`altmap-{command.Name}`(1)", command.Description!);
        WriteOptions(roff, root);
        WriteExitStatus(roff);
        WriteExamples(roff, root);
        roff.Section("See also");
        roff.Paragraph("`altmap-machine`(5), `altmap-findings`(7), `ndctl`(1), `daxctl`(1)");
    }

    private static void Write(RoffWriter roff, string name, Command command)
    {
        roff.Section("Synopsis");
        Command[] below = [.. command.Subcommands.Where(c => !c.Hidden)];
        string arguments = string.Concat(command.Arguments.Where(a => !a.Hidden).Select(a => $" {Synopsis(a)}"));
        roff.Paragraph(below.Length > 0 ? $"`{name}` `COMMAND` [`OPTIONS`] …" : $"`{name}`{arguments} [`OPTIONS`]");
        roff.Section("Description");
        roff.Paragraph(command.Description!);
        foreach (Argument argument in command.Arguments.Where(a => !a.Hidden))
            roff.Term($"`{argument.Name}`", argument.Description ?? "");
        if (below.Length > 0)
        {
            roff.Section("Commands");
            foreach (Command each in below)
                roff.Term($"`{name.Replace(' ', '-')}-{each.Name}`(1)", each.Description!);
        }
        WriteOptions(roff, command);
        if (below.Length == 0)
            WriteExitStatus(roff);
        WriteExamples(roff, command);
        roff.Section("See also");
        roff.Paragraph("`altmap`(1), `altmap-machine`(5), `altmap-findings`(7)");
    }

    private static string Synopsis(Argument argument)
    {
        string name = $"`{argument.Name}`{(argument.Arity.MaximumNumberOfValues > 1 ? "…" : "")}";
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    private static void WriteOptions(RoffWriter roff, Command command)
    {
        Option[] options = [.. command.Options.Where(o => !o.Hidden && o.Description is not null)];
        if (options.Length == 0)
            return;
        roff.Section("Options");
        foreach (Option option in options)
        {
            string names = string.Join(
                ", ",
                option.Aliases.Order(StringComparer.Ordinal).Reverse().Append(option.Name).Select(n => $"`{n}`")
            );
            string value =
                option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0 ? "" : $" {option.HelpName ?? "VALUE"}";
            roff.Term(names + value, option.Description!);
        }
    }

    private static void WriteExitStatus(RoffWriter roff)
    {
        roff.Section("Exit status");
        foreach ((int code, string meaning) in ExitCode.Meanings)
            roff.Term($"`{code}`", meaning);
    }

    private static void WriteExamples(RoffWriter roff, Command command)
    {
        if (CommandHelp.ExamplesOf(command) is not { Count: > 0 } examples)
            return;
        roff.Section("Examples");
        roff.Code(examples);
    }
}

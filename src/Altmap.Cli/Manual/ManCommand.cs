using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Core.Json;

namespace Altmap.Cli.Manual;

/// <summary><c>altmap man</c>: the pages of the manual.</summary>
internal static class ManCommand
{
    public static Command Create(CliHost host)
    {
        var page = new Argument<string?>("PAGE")
        {
            Description = "as plan, altmap-plan or altmap-machine.5 (default: a list of all)",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var output = new Option<string?>("--output", "-o")
        {
            Description = "writes all pages below this new folder, as man1/altmap-plan.1",
            HelpName = "DIR",
        };
        var command = new Command("man", "Prints a page of the manual, for man -l -, or writes all of them.") { page, output };
        command.SetAction(p =>
        {
            ManualPage[] all = [.. Manual.Pages((RootCommand)p.RootCommandResult.Command)];
            if (p.GetValue(output) is { } folder)
                return p.GetValue(page) is null ? WriteAll(all, folder) : throw CliError.Usage("--output writes all pages: not with PAGE");
            if (p.GetValue(page) is not { } name)
            {
                foreach (ManualPage each in all)
                    host.Out.WriteLine($"{each.Name}({each.Section}) - {each.Title}");
                return ExitCode.Success;
            }
            ManualPage found =
                Array.Find(all, each => name == each.Name || $"altmap-{name}" == each.Name)
                ?? Array.Find(all, each => name == $"{each.Name}.{each.Section}" || name == $"{each.Name}({each.Section})")
                ?? throw CliError.Usage(
                    (
                        $"{Quote.Text(name)} is no page; altmap man lists all "
                        + NearestWord.Hint(name, all.Select(each => Short(each.Name)))
                    ).TrimEnd()
                );
            if (host.IsOutputTerminal)
                host.Note($"this is roff; to read it: altmap man {name} | man -l -");
            host.Out.Write(found.ToRoff());
            return ExitCode.Success;
        });
        CommandHelp.SetExamples(command, "altmap man plan | man -l -", "altmap man --output /usr/local/share/man");
        return command;
    }

    private static string Short(string name) => name.StartsWith("altmap-", StringComparison.Ordinal) ? name["altmap-".Length..] : name;

    private static int WriteAll(ManualPage[] all, string folder)
    {
        if (all.Select(each => Path.Combine(folder, each.Path)).FirstOrDefault(File.Exists) is { } there)
            throw CliError.Usage($"{there} is there already; expected a folder without these pages");
        foreach (ManualPage each in all)
        {
            string path = Path.Combine(folder, each.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            NewFile.Write(path, each.ToRoff());
        }
        return ExitCode.Success;
    }
}

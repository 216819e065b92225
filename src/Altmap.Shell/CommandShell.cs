using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Json;
using Altmap.Model;
using Altmap.Shell.Hotplug;
using Altmap.Shell.Lsmem;
using Altmap.Shell.Modules;
using Altmap.Shell.Options;
using Altmap.Shell.Proc;
using Altmap.Shell.Scripts;
using Altmap.Shell.Sysfs;
using Altmap.Shell.Tools;

namespace Altmap.Shell;

/// <summary>
/// The commands people know, over the model: ndctl, daxctl, cat, ls, echo with <c>&gt;</c>, reboot. Text in, text out; what is not
/// modelled
/// is refused.
/// </summary>
public static class CommandShell
{
    private const string EchoFailure = "sh: write error: ";

    /// <summary>The words a command line may start with.</summary>
    public static readonly ImmutableArray<string> Commands =
    [
        "cat",
        "daxctl",
        "dmesg",
        "echo",
        "hotplug",
        "ls",
        "lsmem",
        "mkpfn",
        "modprobe",
        "ndctl",
        "qmp",
        "reboot",
        "true",
    ];

    /// <summary>Runs a command.</summary>
    /// <param name="state">Where it starts.</param>
    /// <param name="words">The command and its arguments; empty: nothing happens.</param>
    /// <param name="redirectTo">Path that standard output goes to, or null.</param>
    /// <param name="others">Commands that the caller has beside these, for messages.</param>
    public static CommandResult Run(
        ShellState state,
        ImmutableArray<string> words,
        string? redirectTo = null,
        IEnumerable<string>? others = null
    )
    {
        if (words.IsEmpty)
            return redirectTo is null ? Say(state, "", "", 0) : Unsupported(state, "a redirection without a command");
        CommandResult result = Run(state with { Machine = state.Machine.WithoutWritten() }, words, redirectTo, [.. others ?? []]);
        return result.IsUnsupported ? result with { State = state } : result;
    }

    private static CommandResult Run(ShellState state, ImmutableArray<string> words, string? redirectTo, ImmutableArray<string> others)
    {
        try
        {
            if (words[0] == "echo")
                return Echo(state, words, redirectTo);
            if (redirectTo is not null)
                return Unsupported(state, $"`>` after {words[0]}: only echo writes into a file");
            if (ToolCommandLine.ToolOf(words[0]) is { } tool)
                return RunTool(state, tool, words);
            if (words is [_, "-c", var line] && ScriptParser.IsShell(words[0]) && GrepLine.Parse(line) is { } grep)
                return GrepCommand.Run(state, grep);
            return words[0] switch
            {
                "cat" => Cat(state, words[1..]),
                "dmesg" when words.Length == 1 => Say(state, string.Concat(state.Machine.Log.Select(l => l + "\n")), "", 0),
                "hotplug" => HotplugCommand.Run(state, words[1..]),
                "ls" => FolderListing.Run(state, words[1..]),
                "lsmem" => LsmemCommand.Run(state, words[1..]),
                "mkpfn" => MakePfn.Run(state, words[1..]),
                "modprobe" => ModuleCommands.Run(state, words[1..]),
                "qmp" => QmpCommand.Run(state, string.Join(' ', words.Skip(1))),
                "reboot" => Reboot(state),
                "true" => Say(state, "", "", 0),
                _ => Unknown(state, words[0], [.. Commands.Concat(others).Order(StringComparer.Ordinal)]),
            };
        }
        catch (NotModelledException e)
        {
            return Unsupported(state, e.Message);
        }
    }

    /// <summary>True for a word that a command line may start with, paths of the tools too.</summary>
    public static bool Knows(string word) => Commands.Contains(word) || ToolCommandLine.ToolOf(word) is not null;

    private static CommandResult Unknown(ShellState state, string word, string[] known)
    {
        string hint = NearestWord.Hint(word, known);
        return Unsupported(state, $"the command {word}; known are {string.Join(", ", known)}{(hint.Length == 0 ? "" : $"; {hint}")}");
    }

    internal static CommandResult Say(ShellState state, string stdout, string stderr, int exitCode) =>
        new(state, stdout, stderr, stderr + stdout, exitCode, false);

    internal static CommandResult Unsupported(ShellState state, string what)
    {
        string text = $"unsupported: {what}\n";
        return new CommandResult(state, "", text, text, 1, true);
    }

    private static CommandResult RunTool(ShellState state, string tool, ImmutableArray<string> words)
    {
        ToolRequest request = ToolCommandLine.Parse(words, state.Machine.Architecture.PageSize);
        if (request.Answer is { } answer)
            return answer.IsUnsupported
                ? Unsupported(state, answer.Stdout.Trim())
                : Say(state, answer.Stdout, answer.Stderr, answer.ExitCode);
        var context = new ToolContext(state);
        context.Output.Err(request.Warnings);
        ToolOutcome outcome = ToolCommands.Run(context, tool, request);
        var next = new ShellState(context.Machine, context.Uuids) { Files = context.Files };
        return new CommandResult(next, context.Output.Stdout, context.Output.Stderr, context.Output.Merged, outcome.ExitCode, false)
        {
            Raw = context.Output.Raw,
            Note = Debugs(request, tool),
        };
    }

    /// <summary>Of <c>list</c>, -v is more of the listing; everywhere else it is what the tool's library tells of its work.</summary>
    private static string? Debugs(ToolRequest request, string tool) =>
        request.Options is { Command.Name: not "list" } options && options.Flag("verbose")
            ? $"-v: what lib{tool} tells of its work is not modelled; {tool} {options.Command.Name} ran as without it"
            : null;

    /// <summary>busybox sh: the failing write is reported by the shell, with exit code 1.</summary>
    private static CommandResult Echo(ShellState state, ImmutableArray<string> words, string? redirectTo)
    {
        bool newline = words.Length < 2 || words[1] != "-n";
        string text = string.Join(' ', words.Skip(newline ? 1 : 2)) + (newline ? "\n" : "");
        if (redirectTo is null)
            return Say(state, text, "", 0);
        if (redirectTo == "/dev/null")
            return Say(state, "", "", 0);
        if (SysfsTree.Write(state.Machine, redirectTo, text) is not { } written)
            return Unsupported(state, $"writing to {redirectTo}");
        ShellState next = state with { Machine = written.Machine };
        if (written.Succeeded)
            return Say(next, "", "", 0);
        bool cannotOpen = written.Errno == Errno.EACCES;
        return Say(
            next,
            "",
            cannotOpen
                ? $"sh: can't create {redirectTo}: "
                    + $"{(LacksFolder(state.Machine, redirectTo) ? "nonexistent directory" : written.Errno.Describe())}\n"
                : $"{EchoFailure}{written.Errno.Describe()}\n",
            1
        );
    }

    /// <summary>busybox's words for ENOENT when it creates.</summary>
    private static bool LacksFolder(Machine machine, string path) =>
        (path.StartsWith("/sys/bus/", StringComparison.Ordinal) || path.StartsWith("/sys/devices/system/memory/", StringComparison.Ordinal))
        && !SysfsTree.IsDirectory(machine, path[..path.LastIndexOf('/')]);

    private static CommandResult Cat(ShellState state, ImmutableArray<string> paths)
    {
        var output = new ToolOutput();
        int exitCode = 0;
        foreach (string path in paths)
        {
            if (ProcFiles.Read(state.Machine, path) is { } content)
            {
                output.Out(content);
                continue;
            }
            if (SysfsTree.IsDirectory(state.Machine, path))
            {
                output.Err($"cat: read error: {Errno.EISDIR.Describe()}\n"); // busybox opens it, and its read(2) fails
                exitCode = 1;
                continue;
            }
            if (SysfsTree.Read(state.Machine, path) is not { } value)
                return Unsupported(state, $"reading {path}{ProcFiles.WhyNot(path)}");
            if (value.Errno == Errno.None)
            {
                output.Out(value.IsNothing ? "" : value.Text + "\n");
                continue;
            }
            bool cannotOpen = value.Errno is Errno.ENOENT or Errno.EACCES;
            output.Err(
                cannotOpen ? $"cat: can't open '{path}': {value.Errno.Describe()}\n" : $"cat: read error: {value.Errno.Describe()}\n"
            );
            exitCode = 1;
        }
        return paths.IsEmpty
            ? Unsupported(state, "cat without a file")
            : new CommandResult(state, output.Stdout, output.Stderr, output.Merged, exitCode, false)
            {
                Note = paths.Select(p => ProcFiles.Gap(state.Machine, p)).FirstOrDefault(n => n is not null),
            };
    }

    private static CommandResult Reboot(ShellState state) => Say(state with { Machine = Boot.Again(state.Machine) }, "", "", 0);
}

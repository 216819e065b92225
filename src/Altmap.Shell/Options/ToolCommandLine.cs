using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Shell.Options;

/// <summary>A whole command line of ndctl or daxctl 76.1 (util/main.c, ndctl/ndctl.c, daxctl/daxctl.c).</summary>
public static class ToolCommandLine
{
    private static readonly string[] s_ndctlList =
    [
        "version",
        "enable-namespace",
        "disable-namespace",
        "create-namespace",
        "destroy-namespace",
        "read-infoblock",
        "write-infoblock",
        "check-namespace",
        "clear-errors",
        "enable-region",
        "disable-region",
        "enable-dimm",
        "disable-dimm",
        "zero-labels",
        "read-labels",
        "write-labels",
        "init-labels",
        "check-labels",
        "inject-error",
        "update-firmware",
        "inject-smart",
        "wait-scrub",
        "activate-firmware",
        "start-scrub",
        "setup-passphrase",
        "update-passphrase",
        "remove-passphrase",
        "freeze-security",
        "sanitize-dimm",
        "load-keys",
        "wait-overwrite",
        "list",
        "monitor",
        "help",
    ];

    private static readonly string[] s_daxctlList =
    [
        "version",
        "list",
        "help",
        "split-acpi",
        "migrate-device-model",
        "create-device",
        "destroy-device",
        "reconfigure-device",
        "online-memory",
        "offline-memory",
        "disable-device",
        "enable-device",
    ];

    /// <summary>The tool that a word calls (<c>/usr/bin/ndctl</c> is <c>ndctl</c>), or null.</summary>
    public static string? ToolOf(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return word[(word.LastIndexOf('/') + 1)..] is "ndctl" or "daxctl" ? word[(word.LastIndexOf('/') + 1)..] : null;
    }

    /// <summary>Reads a command line.</summary>
    /// <param name="words">The tool and its words; the first must be a tool (<see cref="ToolOf"/>).</param>
    /// <param name="pageSize">Of the machine that the tool runs on: no smaller alignment is taken.</param>
    public static ToolRequest Parse(ImmutableArray<string> words, ByteSize pageSize)
    {
        if (words.IsDefaultOrEmpty || ToolOf(words[0]) is not { } tool)
            throw new ArgumentException("not a command line of ndctl or daxctl", nameof(words));
        if (words.Length == 1)
            return ToolRequest.Say(Overview(tool, 1));
        var (word, args) = (words[1], words[2..]);
        if (word.StartsWith('-') && word is not ("--version" or "--help" or "-h" or "-v"))
            return ToolRequest.Say(word == "--list-cmds" ? ListCommands(tool) : UnknownOption(tool, word));
        var name = word switch
        {
            "--version" or "-v" => "version",
            "--help" or "-h" => "help",
            _ => word,
        };
        if (args is ["--help", .. var behind])
            return ToolRequest.Say(Help(tool, [name, .. behind]));
        if (name == "version")
            return ToolRequest.Say(new ToolAnswer(NdctlCommands.Version + "\n", "", 0));
        if (name == "help")
            return ToolRequest.Say(Help(tool, args));
        if (NdctlCommands.Find(tool, name) is not { } command)
            return ToolRequest.Say(new ToolAnswer("", $"Unknown command: '{name}'\n", 1));
        var options = OptionParser.Parse(command, args);
        return options.Answer is { } answer ? ToolRequest.Say(answer) : ArgumentRules.Check(options, pageSize);
    }

    private static string Usage(string tool) => $"{tool} [--version] [--help] COMMAND [ARGS]";

    private static ToolAnswer Overview(string tool, int exitCode) =>
        new(
            $"\n usage: {Usage(tool)}\n\n\n See '{tool} help COMMAND' for more information on a specific command.\n {tool} "
                + $"--list-cmds to see all available commands\n\n",
            "",
            exitCode
        );

    private static ToolAnswer ListCommands(string tool) =>
        new(string.Concat((tool == "ndctl" ? s_ndctlList : s_daxctlList).Select(c => c + "\n")), "", 0);

    private static ToolAnswer UnknownOption(string tool, string word) =>
        new("", $"Unknown option: {word}\n\n Usage: {Usage(tool)}\n", UsageText.UsageExitCode);

    private static ToolAnswer Help(string tool, ImmutableArray<string> args)
    {
        ImmutableArray<string> subcommands =
            tool == "ndctl" ? ["enable-region", "disable-region", "zero-labels", "enable-namespace", "disable-namespace"] : ["list"];
        var options = OptionParser.Parse(new CommandSpec(tool, "help", $"{tool} help [command]", []), args, subcommands);
        if (options.Answer is { } answer)
            return answer;
        if (options.Arguments is not [var topic, ..])
            return Overview(tool, 0);
        // The tool starts man(1) here; its pages are not ours to print.
        var page = topic.StartsWith(tool, StringComparison.Ordinal) ? topic : $"{tool}-{topic}";
        return new ToolAnswer($"see man {page}\n", "", 0) { IsUnsupported = true };
    }
}

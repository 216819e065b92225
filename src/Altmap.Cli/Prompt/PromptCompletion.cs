using System.Collections.Immutable;
using Altmap.Model;
using Altmap.Shell;
using Altmap.Shell.Options;
using Altmap.Shell.Sysfs;

namespace Altmap.Cli.Prompt;

/// <summary>What a word at the prompt may become: commands, subcommands, options, devices, paths of sysfs.</summary>
internal static class PromptCompletion
{
    /// <summary>The prompt's own words.</summary>
    public static readonly ImmutableArray<string> OwnWords = ["exit", "help", "undo"];

    /// <summary>Candidates for <paramref name="word"/>, which follows <paramref name="before"/>; each starts with it.</summary>
    /// <param name="machine">As it is now.</param>
    /// <param name="before">The line before the word.</param>
    /// <param name="word">What is typed of it; may be empty.</param>
    public static ImmutableArray<string> Candidates(Machine machine, string before, string word)
    {
        string[] words = before.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> all = words.Length == 0 ? CommandShell.Commands.Concat(OwnWords)
            : word.StartsWith('/') ? SysfsTree.Complete(machine, word).Concat(["/proc/iomem", "/proc/cmdline"])
            : words[0] is not ("ndctl" or "daxctl") ? DeviceNames(machine)
            : words.Length == 1 ? (words[0] == "ndctl" ? NdctlCommands.Ndctl : NdctlCommands.Daxctl).Select(c => c.Name)
            : word.StartsWith('-') && NdctlCommands.Find(words[0], words[1]) is { } command ? command.Options.Where(o => o.Long is not null).Select(o => "--" + o.Long)
            : DeviceNames(machine);
        return [.. all.Where(c => c.StartsWith(word, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> DeviceNames(Machine machine) =>
        SysfsTree.Devices(machine).Select(d => d.Name).Concat(machine.Regions.Values.SelectMany(r => r.DaxDevices.Values).Select(d => d.Name)).Append("all");
}

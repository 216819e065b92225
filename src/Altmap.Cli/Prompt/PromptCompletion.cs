using System.Collections.Immutable;
using Altmap.Cli.Scripts;
using Altmap.Model;
using Altmap.Shell;
using Altmap.Shell.Hotplug;
using Altmap.Shell.Options;
using Altmap.Shell.Proc;
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
        IEnumerable<string> all =
            words.Length == 0 ? CommandShell.Commands.Concat(OwnWords).Concat(SessionCommands.Names)
            : word.StartsWith('/') ? SysfsTree.Complete(machine, word).Concat(ProcFiles.Names)
            : words[0] == "hotplug"
                ? words.Length == 1 ? HotplugCommand.Actions
                    : []
            : words[0] is "echo" or "mkpfn" ? DeviceNames(machine)
            : words[0] is not ("ndctl" or "daxctl") ? []
            : words.Length == 1 ? (words[0] == "ndctl" ? NdctlCommands.Ndctl : NdctlCommands.Daxctl).Select(c => c.Name)
            : NdctlCommands.Find(words[0], words[1]) is not { } command ? []
            : word.StartsWith('-') ? command.Options.Where(o => o.Long is not null).Select(o => "--" + o.Long)
            : DeviceNames(machine).Append("all");
        return [.. all.Where(c => c.StartsWith(word, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>A Tab: what it inserts, or what it lists where several words are possible and nothing more is certain.</summary>
    /// <param name="machine">As it is now.</param>
    /// <param name="left">The line before the cursor.</param>
    public static Step Complete(Machine machine, string left)
    {
        int start = left.LastIndexOf(' ') + 1;
        string word = left[start..];
        ImmutableArray<string> found = Candidates(machine, left[..start], word);
        if (found.IsEmpty)
            return new Step("", []);
        // Never one of several: the next key may be Enter, and the command destroy-namespace.
        if (found.Length == 1)
            return new Step(found[0][word.Length..] + (found[0].EndsWith('/') ? "" : " "), []);
        int common = found[0].TakeWhile((c, i) => found.All(f => i < f.Length && f[i] == c)).Count();
        return common > word.Length ? new Step(found[0][word.Length..common], []) : new Step("", found);
    }

    /// <summary>What a Tab does.</summary>
    internal readonly record struct Step(string Insert, ImmutableArray<string> Listed);

    private static IEnumerable<string> DeviceNames(Machine machine) =>
        SysfsTree
            .Devices(machine)
            .Select(d => d.Name)
            .Concat(machine.Regions.Values.SelectMany(r => r.DaxDevices.Values).Select(d => d.Name));
}

using System.Collections.Immutable;
using System.Text;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.Shell.Scripts;

namespace Altmap.Shell.Tests;

/// <summary>Machines as text, and commands on them as lines.</summary>
internal static class ScriptedMachine
{
    /// <summary>A machine booted with blank media.</summary>
    /// <param name="kernel">Its profile.</param>
    /// <param name="memory">Entries of <c>memory</c>: START-END in hex, and behind colons the node and the type (System RAM).</param>
    /// <param name="commandLine">Of the kernel.</param>
    /// <param name="more">Keys of the machine file beside those, each followed by a comma.</param>
    public static ShellState Boot(string kernel, string[] memory, string commandLine = "", string more = "")
    {
        IEnumerable<string> ranges = memory.Select(m =>
        {
            string[] parts = m.Split('-', ':');
            string node = parts.Length > 2 ? parts[2] : "0",
                type = parts.Length > 3 ? parts[3] : "System RAM";
            return $$"""{"start":"0x{{parts[0]}}","end":"0x{{parts[1]}}","type":"{{type}}","node":{{node}}}""";
        });
        string text =
            $$"""{"format":"altmap-machine/1","name":"m","kernel":"{{kernel}}","cmdline":"{{commandLine}}",{{more}}"""
            + """ "config":{"hypervisor":1},"""
            + $"\"memory\":[{string.Join(',', ranges)}]}}";
        MachineFileResult parsed = MachineFile.Parse(Encoding.UTF8.GetBytes(text), "m.json");
        Assert.Empty(parsed.Errors);
        MachineDescription description = MachineDefaults.Fill(parsed.Description!).Machine;
        KernelProfile profile = KernelProfiles.Find(kernel)!;
        ImmutableSortedDictionary<string, SparseBytes> none = ImmutableSortedDictionary<string, SparseBytes>.Empty;
        (Machine? machine, _) = Model.Boot.Start(
            new MachineSource(description, none, none),
            profile,
            ArchitectureRules.Find(profile, description.Architecture, description.PageSize)!
        );
        return new ShellState(machine!, UuidSource.FromSeed(1));
    }

    /// <summary>Runs a line.</summary>
    public static CommandResult Do(ShellState state, string line)
    {
        ScriptLine parsed = ScriptParser.ParseLine(line)!.Value.Line!;
        return CommandShell.Run(state, parsed.Words, parsed.RedirectTo);
    }

    /// <summary>Runs lines that all succeed.</summary>
    public static ShellState Run(ShellState state, params string[] lines)
    {
        foreach (string line in lines)
        {
            CommandResult result = Do(state, line);
            Assert.True(result.ExitCode == 0, $"{line}: {result.Merged}");
            state = result.State;
        }
        return state;
    }

    /// <summary>What a line prints, without the last line end.</summary>
    public static string Output(ShellState state, string line) => Do(state, line).Stdout.TrimEnd('\n');
}

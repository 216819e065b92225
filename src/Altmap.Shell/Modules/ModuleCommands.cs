using System.Collections.Immutable;
using Altmap.Model;

namespace Altmap.Shell.Modules;

/// <summary><c>modprobe</c>: loads a module, and with it what its driver makes of the devices that are there.</summary>
public static class ModuleCommands
{
    /// <summary>
    /// The machine for a script or recording that starts at its boot. A module that it loads itself is not loaded at boot: a machine with
    /// udev would have it, and there would be no reason for the line.
    /// </summary>
    public static Machine Prepare(Machine machine, IEnumerable<ImmutableArray<string>> commands) =>
        KernelModules.LeaveToUser(machine, commands.Where(c => c is ["modprobe", ..]).SelectMany(c => c.Skip(1)));

    internal static CommandResult Run(ShellState state, ImmutableArray<string> arguments)
    {
        if (arguments.IsEmpty || arguments.Any(a => a.StartsWith('-')))
            return CommandShell.Unsupported(
                state,
                "modprobe with options, or without a module; expected modprobe MODULE [PARAMETER=VALUE…]"
            );
        if (arguments.Length > 1)
            return CommandShell.Unsupported(
                state,
                $"module parameters on the command line of modprobe: {string.Join(' ', arguments.Skip(1))}"
            );
        // busybox's words.
        if (!KernelModules.Exists(state.Machine, KernelModules.NameOf(arguments[0])))
            return CommandShell.Say(state, "", $"modprobe: module {arguments[0]} not found in modules.dep\n", 1);
        return CommandShell.Say(state with { Machine = KernelModules.Load(state.Machine, arguments[0]).Machine }, "", "", 0);
    }
}

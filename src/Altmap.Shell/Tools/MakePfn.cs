using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Altmap.Core.Findings;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Sysfs;

namespace Altmap.Shell.Tools;

/// <summary>
/// <c>mkpfn KIND REGION NAMESPACE MODE ALIGN UUID</c>: the sysfs writes that make a pfn or dax device by hand, in one command. Not a tool
/// of Linux: it stands
/// in recorded sessions for a shell function, and prints what that printed.
/// </summary>
internal static class MakePfn
{
    public static CommandResult Run(ShellState state, ImmutableArray<string> words)
    {
        if (words is not [var kind and ("pfn" or "dax"), var region, var ndns, var mode, var align, var uuid])
            return CommandShell.Unsupported(state, "mkpfn wants: pfn|dax REGION NAMESPACE MODE ALIGN UUID");
        Machine machine = state.Machine;
        var text = new StringBuilder($"## mkpfn {string.Join(' ', words)}\n");
        string driver = kind == "dax" ? NdDrivers.Dax : NdDrivers.Pmem;
        if (SysfsTree.Read(machine, $"/sys/bus/nd/devices/{region}/{kind}_seed") is not { Errno: Errno.None, Text: { Length: > 0 } seed })
            return CommandShell.Unsupported(state, $"mkpfn: {region} has no {kind} seed");
        string folder = $"/sys/bus/nd/devices/{seed}";
        (machine, _) = Write(machine, $"/sys/bus/nd/drivers/{NdDrivers.Pmem}/unbind", ndns);
        foreach ((string name, string value) in ((string, string)[])[("align", align), ("mode", mode), ("uuid", uuid), ("namespace", ndns)])
        {
            (machine, Errno set) = Write(machine, $"{folder}/{name}", value);
            if (set != Errno.None)
                text.Append(CultureInfo.InvariantCulture, $"{seed}: {name}: {set.Describe()}\n");
        }
        (machine, Errno bound) = Write(machine, $"/sys/bus/nd/drivers/{driver}/bind", seed);
        text.Append(bound == Errno.None ? $"{seed} bound\n" : $"{seed}: bind: {bound.Describe()}\n");
        foreach (string name in (string[])["size", "resource", "align", "mode"])
        {
            SysfsValue value = SysfsTree.Read(machine, $"{folder}/{name}") ?? Errno.ENOENT;
            text.Append(
                CultureInfo.InvariantCulture,
                $"  {seed}/{name}={(value.Errno == Errno.None ? value.Text : "read error: " + value.Errno.Describe())}\n"
            );
        }
        return CommandShell.Say(state with { Machine = machine }, text.ToString(), "", 0);
    }

    private static (Machine Machine, Errno Errno) Write(Machine machine, string path, string value)
    {
        StepResult step = SysfsTree.Write(machine, path, value + "\n") ?? machine.Fail(Errno.ENOENT);
        return (step.Machine, step.Errno);
    }
}

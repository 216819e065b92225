using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Sysfs;

/// <summary>busybox <c>ls</c> into a file: a name a line, in the order of bytes. Only of folders of which every entry is modelled: the
/// devices of the nd, dax and memory buses.</summary>
internal static class FolderListing
{
    private static readonly ImmutableArray<string> Folders = ["/sys/bus/dax/devices", "/sys/bus/memory/devices", "/sys/bus/nd/devices"];
    private static readonly string Known = $"; ls knows {string.Join(", ", Folders)}, and cat each modelled file";

    public static CommandResult Run(ShellState state, ImmutableArray<string> arguments)
    {
        if ((arguments is ["-1", .. var rest] ? rest : arguments) is not [var path] || path.StartsWith('-'))
            return CommandShell.Unsupported(state, "ls with more than -1 and one path" + Known);
        if (Names(state.Machine, path.TrimEnd('/')) is { } names)
            return CommandShell.Say(state, string.Concat(names.Order(StringComparer.Ordinal).Select(n => n + "\n")), "", 0);
        if (SysfsTree.IsDirectory(state.Machine, path))
            return CommandShell.Unsupported(state, $"listing {path}: not all of its files are modelled{Known}");
        return SysfsTree.Read(state.Machine, path) switch
        {
            null => CommandShell.Unsupported(state, $"listing {path}{Known}"),
            { Errno: Errno.ENOENT } => CommandShell.Say(state, "", $"ls: {path}: {Errno.ENOENT.Describe()}\n", 1),
            _ => CommandShell.Say(state, path + "\n", "", 0),
        };
    }

    private static IEnumerable<string>? Names(Machine machine, string folder) =>
        folder switch
        {
            "/sys/bus/nd/devices" => SysfsTree.Devices(machine).Select(d => d.Name),
            "/sys/bus/dax/devices" => DaxDeviceDrivers.Devices(machine).Select(d => d.Name),
            "/sys/bus/memory/devices" => MemoryBlocks.All(machine).Select(b => b.Number.ToString()),
            _ => null,
        };
}

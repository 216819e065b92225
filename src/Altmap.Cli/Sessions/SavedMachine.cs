using System.Collections.Immutable;
using System.Text;
using Altmap.Cli.Common;
using Altmap.Host;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;

namespace Altmap.Cli.Sessions;

/// <summary>Writes the machine file of a session: the machine as it was loaded, and the steps done since. Loading it does them
/// again.</summary>
internal static class SavedMachine
{
    /// <summary>Writes <paramref name="target"/>, whole or not at all. Files that the machine names stay where they are; their paths are
    /// made relative to the new file.</summary>
    public static void Write(string target, MachineSession session, ImmutableArray<string> steps)
    {
        string from = MachineSession.DirectoryOf(session.Path),
            to = Path.GetDirectoryName(Path.GetFullPath(target)) ?? ".";
        MachineDescription machine = session.Source.Description;
        MachineDescription saved = machine with
        {
            Kernel = KernelChoice.IsPath(machine.Kernel) ? Rebase(machine.Kernel, from, to) : machine.Kernel,
            Dimms =
            [
                .. machine.Dimms.Select(d =>
                    d with
                    {
                        LabelsFile = LabelsOf(session, d, from) is { } file ? Rebase(file, from, to) : null,
                    }
                ),
            ],
            Regions = [.. machine.Regions.Select(r => r with { MediaFile = r.MediaFile is { } file ? Rebase(file, from, to) : null })],
            Steps = [.. machine.Steps, .. steps],
        };
        byte[] text = Encoding.UTF8.GetBytes(MachineFile.Write(saved));
        if (FileWriter.WriteAtomically(target, stream => stream.Write(text)) is { } error)
            throw new CliError(ExitCode.HostError, error.ToString()); // also a missing directory: the command was right
    }

    /// <summary>A capture's label areas are files of a fixed name, which its description does not repeat.</summary>
    private static string? LabelsOf(MachineSession session, DimmDescription dimm, string directory) =>
        dimm.LabelsFile
        ?? (
            session.Source.LabelAreas.ContainsKey(dimm.Name)
                ? new[] { $"labels.{dimm.Name}.bin", $"labels.{dimm.Name}.bin.gz" }.FirstOrDefault(f =>
                    File.Exists(Path.Combine(directory, f))
                )
                : null
        );

    private static string Rebase(string path, string from, string to) =>
        Path.IsPathRooted(path) ? path : Path.GetRelativePath(to, Path.GetFullPath(Path.Combine(from, path)));
}

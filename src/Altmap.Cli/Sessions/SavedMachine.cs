using System.Collections.Immutable;
using System.Text;
using Altmap.Cli.Common;
using Altmap.Core.Media;
using Altmap.Host;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;

namespace Altmap.Cli.Sessions;

/// <summary>Writes the machine file of a session: the machine as it was loaded, and the steps done since. Loading it does them
/// again.</summary>
internal static class SavedMachine
{
    /// <summary>Refuses <c>--save OUT</c> before anything runs: a session is not worked through for a file that cannot be. A machine that
    /// Altmap saved gives way to the next; one that somebody wrote does not, be it the session's own.</summary>
    public static void Require(string target, bool isForced)
    {
        try
        {
            NewFile.Require(target, isForced || IsSaved(target));
        }
        catch (CliError e)
        {
            throw new CliError(e.ExitCode, [.. e.Messages.Select(m => $"--save: {m}")]);
        }
    }

    /// <summary>Writes <paramref name="target"/>, whole or not at all. Files that the machine names stay where they are; their paths are
    /// made relative to the new file.</summary>
    public static void Write(string target, MachineSession session, ImmutableArray<string> steps, bool isForced) =>
        Write(
            target,
            session.Path,
            session.Source with
            {
                Description = session.Source.Description with { Steps = session.Steps },
            },
            steps,
            isForced
        );

    /// <summary>The same of a machine that was not booted. Label areas and media that are in no file of their own (made again, or out of an
    /// archive) are written beside it, as <c>NAME.labels.nmem0.bin</c> and <c>NAME.media.region0.sparse.gz</c>.</summary>
    public static void Write(string target, string path, MachineSource source, ImmutableArray<string> steps, bool isForced)
    {
        bool mayReplace = isForced || IsSaved(target);
        string from = MachineSession.DirectoryOf(path),
            to = target.Length == 0 ? "." : Path.GetDirectoryName(Path.GetFullPath(target)) ?? ".";
        string stem = Path.GetFileNameWithoutExtension(target);
        MachineDescription machine = source.Description;
        ImmutableArray<RegionDescription> regions = source.Media.IsEmpty ? machine.Regions : E820Regions.Resolve(machine);
        MachineDescription saved = machine with
        {
            Kernel = KernelChoice.IsPath(machine.Kernel) ? Rebase(machine.Kernel, from, to) : machine.Kernel,
            Dimms = [.. machine.Dimms.Select(d => d with { LabelsFile = LabelsOf(d) })],
            Regions = [.. regions.Select(r => r with { MediaFile = MediaOf(r) })],
            Steps = [.. machine.Steps, .. steps],
        };
        byte[] text = Encoding.UTF8.GetBytes(MachineFile.Write(saved));
        NewFile.Write(target, stream => stream.Write(text));

        string? LabelsOf(DimmDescription dimm)
        {
            if (dimm.LabelsFile is { } named)
                return Rebase(named, from, to);
            if (!source.LabelAreas.TryGetValue(dimm.Name, out SparseBytes? area))
                return null;
            // A capture's label areas are files of a fixed name, which its description does not repeat.
            string? existing = new[] { $"labels.{dimm.Name}.bin", $"labels.{dimm.Name}.bin.gz" }.FirstOrDefault(f =>
                File.Exists(Path.Combine(from, f))
            );
            if (existing is not null)
                return Rebase(existing, from, to);
            string file = $"{stem}.labels.{dimm.Name}.bin";
            byte[] bytes = area.Read(0, (int)area.LengthBytes);
            NewFile.Require(Path.Combine(to, file), mayReplace);
            NewFile.Write(Path.Combine(to, file), stream => stream.Write(bytes));
            return file;
        }

        string? MediaOf(RegionDescription region)
        {
            if (region.MediaFile is { } named)
                return Rebase(named, from, to);
            if (!source.Media.TryGetValue(region.Name, out SparseBytes? media))
                return null;
            string file = $"{stem}.media.{region.Name}.sparse.gz";
            NewFile.Require(Path.Combine(to, file), mayReplace);
            Must(SparseImage.Write(Path.Combine(to, file), media));
            return file;
        }
    }

    /// <summary>True for a machine file that is byte for byte as Altmap writes it.</summary>
    private static bool IsSaved(string path) =>
        path.Length > 0
        && OutputFile.Loss(path) == OutputFile.IsThere
        && BoundedFile.ReadNamed(path, MachineFile.SizeBytesMax).Value is { } bytes
        && MachineFile.Parse(bytes, path, _ => true).Description is { } description
        && bytes.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(MachineFile.Write(description)));

    private static void Must(HostError? error)
    {
        if (error is not null)
            throw CliError.Of(error);
    }

    private static string Rebase(string path, string from, string to) =>
        Path.IsPathRooted(path) ? path : Path.GetRelativePath(to, Path.GetFullPath(Path.Combine(from, path)));
}

using System.Collections.Immutable;
using Altmap.Core.Media;
using Altmap.Host;
using Altmap.Host.Sandboxes;
using Altmap.Shell;

namespace Altmap.Cli.Sandboxes;

/// <summary>Files of the host that a tool's command line names: read before the tool runs, written after it, as the real tool
/// would.</summary>
internal static class SandboxFiles
{
    private const int FileBytesMax = 64 << 20;

    /// <summary>Those that exist, by the word that names them. Devices and folders are none.</summary>
    public static ImmutableSortedDictionary<string, SparseBytes> Read(SandboxCall call)
    {
        ImmutableSortedDictionary<string, SparseBytes>.Builder files = ImmutableSortedDictionary.CreateBuilder<string, SparseBytes>(
            StringComparer.Ordinal
        );
        foreach (string name in call.Words.Skip(1).Select(NameOf).Where(n => n.Length > 0))
        {
            string path = Path.Combine(call.WorkingDirectory, name);
            if (
                File.Exists(path)
                && !path.StartsWith("/dev/", StringComparison.Ordinal)
                && BoundedFile.Read(path, FileBytesMax).Value is { } bytes
            )
                files[name] = SparseBytes.From(bytes);
        }
        return files.ToImmutable();
    }

    /// <summary>Writes what the tool wrote. Null, or the first error.</summary>
    public static HostError? Write(SandboxCall call, ImmutableSortedDictionary<string, SparseBytes> before, ShellState after)
    {
        foreach ((string name, SparseBytes bytes) in after.Files)
        {
            if (before.TryGetValue(name, out SparseBytes? old) && ReferenceEquals(old, bytes))
                continue;
            string path = Path.Combine(call.WorkingDirectory, name);
            if (FileWriter.WriteAtomically(path, stream => stream.Write(bytes.Read(0, checked((int)bytes.LengthBytes)))) is { } error)
                return error;
        }
        return null;
    }

    /// <summary>The part of a word that may be a file's name: behind <c>--option=</c> or <c>-o</c>.</summary>
    private static string NameOf(string word) =>
        word.StartsWith("--", StringComparison.Ordinal)
            ? word[(word.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? at + 1 : word.Length)..]
        : word.StartsWith('-') && word.Length > 2 ? word[2..]
        : word;
}

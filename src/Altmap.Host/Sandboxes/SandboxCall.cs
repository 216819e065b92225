using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Altmap.Host.Sandboxes;

/// <summary>A program of the sandbox called one of the modelled tools, and waits.</summary>
/// <param name="Directory">Where its files are; the answer goes there.</param>
/// <param name="WorkingDirectory">The caller's: relative paths on its command line start there.</param>
/// <param name="Words">The tool's name and its arguments.</param>
/// <param name="Input">Standard input, where the tool is one that reads it; else null.</param>
/// <param name="IsMerged">True where standard output and error are one file: then what the tool prints goes there in the tool's
/// order.</param>
public sealed record SandboxCall(string Directory, string WorkingDirectory, ImmutableArray<string> Words, byte[]? Input, bool IsMerged)
{
    private const int WordsBytesMax = 1 << 20;
    private const int InputBytesMax = 64 << 20;

    /// <summary>Reads the files of a call; null where they are no call.</summary>
    internal static SandboxCall? Read(string directory)
    {
        HostResult<byte[]> words = BoundedFile.Read(Path.Combine(directory, "words"), WordsBytesMax);
        if (words.Value is not { } bytes)
            return null;
        string[] parts = Encoding.UTF8.GetString(bytes).Split('\0');
        if (parts.Length < 3)
            return null;
        string input = Path.Combine(directory, "in");
        return new(
            directory,
            parts[0],
            [.. parts[1..^1]],
            File.Exists(input) ? BoundedFile.Read(input, InputBytesMax).Value : null,
            File.Exists(Path.Combine(directory, "merged"))
        );
    }

    /// <summary>Gives the answer. A caller that is gone gets none, which harms nobody.</summary>
    public void Answer(string stdout, string stderr, int exitCode)
    {
        try
        {
            File.WriteAllText(Path.Combine(Directory, "out"), stdout);
            File.WriteAllText(Path.Combine(Directory, "err"), stderr);
            // Opened for both ways, so that opening does not wait for a caller that was killed.
            using FileStream done = new(Path.Combine(Directory, "done"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
            done.Write(Encoding.ASCII.GetBytes(exitCode.ToString(CultureInfo.InvariantCulture) + "\n"));
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            // The caller took its folder away.
        }
    }
}

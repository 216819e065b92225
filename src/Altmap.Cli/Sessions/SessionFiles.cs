using System.Collections.Immutable;
using Altmap.Cli.Common;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Host;
using Altmap.Shell;
using Altmap.Shell.Json;
using Altmap.Shell.Options;

namespace Altmap.Cli.Sessions;

/// <summary>
/// Files of this computer that commands of the tools name: read before the command runs, written after it, as the real tools do. Steps of a
/// machine file read, and write nothing: a machine that somebody else made must not write here.
/// </summary>
internal static class SessionFiles
{
    private const int LabelBytesMax = 64 << 20;

    /// <summary>The session with the file that a command reads, where it is there. An error that is not a missing file ends the
    /// command.</summary>
    public static ShellState WithInput(ShellState state, ImmutableArray<string> words, string directory = ".")
    {
        if (InputOf(state, words) is not var (path, bytesMax) || state.Files.ContainsKey(path))
            return state;
        string place = Path.Combine(directory, path);
        HostResult<NamespaceHead> read = NamespaceFile.ReadHead(place, bytesMax, wantsSize: true);
        if (read.Value is { } head)
        {
            SparseBytes bytes = SparseBytes.Zero(Math.Max(head.Size?.Bytes ?? 0, (ulong)head.Bytes.Length)).Write(0, head.Bytes);
            return state with { Files = state.Files.SetItem(path, bytes) };
        }
        return read.Error!.Errno == Errno.ENOENT ? state : throw CliError.Of(read.Error);
    }

    /// <summary>The session with what stands on standard input, where a command reads it: <c>read-infoblock</c> and <c>write-labels</c>
    /// without <c>-i</c>. As much as the command takes; the next one goes on behind it.</summary>
    public static ShellState WithStandardInput(ShellState state, ImmutableArray<string> words, Func<Stream> input)
    {
        int bytesMax = Parse(state, words) switch
        {
            { Command.Name: "read-infoblock" } o when o.Text("input") is null && o.Arguments.IsEmpty => InfoBlockJson.HeadBytes,
            { Command.Name: "write-labels" } o when o.Text("input") is null && !o.Arguments.IsEmpty => LabelBytesMax,
            _ => 0,
        };
        if (bytesMax == 0)
            return state;
        Stream stream = input();
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[Math.Min(bytesMax, 64 << 10)];
        while (
            bytes.Length < bytesMax && stream.Read(buffer, 0, (int)Math.Min(buffer.Length, bytesMax - bytes.Length)) is > 0 and var count
        )
            bytes.Write(buffer, 0, count);
        return state with { Files = state.Files.SetItem(ShellState.StandardInput, SparseBytes.From(bytes.ToArray())) };
    }

    /// <summary>True for a command that changes the machine by what stands on standard input: no step of a machine file can.</summary>
    public static bool IsChangedByInput(ShellState state, ImmutableArray<string> words) =>
        Parse(state, words) is { Command.Name: "write-labels" } options && options.Text("input") is null;

    /// <summary>The session without files that were only read: the next command reads them anew.</summary>
    public static ShellState WithoutInput(ShellState before, ShellState after) =>
        after with
        {
            Files = after.Files.RemoveRange(
                after
                    .Files.Where(f => before.Files.TryGetValue(f.Key, out SparseBytes? old) && ReferenceEquals(old, f.Value))
                    .Select(f => f.Key)
            ),
        };

    /// <summary>Writes what a command wrote; an info-block alone over the start of a file that may be large. Null, or the first
    /// error.</summary>
    public static HostError? Write(ShellState before, ShellState after, ImmutableArray<string> words)
    {
        bool isHead = words.Contains("write-infoblock");
        foreach ((string path, SparseBytes bytes) in after.Files)
        {
            if (before.Files.TryGetValue(path, out SparseBytes? old) && ReferenceEquals(old, bytes))
                continue;
            int count = (int)Math.Min(bytes.LengthBytes, (ulong)(isHead ? InfoBlockJson.HeadBytes : LabelBytesMax));
            byte[] content = bytes.Read(0, count);
            if ((isHead ? NamespaceFile.WriteHead(path, content) : FileWriter.WritePlain(path, content)) is { } error)
                return error;
        }
        return null;
    }

    /// <summary>The file that a command reads, and how much of it.</summary>
    private static (string Path, int BytesMax)? InputOf(ShellState state, ImmutableArray<string> words)
    {
        if (Parse(state, words) is not { } options)
            return null;
        return options.Command.Name switch
        {
            "write-labels" when options.Text("input") is { } path => (path, LabelBytesMax),
            "read-infoblock" when options.Text("input") is { } path => (path, InfoBlockJson.HeadBytes),
            "write-infoblock" when options.Text("output") is { } path && !options.Flag("stdout") => (path, InfoBlockJson.HeadBytes),
            _ => null,
        };
    }

    private static OptionResult? Parse(ShellState state, ImmutableArray<string> words) =>
        words.IsDefaultOrEmpty || ToolCommandLine.ToolOf(words[0]) is null
            ? null
            : ToolCommandLine.Parse(words, state.Machine.Architecture.PageSize).Options;
}

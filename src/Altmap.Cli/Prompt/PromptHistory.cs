using System.Text;
using Altmap.Host;

namespace Altmap.Cli.Prompt;

/// <summary>The lines typed before, in <c>$XDG_STATE_HOME/altmap/history</c>, which only the user may read. A history that cannot be read
/// or written is no reason to
/// stop.</summary>
internal static class PromptHistory
{
    private const int LinesMax = 1000;
    private const int BytesMax = 1 << 20;
    private const UnixFileMode UserOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static string? PathOf(CliHost host)
    {
        string? state = host.Variable("XDG_STATE_HOME");
        if (string.IsNullOrEmpty(state) && host.Variable("HOME") is { Length: > 0 } home)
            state = Path.Combine(home, ".local", "state");
        return string.IsNullOrEmpty(state) ? null : Path.Combine(state, "altmap", "history");
    }

    public static IReadOnlyList<string> Read(string? path) =>
        path is not null && BoundedFile.Read(path, BytesMax).Value is { } bytes
            ? [.. Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(LinesMax)]
            : [];

    public static void Write(string? path, IEnumerable<string> lines)
    {
        if (path is null)
            return;
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            else
                Directory.CreateDirectory(Path.GetDirectoryName(path)!, UserOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // a home that cannot be written: history lasts as long as the prompt
        }
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(lines.TakeLast(LinesMax).Select(l => l + "\n")));
        _ = FileWriter.WriteAtomically(path, stream => stream.Write(text), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}

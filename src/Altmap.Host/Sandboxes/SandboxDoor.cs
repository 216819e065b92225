using System.Diagnostics;
using System.Text;

namespace Altmap.Host.Sandboxes;

/// <summary>
/// A folder with small programs that stand for the modelled tools, and the named pipe through which they reach the process that keeps the
/// machine. A call costs a shell's start and a few files; calls that come at once wait for each other.
/// </summary>
/// <remarks>
/// The programs are sh scripts: nothing has to be installed for them. A call is a folder of its own; its words lie in it, its path goes
/// through the door in one short write, which pipes keep whole, and the exit code comes back through a pipe in it.
/// </remarks>
public sealed class SandboxDoor : IDisposable
{
    private readonly string _folder;
    private readonly FileStream _door;
    private readonly StreamReader _lines;

    private SandboxDoor(string folder)
    {
        _folder = folder;
        // For both ways: it never ends, however many callers come and go.
        _door = new FileStream(Path.Combine(folder, "door"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        _lines = new StreamReader(_door, Encoding.UTF8, false, 4096, leaveOpen: true);
    }

    /// <summary>The folder to put in front of PATH.</summary>
    public string Programs => Path.Combine(_folder, "bin");

    /// <summary>Makes the folder.</summary>
    /// <param name="tools">Programs that always are the machine's.</param>
    /// <param name="onPaths">Programs of the host that are the machine's only where a path of the machine is among their words.</param>
    /// <param name="paths">Patterns of those paths, as sh's <c>case</c> has them.</param>
    public static HostResult<SandboxDoor> Open(IEnumerable<string> tools, IEnumerable<string> onPaths, IReadOnlyList<string> paths)
    {
        string? folder = null;
        try
        {
            folder = Directory.CreateTempSubdirectory("altmap-sandbox-").FullName;
            string programs = Directory.CreateDirectory(Path.Combine(folder, "bin")).FullName;
            foreach (string tool in tools)
                WriteProgram(programs, tool, Client(folder));
            foreach (string program in onPaths)
            {
                if (FindProgram(program) is { } real)
                    WriteProgram(programs, program, Guard(real, paths) + Client(folder));
            }
            if (!MakePipe(Path.Combine(folder, "door")))
                return Failed(folder, new HostError("mkfifo", "a named pipe cannot be made", "", "install coreutils"));
            return new(new SandboxDoor(folder), null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e) || e is System.ComponentModel.Win32Exception)
        {
            return Failed(
                folder,
                e is System.ComponentModel.Win32Exception
                    ? new HostError("mkfifo", e.Message)
                    : HostError.Of(folder ?? Path.GetTempPath(), e)
            );
        }
    }

    /// <summary>The next call, or null when the door was shut.</summary>
    public SandboxCall? Next()
    {
        while (_lines.ReadLine() is { Length: > 0 } directory)
        {
            if (directory.StartsWith(_folder + "/call.", StringComparison.Ordinal) && SandboxCall.Read(directory) is { } call)
                return call;
        }
        return null;
    }

    /// <summary>Lets <see cref="Next"/> return null once the calls before are answered.</summary>
    public void Shut() => _door.Write("\n"u8);

    /// <inheritdoc/>
    public void Dispose()
    {
        _lines.Dispose();
        _door.Dispose();
        Remove(_folder);
    }

    private static HostResult<SandboxDoor> Failed(string? folder, HostError error)
    {
        if (folder is not null)
            Remove(folder);
        return new(null, error);
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            // A caller that is still running writes into it; the folder is temporary.
        }
    }

    private static void WriteProgram(string folder, string name, string body)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, "#!/bin/sh\n" + body);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string? FindProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Where(d => d.Length > 0)
            .Select(d => Path.Combine(d, name))
            .FirstOrDefault(File.Exists);

    private static bool MakePipe(string path)
    {
        using Process process = Process.Start(new ProcessStartInfo("mkfifo", ["-m", "600", path]))!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>Leaves a call to the host's program where no word is a path of the machine.</summary>
    private static string Guard(string real, IReadOnlyList<string> paths) =>
        $"""
            ours=
            for word; do case $word in {string.Join('|', paths)}) ours=1 ;; esac; done
            [ -n "$ours" ] || exec {Quoted(real)} "$@"

            """;

    private static string Client(string folder) =>
        $$"""
            # Stands for a modelled tool: hands its words to the process that keeps the machine (altmap sandbox).
            home={{Quoted(folder)}}
            call=$home/call.$$
            mkdir "$call" 2>/dev/null && mkfifo -m 600 "$call/done" || { echo "${0##*/}: the altmap sandbox is gone" >&2; exit 125; }
            printf '%s\0' "$PWD" "${0##*/}" "$@" >"$call/words"
            exec 3<>"$call/done"
            [ /dev/fd/1 -ef /dev/fd/2 ] && : >"$call/merged"
            case "${0##*/} $* " in
            "tee "*) cat >"$call/in" ;;
            *" write-labels "*) case " $*" in *" -i"* | *" --input"*) ;; *) cat >"$call/in" ;; esac ;;
            esac
            [ -p "$home/door" ] && echo "$call" >"$home/door" || { echo "${0##*/}: the altmap sandbox is gone" >&2; exit 125; }
            read -r rc <&3
            [ ! -s "$call/err" ] || cat "$call/err" >&2
            if [ -s "$call/out" ]; then
                exec 4>&1
                # As ndctl's and daxctl's run_builtin() (util/main.c, 76.1): what a pipe's reader does not take is no error.
                if ! why=$(LC_ALL=C cat "$call/out" 2>&1 >&4) && [ "$rc" = 0 ] && [ ! -p /dev/fd/4 ] && [ ! -S /dev/fd/4 ]; then
                    case "${0##*/}" in
                    ndctl | daxctl) printf '%s' "write failure on standard output: ${why##*: }" >&2 ;;
                    *) echo "${0##*/}: write error: ${why##*: }" >&2 ;;
                    esac
                    rc=1
                fi
            fi
            rm -rf "$call"
            exit "$rc"

            """;

    private static string Quoted(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}

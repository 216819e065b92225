using System.Runtime.InteropServices;
using Altmap.Core.Findings;
using Altmap.Host.Media;
using Microsoft.Win32.SafeHandles;

namespace Altmap.Host;

/// <summary>Writes files so that nobody ever sees a half-written one.</summary>
public static class FileWriter
{
    private const int ReaderWaitMs = 1000,
        ReaderPollMs = 20;

    /// <summary>
    /// Writes into a new file beside <paramref name="path"/>, makes it durable and renames it: after any failure (a full disk, a killed
    /// process) the old file is still there, whole.
    /// What is no plain file (<c>/dev/null</c>, a pipe) is written in place; a block device only by who is alone with it.
    /// </summary>
    /// <param name="path">Where to.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="mode">Who may read and write it; null: as the file that is replaced, or as the umask says.</param>
    /// <returns>Null, or the error.</returns>
    public static HostError? WriteAtomically(string path, Action<Stream> write, UnixFileMode? mode = null)
    {
        string? temporary = null;
        try
        {
            if (path.Length == 0)
                return new HostError("\"\"", "this is no path", "the path of a file");
            if (HostPath.Refusal(path) is { } unnameable)
                return unnameable;
            if (Directory.Exists(path))
                return new HostError(path, "this is a directory", "a file") { Errno = Errno.EISDIR };
            FileKind kind = FileKinds.Of(path);
            if (kind == FileKind.BlockDevice)
                return WriteDevice(path, write);
            if (kind == FileKind.Socket)
                return new HostError(path, "this is a socket", "a file");
            if (kind is FileKind.Pipe or FileKind.Other)
            {
                using FileStream stream =
                    kind == FileKind.Pipe && OperatingSystem.IsLinux()
                        ? OpenPipe(path)
                        : new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                write(stream);
                return null;
            }
            // A link stays a link: what it points at is replaced, or made. The full path, because the target of a relative one is sought
            // from where the link is.
            string full = Path.GetFullPath(path);
            string target = new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
            string directory = Path.GetDirectoryName(target) ?? ".";
            if (!Directory.Exists(directory))
                return new HostError(path, $"there is no directory {directory}") { Errno = Errno.ENOENT };
            temporary = Path.Combine(directory, $".{Path.GetFileName(target)}.{Environment.ProcessId}.tmp");
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }
            if (!OperatingSystem.IsWindows() && (mode is not null || File.Exists(target)))
                File.SetUnixFileMode(temporary, mode ?? File.GetUnixFileMode(target));
            File.Move(temporary, target, overwrite: true);
            temporary = null;
            return OperatingSystem.IsLinux() && !Native.SyncDirectory(directory)
                ? new HostError(path, $"written, but {directory} could not be made durable") { Errno = Errno.EIO }
                : null;
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return HostError.Of(path, e);
        }
        finally
        {
            if (temporary is not null)
                TryDelete(temporary);
        }
    }

    /// <summary>A pipe that something reads; where open(2) would wait for a reader, an error after a second.</summary>
    private static FileStream OpenPipe(string path)
    {
        for (int waitedMs = 0; ; waitedMs += ReaderPollMs)
        {
            int descriptor = Native.Open(path, Native.WriteOnly | Native.NonBlocking);
            if (descriptor >= 0)
            {
                Native.SetBlocking(descriptor);
                return new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Write, bufferSize: 0);
            }
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Native.NoSuchAddress)
                throw HostError.ExceptionOf(errno);
            if (waitedMs >= ReaderWaitMs)
                throw new NoInputException(
                    "this is a pipe, and nothing reads it",
                    "a file, or a pipe with a program at its other end",
                    "start the program that reads first"
                );
            Thread.Sleep(ReaderPollMs);
        }
    }

    /// <summary>A device is written from its start, by who is alone with it.</summary>
    private static HostError? WriteDevice(string path, Action<Stream> write)
    {
        using var content = new MemoryStream();
        write(content);
        return NamespaceFile.WriteHead(path, content.ToArray());
    }

    /// <summary>The same for what a command of the model names: plain files and <c>/dev/null</c> alone, never a device.</summary>
    public static HostError? WritePlain(string path, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(path);
        return FileKinds.Of(path) is FileKind.BlockDevice or FileKind.Pipe or FileKind.Socket or FileKind.Other && path != "/dev/null"
            ? new HostError(path, "this is no plain file, and the commands of a model write no others", "a plain file")
            : WriteAtomically(path, stream => stream.Write(bytes));
    }

    /// <summary>Takes away what a failure left behind; the first error is the one that matters.</summary>
    internal static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            // Nothing more to be done; a leftover temporary file has .tmp at its end.
        }
    }
}

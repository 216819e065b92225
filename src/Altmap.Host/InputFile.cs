using System.Diagnostics;
using System.Runtime.InteropServices;
using Altmap.Core.Findings;
using Altmap.Host.Media;
using Microsoft.Win32.SafeHandles;

namespace Altmap.Host;

/// <summary>
/// The one way in which files are opened to be read from start to end. What may be given is a file, a device, or a pipe that something
/// writes to (<c>&lt;(…)</c> of a shell); a pipe that nothing writes to is an error after a second, where open(2) would wait for ever.
/// What has no end (/dev/zero) ends at the reader's bound.
/// </summary>
public static class InputFile
{
    private const int WriterWaitMs = 1000,
        WriterPollMs = 20;

    /// <summary>Opens for reading what others may still write.</summary>
    public static HostResult<Stream> TryOpen(string path)
    {
        try
        {
            return new(Open(path), null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }

    /// <summary>True for what gives its bytes once: they must be kept to be looked at again.</summary>
    public static bool IsOnce(string path) => FileKinds.Of(path) is FileKind.Pipe or FileKind.Other;

    /// <summary>True for a pipe, whatever its bytes would tell: they come once.</summary>
    public static bool IsPipe(string path) => FileKinds.Of(path) == FileKind.Pipe;

    /// <summary>As <see cref="TryOpen"/>; throws what files can do to us.</summary>
    internal static FileStream Open(string path) =>
        FileKinds.Of(path) switch
        {
            FileKind.Socket => throw new NoInputException("this is a socket", "a file, a device, or a pipe"),
            FileKind.Directory => throw new NoInputException("this is a directory", "a file") { Errno = Errno.EISDIR },
            FileKind.Pipe when OperatingSystem.IsLinux() => OpenPipe(path),
            _ => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0),
        };

    private static FileStream OpenPipe(string path)
    {
        int descriptor = Native.Open(path, Native.ReadOnly | Native.NonBlocking);
        if (descriptor < 0)
            throw HostError.ExceptionOf(Marshal.GetLastPInvokeError());
        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        var waited = Stopwatch.StartNew();
        // A writer that waits in its own open(2) counts already.
        while (!Native.HasWriter(descriptor))
        {
            if (waited.ElapsedMilliseconds > WriterWaitMs)
            {
                file.Dispose();
                throw new NoInputException(
                    "this is a pipe, and nothing writes to it",
                    "a file, or a pipe with a program at its other end",
                    "start the program that writes first"
                );
            }
            Thread.Sleep(WriterPollMs);
        }
        Native.SetBlocking(descriptor);
        return new FileStream(file, FileAccess.Read, bufferSize: 0);
    }
}

/// <summary>A path from which nothing can be read, in words for a person.</summary>
internal sealed class NoInputException(string what, string expected, string todo = "") : IOException(what)
{
    public string Expected => expected;

    public string Todo => todo;

    /// <summary>None: what was named is wrong, nothing failed.</summary>
    public Errno Errno { get; init; }
}

/// <summary>Directories that several files are written into.</summary>
public static class OutputDirectory
{
    /// <summary>Makes it where it is not there. Null, or the error.</summary>
    public static HostError? Make(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            return null;
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return HostError.Of(path, e);
        }
    }
}

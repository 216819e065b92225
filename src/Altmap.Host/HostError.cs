using System.Runtime.InteropServices;
using Altmap.Core.Findings;
using Altmap.Core.Json;

namespace Altmap.Host;

/// <summary>Something of this computer that did not go as it should: a file that is missing, cut, too large. Returned, never
/// thrown.</summary>
/// <param name="Path">The file, as the user named it; with <c>:line</c> where there is one.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Expected">What would be right; may be empty.</param>
/// <param name="Todo">What to do; may be empty.</param>
public sealed record HostError(string Path, string What, string Expected = "", string Todo = "")
{
    /// <summary>Why the operating system refused, or None when it is the content that is wrong.</summary>
    public Errno Errno { get; init; }

    /// <summary>True when it is more than was to be read, and else may be right.</summary>
    public bool IsTooMuch { get; init; }

    /// <summary>True when the operating system refused: a missing file, no permission, a failing disk.</summary>
    public bool IsOfSystem => Errno != Errno.None;

    /// <summary>As <c>path: what; expected …; todo</c>.</summary>
    public override string ToString() =>
        $"{Path}: {What}{(Expected.Length == 0 ? "" : $"; expected {Expected}")}{(Todo.Length == 0 ? "" : $"; {Todo}")}";

    /// <summary>A mistake in a file's text.</summary>
    public static HostError Of(InputError error) => new($"{error.File}:{error.Line}", error.What, error.Expected, error.Todo);

    /// <summary>What the operating system said, in words a person can use.</summary>
    internal static HostError Of(string path, Exception exception) => Describe(path, exception) with { Errno = ErrnoOf(path, exception) };

    private static HostError Describe(string path, Exception exception) =>
        exception switch
        {
            ArgumentException when path.Length == 0 => new("\"\"", "this is no path", "the path of a file"),
            FileNotFoundException or DirectoryNotFoundException => HostPath.Refusal(path) ?? new(path, "there is no such file"),
            UnauthorizedAccessException when Directory.Exists(path) => new(path, "this is a directory", "a file"),
            UnauthorizedAccessException => new(path, "permission denied", "", "read and write it as a user who may"),
            PathTooLongException => new(path, "the path is too long"),
            InvalidDataException => new(
                path,
                "the gzip data is damaged or cut off, or the file has several members",
                "a whole gzip file of one member",
                "copy it again, or pack it anew with gzip"
            ),
            NoInputException e => new(path, e.Message, e.Expected, e.Todo),
            ArgumentException => new(path, "this is no path", "the path of a file"),
            _ => new(path, Words(exception)),
        };

    /// <summary>Why the operating system refused, in words of our own; the runtime's name classes and repeat paths.</summary>
    /// <param name="exception">What a call of the base library threw. On Unix it carries the errno.</param>
    public static string Words(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception switch
        {
            EndOfStreamException => "it ends too early",
            UnauthorizedAccessException => "permission denied",
            _ => s_words.TryGetValue(exception.HResult, out string? words) ? words
            : exception.HResult is > 0 and < 200 ? Lower(Marshal.GetPInvokeErrorMessage(exception.HResult))
            : exception.InnerException is { HResult: > 0 and < 200 } inner ? Words(inner)
            : exception.Message,
        };
    }

    /// <summary>An errno as the base library would throw it.</summary>
    internal static Exception ExceptionOf(int errno) =>
        errno switch
        {
            2 => new FileNotFoundException(),
            1 or 13 => new UnauthorizedAccessException(),
            _ => new IOException(Marshal.GetPInvokeErrorMessage(errno), errno),
        };

    // asm-generic/errno-base.h, errno.h; where strerror(3) says less than is known.
    private static readonly Dictionary<int, string> s_words = new()
    {
        [5] = "the device reports an I/O error",
        [6] = "nothing is behind it: a device that is gone, or a pipe without a reader",
        [11] = "another process has locked it",
        [17] = "there is such a file already",
        [20] = "a part of the path is no directory",
        [21] = "this is a directory",
        [24] = "too many open files",
        [26] = "a program that runs is in it",
        [27] = "larger than the file system, or a limit of this process (ulimit -f), allows",
        [28] = "no space is left on the disk",
        [30] = "the file system is mounted read-only",
        [32] = "nobody reads it any more",
        [36] = "the path is too long",
        [40] = "too many symbolic links, or a circle of them",
        [122] = "the disk quota is used up",
    };

    private static string Lower(string text) => text.Length == 0 ? text : char.ToLowerInvariant(text[0]) + text[1..];

    private static Errno ErrnoOf(string path, Exception exception) =>
        exception switch
        {
            NoInputException e => e.Errno,
            InvalidDataException => Errno.None,
            ArgumentException => Errno.None, // the words are wrong, no file was looked for
            FileNotFoundException or DirectoryNotFoundException => Errno.ENOENT,
            UnauthorizedAccessException => Directory.Exists(path) ? Errno.EISDIR : Errno.EACCES,
            _ => exception.HResult > 0 && Enum.IsDefined((Errno)exception.HResult) ? (Errno)exception.HResult : Errno.EIO,
        };

    /// <summary>True for what files can do to us; anything else is our bug and goes on.</summary>
    internal static bool IsOfFiles(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or InvalidDataException or NotSupportedException or ArgumentException;
}

/// <summary>A value, or why there is none.</summary>
/// <param name="Value">Null (or default) when there is an error.</param>
/// <param name="Error">Null when there is a value.</param>
public sealed record HostResult<T>(T? Value, HostError? Error);

using System.Globalization;
using System.Runtime.InteropServices;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Microsoft.Win32.SafeHandles;

namespace Altmap.Host.Media;

/// <summary>
/// A file or block device as media, of any size: read and written where it is asked for, in no memory of its own. Holes of the file system
/// are found with SEEK_DATA and SEEK_HOLE.
/// </summary>
public sealed class FileMedia : IMappedMedia, IMediaWriter, IDisposable
{
    private const int SeekEnd = 2,
        SeekData = 3,
        SeekHole = 4,
        NoSuchAddress = 6; // ENXIO: only a hole is left
    private const int KeepSize = 1,
        PunchHole = 2;
    private const ulong PageBytes = 4096,
        MapAlignBytes = 64 << 10, // the largest page size
        MapBytesMax = 64 << 20;

    private readonly SafeFileHandle _file;

    private FileMedia(string path, SafeFileHandle file, bool isWritable)
    {
        (Path, _file, IsWritable) = (path, file, isWritable);
        LengthBytes = (ulong)LengthOf(file);
    }

    /// <summary>As the user named it.</summary>
    public string Path { get; }

    /// <summary>True when it was opened for writing.</summary>
    public bool IsWritable { get; }

    /// <summary>When it was opened; a file that grows keeps it.</summary>
    public ulong LengthBytes { get; }

    internal SafeFileHandle Handle => _file;

    /// <summary>Opens what others may write meanwhile, for reading. A directory, a pipe or a character device is an error.</summary>
    public static HostResult<FileMedia> Open(string path)
    {
        try
        {
            if (Directory.Exists(path))
                return new(null, new HostError(path, "this is a directory", "an image file") { Errno = Errno.EISDIR });
            if (BoundedFile.RefuseWaiting(path) is { } waiting)
                return new(null, waiting with { Expected = "an image file" });
            SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new(new FileMedia(path, file, isWritable: false), null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }

    /// <summary>What <see cref="WritableTarget"/> opened.</summary>
    internal static FileMedia OfHandle(string path, SafeFileHandle file) => new(path, file, isWritable: true);

    /// <inheritdoc/>
    public void Read(ulong offsetBytes, Span<byte> destination)
    {
        CheckInside(offsetBytes, (ulong)destination.Length);
        while (!destination.IsEmpty)
        {
            int got;
            try
            {
                got = RandomAccess.Read(_file, destination, (long)offsetBytes);
            }
            catch (Exception e) when (HostError.IsOfFiles(e))
            {
                throw new MediaException(offsetBytes, Invariant($"{Path}: reading at 0x{offsetBytes:x}: {HostError.Words(e)}"), e);
            }
            if (got == 0)
                throw new MediaException(offsetBytes, Invariant($"{Path}: the file shrank to {offsetBytes} bytes while it was read"));
            destination = destination[got..];
            offsetBytes += (ulong)got;
        }
    }

    /// <inheritdoc/>
    public void Visit(ulong startBytes, ulong endBytes, MediaVisitor visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        CheckInside(startBytes, endBytes - startBytes);
        for (ulong at = startBytes; at < endBytes; )
        {
            ulong first = at & ~(MapAlignBytes - 1);
            int count = (int)Math.Min(endBytes - first, MapBytesMax),
                skip = (int)(at - first);
            bool isThere = (ulong)LengthOf(_file) >= first + (ulong)count;
            using (MappedWindow? window = isThere && OperatingSystem.IsLinux() ? MappedWindow.TryMap(_file, first, count) : null)
            {
                if (window is not null)
                {
                    visitor(at, window.Bytes[skip..]);
                }
                else
                {
                    // Another kind of file system, an older kernel, or a place that cannot be read: then this says which.
                    byte[] bytes = new byte[count - skip];
                    Read(at, bytes);
                    visitor(at, bytes);
                }
            }
            at = first + (ulong)count;
        }
    }

    /// <inheritdoc/>
    public void Write(ulong offsetBytes, ReadOnlySpan<byte> source)
    {
        CheckInside(offsetBytes, (ulong)source.Length);
        try
        {
            RandomAccess.Write(_file, source, (long)offsetBytes);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            throw new MediaException(offsetBytes, Invariant($"{Path}: writing at 0x{offsetBytes:x}: {HostError.Words(e)}"), e);
        }
    }

    /// <summary>Punches a hole where the file system can, and writes zeros where it cannot.</summary>
    public void Zero(ulong offsetBytes, ulong countBytes)
    {
        CheckInside(offsetBytes, countBytes);
        if (countBytes == 0)
            return;
        if (
            OperatingSystem.IsLinux()
            && countBytes >= PageBytes
            && FAllocate((int)_file.DangerousGetHandle(), KeepSize | PunchHole, (long)offsetBytes, (long)countBytes) == 0
        )
            return;
        byte[] zeros = new byte[(int)Math.Min(countBytes, 1 << 20)];
        for (ulong at = offsetBytes, end = offsetBytes + countBytes; at < end; at += (ulong)zeros.Length)
            Write(at, zeros.AsSpan(0, (int)Math.Min(end - at, (ulong)zeros.Length)));
    }

    /// <inheritdoc/>
    public void Flush()
    {
        try
        {
            RandomAccess.FlushToDisk(_file);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            throw new MediaException(0, $"{Path}: making it durable: {HostError.Words(e)}", e);
        }
    }

    /// <inheritdoc/>
    public ulong NextData(ulong offsetBytes)
    {
        if (offsetBytes >= LengthBytes)
            return LengthBytes;
        if (!OperatingSystem.IsLinux())
            return offsetBytes;
        long data = Seek(offsetBytes, SeekData);
        if (data < 0)
            return Marshal.GetLastPInvokeError() == NoSuchAddress ? LengthBytes : offsetBytes;
        return Math.Clamp((ulong)data, offsetBytes, LengthBytes);
    }

    /// <inheritdoc/>
    public ulong NextHole(ulong offsetBytes)
    {
        if (offsetBytes >= LengthBytes || !OperatingSystem.IsLinux())
            return LengthBytes;
        long hole = Seek(offsetBytes, SeekHole);
        return hole < 0 ? LengthBytes : Math.Clamp((ulong)hole, offsetBytes, LengthBytes);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Where a file or block device ends; a device's length is not among its attributes. 0 for a pipe.</summary>
    internal static long LengthOf(SafeFileHandle file) =>
        OperatingSystem.IsLinux() ? Math.Max(0, LSeek((int)file.DangerousGetHandle(), 0, SeekEnd)) : RandomAccess.GetLength(file);

    private long Seek(ulong offsetBytes, int whence) => LSeek((int)_file.DangerousGetHandle(), (long)offsetBytes, whence);

    private void CheckInside(ulong offsetBytes, ulong countBytes)
    {
        if (offsetBytes > LengthBytes || countBytes > LengthBytes - offsetBytes)
            throw new ArgumentOutOfRangeException(nameof(offsetBytes), $"{countBytes} bytes at 0x{offsetBytes:x} of 0x{LengthBytes:x}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [DllImport("libc", EntryPoint = "lseek", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long LSeek(int descriptor, long offset, int whence);

    [DllImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FAllocate(int descriptor, int mode, long offset, long length);
}

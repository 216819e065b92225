using System.Globalization;
using System.Runtime.InteropServices;
using Altmap.Core.Media;
using Microsoft.Win32.SafeHandles;

namespace Altmap.Host;

/// <summary>Raw images: every byte at its place. Holes of the file system and pages of zeros take no memory.</summary>
public static class RawImage
{
    private const int ChunkBytes = 1 << 20;
    private const int SeekEnd = 2;
    private const int SeekData = 3;
    private const int SeekHole = 4;

    /// <summary>Reads a whole image; one with more than <paramref name="storedBytesMax"/> bytes that are not zero is an error.</summary>
    public static HostResult<SparseBytes> Read(string path, ulong storedBytesMax = SparseImage.StoredBytesMax)
    {
        try
        {
            if (Directory.Exists(path))
                return new(null, new HostError(path, "this is a directory", "an image file"));
            if (FileKinds.Of(path) == FileKind.Other)
                return new(null, new HostError(path, "this is neither a file nor a block device", "an image file"));
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            long length = LengthOf(file);
            SparseBytes image = SparseBytes.Zero((ulong)length);
            byte[] chunk = new byte[ChunkBytes];
            long hole = 0;
            for (long at = 0; at < length; )
            {
                if (at >= hole)
                    (at, hole) = NextData(file, at, length);
                if (at >= length)
                    break;
                int want = (int)Math.Min(ChunkBytes, Math.Min(hole, length) - at);
                int got = RandomAccess.Read(file, chunk.AsSpan(0, want), at);
                if (got == 0)
                    return new(
                        null,
                        new HostError(path, string.Create(CultureInfo.InvariantCulture, $"the file shrank to {at} bytes while it was read"))
                    );
                if (chunk.AsSpan(0, got).ContainsAnyExcept((byte)0))
                    image = image.Write((ulong)at, chunk.AsSpan(0, got));
                if (image.StoredBytes > storedBytesMax)
                    return new(
                        null,
                        new HostError(
                            path,
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"the image holds more than {storedBytesMax} bytes that are not zero"
                            )
                        )
                    );
                at += got;
            }
            return new(image, null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }

    /// <summary>Reads a gzipped raw image of at most <paramref name="lengthMax"/> bytes.</summary>
    public static HostResult<SparseBytes> ReadGzip(string path, ulong lengthMax, ulong storedBytesMax = SparseImage.StoredBytesMax)
    {
        try
        {
            using FileStream file = BoundedFile.Open(path);
            using var stream = new GzipInput(file);
            SparseBytes image = SparseBytes.Zero(lengthMax);
            byte[] chunk = new byte[ChunkBytes];
            ulong at = 0;
            for (int got; (got = stream.Read(chunk)) > 0; at += (ulong)got)
            {
                if ((ulong)got > lengthMax - at)
                    return new(
                        null,
                        new HostError(path, string.Create(CultureInfo.InvariantCulture, $"more than {lengthMax} bytes when inflated"))
                    );
                if (chunk.AsSpan(0, got).ContainsAnyExcept((byte)0))
                    image = image.Write(at, chunk.AsSpan(0, got));
                if (image.StoredBytes > storedBytesMax)
                    return new(
                        null,
                        new HostError(
                            path,
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"the image holds more than {storedBytesMax} bytes that are not zero"
                            )
                        )
                    );
                if (got < ChunkBytes)
                    return new(image.Resize(at + (ulong)got), null);
            }
            return new(image.Resize(at), null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }

    /// <summary>Where a file or block device ends; a device's length is not among its attributes. 0 for a pipe.</summary>
    internal static long LengthOf(SafeFileHandle file) =>
        OperatingSystem.IsLinux() ? Math.Max(0, Seek((int)file.DangerousGetHandle(), 0, SeekEnd)) : RandomAccess.GetLength(file);

    /// <summary>The next stretch that has data, from whole pages; the rest of the file where the file system cannot tell.</summary>
    private static (long Data, long Hole) NextData(SafeFileHandle file, long at, long length)
    {
        if (!OperatingSystem.IsLinux())
            return (at, length);
        int descriptor = (int)file.DangerousGetHandle();
        long data = Seek(descriptor, at, SeekData);
        if (data < 0)
            return Marshal.GetLastPInvokeError() == 6 /* ENXIO: only a hole is left */
                ? (length, length)
                : (at, length);
        data -= data % 4096;
        long hole = Seek(descriptor, Math.Max(data, at), SeekHole);
        return hole <= data ? (Math.Max(data, at), length) : (Math.Max(data, at), hole);
    }

    [DllImport("libc", EntryPoint = "lseek", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long Seek(int descriptor, long offset, int whence);
}

using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Formats.Writes;
using Altmap.Host.Media;
using Altmap.Host.Writes;

namespace Altmap.Host;

/// <summary>The first bytes of a namespace's image or device.</summary>
/// <param name="Bytes">As many as asked for, or all there are.</param>
/// <param name="Size">Of the whole; null where it has no end that one can know (a pipe).</param>
public sealed record NamespaceHead(byte[] Bytes, ByteSize? Size);

/// <summary>A namespace or region as a file or block device, from its first byte: its head is read and written without touching the
/// rest.</summary>
public static class NamespaceFile
{
    /// <summary>How much of a packed image is counted to know its size; beyond, the user has to say it.</summary>
    private const ulong CountedBytesMax = 1UL << 36;

    /// <summary>
    /// Reads the head of a raw image, a device, a pipe, or an image that ends in <c>.gz</c> or <c>.sparse.gz</c>. Of a packed one no more
    /// is unpacked than what is asked for.
    /// </summary>
    /// <param name="path">The image.</param>
    /// <param name="count">Bytes of the head.</param>
    /// <param name="wantsSize">The size of the whole is asked for too; that of a <c>.gz</c> must be counted.</param>
    public static HostResult<NamespaceHead> ReadHead(string path, int count, bool wantsSize = true)
    {
        if (path.EndsWith(".sparse.gz", StringComparison.Ordinal))
            return SparseImage.ReadHead(path, count);
        if (path.EndsWith(".gz", StringComparison.Ordinal))
            return ReadPackedHead(path, count, wantsSize);
        try
        {
            if (Directory.Exists(path))
                return new(null, new HostError(path, "this is a directory", "an image file or a device") { Errno = Errno.EISDIR });
            using FileStream file = InputFile.Open(path);
            ByteSize? size = FileKinds.Of(path) is FileKind.Regular or FileKind.BlockDevice
                ? new ByteSize((ulong)FileMedia.LengthOf(file.SafeFileHandle))
                : null;
            if (file.CanSeek)
                file.Position = 0;
            byte[] head = new byte[count];
            int got = file.ReadAtLeast(head, count, throwOnEndOfStream: false);
            return new(new NamespaceHead(head[..got], size), null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }

    private static HostResult<NamespaceHead> ReadPackedHead(string path, int count, bool wantsSize)
    {
        try
        {
            using FileStream file = InputFile.Open(path);
            using var gzip = new GzipInput(file);
            byte[] head = new byte[count];
            int got = gzip.Read(head);
            if (got < count)
                return new(new NamespaceHead(head[..got], new ByteSize((ulong)got)), null);
            if (!wantsSize)
                return new(new NamespaceHead(head, null), null);
            ulong size = (ulong)count;
            byte[] chunk = new byte[1 << 17];
            for (int more = chunk.Length; more == chunk.Length; )
            {
                more = gzip.Read(chunk);
                size += (ulong)more;
                if (size > CountedBytesMax)
                    return new(
                        null,
                        new HostError(
                            path,
                            $"it holds more than {new ByteSize(CountedBytesMax).ToHuman()}",
                            "",
                            "give --size, or unpack it"
                        )
                    );
            }
            return new(new NamespaceHead(head, new ByteSize(size)), null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }

    /// <summary>
    /// Writes at the start and waits until it is on the media. Whatever follows stays; a missing file is made, and taken away again when
    /// that
    /// fails.
    /// </summary>
    /// <returns>Null, or the error.</returns>
    public static HostError? WriteHead(string path, byte[] bytes)
    {
        HostResult<WritableTarget> opened = WritableTarget.OpenOrCreate(path, new ByteSize((ulong)bytes.Length));
        if (opened.Value is not { } target)
            return opened.Error;
        using (target)
        {
            HostError? error = Executor.Run(WritePlan.Of(new MediaOffset(0), bytes), target);
            if (error is not null)
                target.Abandon();
            return error;
        }
    }
}

using Altmap.Core.Findings;
using Altmap.Core.Media;
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
    /// <summary>Reads the head of a raw image, a device, a pipe, or an image that ends in <c>.gz</c> or <c>.sparse.gz</c>.</summary>
    public static HostResult<NamespaceHead> ReadHead(string path, int count)
    {
        if (path.EndsWith(".gz", StringComparison.Ordinal))
        {
            HostResult<SparseBytes> image = MachineLoader.ReadImage(path);
            if (image.Value is not { } whole)
                return new(null, image.Error);
            return new(
                new NamespaceHead(whole.Read(0, (int)Math.Min(whole.LengthBytes, (ulong)count)), new ByteSize(whole.LengthBytes)),
                null
            );
        }
        try
        {
            if (Directory.Exists(path))
                return new(null, new HostError(path, "this is a directory", "an image file or a device") { Errno = Errno.EISDIR });
            using FileStream file = BoundedFile.Open(path);
            ByteSize? size = file.CanSeek ? new ByteSize((ulong)FileMedia.LengthOf(file.SafeFileHandle)) : null;
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

using Altmap.Cli.Common;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Images;
using Altmap.Formats.Recognition;
using Altmap.Host;
using Altmap.Host.FileSystems;
using Altmap.Host.Media;

namespace Altmap.Cli.Images;

/// <summary>What <c>--rootfs</c> names: a directory, an archive that is unpacked, or a file system that is taken as it is.</summary>
internal sealed class RootFiles : IDisposable
{
    private static readonly ExternalTool Tar = new("tar", "tar");
    private readonly string? _unpacked;

    private RootFiles(string? directory, string? image, ByteSize imageSize, string? unpacked) =>
        (Directory, Image, ImageSize, _unpacked) = (directory, image, imageSize, unpacked);

    /// <summary>Files for a new file system; null: there is none to make.</summary>
    public string? Directory { get; }

    /// <summary>An image of a file system; null: it is a directory.</summary>
    public string? Image { get; }

    /// <summary>Of that.</summary>
    public ByteSize ImageSize { get; }

    /// <param name="path">As given.</param>
    /// <param name="scratch">A new directory for an archive.</param>
    public static RootFiles Open(string path, string scratch)
    {
        if (System.IO.Directory.Exists(path))
            return new RootFiles(path, null, ByteSize.Zero, null);
        HostResult<FileMedia> opened = FileMedia.Open(path);
        using FileMedia media = opened.Value ?? throw CliError.Of(opened.Error!);
        byte[] head = media.ReadHead(MediaContent.HeadBytes);
        MediaContent what = MediaContent.Of(head);
        if (what.Kind == MediaContentKind.FileSystem)
        {
            ByteSize size = FileSystemSize.Of(what.Name, head) ?? new ByteSize(media.LengthBytes);
            if (size.Bytes > media.LengthBytes)
                throw CliError.Usage($"{path}: its {what.Name} file system has {size}, and the file {new ByteSize(media.LengthBytes)}");
            return new RootFiles(null, path, new ByteSize(media.LengthBytes), null);
        }
        if (!IsArchive(head, path))
            throw CliError.Usage($"{path}: {what.Description}; expected a directory, a tar archive, or the image of a file system");
        System.IO.Directory.CreateDirectory(scratch);
        var files = new RootFiles(scratch, null, ByteSize.Zero, scratch);
        if (Tar.Run(["--extract", "--numeric-owner", "--preserve-permissions", "--file", path, "--directory", scratch]) is not { } error)
            return files;
        files.Dispose();
        throw CliError.Of(error);
    }

    public void Dispose()
    {
        if (_unpacked is not null && System.IO.Directory.Exists(_unpacked))
            System.IO.Directory.Delete(_unpacked, recursive: true);
    }

    /// <summary>ustar and its packed forms; tar knows by itself which.</summary>
    private static bool IsArchive(ReadOnlySpan<byte> head, string path) =>
        (head.Length > 262 && head[257..].StartsWith("ustar"u8))
        || head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b])
        || head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd])
        || head.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'])
        || path.EndsWith(".tar", StringComparison.Ordinal);
}

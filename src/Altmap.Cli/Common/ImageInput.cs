using Altmap.Core.Media;
using Altmap.Host;
using Altmap.Host.Media;

namespace Altmap.Cli.Common;

/// <summary>The first bytes of what a FILE argument names.</summary>
internal static class ImageInput
{
    /// <summary>The whole of it, of any size, read where it is asked for.</summary>
    public static IMediaReader Open(string path)
    {
        if (path.EndsWith(".gz", StringComparison.Ordinal))
        {
            HostResult<SparseBytes> image = MachineLoader.ReadImage(path);
            return image.Value ?? throw CliError.Of(image.Error!);
        }
        HostResult<FileMedia> file = FileMedia.Open(path);
        return file.Value ?? throw CliError.Of(file.Error!);
    }

    /// <summary>The same, or null for a packed image that unpacks to more than may be held in memory.</summary>
    /// <param name="path">The file.</param>
    /// <param name="heldBytesMax">Of a packed image.</param>
    public static IMediaReader? OpenUpTo(string path, ulong heldBytesMax)
    {
        if (!path.EndsWith(".gz", StringComparison.Ordinal))
            return Open(path);
        HostResult<SparseBytes> image = MachineLoader.ReadImage(path, heldBytesMax);
        return image.Value ?? (image.Error!.IsTooMuch ? null : throw CliError.Of(image.Error));
    }

    /// <summary>Reads a head; <c>-</c> is standard input.</summary>
    public static NamespaceHead ReadHead(CliHost host, string path, int count, bool wantsSize = false)
    {
        if (path == "-")
        {
            byte[] head = new byte[count];
            using Stream input = host.OpenInput();
            return new NamespaceHead(head[..input.ReadAtLeast(head, count, throwOnEndOfStream: false)], null);
        }
        HostResult<NamespaceHead> read = NamespaceFile.ReadHead(path, count, wantsSize);
        return read.Value ?? throw CliError.Of(read.Error!);
    }
}

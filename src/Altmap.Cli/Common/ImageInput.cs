using Altmap.Host;

namespace Altmap.Cli.Common;

/// <summary>The first bytes of what a FILE argument names.</summary>
internal static class ImageInput
{
    /// <summary>Reads a head; <c>-</c> is standard input.</summary>
    public static NamespaceHead ReadHead(CliHost host, string path, int count)
    {
        if (path == "-")
        {
            byte[] head = new byte[count];
            using Stream input = host.OpenInput();
            return new NamespaceHead(head[..input.ReadAtLeast(head, count, throwOnEndOfStream: false)], null);
        }
        HostResult<NamespaceHead> read = NamespaceFile.ReadHead(path, count);
        return read.Value ?? throw CliError.Of(read.Error!);
    }
}

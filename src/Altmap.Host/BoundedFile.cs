using System.Globalization;

namespace Altmap.Host;

/// <summary>Reads small whole files, plain or gzip, up to a limit.</summary>
public static class BoundedFile
{
    /// <summary>The bytes of <paramref name="path"/> (inflated when it ends in <c>.gz</c>), at most <paramref name="bytesMax"/> of them;
    /// more is an error.</summary>
    public static HostResult<byte[]> Read(string path, int bytesMax)
    {
        try
        {
            using FileStream file = InputFile.Open(path);
            return Read(path, file, bytesMax);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }

    /// <summary>The same of a file that another file names, which is to be no pipe or terminal: opening one could wait for ever.</summary>
    public static HostResult<byte[]> ReadNamed(string path, int bytesMax) =>
        RefuseWaiting(path) is { } waiting ? new(null, waiting) : Read(path, bytesMax);

    /// <summary>The error for what is neither a file nor a block device; null: it is one, or there is nothing.</summary>
    internal static HostError? RefuseWaiting(string path) =>
        FileKinds.Of(path) is FileKind.Pipe or FileKind.Socket or FileKind.Other
            ? new HostError(path, "this is neither a file nor a block device", "an image")
            : null;

    /// <summary>The same of a stream that is open already; <paramref name="path"/> is its name in errors.</summary>
    public static HostResult<byte[]> Read(string path, Stream file, int bytesMax)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Read(path, file, bytesMax, isPacked: path.EndsWith(".gz", StringComparison.Ordinal));
    }

    /// <summary>The same of a stream, as its bytes are.</summary>
    internal static HostResult<byte[]> ReadPlain(string path, Stream file, int bytesMax) => Read(path, file, bytesMax, isPacked: false);

    private static HostResult<byte[]> Read(string path, Stream file, int bytesMax, bool isPacked)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            using GzipInput? gzip = isPacked ? new GzipInput(file) : null;
            using var bytes = new MemoryStream();
            byte[] chunk = new byte[64 * 1024];
            while (true)
            {
                int count = gzip is null ? file.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false) : gzip.Read(chunk);
                if (bytes.Length + count > bytesMax)
                    return new(
                        null,
                        new HostError(
                            path,
                            string.Create(CultureInfo.InvariantCulture, $"more than {bytesMax} bytes"),
                            "",
                            "is this the right file?"
                        )
                    );
                bytes.Write(chunk, 0, count);
                if (count < chunk.Length)
                    return new(bytes.ToArray(), null);
            }
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }
}

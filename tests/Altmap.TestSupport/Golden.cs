using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace Altmap.TestSupport;

/// <summary>The recordings under tests/golden, found from this file's own place in the checkout.</summary>
public static class Golden
{
    /// <summary>The folder tests/golden.</summary>
    public static string Root { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(Here(), "..", "golden"));

    /// <summary>A path below tests/golden.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    /// <summary>The bytes of a gzip file.</summary>
    public static byte[] Gunzip(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Gunzip(file);
    }

    /// <summary>Bytes of gzip, unpacked.</summary>
    public static byte[] Gunzip(byte[] packed)
    {
        using var stream = new MemoryStream(packed);
        return Gunzip(stream);
    }

    private static byte[] Gunzip(Stream stream)
    {
        using var file = new GZipStream(stream, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static string Here([CallerFilePath] string file = "") => System.IO.Path.GetDirectoryName(file)!;
}

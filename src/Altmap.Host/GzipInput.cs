using System.Buffers.Binary;
using System.IO.Compression;

namespace Altmap.Host;

/// <summary>
/// Inflates a gzip stream of one member, and throws <see cref="InvalidDataException"/> when it is cut off: the framework's own stream then
/// just ends, as if
/// all had been there.
/// </summary>
internal sealed class GzipInput(Stream compressed) : IDisposable
{
    private readonly GZipStream _inflated = new(compressed, CompressionMode.Decompress, leaveOpen: true);
    private ulong _total;

    /// <summary>Fills as much of <paramref name="destination"/> as there is; 0 only at the whole stream's end.</summary>
    public int Read(Span<byte> destination)
    {
        int count = _inflated.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        _total += (ulong)count;
        if (count < destination.Length)
            CheckLength();
        return count;
    }

    public void Dispose() => _inflated.Dispose();

    /// <summary>A gzip member ends with the length of its content, modulo 2^32 (RFC 1952).</summary>
    private void CheckLength()
    {
        if (!compressed.CanSeek)
            return;
        Span<byte> tail = stackalloc byte[4];
        if (compressed.Length < 18)
            throw new InvalidDataException("shorter than any gzip file");
        compressed.Position = compressed.Length - tail.Length;
        compressed.ReadExactly(tail);
        if (BinaryPrimitives.ReadUInt32LittleEndian(tail) != (uint)(_total & uint.MaxValue))
            throw new InvalidDataException("cut off");
    }
}

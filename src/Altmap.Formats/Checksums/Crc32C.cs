using System.Buffers.Binary;
using System.Numerics;

namespace Altmap.Formats.Checksums;

/// <summary>CRC-32C (Castagnoli), which starts with all ones and is not inverted at the end, as ext4 and e2fsprogs' undo files have
/// it.</summary>
public static class Crc32C
{
    /// <summary>Before the first byte.</summary>
    public const uint Start = ~0u;

    /// <summary>Of the bytes as a whole.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Append(Start, bytes);

    /// <summary>Goes on where <paramref name="crc"/> stopped.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return crc;
    }
}

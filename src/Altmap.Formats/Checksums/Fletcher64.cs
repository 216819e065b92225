using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Altmap.Formats.Checksums;

/// <summary>The 64-bit Fletcher sum of libnvdimm over 32-bit little-endian words (drivers/nvdimm/core.c nd_fletcher64(), 6.1).</summary>
public static class Fletcher64
{
    /// <summary>Sum over all whole words; a tail of one to three bytes is not counted.</summary>
    public static ulong Compute(ReadOnlySpan<byte> bytes) => ComputeWithZeroedField(bytes, bytes.Length);

    /// <summary>The sum with the 8 bytes at <paramref name="fieldOffsetBytes"/> (a multiple of 4) taken as zero.</summary>
    public static ulong ComputeWithZeroedField(ReadOnlySpan<byte> bytes, int fieldOffsetBytes)
    {
        uint low = 0, high = 0;
        int field = fieldOffsetBytes / 4;
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(bytes);
        unchecked // both halves wrap by definition
        {
            for (int i = 0; i < words.Length; i++)
            {
                uint word = i == field || i == field + 1 ? 0 : words[i];
                low += BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
                high += low;
            }
        }
        return ((ulong)high << 32) | low;
    }
}

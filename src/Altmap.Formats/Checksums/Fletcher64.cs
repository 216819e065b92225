using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Altmap.Formats.Checksums;

/// <summary>
/// The checksum of info-blocks, BTT and labels: a Fletcher sum over 32-bit little-endian words
/// (drivers/nvdimm/core.c nd_fletcher64(), 5.10 to 7.2).
/// </summary>
/// <remarks>
/// <c>lo</c> is the sum of the words and <c>hi</c> the sum of all values <c>lo</c> went through. Only the low 32 bits of either reach the
/// result, so <c>hi</c> is each word times the number of words from it to the end, modulo 2^32. That makes the sum linear: lanes can
/// be added up apart, and the part of a field that counts as zero can be taken off afterwards.
/// </remarks>
public static class Fletcher64
{
    private const int FieldBytes = 8;

    /// <summary>The checksum of <paramref name="bytes"/>, whose length must be a multiple of 4 (else
    /// <see cref="ArgumentException"/>).</summary>
    public static ulong Compute(ReadOnlySpan<byte> bytes)
    {
        CheckLength(bytes);
        if (!BitConverter.IsLittleEndian)
            return ComputePortable(bytes);
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(bytes);
        if (Vector512.IsHardwareAccelerated && words.Length >= Vector512<uint>.Count)
            return Compute512(words);
        if (Vector256.IsHardwareAccelerated && words.Length >= Vector256<uint>.Count)
            return Compute256(words);
        if (Vector128.IsHardwareAccelerated && words.Length >= Vector128<uint>.Count)
            return Compute128(words);
        return ComputePortable(bytes);
    }

    /// <summary>The checksum of <paramref name="bytes"/> with the 8 bytes at <paramref name="fieldOffsetBytes"/> (a multiple of 4, inside)
    /// taken as zero.</summary>
    public static ulong ComputeWithZeroedField(ReadOnlySpan<byte> bytes, int fieldOffsetBytes)
    {
        CheckLength(bytes);
        if (fieldOffsetBytes < 0 || fieldOffsetBytes % 4 != 0 || fieldOffsetBytes > bytes.Length - FieldBytes)
            throw new ArgumentOutOfRangeException(nameof(fieldOffsetBytes), fieldOffsetBytes, "not 8 whole words' bytes inside the block");
        ulong sum = Compute(bytes);
        uint first = BinaryPrimitives.ReadUInt32LittleEndian(bytes[fieldOffsetBytes..]);
        uint second = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(fieldOffsetBytes + 4)..]);
        uint wordsToEnd = (uint)(bytes.Length - fieldOffsetBytes) / 4;
        unchecked // all of it is modulo 2^32 by definition
        {
            uint lo = (uint)sum - first - second;
            uint hi = (uint)(sum >> 32) - (first * wordsToEnd) - (second * (wordsToEnd - 1));
            return Join(lo, hi);
        }
    }

    internal static ulong ComputePortable(ReadOnlySpan<byte> bytes) => Continue(bytes, 0, 0);

    internal static ulong Compute128(ReadOnlySpan<uint> words)
    {
        Vector128<uint> lo = default,
            hi = default;
        int used = 0;
        for (; used <= words.Length - Vector128<uint>.Count; used += Vector128<uint>.Count)
        {
            lo += Vector128.Create(words.Slice(used, Vector128<uint>.Count));
            hi += lo;
        }
        Span<uint> lanes = stackalloc uint[2 * Vector128<uint>.Count];
        lo.CopyTo(lanes);
        hi.CopyTo(lanes[Vector128<uint>.Count..]);
        return Finish(words[used..], lanes);
    }

    internal static ulong Compute256(ReadOnlySpan<uint> words)
    {
        Vector256<uint> lo = default,
            hi = default;
        int used = 0;
        for (; used <= words.Length - Vector256<uint>.Count; used += Vector256<uint>.Count)
        {
            lo += Vector256.Create(words.Slice(used, Vector256<uint>.Count));
            hi += lo;
        }
        Span<uint> lanes = stackalloc uint[2 * Vector256<uint>.Count];
        lo.CopyTo(lanes);
        hi.CopyTo(lanes[Vector256<uint>.Count..]);
        return Finish(words[used..], lanes);
    }

    internal static ulong Compute512(ReadOnlySpan<uint> words)
    {
        Vector512<uint> lo = default,
            hi = default;
        int used = 0;
        for (; used <= words.Length - Vector512<uint>.Count; used += Vector512<uint>.Count)
        {
            lo += Vector512.Create(words.Slice(used, Vector512<uint>.Count));
            hi += lo;
        }
        Span<uint> lanes = stackalloc uint[2 * Vector512<uint>.Count];
        lo.CopyTo(lanes);
        hi.CopyTo(lanes[Vector512<uint>.Count..]);
        return Finish(words[used..], lanes);
    }

    /// <summary>Adds the lanes up and goes on with the words that filled no vector.</summary>
    /// <remarks>Lane l of hi weighs its j-th of m words m-j; in the whole it weighs count*(m-j) - l.</remarks>
    private static ulong Finish(ReadOnlySpan<uint> rest, ReadOnlySpan<uint> lanes)
    {
        int count = lanes.Length / 2;
        uint lo = 0,
            hi = 0;
        unchecked
        {
            for (int lane = 0; lane < count; lane++)
            {
                lo += lanes[lane];
                hi += ((uint)count * lanes[count + lane]) - ((uint)lane * lanes[lane]);
            }
        }
        return Continue(MemoryMarshal.AsBytes(rest), lo, hi);
    }

    private static ulong Continue(ReadOnlySpan<byte> bytes, uint lo, uint hi)
    {
        unchecked
        {
            for (; bytes.Length >= 4; bytes = bytes[4..])
            {
                lo += BinaryPrimitives.ReadUInt32LittleEndian(bytes);
                hi += lo;
            }
        }
        return Join(lo, hi);
    }

    private static ulong Join(uint lo, uint hi) => ((ulong)hi << 32) | lo;

    private static void CheckLength(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % 4 != 0)
            throw new ArgumentException($"{bytes.Length} bytes are not whole 32-bit words", nameof(bytes));
    }
}

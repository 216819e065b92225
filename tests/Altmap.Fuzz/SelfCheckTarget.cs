using System.Buffers.Binary;

namespace Altmap.Fuzz;

/// <summary>A parser with a planted bug: it believes a length that the input gives. Shows that the runner finds such a thing.</summary>
public static class SelfCheckTarget
{
    /// <summary>Signature, a 32-bit length, and that many bytes. Reads past the end when the length lies.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < 12 || !input[..8].SequenceEqual("SELFTEST"u8))
            return;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(input[8..]);
        if (length > 0x1000_0000)
            return;
        _ = input.Slice(12, (int)length);
    }

    /// <summary>One good input.</summary>
    public static IEnumerable<byte[]> Seeds() =>
        [
            [.. "SELFTEST"u8, 4, 0, 0, 0, 1, 2, 3, 4],
        ];
}

using System.Buffers.Binary;

namespace Altmap.Formats.Layout;

/// <summary>A little-endian unsigned field of an on-media structure, or a run of bytes in it.</summary>
/// <param name="Name">As the kernel's structure calls it.</param>
/// <param name="OffsetBytes">From the start of the structure.</param>
/// <param name="WidthBytes">1, 2, 4 or 8 for a number; any other width is bytes (<see cref="Slice(ReadOnlySpan{byte})"/>).</param>
/// <param name="SinceMinor">First minor version in which the field has meaning.</param>
public readonly record struct Field(string Name, int OffsetBytes, int WidthBytes, int SinceMinor = 0)
{
    /// <summary>One past the last byte, from the start of the structure.</summary>
    public int EndBytes => OffsetBytes + WidthBytes;

    /// <summary>The number in <paramref name="block"/>, which starts at the structure and reaches past the field.</summary>
    public ulong Read(ReadOnlySpan<byte> block) =>
        WidthBytes switch
        {
            1 => block[OffsetBytes],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(block.Slice(OffsetBytes, 2)),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(block.Slice(OffsetBytes, 4)),
            8 => BinaryPrimitives.ReadUInt64LittleEndian(block.Slice(OffsetBytes, 8)),
            _ => throw NotANumber(),
        };

    /// <summary>Writes the number. Throws <see cref="OverflowException"/> when it does not fit the width.</summary>
    public void Write(Span<byte> block, ulong value)
    {
        switch (WidthBytes)
        {
            case 1:
                block[OffsetBytes] = checked((byte)value);
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(block.Slice(OffsetBytes, 2), checked((ushort)value));
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(block.Slice(OffsetBytes, 4), checked((uint)value));
                break;
            case 8:
                BinaryPrimitives.WriteUInt64LittleEndian(block.Slice(OffsetBytes, 8), value);
                break;
            default:
                throw NotANumber();
        }
    }

    /// <summary>The field's bytes.</summary>
    public ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> block) => block.Slice(OffsetBytes, WidthBytes);

    /// <summary>The field's bytes, for writing.</summary>
    public Span<byte> Slice(Span<byte> block) => block.Slice(OffsetBytes, WidthBytes);

    private InvalidOperationException NotANumber() => new($"{Name}: {WidthBytes} bytes are no number");
}

using System.Buffers.Binary;

namespace Altmap.Formats.Layout;

/// <summary>A little-endian unsigned field of an on-media structure.</summary>
/// <param name="Name">As the kernel spells it.</param>
/// <param name="OffsetBytes">From the start of the structure.</param>
/// <param name="WidthBytes">2, 4 or 8.</param>
/// <param name="SinceMinor">First minor version in which the field has meaning.</param>
public readonly record struct Field(string Name, int OffsetBytes, int WidthBytes, int SinceMinor = 0)
{
    /// <summary>The value in a block of the structure.</summary>
    public ulong Read(ReadOnlySpan<byte> block) => WidthBytes switch
    {
        2 => BinaryPrimitives.ReadUInt16LittleEndian(block.Slice(OffsetBytes, 2)),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(block.Slice(OffsetBytes, 4)),
        8 => BinaryPrimitives.ReadUInt64LittleEndian(block.Slice(OffsetBytes, 8)),
        _ => throw new InvalidOperationException($"{Name}: width {WidthBytes}"),
    };

    /// <summary>Stores a value; throws <see cref="OverflowException"/> when it does not fit.</summary>
    public void Write(Span<byte> block, ulong value)
    {
        Span<byte> at = block.Slice(OffsetBytes, WidthBytes);
        switch (WidthBytes)
        {
            case 2: BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)value); break;
            case 4: BinaryPrimitives.WriteUInt32LittleEndian(at, (uint)value); break;
            case 8: BinaryPrimitives.WriteUInt64LittleEndian(at, value); break;
            default: throw new InvalidOperationException($"{Name}: width {WidthBytes}");
        }
    }
}

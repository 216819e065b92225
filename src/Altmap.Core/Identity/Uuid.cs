using System.Buffers.Binary;
using System.Globalization;

namespace Altmap.Core.Identity;

/// <summary>
/// A 16-byte UUID in the order of its text (RFC 4122), which is how info-blocks and labels store it. Not <see cref="Guid"/>,
/// whose byte order differs.
/// </summary>
/// <param name="High">Bytes 0 to 7, big-endian.</param>
/// <param name="Low">Bytes 8 to 15, big-endian.</param>
public readonly record struct Uuid(ulong High, ulong Low)
{
    /// <summary>Sixteen zero bytes.</summary>
    public static readonly Uuid Zero;

    /// <summary>Length on the media.</summary>
    public const int SizeBytes = 16;

    /// <summary>True for sixteen zero bytes.</summary>
    public bool IsZero => High == 0 && Low == 0;

    /// <summary>The UUID in the first 16 bytes of <paramref name="bytes"/>.</summary>
    public static Uuid Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes the 16 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <summary>
    /// The bytes with the first three groups swapped: how a GUID field of a label stores what its text says, and back
    /// (UEFI GUID byte order; drivers/nvdimm/label.h).
    /// </summary>
    public Uuid SwapGuidBytes()
    {
        uint group1 = BinaryPrimitives.ReverseEndianness((uint)(High >> 32));
        ushort group2 = BinaryPrimitives.ReverseEndianness((ushort)((High >> 16) & 0xffff));
        ushort group3 = BinaryPrimitives.ReverseEndianness((ushort)(High & 0xffff));
        return new Uuid(((ulong)group1 << 32) | ((ulong)group2 << 16) | group3, Low);
    }

    /// <summary>Reads exactly <c>8-4-4-4-12</c> hex digits, either case.</summary>
    public static bool TryParse(string? text, out Uuid uuid)
    {
        uuid = Zero;
        if (text is not { Length: 36 })
            return false;
        ulong high = 0,
            low = 0;
        for (int i = 0, digit = 0; i < 36; i++)
        {
            if (i is 8 or 13 or 18 or 23)
            {
                if (text[i] != '-')
                    return false;
                continue;
            }
            if (!char.IsAsciiHexDigit(text[i]))
                return false;
            uint nibble = uint.Parse(text.AsSpan(i, 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (digit++ < 16)
                high = (high << 4) | nibble;
            else
                low = (low << 4) | nibble;
        }
        uuid = new Uuid(high, low);
        return true;
    }

    /// <summary>Reads a UUID that is known to be right; throws <see cref="FormatException"/> otherwise.</summary>
    public static Uuid Parse(string text) => TryParse(text, out Uuid uuid) ? uuid : throw new FormatException($"not a UUID: '{text}'");

    /// <summary>Lower-case <c>8-4-4-4-12</c>.</summary>
    public override string ToString()
    {
        string h = High.ToString("x16", CultureInfo.InvariantCulture);
        string l = Low.ToString("x16", CultureInfo.InvariantCulture);
        return $"{h[..8]}-{h[8..12]}-{h[12..]}-{l[..4]}-{l[4..]}";
    }
}

using System.Globalization;

namespace Altmap.Core.Units;

/// <summary>A DIMM physical address (DPA): bytes from the start of one DIMM.</summary>
/// <param name="Bytes">Distance from the origin in bytes.</param>
public readonly record struct DimmAddress(ulong Bytes) : IComparable<DimmAddress>
{
    /// <summary>True when this is a multiple of <paramref name="unit"/>.</summary>
    public bool IsAligned(ByteSize unit) => Bytes % unit.Bytes == 0;

    /// <summary>The smallest multiple of <paramref name="unit"/> that is not below this.</summary>
    public DimmAddress AlignUp(ByteSize unit) => new(Alignment.Up(Bytes, unit.Bytes));

    /// <summary>The largest multiple of <paramref name="unit"/> that is not above this.</summary>
    public DimmAddress AlignDown(ByteSize unit) => new(Alignment.Down(Bytes, unit.Bytes));

    /// <summary>Moves up; throws beyond 64 bits.</summary>
    public static DimmAddress operator +(DimmAddress a, ByteSize size) => new(checked(a.Bytes + size.Bytes));

    /// <summary>Moves down; throws below 0.</summary>
    public static DimmAddress operator -(DimmAddress a, ByteSize size) => new(checked(a.Bytes - size.Bytes));

    /// <summary>Distance; throws when <paramref name="b"/> is above <paramref name="a"/>.</summary>
    public static ByteSize operator -(DimmAddress a, DimmAddress b) => new(checked(a.Bytes - b.Bytes));

    /// <summary>Order by distance from the origin.</summary>
    public static bool operator <(DimmAddress a, DimmAddress b) => a.Bytes < b.Bytes;

    /// <summary>Order by distance from the origin.</summary>
    public static bool operator >(DimmAddress a, DimmAddress b) => a.Bytes > b.Bytes;

    /// <summary>Order by distance from the origin.</summary>
    public static bool operator <=(DimmAddress a, DimmAddress b) => a.Bytes <= b.Bytes;

    /// <summary>Order by distance from the origin.</summary>
    public static bool operator >=(DimmAddress a, DimmAddress b) => a.Bytes >= b.Bytes;

    /// <inheritdoc/>
    public int CompareTo(DimmAddress other) => Bytes.CompareTo(other.Bytes);

    /// <summary>Hex with 0x.</summary>
    public override string ToString() => "0x" + Bytes.ToString("x", CultureInfo.InvariantCulture);
}

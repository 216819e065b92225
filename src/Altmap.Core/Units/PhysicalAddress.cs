using System.Globalization;

namespace Altmap.Core.Units;

/// <summary>A physical address of the modelled machine, in bytes from 0.</summary>
/// <param name="Bytes">Distance from the origin in bytes.</param>
public readonly record struct PhysicalAddress(ulong Bytes) : IComparable<PhysicalAddress>
{
    /// <summary>The last one that input may name, in bytes: 2^56 - 1, above what any architecture of the profiles addresses.</summary>
    public const ulong InputMax = (1UL << 56) - 1;

    /// <summary>True when this is a multiple of <paramref name="unit"/>.</summary>
    public bool IsAligned(ByteSize unit) => Bytes % unit.Bytes == 0;

    /// <summary>The smallest multiple of <paramref name="unit"/> that is not below this.</summary>
    public PhysicalAddress AlignUp(ByteSize unit) => new(Alignment.Up(Bytes, unit.Bytes));

    /// <summary>The largest multiple of <paramref name="unit"/> that is not above this.</summary>
    public PhysicalAddress AlignDown(ByteSize unit) => new(Alignment.Down(Bytes, unit.Bytes));

    /// <summary>Moves up; throws beyond 64 bits.</summary>
    public static PhysicalAddress operator +(PhysicalAddress a, ByteSize size) => new(checked(a.Bytes + size.Bytes));

    /// <summary>Moves down; throws below 0.</summary>
    public static PhysicalAddress operator -(PhysicalAddress a, ByteSize size) => new(checked(a.Bytes - size.Bytes));

    /// <summary>Distance; throws when <paramref name="b"/> is above <paramref name="a"/>.</summary>
    public static ByteSize operator -(PhysicalAddress a, PhysicalAddress b) => new(checked(a.Bytes - b.Bytes));

    /// <summary>Order by distance from the origin.</summary>
    public static bool operator <(PhysicalAddress a, PhysicalAddress b) => a.Bytes < b.Bytes;

    /// <summary>Order by distance from the origin.</summary>
    public static bool operator >(PhysicalAddress a, PhysicalAddress b) => a.Bytes > b.Bytes;

    /// <summary>Order by distance from the origin.</summary>
    public static bool operator <=(PhysicalAddress a, PhysicalAddress b) => a.Bytes <= b.Bytes;

    /// <summary>Order by distance from the origin.</summary>
    public static bool operator >=(PhysicalAddress a, PhysicalAddress b) => a.Bytes >= b.Bytes;

    /// <inheritdoc/>
    public int CompareTo(PhysicalAddress other) => Bytes.CompareTo(other.Bytes);

    /// <summary>Hex with 0x.</summary>
    public override string ToString() => "0x" + Bytes.ToString("x", CultureInfo.InvariantCulture);
}

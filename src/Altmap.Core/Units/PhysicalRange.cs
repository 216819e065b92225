using System.Globalization;

namespace Altmap.Core.Units;

/// <summary>Bytes from <paramref name="Start"/> on, <paramref name="Size"/> of them. Half-open; may be empty.</summary>
/// <param name="Start">First byte.</param>
/// <param name="Size">How many bytes.</param>
public readonly record struct PhysicalRange(PhysicalAddress Start, ByteSize Size)
{
    /// <summary>One past the last byte. Throws <see cref="OverflowException"/> when the range ends at 2^64; use <see cref="Last"/>
    /// there.</summary>
    public PhysicalAddress End => Start + Size;

    /// <summary>The last byte, as /proc/iomem prints it. The range must not be empty.</summary>
    public PhysicalAddress Last => Start + (Size - new ByteSize(1));

    /// <summary>True for a range without bytes.</summary>
    public bool IsEmpty => Size.IsZero;

    /// <summary>A range from its inclusive ends; throws when <paramref name="last"/> is below <paramref name="start"/>.</summary>
    public static PhysicalRange FromInclusive(PhysicalAddress start, PhysicalAddress last) => new(start, last - start + new ByteSize(1));

    /// <summary>True when the address is inside.</summary>
    public bool Contains(PhysicalAddress address) => address >= Start && address.Bytes - Start.Bytes < Size.Bytes;

    /// <summary>True when every byte of <paramref name="other"/> is inside; an empty range is inside where its start is.</summary>
    public bool Contains(PhysicalRange other) =>
        other.IsEmpty ? Contains(other.Start) : !IsEmpty && Start <= other.Start && other.Last <= Last;

    /// <summary>True when at least one byte is in both.</summary>
    public bool Overlaps(PhysicalRange other) => !IsEmpty && !other.IsEmpty && Start <= other.Last && other.Start <= Last;

    /// <summary>How many bytes are in both.</summary>
    public ByteSize Common(PhysicalRange other) =>
        !Overlaps(other)
            ? ByteSize.Zero
            : new ByteSize(Math.Min(Last.Bytes, other.Last.Bytes) - Math.Max(Start.Bytes, other.Start.Bytes)) + new ByteSize(1);

    /// <summary>Inclusive, as the kernel prints: <c>[mem 0x100000000-0x13fffffff]</c> without the brackets.</summary>
    public override string ToString() =>
        IsEmpty ? $"{Start} (empty)" : string.Create(CultureInfo.InvariantCulture, $"0x{Start.Bytes:x}-0x{Last.Bytes:x}");
}

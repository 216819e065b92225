using System.Globalization;
using System.Numerics;

namespace Altmap.Core.Units;

/// <summary>A number of bytes. Arithmetic is checked: it throws <see cref="OverflowException"/> rather than wrap.</summary>
/// <param name="Bytes">The count.</param>
public readonly record struct ByteSize(ulong Bytes) : IComparable<ByteSize>
{
    /// <summary>No bytes.</summary>
    public static readonly ByteSize Zero;

    /// <summary><paramref name="count"/> units of 1024 bytes.</summary>
    public static ByteSize KiB(ulong count) => new(count * 1024);

    /// <summary><paramref name="count"/> units of 1024² bytes.</summary>
    public static ByteSize MiB(ulong count) => new(count * 1024 * 1024);

    /// <summary><paramref name="count"/> units of 1024³ bytes.</summary>
    public static ByteSize GiB(ulong count) => new(count * 1024 * 1024 * 1024);

    /// <summary>True for 0.</summary>
    public bool IsZero => Bytes == 0;

    /// <summary>True for 1, 2, 4, … bytes.</summary>
    public bool IsPowerOfTwo => BitOperations.IsPow2(Bytes);

    /// <summary>True when this is a whole number of <paramref name="unit"/>s (of more than 0 bytes).</summary>
    public bool IsMultipleOf(ByteSize unit) => Bytes % unit.Bytes == 0;

    /// <summary>The smallest multiple of <paramref name="unit"/> that is not below this.</summary>
    public ByteSize AlignUp(ByteSize unit) => new(Alignment.Up(Bytes, unit.Bytes));

    /// <summary>The largest multiple of <paramref name="unit"/> that is not above this.</summary>
    public ByteSize AlignDown(ByteSize unit) => new(Alignment.Down(Bytes, unit.Bytes));

    /// <summary>Sum; throws when it does not fit 64 bits.</summary>
    public static ByteSize operator +(ByteSize a, ByteSize b) => new(checked(a.Bytes + b.Bytes));

    /// <summary>Difference; throws when negative.</summary>
    public static ByteSize operator -(ByteSize a, ByteSize b) => new(checked(a.Bytes - b.Bytes));

    /// <summary>Product; throws when it does not fit 64 bits.</summary>
    public static ByteSize operator *(ByteSize a, ulong count) => new(checked(a.Bytes * count));

    /// <summary>How many whole <paramref name="b"/> fit into <paramref name="a"/>.</summary>
    public static ulong operator /(ByteSize a, ByteSize b) => a.Bytes / b.Bytes;

    /// <summary>Order by number of bytes.</summary>
    public static bool operator <(ByteSize a, ByteSize b) => a.Bytes < b.Bytes;

    /// <summary>Order by number of bytes.</summary>
    public static bool operator >(ByteSize a, ByteSize b) => a.Bytes > b.Bytes;

    /// <summary>Order by number of bytes.</summary>
    public static bool operator <=(ByteSize a, ByteSize b) => a.Bytes <= b.Bytes;

    /// <summary>Order by number of bytes.</summary>
    public static bool operator >=(ByteSize a, ByteSize b) => a.Bytes >= b.Bytes;

    /// <inheritdoc/>
    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <summary>Bytes in decimal, and the nearest binary unit where there is one: <c>268435456 (256 MiB)</c>.</summary>
    public override string ToString()
    {
        string decimalText = Bytes.ToString(CultureInfo.InvariantCulture);
        string human = ToHuman();
        return human == decimalText ? decimalText : $"{decimalText} ({human})";
    }

    /// <summary>As ndctl and the kernel's command line read it, exactly: <c>2M</c>, <c>1056M</c>, <c>1G</c>, <c>4097</c>.</summary>
    public string ToOption()
    {
        foreach ((string suffix, int shift) in ((string, int)[])[("G", 30), ("M", 20), ("K", 10)])
        {
            if (!IsZero && Bytes % (1UL << shift) == 0)
                return (Bytes >> shift).ToString(CultureInfo.InvariantCulture) + suffix;
        }
        return Bytes.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The nearest binary unit, cut to two digits, so never more than there is: <c>256 MiB</c>, <c>1.5 GiB</c>; below 1 KiB plain
    /// bytes.</summary>
    public string ToHuman()
    {
        (string Unit, int Shift)[] units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
        foreach ((string unit, int shift) in units)
        {
            if (Bytes >> shift == 0)
                continue;
            decimal value = Math.Floor((decimal)Bytes * 100 / (1UL << shift)) / 100;
            return string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {unit}");
        }
        return Bytes.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Reads <c>4096</c>, <c>0x1000</c>, <c>256M</c>: a number (decimal or 0x hex) with an optional K, M, G or T of 1024 and an optional
    /// <c>iB</c> or <c>B</c>.
    /// </summary>
    /// <returns>False for anything else, and for a product beyond 64 bits.</returns>
    public static bool TryParse(string? text, out ByteSize size)
    {
        size = Zero;
        if (string.IsNullOrWhiteSpace(text))
            return false;
        ReadOnlySpan<char> s = text.AsSpan().Trim();
        bool hex = s.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (hex)
            s = s[2..];
        int digits = 0;
        while (digits < s.Length && (hex ? char.IsAsciiHexDigit(s[digits]) : char.IsAsciiDigit(s[digits])))
            digits++;
        if (
            !ulong.TryParse(
                s[..digits],
                hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
                CultureInfo.InvariantCulture,
                out ulong value
            )
        )
            return false;
        int shift = s[digits..] switch
        {
            "" or "B" => 0,
            "K" or "k" or "KiB" => 10,
            "M" or "m" or "MiB" => 20,
            "G" or "g" or "GiB" => 30,
            "T" or "t" or "TiB" => 40,
            _ => -1,
        };
        if (shift < 0 || (shift > 0 && value >> (64 - shift) != 0))
            return false;
        size = new ByteSize(value << shift);
        return true;
    }
}

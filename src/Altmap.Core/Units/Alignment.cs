namespace Altmap.Core.Units;

/// <summary>Rounding of bare 64-bit numbers. Units may be any number above 0; powers of two are not assumed.</summary>
public static class Alignment
{
    /// <summary>The smallest multiple of <paramref name="unit"/> that is not below <paramref name="value"/>; throws
    /// <see cref="OverflowException"/> beyond 64 bits.</summary>
    public static ulong Up(ulong value, ulong unit)
    {
        ulong remainder = value % unit;
        return remainder == 0 ? value : checked(value + (unit - remainder));
    }

    /// <summary>The largest multiple of <paramref name="unit"/> that is not above <paramref name="value"/>.</summary>
    public static ulong Down(ulong value, ulong unit) => value - (value % unit);

    /// <summary><see cref="Up"/> as the kernel's ALIGN() does it for a power of two: wraps at 64 bits.</summary>
    public static ulong UpWrapping(ulong value, ulong powerOfTwo) => unchecked((value + (powerOfTwo - 1)) & ~(powerOfTwo - 1));

    /// <summary>True when <paramref name="value"/> is a multiple of <paramref name="unit"/>.</summary>
    public static bool IsAligned(ulong value, ulong unit) => value % unit == 0;
}

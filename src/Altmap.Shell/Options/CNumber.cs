using System.Globalization;

namespace Altmap.Shell.Options;

/// <summary>Numbers as glibc 2.36 reads them.</summary>
internal static class CNumber
{
    /// <summary>strtol(text, &amp;end, 10): clipped to 64 bits; <c>End</c> is 0 without digits.</summary>
    public static (long Value, int End) Signed(string text)
    {
        var (magnitude, negative, overflow, end) = Scan(text, 10);
        if (overflow || magnitude > (negative ? 1UL << 63 : long.MaxValue))
            return (negative ? long.MinValue : long.MaxValue, end);
        return (unchecked(negative ? -(long)magnitude : (long)magnitude), end);
    }

    /// <summary>strtoull(text, &amp;end, 0): a minus sign negates modulo 2^64; ULLONG_MAX when it overflows.</summary>
    public static (ulong Value, int End) Unsigned(string text)
    {
        var (magnitude, negative, overflow, end) = Scan(text, 0);
        return (overflow ? ulong.MaxValue : unchecked(negative ? 0 - magnitude : magnitude), end);
    }

    /// <summary>Whether sscanf(text, prefix "%lu") finds a number.</summary>
    public static bool HasNumberAfter(string text, string prefix) =>
        text.StartsWith(prefix, StringComparison.Ordinal) && Scan(text[prefix.Length..], 10).End > 0;

    /// <summary>Whether strtod(text) gives an infinity, also by overflow.</summary>
    public static bool IsInfinite(string text)
    {
        var at = SkipBlanks(text);
        if (at < text.Length && text[at] is '+' or '-')
            at++;
        if (text.AsSpan(at).StartsWith("inf", StringComparison.OrdinalIgnoreCase))
            return true;
        var end = at;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.' or 'e' or 'E' or '+' or '-'))
            end++;
        for (; end > at; end--)
        {
            if (
                double.TryParse(
                    text.AsSpan(at, end - at),
                    NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                    CultureInfo.InvariantCulture,
                    out var value
                )
            )
                return double.IsInfinity(value);
        }
        return false;
    }

    private static (ulong Magnitude, bool Negative, bool Overflow, int End) Scan(string text, int numberBase)
    {
        var at = SkipBlanks(text);
        var negative = at < text.Length && text[at] == '-';
        if (at < text.Length && text[at] is '+' or '-')
            at++;
        if (numberBase == 0)
        {
            var hex = at + 2 < text.Length && text[at] == '0' && text[at + 1] is 'x' or 'X' && char.IsAsciiHexDigit(text[at + 2]);
            numberBase =
                hex ? 16
                : at < text.Length && text[at] == '0' ? 8
                : 10;
            at += hex ? 2 : 0;
        }
        var (magnitude, overflow, end) = (0UL, false, 0);
        for (
            ;
            at < text.Length
                && char.IsAsciiHexDigit(text[at])
                && Convert.ToInt32(text[at].ToString(), 16) is var digit
                && digit < numberBase;
            end = ++at
        )
        {
            overflow |= magnitude > (ulong.MaxValue - (ulong)digit) / (ulong)numberBase;
            magnitude = unchecked((magnitude * (ulong)numberBase) + (ulong)digit);
        }
        return (magnitude, negative, overflow, end);
    }

    private static int SkipBlanks(string text)
    {
        var at = 0;
        while (at < text.Length && text[at] is ' ' or (>= '\t' and <= '\r'))
            at++;
        return at;
    }
}

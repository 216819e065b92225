namespace Altmap.Shell.Options;

/// <summary>
/// Sizes on the command line (ndctl 76.1, util/size.c parse_size64()): a number in C notation (decimal, <c>0x</c>, octal with a leading 0)
/// and one of
/// k, m, g, t of either case, 1024-based; nothing behind. Also used there for counts and block numbers, so the result is a bare number.
/// </summary>
public static class NdctlSize
{
    /// <summary>The number, or null when the tool refuses it. Empty text is 0; a minus sign wraps, as there.</summary>
    public static ulong? TryParse(string text) => TryParse(text, out _);

    /// <summary>The number, and its unit (1 without a letter), by which create-namespace rounds.</summary>
    public static ulong? TryParse(string text, out ulong unit)
    {
        ArgumentNullException.ThrowIfNull(text);
        unit = 1;
        var (value, end) = CNumber.Unsigned(text);
        if (value == ulong.MaxValue)
            return null;
        unit =
            end == text.Length
                ? 1
                : text[end] switch
                {
                    'k' or 'K' => 1UL << 10,
                    'm' or 'M' => 1UL << 20,
                    'g' or 'G' => 1UL << 30,
                    't' or 'T' => 1UL << 40,
                    _ => 1,
                };
        // The tool multiplies modulo 2^64 and notices only a product below the number.
        var product = unchecked(value * unit);
        return product < value || end + (unit == 1 ? 0 : 1) != text.Length ? null : product;
    }
}

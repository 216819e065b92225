using System.Globalization;

namespace Altmap.Shell.Sysfs;

/// <summary>How the kernel reads numbers and switches that are written to attributes (lib/kstrtox.c, 6.1).</summary>
internal static class KernelText
{
    /// <summary>kstrtoull() with base 0: decimal, 0x hex or 0 octal, one newline at the end, nothing else.</summary>
    public static bool TryUnsigned(string text, out ulong value)
    {
        value = 0;
        if (text.EndsWith('\n'))
            text = text[..^1];
        if (text.StartsWith('+'))
            text = text[1..];
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        if (text.Length < 2 || text[0] != '0')
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        foreach (char digit in text)
        {
            if (digit is < '0' or > '7' || value >> 61 != 0)
                return false;
            value = (value << 3) | (uint)(digit - '0');
        }
        return true;
    }

    /// <summary>kstrtobool(): y, Y, t, T, 1, on; n, N, f, F, 0, off. Only the first letters count.</summary>
    public static bool TryBool(string text, out bool value)
    {
        char first = text.Length > 0 ? char.ToLowerInvariant(text[0]) : '\0';
        char second = text.Length > 1 ? char.ToLowerInvariant(text[1]) : '\0';
        value = first is 'y' or 't' or '1' || (first == 'o' && second == 'n');
        return value || first is 'n' or 'f' or '0' || (first == 'o' && second == 'f');
    }
}

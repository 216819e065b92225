using System.Globalization;
using Altmap.Core.Units;

namespace Altmap.Advice.Doctor;

/// <summary>The <c>memmap=nn!ss</c> words of a command line, which carve persistent memory out.</summary>
internal static class MemmapWords
{
    /// <summary>The command line with the carve-out of <paramref name="from"/> moved; null where no word gives that very range.</summary>
    public static string? Replace(string commandLine, PhysicalRange from, PhysicalRange to)
    {
        string[] words = commandLine.Split(' ');
        for (int i = 0; i < words.Length; i++)
        {
            if (!words[i].StartsWith("memmap=", StringComparison.Ordinal))
                continue;
            string[] parts = words[i]["memmap=".Length..].Split(',');
            for (int j = 0; j < parts.Length; j++)
            {
                if (Parse(parts[j]) != from)
                    continue;
                parts[j] = $"{Text(to.Size.Bytes)}!{Text(to.Start.Bytes)}";
                words[i] = "memmap=" + string.Join(',', parts);
                return string.Join(' ', words);
            }
        }
        return null;
    }

    /// <summary>The ranges that the words ask for.</summary>
    public static IEnumerable<PhysicalRange> Ranges(string commandLine) =>
        from word in commandLine.Split(' ')
        where word.StartsWith("memmap=", StringComparison.Ordinal)
        from part in word["memmap=".Length..].Split(',')
        let range = Parse(part)
        where range is not null
        select range.Value;

    private static PhysicalRange? Parse(string word) =>
        word.Split('!') is [var size, var start]
        && Number(size) is { } bytes
        && Number(start) is { } at
        && bytes > 0
        && at <= ulong.MaxValue - bytes
            ? new PhysicalRange(new PhysicalAddress(at), new ByteSize(bytes))
            : null;

    private static ulong? Number(string text)
    {
        int shift =
            text.Length == 0 ? 0
            : "KMGT".IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal) is >= 0 and int unit ? 10 * (unit + 1)
            : 0;
        string digits = shift > 0 ? text[..^1] : text;
        bool isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return
            ulong.TryParse(
                isHex ? digits[2..] : digits,
                isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
                CultureInfo.InvariantCulture,
                out ulong number
            )
            && number <= ulong.MaxValue >> shift
            ? number << shift
            : null;
    }

    private static string Text(ulong bytes)
    {
        foreach ((string suffix, int shift) in ((string, int)[])[("G", 30), ("M", 20), ("K", 10)])
        {
            if (bytes != 0 && bytes % (1UL << shift) == 0)
                return (bytes >> shift).ToString(CultureInfo.InvariantCulture) + suffix;
        }
        return "0x" + bytes.ToString("x", CultureInfo.InvariantCulture);
    }
}

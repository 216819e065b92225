using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Altmap.Core.Json;
using Altmap.Core.Units;

namespace Altmap.Model.Kmsan;

/// <summary>The free memblock ranges of a file, or what is wrong with it.</summary>
/// <param name="Ranges">Ascending; empty when there are errors.</param>
/// <param name="Errors">In the order of the file, at most <see cref="InputErrors.CountMax"/>.</param>
public sealed record FreeRangesResult(ImmutableArray<PfnRange> Ranges, ImmutableArray<InputError> Errors);

/// <summary>A text of free memblock ranges: a line <c>start_pfn end_pfn</c> each, half-open, decimal or 0x, ascending; blank lines and what
/// follows # do not count.</summary>
public static class FreeRangesFile
{
    /// <summary>Memblock itself has room for 128 regions before it grows; far more are read here.</summary>
    public const int RangesMax = 1 << 20;

    private const string Expected = "start_pfn end_pfn, half-open, as 256 4096";

    /// <summary>Reads a whole file. Any bytes give ranges or errors with their line.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="fileName">As messages name it.</param>
    /// <param name="limit">One past the last pfn that the architecture can have.</param>
    public static FreeRangesResult Parse(ReadOnlySpan<byte> utf8, string fileName, Pfn limit)
    {
        var errors = new InputErrors(fileName);
        var ranges = ImmutableArray.CreateBuilder<PfnRange>();
        int number = 0,
            lineOfLast = 0;
        foreach (Range part in utf8.Split((byte)'\n'))
        {
            number++;
            if (errors.IsFull)
                break;
            ReadOnlySpan<byte> line = utf8[part];
            if (line.IndexOf((byte)'#') is >= 0 and var comment)
                line = line[..comment];
            line = line.Trim(" \t\r"u8);
            if (line.IsEmpty)
                continue;
            if (ReadRange(line, number, errors, limit) is not { } range)
                continue;
            if (ranges.Count > 0 && range.Start < ranges[^1].End)
            {
                string what = range.End <= ranges[^1].Start ? "is below" : "overlaps";
                errors.Add(
                    number,
                    1,
                    $"range {Text(range)} {what} range {Text(ranges[^1])} of line {lineOfLast.ToString(CultureInfo.InvariantCulture)}",
                    "ranges in ascending order without overlap"
                );
                continue;
            }
            if (ranges.Count == RangesMax)
            {
                errors.Add(
                    number,
                    1,
                    string.Create(CultureInfo.InvariantCulture, $"more than {RangesMax} ranges"),
                    todo: "is this the right file?"
                );
                break;
            }
            ranges.Add(range);
            lineOfLast = number;
        }
        if (errors.IsEmpty && ranges.Count == 0)
            errors.Add(Math.Max(1, number), 1, "there is no range in it", $"lines {Expected}");
        return errors.IsEmpty ? new(ranges.ToImmutable(), []) : new([], [.. errors.Sorted]);
    }

    private static PfnRange? ReadRange(ReadOnlySpan<byte> line, int number, InputErrors errors, Pfn limit)
    {
        int blank = line.IndexOfAny((byte)' ', (byte)'\t');
        if (blank < 0 || !TryReadPfn(line[..blank], out ulong start) || !TryReadPfn(line[blank..].Trim(" \t"u8), out ulong end))
        {
            errors.Add(number, 1, $"no range: {Quote.Text(Encoding.UTF8.GetString(line[..Math.Min(line.Length, 200)]))}", Expected);
            return null;
        }
        var range = new PfnRange(new Pfn(start), new Pfn(end));
        if (range.IsEmpty)
            errors.Add(number, 1, $"range {Text(range)} is empty: the end is one past the last page", "an end above the start");
        else if (range.End > limit)
            errors.Add(
                number,
                1,
                $"range {Text(range)} goes beyond the last page that this architecture can have",
                string.Create(CultureInfo.InvariantCulture, $"an end up to {limit.Number}")
            );
        else
            return range;
        return null;
    }

    private static bool TryReadPfn(ReadOnlySpan<byte> word, out ulong pfn)
    {
        bool isHex = word.StartsWith("0x"u8) || word.StartsWith("0X"u8);
        return ulong.TryParse(
            isHex ? word[2..] : word,
            isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture,
            out pfn
        );
    }

    private static string Text(PfnRange range) => string.Create(CultureInfo.InvariantCulture, $"{range.Start.Number} {range.End.Number}");
}

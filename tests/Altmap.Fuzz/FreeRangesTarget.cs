using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.Kmsan;
using Altmap.Model.Memory.States;

namespace Altmap.Fuzz;

/// <summary>Any bytes as a file of free memblock ranges: errors, or a carve-out whose books balance.</summary>
public static class FreeRangesTarget
{
    private static readonly BuddySpan[] Zones = [new(0, ZoneKind.Normal, new(default, new(1UL << 40)))];

    /// <summary>Runs one input. Throws only when something is wrong with Altmap.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        FreeRangesResult read = FreeRangesFile.Parse(input, "fuzz", new Pfn(1UL << 34));
        if (read.Ranges.IsEmpty == read.Errors.IsEmpty)
            throw new InvalidOperationException("neither ranges nor an error, or both");
        if (read.Ranges.IsEmpty)
            return;
        CarveOut carveOut = CarveOut.Of(read.Ranges, 10);
        if (carveOut.Pages.Pages != (carveOut.Released.Pages * 3) + (ulong)carveOut.Leftover.Length)
            throw new InvalidOperationException("the books do not balance");
        _ = Contiguity.Check(carveOut, Zones, []);
    }

    /// <summary>A recorded boot, ranges that touch, single pages.</summary>
    public static IEnumerable<byte[]> Seeds() =>
        [
            "256 4096\n9736 32767\n32768 65536\n81920 109020\n"u8.ToArray(),
            "1 2\n3 7\n7 8 # touching\n"u8.ToArray(),
            "0x1 0x2\n3 4\n5 6\n8 9\n"u8.ToArray(),
        ];
}

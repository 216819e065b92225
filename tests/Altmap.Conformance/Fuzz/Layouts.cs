using System.Globalization;
using System.Text;
using Altmap.Conformance.Guests;
using Altmap.Core.Units;

namespace Altmap.Conformance.Fuzz;

/// <summary>Random computers for the rounds.</summary>
internal static class Layouts
{
    private const ulong Kib = 1 << 10,
        Mib = 1 << 20,
        Gib = 1 << 30;
    private const int CommandLineCharsMax = 1500; // of the kernel's 2048
    private const ulong FirstPmem = 512 * Mib; // RAM below is the guest's own
    private const ulong EndPmem = 3 * Gib;

    /// <summary>Many small memmap= ranges of odd sizes and places, no two in one sub-section of 2 MiB.</summary>
    public static GuestMachine MemmapRanges(ulong seed)
    {
        Dice dice = Dice.For(seed, 0x6c61796f7574);
        var words = new StringBuilder();
        ulong at = FirstPmem;
        while (words.Length < CommandLineCharsMax)
        {
            at = Alignment.Up(at, dice.Of<ulong>([2 * Mib, 2 * Mib, 2 * Mib, 16 * Mib, 128 * Mib]));
            // Most are good enough to be mapped, or nothing behind that first check is ever tried.
            ulong start = at + (dice.OneIn(10) ? dice.Of<ulong>([4 * Kib, 64 * Kib, Mib, (2 * Mib) - (4 * Kib)]) : 0);
            ulong size =
                dice.Of<ulong>([
                    2 * Mib,
                    4 * Mib,
                    6 * Mib,
                    8 * Mib,
                    16 * Mib,
                    16 * Mib,
                    18 * Mib,
                    32 * Mib,
                    34 * Mib,
                    64 * Mib,
                    128 * Mib,
                    132 * Mib,
                ]) + (dice.OneIn(10) ? dice.Of<ulong>([4 * Kib, 60 * Kib, Mib]) : 0);
            if (dice.OneIn(12))
                size = dice.Of<ulong>([4 * Kib, 8 * Kib, 16 * Kib, 64 * Kib, Mib, Mib + (4 * Kib)]);
            if (start + size > EndPmem - (128 * Mib))
                break;
            words.Append(CultureInfo.InvariantCulture, $" memmap={Size(size)}!{Size(start)}");
            at = Alignment.Up(start + size, 2 * Mib);
        }
        return new GuestMachine
        {
            RamMib = 3072,
            RamInFile = true,
            CommandLine = words.ToString().Trim(),
        };
    }

    /// <summary>Ranges that a BTT fits in, and some that are a little too small.</summary>
    public static GuestMachine BttRanges(ulong seed)
    {
        Dice dice = Dice.For(seed, 0x627474);
        var words = new StringBuilder();
        ulong at = FirstPmem;
        for (int i = 0; i < 48; i++)
        {
            ulong size =
                dice.Of<ulong>([18 * Mib, 18 * Mib, 20 * Mib, 32 * Mib, 34 * Mib, 16 * Mib])
                + (dice.OneIn(10) ? dice.Of<ulong>([4 * Kib, 8 * Kib, Mib]) : 0);
            words.Append(CultureInfo.InvariantCulture, $" memmap={Size(size)}!{Size(at)}");
            at = Alignment.Up(at + size, 2 * Mib) + (2 * Mib);
        }
        return new GuestMachine
        {
            RamMib = 3072,
            RamInFile = true,
            CommandLine = words.ToString().Trim(),
        };
    }

    /// <summary>NVDIMMs with label areas, a region each.</summary>
    public static GuestMachine Nvdimms(ulong seed)
    {
        Dice dice = Dice.For(seed, 0x6e76);
        var nvdimms = new List<GuestNvdimm>();
        ulong at = 4 * Gib;
        for (int i = 0; i < 32; i++)
        {
            ulong size = dice.Of<ulong>([32 * Mib, 64 * Mib, 66 * Mib, 128 * Mib, 130 * Mib]);
            nvdimms.Add(new GuestNvdimm(size, dice.Of<ulong>([128 * Kib, 128 * Kib, 256 * Kib]), at));
            at = Alignment.Up(at + size, 128 * Mib) + dice.Of<ulong>([0, 2 * Mib, 128 * Mib]);
        }
        return new GuestMachine { RamMib = 768, Nvdimms = nvdimms };
    }

    private static string Size(ulong bytes) =>
        bytes % Mib == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes / Mib}M")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes / Kib}K");
}

using System.Globalization;
using System.Text;
using Altmap.Conformance.Guests;
using Altmap.Core.Units;

namespace Altmap.Conformance.Fuzz;

/// <summary>Random small computers for sessions: a few NVDIMMs of odd sizes and places, with label areas or without, and memmap=
/// ranges.</summary>
internal static class SessionMachines
{
    private const ulong Kib = 1 << 10,
        Mib = 1 << 20,
        Gib = 1 << 30;

    public static GuestMachine Make(ulong seed)
    {
        Dice dice = Dice.For(seed, 0x73657373);
        var nvdimms = new List<GuestNvdimm>();
        ulong at = 4 * Gib;
        for (int i = dice.Below(4); i >= 0; i--)
        {
            ulong size = dice.Of<ulong>([32 * Mib, 64 * Mib, 98 * Mib, 128 * Mib, 130 * Mib, 256 * Mib, 384 * Mib, 512 * Mib, Gib]);
            nvdimms.Add(new GuestNvdimm(size, dice.Of<ulong>([0, 128 * Kib, 128 * Kib, 128 * Kib, 256 * Kib]), at));
            at = Alignment.Up(at + size, 128 * Mib) + dice.Of<ulong>([0, 0, 2 * Mib, 128 * Mib]);
        }
        var words = new StringBuilder("guest.kmem");
        ulong start = 512 * Mib;
        for (int i = dice.Below(3); i > 0; i--)
        {
            start += dice.Of<ulong>([0, 2 * Mib, 64 * Mib, 130 * Mib]);
            ulong size = dice.Of<ulong>([16 * Mib, 64 * Mib, 100 * Mib, 128 * Mib]);
            words.Append(CultureInfo.InvariantCulture, $" memmap={size / Mib}M!{start / Mib}M");
            start += size + (16 * Mib);
        }
        return new GuestMachine
        {
            RamMib = 1024,
            RamInFile = true,
            Nvdimms = nvdimms,
            CommandLine = words.ToString(),
        };
    }
}

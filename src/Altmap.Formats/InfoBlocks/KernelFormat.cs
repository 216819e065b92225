using Altmap.Core.Units;

namespace Altmap.Formats.InfoBlocks;

/// <summary>Numbers as the kernel prints them.</summary>
internal static class KernelFormat
{
    /// <summary><c>%#llx</c> in a kernel message: 0x before a zero too (lib/vsprintf.c number(); 5.10, 6.1, 6.12, 7.2).</summary>
    public static string Hex(ulong value) => $"0x{value:x}";

    /// <summary><c>%pa</c>: 0x and sixteen digits.</summary>
    public static string PhysicalAddress(ulong value) => $"0x{value:x16}";

    /// <summary><c>%pR</c> of a memory resource (lib/vsprintf.c resource_string()): at least eight digits.</summary>
    public static string Resource(PhysicalRange range) => Resource(range.Start.Bytes, range.Last.Bytes);

    /// <summary>The same of any two addresses.</summary>
    public static string Resource(ulong first, ulong last) => $"[mem 0x{first:x8}-0x{last:x8}]";

    /// <summary><c>%pr</c> of a memory resource (lib/vsprintf.c resource_string()): at least eight digits, raw flags.</summary>
    public static string MemoryResource(ulong first, ulong last) => $"[mem 0x{first:x8}-0x{last:x8} flags 0x200]";
}

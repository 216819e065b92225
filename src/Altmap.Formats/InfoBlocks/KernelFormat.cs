namespace Altmap.Formats.InfoBlocks;

/// <summary>Numbers as printf and the kernel print them.</summary>
internal static class KernelFormat
{
    /// <summary><c>%#llx</c>: no 0x before a zero.</summary>
    public static string Hex(ulong value) => value == 0 ? "0" : $"0x{value:x}";

    /// <summary><c>%pa</c>: 0x and sixteen digits.</summary>
    public static string PhysicalAddress(ulong value) => $"0x{value:x16}";

    /// <summary><c>%pr</c> of a memory resource (lib/vsprintf.c resource_string()): at least eight digits, raw flags.</summary>
    public static string MemoryResource(ulong first, ulong last) => $"[mem 0x{first:x8}-0x{last:x8} flags 0x200]";
}

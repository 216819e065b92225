using Altmap.Core.Units;

namespace Altmap.Model.Hardware;

/// <summary>What a range of the memory map is after the command line was applied.</summary>
public enum MemoryRangeType
{
    /// <summary><c>System RAM</c>.</summary>
    SystemRam,

    /// <summary><c>Reserved</c>.</summary>
    Reserved,

    /// <summary><c>Soft Reserved</c>.</summary>
    SoftReserved,

    /// <summary><c>Persistent Memory (legacy)</c>: e820 type 12, made by <c>memmap=nn!ss</c>.</summary>
    PersistentMemoryLegacy,
}

/// <summary>A range of the memory map as the kernel uses it.</summary>
/// <param name="Range">Where.</param>
/// <param name="Type">What.</param>
/// <param name="Node">NUMA node.</param>
public sealed record MemoryRange(PhysicalRange Range, MemoryRangeType Type, int Node)
{
    /// <summary>The name /proc/iomem shows.</summary>
    public static string NameOf(MemoryRangeType type) => type switch
    {
        MemoryRangeType.SystemRam => "System RAM",
        MemoryRangeType.Reserved => "Reserved",
        MemoryRangeType.SoftReserved => "Soft Reserved",
        _ => "Persistent Memory (legacy)",
    };
}

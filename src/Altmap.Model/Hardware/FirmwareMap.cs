using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Model.Hardware;

/// <summary>Types of the e820 map (arch/x86/include/asm/e820/types.h, 6.1.192). Other numbers may come from
/// <c>memmap=nn%ss+type</c>.</summary>
public enum E820Type : uint
{
    /// <summary>Usable.</summary>
    Ram = 1,

    /// <summary>Reserved.</summary>
    Reserved = 2,

    /// <summary>ACPI tables.</summary>
    AcpiTables = 3,

    /// <summary>ACPI NVS.</summary>
    AcpiNonVolatile = 4,

    /// <summary>Unusable.</summary>
    Unusable = 5,

    /// <summary>Persistent memory that the NFIT describes.</summary>
    Persistent = 7,

    /// <summary>Persistent memory that an e820 bus takes (PRAM): from old firmware, or <c>memmap=nn!ss</c>.</summary>
    PersistentLegacy = 12,

    /// <summary>Specific-purpose memory.</summary>
    SoftReserved = 0xefff_ffff,
}

/// <summary>A range of the memory map that the kernel goes on with.</summary>
/// <param name="Range">Where; never empty.</param>
/// <param name="Type">What.</param>
public sealed record MemoryMapEntry(PhysicalRange Range, E820Type Type)
{
    /// <summary>Its name in /proc/iomem (arch/x86/kernel/e820.c e820_type_to_string(), 6.1.192).</summary>
    public string IomemName =>
        Type switch
        {
            E820Type.Ram => "System RAM",
            E820Type.Reserved => "Reserved",
            E820Type.AcpiTables => "ACPI Tables",
            E820Type.AcpiNonVolatile => "ACPI Non-volatile Storage",
            E820Type.Unusable => "Unusable memory",
            E820Type.Persistent => "Persistent Memory",
            E820Type.PersistentLegacy => "Persistent Memory (legacy)",
            E820Type.SoftReserved => "Soft Reserved",
            _ => "Unknown E820 type",
        };
}

/// <summary>The memory map after the command line: what /proc/iomem starts from and memblock is fed with.</summary>
/// <param name="Entries">Ascending, without overlaps. Persistent and soft reserved ranges that touch stay apart; others of a type are
/// merged.</param>
/// <param name="Panic">Why the kernel does not boot with this command line (there are no entries then), or null.</param>
public sealed record FirmwareMap(ImmutableArray<MemoryMapEntry> Entries, string? Panic)
{
    /// <summary>One past the last byte of usable memory, in whole pages (max_pfn at boot); 0 without any.</summary>
    public PhysicalAddress EndOfRam(ByteSize pageSize)
    {
        ulong end = Entries.Where(e => e.Type == E820Type.Ram).Select(e => e.Range.End.AlignDown(pageSize).Bytes).DefaultIfEmpty(0UL).Max();
        return new PhysicalAddress(end);
    }

    /// <summary>
    /// The firmware's map with <c>memmap=</c> and <c>mem=</c> of the command line put on it. Overlaps are decided as x86 does: the highest
    /// type number wins,
    /// and each edge of another range cuts a persistent one, so ranges that overlap in part become three regions
    /// (arch/x86/kernel/e820.c e820__update_table(), e820_nomerge(), e820__finish_early_params(), arch/x86/kernel/setup.c
    /// trim_bios_range(), 6.1.192).
    /// Other architectures have no memmap=: their map is the firmware's; mem= is not modelled there.
    /// </summary>
    public static FirmwareMap Apply(ImmutableArray<FirmwareRange> memory, string commandLine, Architecture architecture)
    {
        var table = new E820Table();
        foreach (FirmwareRange range in memory)
            table.Add(range.Range.Start.Bytes, range.Range.Size.Bytes, TypeOf(range.Type));
        if (architecture != Architecture.X86_64)
        {
            table.Sanitise();
            return new FirmwareMap(table.ToEntries(), null);
        }
        table.Sanitise();
        ImmutableArray<MemoryMapChange> changes = CommandLine.MemoryMapChanges(commandLine);
        foreach (MemoryMapChange change in changes)
        {
            switch (change.Action)
            {
                case MemoryMapAction.Exact:
                    table.Clear();
                    break;
                case MemoryMapAction.Add:
                    table.Add(change.StartBytes, change.SizeBytes, change.NewType);
                    break;
                case MemoryMapAction.Update:
                    table.Retype(change.StartBytes, change.SizeBytes, change.OldType!.Value, change.NewType);
                    break;
                default:
                    table.Remove(change.StartBytes, change.SizeBytes, change.OldType);
                    break;
            }
        }
        if (!changes.IsEmpty && !table.Sanitise())
            return new FirmwareMap([], "Invalid user supplied memory map");
        // Page 0 is the BIOS's, and nothing usable lies between 640 KiB and 1 MiB, whatever the firmware says.
        table.Retype(0, 4096, E820Type.Ram, E820Type.Reserved);
        table.Remove(0xa0000, 0x60000, E820Type.Ram);
        table.Sanitise();
        return new FirmwareMap(table.ToEntries(), null);
    }

    private static E820Type TypeOf(FirmwareRangeType type) =>
        type switch
        {
            FirmwareRangeType.SystemRam => E820Type.Ram,
            FirmwareRangeType.SoftReserved => E820Type.SoftReserved,
            FirmwareRangeType.PersistentLegacy => E820Type.PersistentLegacy,
            _ => E820Type.Reserved,
        };

    /// <inheritdoc/>
    public override string ToString() =>
        string.Join(
            '\n',
            Entries.Select(e =>
                string.Create(CultureInfo.InvariantCulture, $"{e.Range.Start.Bytes:x8}-{e.Range.Last.Bytes:x8} : {e.IomemName}")
            )
        );
}

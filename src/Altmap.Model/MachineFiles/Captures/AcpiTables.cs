using System.Buffers.Binary;
using Altmap.Core.Units;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>
/// What SRAT, CEDT and NFIT say of memory: ranges with their proximity domain, CXL fixed memory windows, ranges of persistent memory
/// (ACPI 6.5, 5.2.16.2 and 5.2.25.2; CXL 3.1, 9.18.1.3). Any bytes give what whole structures there are in them.
/// </summary>
internal sealed class AcpiTables
{
    private const int HeaderBytes = 36,
        ItemsMax = MachineReader.ItemsMax;

    /// <summary>66F0D379-B4F3-4074-AC43-0D3318B78CDC: byte-addressable persistent memory.</summary>
    private static ReadOnlySpan<byte> PersistentMemory =>
        [0x79, 0xd3, 0xf0, 0x66, 0xf3, 0xb4, 0x74, 0x40, 0xac, 0x43, 0x0d, 0x33, 0x18, 0xb7, 0x8c, 0xdc];

    private readonly List<(PhysicalRange Range, uint Domain)> _memory = [];
    private readonly List<PhysicalRange> _windows = [];
    private readonly List<PhysicalRange> _persistent = [];

    /// <summary>Reads tables, each a whole one.</summary>
    public AcpiTables(IEnumerable<ReadOnlyMemory<byte>> tables)
    {
        foreach (ReadOnlyMemory<byte> table in tables)
        {
            ReadOnlySpan<byte> all = table.Span;
            if (all.Length < HeaderBytes)
                continue;
            all = all[..(int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(all[4..]), (uint)all.Length)];
            if (all.StartsWith("SRAT"u8))
                Each(all, HeaderBytes + 12, 1, 1, Affinity);
            else if (all.StartsWith("CEDT"u8))
                Each(all, HeaderBytes, 1, 2, Window);
            else if (all.StartsWith("NFIT"u8))
                Each(all, HeaderBytes + 4, 2, 2, SystemRange);
        }
    }

    /// <summary>Start of each range of memory with its node: domains in the order in which the table names them.</summary>
    public IEnumerable<(ulong Start, int Node)> Nodes
    {
        get
        {
            uint[] domains = [.. _memory.Select(m => m.Domain).Distinct()];
            return _memory.Select(m => (m.Range.Start.Bytes, Array.IndexOf(domains, m.Domain))).Where(m => m.Item2 <= 1023);
        }
    }

    /// <summary>CXL windows.</summary>
    public IReadOnlyList<PhysicalRange> Windows => _windows;

    /// <summary>Ranges of the NFIT, ascending.</summary>
    public IReadOnlyList<PersistentRange> Persistent =>
        [.. _persistent.Distinct().OrderBy(r => r.Start).Select(r => new PersistentRange(r, []))];

    /// <summary>True for the first bytes of one of these tables.</summary>
    public static bool IsTable(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderBytes && (bytes.StartsWith("SRAT"u8) || bytes.StartsWith("CEDT"u8) || bytes.StartsWith("NFIT"u8));

    private delegate void Structure(int type, ReadOnlySpan<byte> bytes);

    /// <summary>Walks structures that start with a type and their length; a length that cannot be ends the walk.</summary>
    private static void Each(ReadOnlySpan<byte> table, int at, int typeBytes, int lengthBytes, Structure read)
    {
        // CEDT: a byte of type, a reserved one, two of length. SRAT: one and one. NFIT: two and two.
        int lengthAt = lengthBytes == 1 ? 1 : 2,
            least = lengthAt + lengthBytes;
        while (at + least <= table.Length)
        {
            int type = typeBytes == 1 ? table[at] : BinaryPrimitives.ReadUInt16LittleEndian(table[at..]);
            int length = lengthBytes == 1 ? table[at + 1] : BinaryPrimitives.ReadUInt16LittleEndian(table[(at + lengthAt)..]);
            if (length < least || length > table.Length - at)
                return;
            read(type, table.Slice(at, length));
            at += length;
        }
    }

    private void Affinity(int type, ReadOnlySpan<byte> bytes)
    {
        bool isEnabled = type == 1 && bytes.Length >= 32 && (BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]) & 1) != 0;
        if (isEnabled && Range(bytes, 8) is { } range && _memory.Count < ItemsMax)
            _memory.Add((range, BinaryPrimitives.ReadUInt32LittleEndian(bytes[2..])));
    }

    private void Window(int type, ReadOnlySpan<byte> bytes)
    {
        if (type == 1 && bytes.Length >= 24 && Range(bytes, 8) is { } range && _windows.Count < ItemsMax)
            _windows.Add(range);
    }

    private void SystemRange(int type, ReadOnlySpan<byte> bytes)
    {
        if (
            type == 0
            && bytes.Length >= 48
            && bytes.Slice(16, 16).SequenceEqual(PersistentMemory)
            && Range(bytes, 32) is { } range
            && _persistent.Count < ItemsMax
        )
            _persistent.Add(range);
    }

    private static PhysicalRange? Range(ReadOnlySpan<byte> bytes, int at)
    {
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]),
            size = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(at + 8)..]);
        return size > 0 && start <= PhysicalAddress.InputMax && size - 1 <= PhysicalAddress.InputMax - start
            ? new PhysicalRange(new PhysicalAddress(start), new ByteSize(size))
            : null;
    }
}

using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.Checksums;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Images;

/// <summary>A new partition table with one partition for Linux, and where that lies.</summary>
/// <param name="Steps">Writes, from the start of the disk.</param>
/// <param name="Start">First byte of the partition.</param>
/// <param name="Size">Of the partition.</param>
public sealed record PartitionWrites(ImmutableArray<PlanStep> Steps, MediaOffset Start, ByteSize Size)
{
    private const int Sector = 512,
        EntryCount = 128,
        EntryBytes = 128,
        HeaderBytes = 92;
    private const ulong EntrySectors = EntryCount * EntryBytes / Sector;

    /// <summary>Where the first partition starts: 1 MiB, as every tool of today has it.</summary>
    public static readonly ByteSize FirstStart = ByteSize.MiB(1);

    /// <summary>Null: the disk is too small, or too large for an MBR (2 TiB).</summary>
    /// <param name="kind">MBR or GPT.</param>
    /// <param name="disk">Size of the disk.</param>
    /// <param name="ids">For the disk and the partition.</param>
    public static PartitionWrites? Of(PartitionTableKind kind, ByteSize disk, UuidSource ids)
    {
        ulong tail = kind == PartitionTableKind.Gpt ? (EntrySectors + 1) * Sector : 0;
        if (disk.Bytes < FirstStart.Bytes + tail + ByteSize.MiB(1).Bytes)
            return null;
        var size = new ByteSize(Alignment.Down(disk.Bytes - tail, FirstStart.Bytes) - FirstStart.Bytes);
        var start = new MediaOffset(FirstStart.Bytes);
        return kind == PartitionTableKind.Gpt ? new(Gpt(disk, start, size, ids), start, size)
            : disk.Bytes / Sector <= uint.MaxValue ? new([Mbr(start, size, ids)], start, size)
            : null;
    }

    /// <summary>An MBR that shows one partition at any place: for who takes an image with an info-block for a plain disk.</summary>
    public static PlanStep.Write Mbr(MediaOffset start, ByteSize size, UuidSource ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        byte[] sector = new byte[Sector];
        byte[] signature = new byte[16];
        ids.Take().Value.Write(signature);
        signature.AsSpan(12).CopyTo(sector.AsSpan(440));
        WriteEntry(sector, 0x83, (uint)(start.Bytes / Sector), (uint)Math.Min(uint.MaxValue, size.Bytes / Sector));
        return new PlanStep.Write(new MediaOffset(0), sector);
    }

    private static void WriteEntry(Span<byte> sector, byte type, uint start, uint count)
    {
        Span<byte> entry = sector.Slice(446, 16);
        // Cylinders and heads end long before; these bytes say "beyond".
        (entry[1], entry[2], entry[3]) = (0xfe, 0xff, 0xff);
        (entry[5], entry[6], entry[7]) = (0xfe, 0xff, 0xff);
        entry[4] = type;
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], start);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], count);
        (sector[510], sector[511]) = (0x55, 0xaa);
    }

    private static ImmutableArray<PlanStep> Gpt(ByteSize disk, MediaOffset start, ByteSize size, UuidSource ids)
    {
        ulong last = (disk.Bytes / Sector) - 1;
        (Uuid diskId, UuidSource rest) = ids.Take();
        byte[] protective = new byte[Sector];
        WriteEntry(protective, 0xee, 1, (uint)Math.Min(uint.MaxValue, last));
        byte[] entries = new byte[EntryCount * EntryBytes];
        Uuid.Parse("0fc63daf-8483-4772-8e79-3d69d8477de4").SwapGuidBytes().Write(entries); // Linux file system data
        rest.Take().Value.SwapGuidBytes().Write(entries.AsSpan(16));
        BinaryPrimitives.WriteUInt64LittleEndian(entries.AsSpan(32), start.Bytes / Sector);
        BinaryPrimitives.WriteUInt64LittleEndian(entries.AsSpan(40), ((start.Bytes + size.Bytes) / Sector) - 1);
        Encoding.Unicode.GetBytes("rootfs").CopyTo(entries, 56);
        return
        [
            new PlanStep.Write(new MediaOffset(0), protective),
            new PlanStep.Write(new MediaOffset(2 * Sector), entries),
            new PlanStep.Write(new MediaOffset(Sector), Header(1, last, 2)),
            new PlanStep.Write(new MediaOffset((last - EntrySectors) * Sector), entries),
            new PlanStep.Write(new MediaOffset(last * Sector), Header(last, 1, last - EntrySectors)),
        ];

        byte[] Header(ulong own, ulong other, ulong table)
        {
            byte[] header = new byte[Sector];
            "EFI PART"u8.CopyTo(header);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), 0x10000);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), HeaderBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), own);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(32), other);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(40), 2 + EntrySectors);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(48), last - EntrySectors - 1);
            diskId.SwapGuidBytes().Write(header.AsSpan(56));
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(72), table);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(80), EntryCount);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(84), EntryBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(88), Crc32.Compute(entries));
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32.Compute(header.AsSpan(0, HeaderBytes)));
            return header;
        }
    }
}

using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Checksums;

namespace Altmap.Formats.Images;

/// <summary>The partitions of a disk, as the kernel would show them. Any bytes are welcome.</summary>
/// <param name="Kind">How they are written down.</param>
/// <param name="SectorBytes">Unit of the table: 512, or 4096 where the header of a GPT stands there.</param>
/// <param name="Partitions">In the order of the table.</param>
public sealed record PartitionTable(PartitionTableKind Kind, int SectorBytes, ImmutableArray<Partition> Partitions)
{
    private const int MbrSector = 512,
        EntriesMax = 1024,
        HeaderBytesMin = 92;

    /// <summary>Of a GPT: the first header has a right checksum, as have its entries.</summary>
    public bool IsPrimaryRight { get; init; } = true;

    /// <summary>Of a GPT: so has the one that the first names, at the disk's last sector.</summary>
    public bool IsBackupRight { get; init; } = true;

    /// <summary>Where the backup header of a GPT is looked for.</summary>
    public MediaOffset BackupPlace { get; init; }

    /// <summary>The table at the start of a disk; null where there is none (block/partitions/msdos.c msdos_partition(), efi.c
    /// is_gpt_valid(); 6.1). Logical partitions in an extended one are not followed.</summary>
    public static PartitionTable? Read(IMediaReader disk)
    {
        if (disk.LengthBytes < MbrSector)
            return null;
        foreach (int sector in (ReadOnlySpan<int>)[512, 4096])
        {
            if (ReadGpt(disk, sector) is { } gpt)
                return gpt;
        }
        return ReadMbr(disk.Read(0, MbrSector));
    }

    private static PartitionTable? ReadMbr(ReadOnlySpan<byte> sector)
    {
        if (sector[510] != 0x55 || sector[511] != 0xaa)
            return null;
        var partitions = ImmutableArray.CreateBuilder<Partition>();
        for (int i = 0; i < 4; i++)
        {
            ReadOnlySpan<byte> entry = sector.Slice(446 + (i * 16), 16);
            if (entry[0] is not (0 or 0x80))
                return null; // the boot sector of a file system
            uint start = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]),
                count = BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]);
            if (entry[4] == 0 || count == 0)
                continue;
            partitions.Add(
                new Partition(
                    i + 1,
                    new MediaOffset((ulong)start * MbrSector),
                    new ByteSize((ulong)count * MbrSector),
                    entry[4].ToString("x2", CultureInfo.InvariantCulture),
                    ""
                )
            );
        }
        return partitions.Count == 0 ? null : new PartitionTable(PartitionTableKind.Mbr, MbrSector, partitions.ToImmutable());
    }

    private static PartitionTable? ReadGpt(IMediaReader disk, int sector)
    {
        if (disk.LengthBytes < (ulong)sector * 4)
            return null;
        ulong last = (disk.LengthBytes / (ulong)sector) - 1;
        bool hasFirst = HasSignature(disk, (ulong)sector);
        if (!hasFirst && !HasSignature(disk, last * (ulong)sector))
            return null;
        ImmutableArray<Partition>? first = Entries(disk, 1, sector, out ulong alternate);
        ulong backup = first is null || alternate == 0 || alternate > last ? last : alternate;
        ImmutableArray<Partition>? second = Entries(disk, backup, sector, out _);
        if (!hasFirst && second is null)
            return null; // a signature in some last sector alone
        return new PartitionTable(PartitionTableKind.Gpt, sector, first ?? second ?? [])
        {
            IsPrimaryRight = first is not null,
            IsBackupRight = second is not null && backup == last,
            BackupPlace = new MediaOffset(last * (ulong)sector),
        };
    }

    private static bool HasSignature(IMediaReader disk, ulong at) =>
        at <= disk.LengthBytes - 8 && disk.Read(at, 8).AsSpan().SequenceEqual("EFI PART"u8);

    /// <summary>Null: header or entries are damaged.</summary>
    private static ImmutableArray<Partition>? Entries(IMediaReader disk, ulong lba, int sector, out ulong alternate)
    {
        alternate = 0;
        if (lba >= disk.LengthBytes / (ulong)sector)
            return null;
        byte[] header = disk.Read(lba * (ulong)sector, sector);
        if (!header.AsSpan().StartsWith("EFI PART"u8))
            return null;
        uint headerBytes = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12));
        if (headerBytes < HeaderBytesMin || headerBytes > sector)
            return null;
        uint sum = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(16));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), 0);
        if (Crc32.Compute(header.AsSpan(0, (int)headerBytes)) != sum || BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(24)) != lba)
            return null;
        alternate = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(32));
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(72));
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(80)),
            entryBytes = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(84));
        if (count > EntriesMax || entryBytes is < 128 or > 4096 || table > disk.LengthBytes / (ulong)sector)
            return null;
        ulong at = table * (ulong)sector,
            bytes = (ulong)count * entryBytes;
        if (bytes > disk.LengthBytes - at)
            return null;
        byte[] entries = disk.Read(at, (int)bytes);
        if (Crc32.Compute(entries) != BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(88)))
            return null;
        var partitions = ImmutableArray.CreateBuilder<Partition>();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = entries.AsSpan(i * (int)entryBytes, 128);
            ulong first = BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]),
                end = BinaryPrimitives.ReadUInt64LittleEndian(entry[40..]);
            ulong lbaMax = ulong.MaxValue / (ulong)sector / 2;
            if (!entry[..16].ContainsAnyExcept((byte)0) || end < first || end > lbaMax)
                continue;
            partitions.Add(
                new Partition(
                    i + 1,
                    new MediaOffset(first * (ulong)sector),
                    new ByteSize((end - first + 1) * (ulong)sector),
                    Uuid.Read(entry).SwapGuidBytes().ToString(),
                    Encoding.Unicode.GetString(entry[56..128]).Split('\0')[0]
                )
            );
        }
        return partitions.ToImmutable();
    }
}

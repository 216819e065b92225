using System.Buffers.Binary;
using Altmap.Core.Media;
using Altmap.Formats.Checksums;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Images;

/// <summary>Gives a GPT its other half back.</summary>
internal static class GptRepair
{
    private const int EntriesBytesMax = 128 << 10,
        HeaderBytes = 92;

    /// <summary>Records the writes; the entries are durable before the header that names them. False: neither half is whole.</summary>
    public static bool Record(IMediaReader disk, PartitionTable table, Recorder recorder)
    {
        if (!table.IsPrimaryRight && !table.IsBackupRight)
            return false;
        int sector = table.SectorBytes;
        ulong last = table.BackupPlace.Bytes / (ulong)sector,
            from = table.IsPrimaryRight ? 1 : last;
        byte[] header = disk.Read(from * (ulong)sector, sector);
        ulong entriesAt = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(72)) * (ulong)sector;
        uint bytes =
            BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(80)) * BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(84));
        ulong sectors = (bytes + (ulong)sector - 1) / (ulong)sector;
        ulong firstUsable = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(40));
        bool fits = bytes is > 0 and <= EntriesBytesMax && firstUsable >= 2 + sectors && last > firstUsable + sectors;
        if (!fits || table.Partitions.Any(p => p.End.Bytes > (last - sectors) * (ulong)sector))
            return false;
        byte[] entries = disk.Read(entriesAt, (int)bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(48), last - sectors - 1); // last usable
        if (!table.IsBackupRight)
            Write(recorder, header, entries, last, 1, last - sectors, sector);
        // The first names the place of the copy, which moves when a disk grows.
        Write(recorder, header, entries, 1, last, 2, sector);
        return true;
    }

    private static void Write(Recorder recorder, byte[] header, byte[] entries, ulong own, ulong other, ulong entriesAt, int sector)
    {
        recorder.WriteDurably(entriesAt * (ulong)sector, entries);
        byte[] made = [.. header];
        BinaryPrimitives.WriteUInt64LittleEndian(made.AsSpan(24), own);
        BinaryPrimitives.WriteUInt64LittleEndian(made.AsSpan(32), other);
        BinaryPrimitives.WriteUInt64LittleEndian(made.AsSpan(72), entriesAt);
        BinaryPrimitives.WriteUInt32LittleEndian(made.AsSpan(16), 0);
        int length = Math.Clamp((int)BinaryPrimitives.ReadUInt32LittleEndian(made.AsSpan(12)), HeaderBytes, sector);
        BinaryPrimitives.WriteUInt32LittleEndian(made.AsSpan(16), Crc32.Compute(made.AsSpan(0, length)));
        recorder.WriteDurably(own * (ulong)sector, made);
    }
}

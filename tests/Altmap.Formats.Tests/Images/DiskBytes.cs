using System.Buffers.Binary;
using Altmap.Formats.Checksums;

namespace Altmap.Formats.Tests.Images;

/// <summary>Disks with a partition table or a superblock, made by hand.</summary>
internal static class DiskBytes
{
    public const int Sector = 512;

    /// <summary>A GPT with one partition, and its copy at the end.</summary>
    public static byte[] Gpt(int sizeBytes, ulong firstLba, ulong lastLba)
    {
        byte[] disk = new byte[sizeBytes];
        ulong last = (ulong)(sizeBytes / Sector) - 1;
        byte[] entries = new byte[128 * 128];
        new Guid("0fc63daf-8483-4772-8e79-3d69d8477de4").TryWriteBytes(entries);
        entries[16] = 1;
        BinaryPrimitives.WriteUInt64LittleEndian(entries.AsSpan(32), firstLba);
        BinaryPrimitives.WriteUInt64LittleEndian(entries.AsSpan(40), lastLba);
        System.Text.Encoding.Unicode.GetBytes("root").CopyTo(entries, 56);
        entries.CopyTo(disk, 2 * Sector);
        entries.CopyTo(disk, (int)(last - 32) * Sector);
        Header(1, last, 2).CopyTo(disk, Sector);
        Header(last, 1, last - 32).CopyTo(disk, (int)last * Sector);
        return disk;

        byte[] Header(ulong lba, ulong other, ulong table)
        {
            byte[] header = new byte[Sector];
            "EFI PART"u8.CopyTo(header);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), 92);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), lba);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(32), other);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(40), 34);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(48), last - 33);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(72), table);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(80), 128);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(84), 128);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(88), Crc32.Compute(entries));
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32.Compute(header.AsSpan(0, 92)));
            return header;
        }
    }

    /// <summary>Puts an MBR into a disk.</summary>
    public static void Mbr(Span<byte> disk, params ReadOnlySpan<(uint Start, uint Count)> partitions)
    {
        for (int i = 0; i < partitions.Length; i++)
        {
            Span<byte> entry = disk.Slice(446 + (i * 16), 16);
            entry[4] = 0x83;
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], partitions[i].Start);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], partitions[i].Count);
        }
        (disk[510], disk[511]) = (0x55, 0xaa);
    }

    /// <summary>Puts the superblock of an ext4 file system with that many blocks of 4 KiB into a device.</summary>
    public static void Ext4(Span<byte> device, uint blocks)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(device[0x404..], blocks);
        BinaryPrimitives.WriteUInt32LittleEndian(device[0x418..], 2);
        (device[0x438], device[0x439]) = (0x53, 0xef);
        BinaryPrimitives.WriteUInt32LittleEndian(device[0x460..], 0x40);
    }
}

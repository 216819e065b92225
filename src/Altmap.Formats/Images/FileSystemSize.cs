using System.Buffers.Binary;
using Altmap.Core.Units;

namespace Altmap.Formats.Images;

/// <summary>How many bytes a file system says that it has.</summary>
public static class FileSystemSize
{
    /// <summary>Of the superblock in some first bytes; null for a file system whose superblock is not read here, or a damaged
    /// one.</summary>
    /// <param name="name">As <see cref="Recognition.MediaContent"/> names it.</param>
    /// <param name="head">From the first byte of the device on.</param>
    /// <returns>Sources: Documentation/filesystems/ext4 (super.rst); xfs_format.h struct xfs_dsb; erofs_fs.h struct erofs_super_block;
    /// squashfs_fs.h; btrfs_tree.h struct btrfs_super_block (6.1).</returns>
    public static ByteSize? Of(string name, ReadOnlySpan<byte> head) =>
        name switch
        {
            "ext2" or "ext3" or "ext4" => Ext(head),
            "xfs" when head.Length >= 16 => Product(
                BinaryPrimitives.ReadUInt64BigEndian(head[8..]),
                BinaryPrimitives.ReadUInt32BigEndian(head[4..])
            ),
            "erofs" when head.Length >= 0x430 && head[0x40c] is >= 9 and <= 16 => Product(
                BinaryPrimitives.ReadUInt32LittleEndian(head[0x424..]),
                1UL << head[0x40c]
            ),
            "squashfs" when head.Length >= 48 => new ByteSize(BinaryPrimitives.ReadUInt64LittleEndian(head[40..])),
            "btrfs" when head.Length >= 0x10078 => new ByteSize(BinaryPrimitives.ReadUInt64LittleEndian(head[0x10070..])),
            _ => null,
        };

    private static ByteSize? Ext(ReadOnlySpan<byte> head)
    {
        const uint has64Bits = 0x80;
        if (head.Length < 0x600 || BinaryPrimitives.ReadUInt32LittleEndian(head[0x418..]) > 6)
            return null;
        ulong blocks = BinaryPrimitives.ReadUInt32LittleEndian(head[0x404..]);
        if ((BinaryPrimitives.ReadUInt32LittleEndian(head[0x460..]) & has64Bits) != 0)
            blocks |= (ulong)BinaryPrimitives.ReadUInt32LittleEndian(head[0x550..]) << 32;
        return Product(blocks, 1024UL << (int)BinaryPrimitives.ReadUInt32LittleEndian(head[0x418..]));
    }

    private static ByteSize? Product(ulong count, ulong unit) =>
        unit == 0 || count > ulong.MaxValue / unit ? null : new ByteSize(count * unit);
}

using System.Buffers.Binary;
using System.Globalization;
using Altmap.Formats.Btt;

namespace Altmap.Formats.Recognition;

/// <summary>What kind of thing starts with some bytes.</summary>
public enum MediaContentKind
{
    /// <summary>Zeroes alone.</summary>
    Zeroes,

    /// <summary>No byte at all.</summary>
    Empty,

    /// <summary>Nothing known; what the bytes look like is in the description.</summary>
    Unknown,

    /// <summary>A file system.</summary>
    FileSystem,

    /// <summary>A partition table.</summary>
    PartitionTable,

    /// <summary>LUKS, LVM, RAID, swap, bcache: storage that holds something else.</summary>
    Container,

    /// <summary>A pfn or dax info-block.</summary>
    InfoBlock,

    /// <summary>A BTT.</summary>
    Btt,

    /// <summary>A label area of an NVDIMM.</summary>
    LabelArea,

    /// <summary>Bytes as encryption or compression leaves them.</summary>
    Random,
}

/// <summary>What some first bytes are, by the marks that their formats put at fixed places.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="Name">In the words of blkid where it has one, as <c>ext4</c>.</param>
/// <param name="OffsetBytes">Where the mark stands.</param>
public sealed record MediaContent(MediaContentKind Kind, string Name, int OffsetBytes)
{
    /// <summary>How many first bytes are looked at: the btrfs superblock is the farthest of the marks.</summary>
    public const int HeadBytes = 0x11000;

    private const double RandomBitsPerByte = 7.5;

    /// <summary>True for zeroes alone.</summary>
    public bool IsBlank => Kind is MediaContentKind.Zeroes or MediaContentKind.Empty;

    /// <summary>A phrase for people.</summary>
    public string Description =>
        Kind switch
        {
            MediaContentKind.Zeroes => "zeroes",
            MediaContentKind.Empty => "an empty file",
            MediaContentKind.Unknown => Name,
            MediaContentKind.Random => "random-looking bytes (encrypted or compressed)",
            MediaContentKind.FileSystem => $"{Name} file system",
            _ => Name,
        };

    /// <summary>Looks at bytes from the start of a device or file; fewer than <see cref="HeadBytes"/> will do. Any bytes are
    /// welcome.</summary>
    public static MediaContent Of(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
            return new(MediaContentKind.Empty, "empty", 0);
        if (!head.ContainsAnyExcept((byte)0))
            return new(MediaContentKind.Zeroes, "zeroes", 0);
        foreach (Mark mark in Marks)
        {
            if (mark.IsAt(head) && (mark.Check is null || mark.Check(head)))
                return new(mark.Kind, mark.Refine?.Invoke(head) ?? mark.Name, mark.OffsetBytes);
        }
        int first = head.IndexOfAnyExcept((byte)0);
        ReadOnlySpan<byte> block = head[(first & ~0xfff)..Math.Min(head.Length, (first & ~0xfff) + 4096)];
        return block.Length >= 1024 && Entropy(block) >= RandomBitsPerByte
            ? new(MediaContentKind.Random, "random", first & ~0xfff)
            : new(
                MediaContentKind.Unknown,
                string.Create(CultureInfo.InvariantCulture, $"unknown bytes, the first that is not zero at 0x{first:x}"),
                first
            );
    }

    /// <summary>Bits that a byte of the block tells, 0 to 8.</summary>
    private static double Entropy(ReadOnlySpan<byte> block)
    {
        Span<int> counts = stackalloc int[256];
        foreach (byte b in block)
            counts[b]++;
        double bits = 0;
        foreach (int count in counts)
        {
            if (count == 0)
                continue;
            double share = (double)count / block.Length;
            bits -= share * Math.Log2(share);
        }
        return bits;
    }

    private delegate bool HeadCheck(ReadOnlySpan<byte> head);

    private delegate string HeadName(ReadOnlySpan<byte> head);

    private sealed record Mark(MediaContentKind Kind, string Name, int OffsetBytes, byte[] Bytes)
    {
        public HeadCheck? Check { get; init; }

        public HeadName? Refine { get; init; }

        public bool IsAt(ReadOnlySpan<byte> head) =>
            head.Length >= OffsetBytes + Bytes.Length && head.Slice(OffsetBytes, Bytes.Length).SequenceEqual(Bytes);
    }

    // The formats' own documentation: ext4 disk layout (kernel Documentation/filesystems/ext4), XFS superblock, UEFI 2.10 ch. 5 (GPT),
    // LUKS1/LUKS2 on-disk formats, LVM2 label, md superblock 1.x, swap header, Linux btrfs and f2fs superblocks.
    private static readonly Mark[] Marks =
    [
        new(MediaContentKind.LabelArea, "NVDIMM label area", 0, "NAMESPACE_INDEX\0"u8.ToArray()),
        new(MediaContentKind.InfoBlock, "pfn info-block (fsdax)", 4096, "NVDIMM_PFN_INFO\0"u8.ToArray()),
        new(MediaContentKind.InfoBlock, "dax info-block (devdax)", 4096, "NVDIMM_DAX_INFO\0"u8.ToArray()),
        new(MediaContentKind.Btt, "BTT 1.1", 4096, BttInfoBlockLayout.SignatureBytes.ToArray()),
        new(MediaContentKind.Btt, "BTT 2.0", 0, BttInfoBlockLayout.SignatureBytes.ToArray()),
        new(MediaContentKind.Container, "LUKS (encrypted)", 0, [(byte)'L', (byte)'U', (byte)'K', (byte)'S', 0xba, 0xbe]),
        new(MediaContentKind.FileSystem, "xfs", 0, "XFSB"u8.ToArray()),
        new(MediaContentKind.PartitionTable, "GPT partition table", 512, "EFI PART"u8.ToArray()),
        new(MediaContentKind.PartitionTable, "GPT partition table (4K sectors)", 4096, "EFI PART"u8.ToArray()),
        new(MediaContentKind.Container, "LVM physical volume", 512, "LABELONE"u8.ToArray()),
        new(MediaContentKind.FileSystem, "ext2", 0x438, [0x53, 0xef]) { Check = IsExt, Refine = ExtName },
        new(MediaContentKind.FileSystem, "btrfs", 0x10040, "_BHRfS_M"u8.ToArray()),
        new(MediaContentKind.FileSystem, "f2fs", 0x400, [0x10, 0x20, 0xf5, 0xf2]),
        new(MediaContentKind.FileSystem, "squashfs", 0, "hsqs"u8.ToArray()),
        new(MediaContentKind.FileSystem, "erofs", 0x400, [0xe2, 0xe1, 0xf5, 0xe0]),
        new(MediaContentKind.FileSystem, "iso9660", 0x8001, "CD001"u8.ToArray()),
        new(MediaContentKind.FileSystem, "ntfs", 3, "NTFS    "u8.ToArray()),
        new(MediaContentKind.FileSystem, "exfat", 3, "EXFAT   "u8.ToArray()),
        new(MediaContentKind.FileSystem, "vfat", 0x52, "FAT32   "u8.ToArray()),
        new(MediaContentKind.FileSystem, "vfat", 0x36, "FAT16   "u8.ToArray()),
        new(MediaContentKind.Container, "Linux RAID member", 0x1000, [0xfc, 0x4e, 0x2b, 0xa9]),
        new(MediaContentKind.Container, "Linux RAID member", 0, [0xfc, 0x4e, 0x2b, 0xa9]),
        new(MediaContentKind.Container, "swap", 4086, "SWAPSPACE2"u8.ToArray()),
        new(MediaContentKind.Container, "qcow2 image", 0, [(byte)'Q', (byte)'F', (byte)'I', 0xfb]),
        new(MediaContentKind.PartitionTable, "MBR partition table", 510, [0x55, 0xaa]) { Check = HasPartition },
    ];

    /// <summary>Block size and creator as any ext has them: two bytes alone may stand there by chance.</summary>
    private static bool IsExt(ReadOnlySpan<byte> head) =>
        head.Length >= 0x468
        && BinaryPrimitives.ReadUInt32LittleEndian(head[0x418..]) <= 6 // s_log_block_size: at most 64 KiB
        && BinaryPrimitives.ReadUInt32LittleEndian(head[0x404..]) != 0; // s_blocks_count_lo

    private static string ExtName(ReadOnlySpan<byte> head)
    {
        const uint hasJournal = 4,
            ext4Incompatible = 0x40 | 0x80 | 0x200; // extents, 64bit, flex_bg
        if ((BinaryPrimitives.ReadUInt32LittleEndian(head[0x460..]) & ext4Incompatible) != 0)
            return "ext4";
        return (BinaryPrimitives.ReadUInt32LittleEndian(head[0x45c..]) & hasJournal) != 0 ? "ext3" : "ext2";
    }

    private static bool HasPartition(ReadOnlySpan<byte> head)
    {
        for (int at = 446; at < 510; at += 16)
        {
            if (head[at] is not (0 or 0x80))
                return false;
            if (head[at + 4] != 0 && BinaryPrimitives.ReadUInt32LittleEndian(head[(at + 12)..]) != 0)
                return true;
        }
        return false;
    }
}

using System.Collections.Immutable;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Recognition;

namespace Altmap.Formats.Images;

/// <summary>What is on a disk or partition.</summary>
/// <param name="What">By its first bytes.</param>
/// <param name="FileSystemSize">What its file system says that it has; null: there is none, or it does not say.</param>
/// <param name="Table">Its partition table; null without one.</param>
/// <param name="Partitions">Each partition with what is in it; null where it lies beyond the disk. Tables in partitions are not
/// followed.</param>
public sealed record ImageContent(
    MediaContent What,
    ByteSize? FileSystemSize,
    PartitionTable? Table,
    ImmutableArray<(Partition Partition, ImageContent? Content)> Partitions
)
{
    /// <summary>Looks at a disk; any bytes are welcome.</summary>
    public static ImageContent Of(IMediaReader disk) => Of(disk, followsTable: true);

    private static ImageContent Of(IMediaReader disk, bool followsTable)
    {
        byte[] head = disk.ReadHead(MediaContent.HeadBytes);
        MediaContent what = MediaContent.Of(head);
        PartitionTable? table = followsTable && MayHaveTable(what.Kind) ? PartitionTable.Read(disk) : null;
        return new ImageContent(
            what,
            what.Kind == MediaContentKind.FileSystem ? Images.FileSystemSize.Of(what.Name, head) : null,
            table,
            [.. (table?.Partitions ?? []).Select(p => (p, Inside(disk, p)))]
        );
    }

    /// <summary>A file system's boot sector may end as an MBR does.</summary>
    private static bool MayHaveTable(MediaContentKind kind) =>
        kind is MediaContentKind.PartitionTable or MediaContentKind.Unknown or MediaContentKind.Zeroes;

    private static ImageContent? Inside(IMediaReader disk, Partition partition)
    {
        if (partition.Start.Bytes >= disk.LengthBytes)
            return null;
        ulong size = Math.Min(partition.Size.Bytes, disk.LengthBytes - partition.Start.Bytes);
        return Of(MediaSlice.Of(disk, partition.Start.Bytes, size), followsTable: false);
    }
}

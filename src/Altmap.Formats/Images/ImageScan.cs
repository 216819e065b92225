using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Checksums;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Images;

/// <summary>What a signature starts.</summary>
public enum ScanKind
{
    /// <summary>The info-block of an fsdax namespace.</summary>
    Pfn,

    /// <summary>The info-block of a devdax namespace.</summary>
    Dax,

    /// <summary>One of the two info-blocks of a BTT arena.</summary>
    Btt,

    /// <summary>An index block of a label area.</summary>
    LabelIndex,
}

/// <summary>Something that was found in an image or a dump of memory.</summary>
/// <param name="Offset">Of its first byte.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsRight">Its checksum is right.</param>
/// <param name="Version">As it says.</param>
/// <param name="Uuid">Its own; zero for an index block.</param>
/// <param name="ParentUuid">Of the label that it belongs to.</param>
/// <param name="Start">Of the namespace (info-block), arena (BTT) or area (index block); null where that lies before the image.</param>
/// <param name="DataStart">First byte of a pfn or dax device; null where there is none, or beyond 64 bits.</param>
/// <param name="Size">Of the arena, or of the area as far as it is used; null where it is not known.</param>
/// <param name="Part">Which of two: 0 the first info-block of an arena or the first index block, 1 the copy or the second; null: it cannot
/// be told, or there is one alone.</param>
public sealed record ScanHit(
    MediaOffset Offset,
    ScanKind Kind,
    bool IsRight,
    string Version,
    Uuid Uuid,
    Uuid ParentUuid,
    MediaOffset? Start,
    MediaOffset? DataStart,
    ByteSize? Size,
    int? Part
);

/// <summary>Says what stands at places where a signature was found.</summary>
public static class ImageScan
{
    private const int IndexBytesMax = 64 << 10;

    /// <summary>One for each place, in their order; none where the signature does not stand there after all.</summary>
    /// <param name="image">The image.</param>
    /// <param name="places">Ascending.</param>
    public static IEnumerable<ScanHit> Describe(IMediaReader image, IEnumerable<ulong> places)
    {
        ArgumentNullException.ThrowIfNull(image);
        foreach (ulong place in places)
        {
            byte[] block = image.Read(place, (int)Math.Min(InfoBlock.SizeBytes, image.LengthBytes - place));
            ScanHit? hit = ScanSignatures.KindOf(block) switch
            {
                ScanKind.Btt => Btt(image, place, block),
                ScanKind.LabelIndex => Index(image, place, block),
                { } kind => Pfn(place, block, kind),
                null => null,
            };
            if (hit is not null)
                yield return hit;
        }
    }

    private static ScanHit Pfn(ulong place, byte[] block, ScanKind kind)
    {
        MediaOffset? start = place >= InfoBlock.StartBytes ? new MediaOffset(place - InfoBlock.StartBytes) : null;
        var view = new InfoBlockView(block);
        if (!view.IsWhole)
            return new(new(place), kind, false, "", Uuid.Zero, Uuid.Zero, start, null, null, null);
        ulong? data = PfnDeviceSettings.OfBlock(block, ByteSize.KiB(4)).DataStart?.Bytes;
        return new(
            new(place),
            kind,
            view.HasValidChecksum,
            $"{view.VersionMajor}.{view.VersionMinor}",
            view.Uuid,
            view.ParentUuid,
            start,
            start is { } first && data is { } offset && offset <= ulong.MaxValue - first.Bytes
                ? new MediaOffset(first.Bytes + offset)
                : null,
            null,
            null
        );
    }

    private static ScanHit Btt(IMediaReader image, ulong place, byte[] block)
    {
        if (BttInfoBlock.Parse(block) is not { } info)
            return new(new(place), ScanKind.Btt, false, "", Uuid.Zero, Uuid.Zero, null, null, null, null);
        bool isRight =
            Fletcher64.ComputeWithZeroedField(block, BttInfoBlockLayout.Checksum.OffsetBytes) == BttInfoBlockLayout.Checksum.Read(block);
        // Both blocks have the same bytes; where the other one is tells which this is.
        bool hasCopy = info.Info2Offset <= ulong.MaxValue - place && IsSame(image, place + info.Info2Offset, info),
            isCopy = !hasCopy && info.Info2Offset <= place && IsSame(image, place - info.Info2Offset, info);
        ulong? start = isCopy ? place - info.Info2Offset : place;
        ulong size =
            info.NextOffset != 0 ? info.NextOffset
            : info.Info2Offset <= ulong.MaxValue / 2 ? info.Info2Offset + BttInfoBlock.SizeBytes
            : 0;
        return new(
            new(place),
            ScanKind.Btt,
            isRight,
            $"{info.VersionMajor}.{info.VersionMinor}",
            info.Uuid,
            info.ParentUuid,
            new MediaOffset(start.Value),
            null,
            size == 0 ? null : new ByteSize(size),
            hasCopy ? 0
                : isCopy ? 1
                : null
        );
    }

    private static bool IsSame(IMediaReader image, ulong at, BttInfoBlock info) =>
        info.Info2Offset > 0
        && at <= image.LengthBytes
        && image.LengthBytes - at >= BttInfoBlock.SizeBytes
        && BttInfoBlock.Parse(image.Read(at, BttInfoBlock.SizeBytes)) is { } other
        && other.Info2Offset == info.Info2Offset
        && other.Uuid == info.Uuid;

    private static ScanHit Index(IMediaReader image, ulong place, byte[] block)
    {
        var nothing = new ScanHit(new(place), ScanKind.LabelIndex, false, "", Uuid.Zero, Uuid.Zero, null, null, null, null);
        if (block.Length < IndexFormat.HeaderSizeBytes)
            return nothing;
        ulong size = IndexFormat.MySize.Read(block),
            own = IndexFormat.MyOffset.Read(block);
        bool isRight = false;
        if (size is >= IndexFormat.HeaderSizeBytes and <= IndexBytesMax && size <= image.LengthBytes - place && size % 4 == 0)
        {
            byte[] whole = image.Read(place, (int)size);
            isRight = Fletcher64.ComputeWithZeroedField(whole, IndexFormat.Checksum.OffsetBytes) == IndexFormat.Checksum.Read(whole);
        }
        ulong labels = IndexFormat.LabelOffset.Read(block),
            slots = IndexFormat.SlotCount.Read(block) * IndexFormat.LabelSizeOf(block);
        return nothing with
        {
            IsRight = isRight,
            Version = $"{IndexFormat.Major.Read(block)}.{IndexFormat.Minor.Read(block)}",
            Start = own <= place ? new MediaOffset(place - own) : null,
            Size = labels <= uint.MaxValue ? new ByteSize(labels + slots) : null,
            Part =
                own == 0 ? 0
                : own == size ? 1
                : null,
        };
    }
}

using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Images;

/// <summary>A label area at the end of an image, as QEMU keeps that of an NVDIMM.</summary>
/// <param name="Start">From the start of the image.</param>
/// <param name="Area">What is in it.</param>
public sealed record ImageLabelArea(MediaOffset Start, LabelArea Area);

/// <summary>
/// What an image holds, level by level: the label area at its end, namespaces, info-block or BTT, the data, partitions, file systems.
/// </summary>
/// <param name="Size">Of the image.</param>
/// <param name="Labels">Null: there is no label area with an index block that counts.</param>
/// <param name="Namespaces">In the order of their starts; without labels one over the whole image. Empty where every label is of a set of
/// several DIMMs.</param>
/// <param name="Interleaved">Labels of namespaces that lie on several DIMMs: one image is not enough for them.</param>
/// <param name="Outer">A partition table at the very start, which who takes the image for a plain disk sees; null: none.</param>
public sealed record ImageLayout(
    ByteSize Size,
    ImageLabelArea? Labels,
    ImmutableArray<ImageNamespace> Namespaces,
    ImmutableArray<NamespaceLabel> Interleaved,
    ImageContent? Outer
)
{
    private const ulong LabelAreaBytesMin = 128 << 10,
        LabelAreaBytesMax = 64 << 20;
    private const int NamespacesMax = 1024;

    /// <summary>Looks at an image.</summary>
    /// <param name="image">From its first byte; at least one.</param>
    /// <param name="given">A namespace that was named; null: they are found.</param>
    /// <param name="kernel">Whose rules say which labels count.</param>
    /// <param name="subject">Whose findings these are.</param>
    public static ImageLayout Read(IMediaReader image, ImageNamespacePlace? given, KernelProfile kernel, Subject subject)
    {
        var size = new ByteSize(image.LengthBytes);
        ImageLabelArea? labels = given is null ? FindLabels(image, kernel) : null;
        var places = new List<ImageNamespacePlace>();
        var interleaved = ImmutableArray.CreateBuilder<NamespaceLabel>();
        foreach (NamespaceLabel label in labels?.Area.ActiveLabels.Take(NamespacesMax) ?? [])
        {
            ulong start = label.Dpa.Bytes;
            if (label.LabelCount != 1)
                interleaved.Add(label);
            else if (start < labels!.Start.Bytes && label.RawSize.Bytes > 0 && label.RawSize.Bytes <= labels.Start.Bytes - start)
                places.Add(
                    new(
                        new MediaOffset(start),
                        label.RawSize,
                        label.Uuid,
                        labels.Area.Version == LabelVersion.V1_1 ? ClaimClass.None : label.ClaimClass,
                        label.NameText
                    )
                );
        }
        if (given is not null)
            places.Add(given);
        else if (places.Count == 0 && interleaved.Count == 0)
            places.Add(new(new MediaOffset(0), labels is null ? size : labels.Start - new MediaOffset(0), null, null, ""));
        return new ImageLayout(
            size,
            labels,
            [.. places.OrderBy(p => p.Start).Select(p => ImageNamespace.Read(image, p, subject))],
            interleaved.ToImmutable(),
            OuterTable(image)
        );
    }

    /// <summary>The table of an image that has an info-block behind it, as Kata's have; null where there is none, or where it is that of
    /// the data.</summary>
    private static ImageContent? OuterTable(IMediaReader image)
    {
        byte[] head = image.ReadHead(2 * InfoBlock.SizeBytes);
        bool hasBlock =
            head.Length == 2 * InfoBlock.SizeBytes && new InfoBlockView(head.AsSpan((int)InfoBlock.StartBytes)).Kind is not null;
        return hasBlock && PartitionTable.Read(image) is { } table
            ? new ImageContent(
                new(Recognition.MediaContentKind.PartitionTable, "MBR partition table", 510),
                null,
                table,
                [.. table.Partitions.Select(p => (p, (ImageContent?)null))]
            )
            : null;
    }

    /// <summary>QEMU takes any size of at least 128 KiB (hw/mem/nvdimm.c MIN_NAMESPACE_LABEL_SIZE); powers of two are tried.</summary>
    private static ImageLabelArea? FindLabels(IMediaReader image, KernelProfile kernel)
    {
        for (ulong bytes = LabelAreaBytesMin; bytes <= LabelAreaBytesMax && bytes < image.LengthBytes; bytes *= 2)
        {
            ulong start = image.LengthBytes - bytes;
            if (!MayStartArea(image.Read(start, 32 << 10)))
                continue;
            var area = LabelArea.Parse(MediaSlice.Of(image, start, bytes), kernel);
            if (area.HasCurrentIndex)
                return new ImageLabelArea(new MediaOffset(start), area);
        }
        return null;
    }

    /// <summary>One of the two index blocks, which start the area, has its signature.</summary>
    private static bool MayStartArea(ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at + IndexFormat.AlignBytes <= bytes.Length; at += IndexFormat.AlignBytes)
        {
            if (bytes[at..].StartsWith(IndexFormat.Signature))
                return true;
        }
        return false;
    }
}

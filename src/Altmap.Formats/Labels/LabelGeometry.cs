using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Formats.Labels;

/// <summary>How a label area of a size is divided: two index blocks, then slots.</summary>
/// <param name="AreaSize">The whole area.</param>
/// <param name="LabelSizeBytes">128 or 256.</param>
/// <param name="IndexSizeBytes">Size of one index block, a multiple of 256.</param>
/// <param name="SlotCount">Slots that a new index declares.</param>
public readonly record struct LabelGeometry(ByteSize AreaSize, int LabelSizeBytes, int IndexSizeBytes, uint SlotCount)
{
    /// <summary>Where slot 0 starts, from the start of the area.</summary>
    public ulong SlotsOffsetBytes => 2 * (ulong)IndexSizeBytes;

    /// <summary>Slots that fit behind the index blocks: never less than <see cref="SlotCount"/>.</summary>
    public uint SlotCountMax => (uint)((AreaSize.Bytes - SlotsOffsetBytes) / (uint)LabelSizeBytes);

    /// <summary>Slots the bitmap of an index block has bits for.</summary>
    public uint BitmapSlotCount => (uint)(IndexSizeBytes - IndexFormat.HeaderSizeBytes) * 8;

    /// <summary>Where a slot starts, from the start of the area.</summary>
    public ulong SlotOffsetBytes(uint slot) => SlotsOffsetBytes + ((ulong)slot * (uint)LabelSizeBytes);

    /// <summary>
    /// The division of an area, or null when it cannot hold two index blocks and two labels, or is beyond the 32 bits in which its size is
    /// kept
    /// (drivers/nvdimm/label.c nvdimm_num_label_slots(), sizeof_namespace_index(); same in 5.10, 6.1, 6.12, 7.2 and ndctl).
    /// </summary>
    public static LabelGeometry? For(ByteSize areaSize, int labelSizeBytes)
    {
        ulong area = areaSize.Bytes,
            label = (ulong)labelSizeBytes;
        if (area > uint.MaxValue)
            return null;
        // The kernel subtracts without a check here; below two index blocks the result is nonsense and we say "too small".
        ulong reserved = 2 * IndexSize(area / label);
        if (reserved > area)
            return null;
        ulong slots = (area - reserved) / label;
        ulong index = IndexSize(slots);
        if (slots < 2 || 2 * index > area - (slots * label))
            return null;
        return new LabelGeometry(areaSize, labelSizeBytes, (int)index, (uint)slots);
    }

    /// <summary>
    /// The label size that ndctl takes without validating anything: 256 when more of the blocks at offsets 0 and 256 say version 1.2 than
    /// 1.1, else 128
    /// (ndctl/lib/dimm.c ndctl_dimm_sizeof_namespace_label()). The second offset is the second block only where index blocks have 256
    /// bytes.
    /// </summary>
    public static int GuessLabelSize(IMediaReader area)
    {
        int v1 = 0,
            v2 = 0;
        Span<byte> header = stackalloc byte[IndexFormat.HeaderSizeBytes];
        for (
            ulong offset = 0;
            offset <= IndexFormat.AlignBytes && offset + IndexFormat.HeaderSizeBytes <= area.LengthBytes;
            offset += IndexFormat.AlignBytes
        )
        {
            area.Read(offset, header);
            if (IndexFormat.Major.Read(header) != 1)
                continue;
            if (IndexFormat.Minor.Read(header) == 1)
                v1++;
            else if (IndexFormat.Minor.Read(header) == 2)
                v2++;
        }
        return v2 > v1 ? 256 : 128;
    }

    private static ulong IndexSize(ulong slots) => Alignment.Up(IndexFormat.HeaderSizeBytes + ((slots + 7) / 8), IndexFormat.AlignBytes);
}

using Altmap.Core.Media;

namespace Altmap.Formats.Labels;

/// <summary>Walks the slots of an area that may hold something, without touching what was never written.</summary>
public static class LabelSlots
{
    /// <summary>
    /// Slots in order with their bytes: slot 0, and every slot in a page that is stored. All others are zero, and a zero label names slot
    /// 0,
    /// so it can count nowhere else. Slots are aligned to their size and start at a multiple of 512: none straddles a page.
    /// </summary>
    public static IEnumerable<(uint Slot, ReadOnlyMemory<byte> Raw)> Stored(IMediaReader area, LabelGeometry geometry)
    {
        ulong start = geometry.SlotsOffsetBytes;
        int size = geometry.LabelSizeBytes;
        bool first = true;
        foreach ((ulong offset, ReadOnlyMemory<byte> page) in area.Pages())
        {
            ulong end = offset + (ulong)page.Length;
            if (end <= start)
                continue;
            if (first && offset > start)
                yield return (0, new byte[size]);
            first = false;
            ulong from = Math.Max(offset, start);
            uint slot = (uint)((from - start) / (uint)size);
            for (int at = (int)(from - offset); at + size <= page.Length; at += size, slot++)
            {
                if (slot < geometry.SlotCountMax)
                    yield return (slot, page.Slice(at, size));
            }
        }
        if (first)
            yield return (0, new byte[size]);
    }
}

using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Labels;

/// <summary>A change that ndctl makes to a label area from user space.</summary>
/// <param name="Errno">None, or why nothing was written.</param>
/// <param name="Bytes">The area afterwards.</param>
/// <param name="Plan">What is written.</param>
public readonly record struct LabelAreaChange(Errno Errno, SparseBytes Bytes, WritePlan Plan);

/// <summary>What <c>ndctl init-labels</c> and <c>zero-labels</c> write (ndctl 76.1 ndctl/lib/dimm.c).</summary>
public static class LabelInitialisation
{
    /// <summary>
    /// Two index blocks of sequence 3 and 2; block 0 is current. ndctl sets the bits of whole 64-bit words, also those behind the last
    /// slot, and
    /// leaves the rest of the bitmap and all slots as they were (write_label_index(), ndctl_dimm_init_labels()).
    /// </summary>
    /// <returns>ENXIO when the area is too small for labels of this version.</returns>
    public static LabelAreaChange InitLabels(IMediaReader area, LabelVersion version)
    {
        if (LabelGeometry.For(new ByteSize(area.LengthBytes), version.LabelSizeBytes()) is not { } geometry)
            return new LabelAreaChange(Errno.ENXIO, SparseBytes.Over(area), WritePlan.Empty);
        var recorder = new Recorder(area);
        int bitmap = (int)((geometry.SlotCount + 63) / 64 * 8);
        for (int number = 0; number < 2; number++)
        {
            ulong offset = (ulong)(number * geometry.IndexSizeBytes);
            byte[] block = area.Read(offset, geometry.IndexSizeBytes);
            block.AsSpan(IndexFormat.HeaderSizeBytes, Math.Min(bitmap, block.Length - IndexFormat.HeaderSizeBytes)).Fill(0xff);
            LabelArea.Seal(block, number, (uint)(3 - number), geometry.SlotCount, geometry);
            recorder.WriteDurably(offset, block);
        }
        return new LabelAreaChange(Errno.None, recorder.Media, recorder.Plan);
    }

    /// <summary>
    /// Zeroes over part of the area. A length of 0 stands for the size of the whole area, so that it goes with offset 0 only
    /// (ndctl_dimm_zero_label_extent()). EINVAL: not inside the area.
    /// </summary>
    public static LabelAreaChange ZeroLabels(IMediaReader area, ByteSize length, MediaOffset offset)
    {
        ulong count = length.IsZero ? area.LengthBytes : length.Bytes;
        if (offset.Bytes > area.LengthBytes || count > area.LengthBytes - offset.Bytes)
            return new LabelAreaChange(Errno.EINVAL, SparseBytes.Over(area), WritePlan.Empty);
        const int chunkBytes = 4096;
        var recorder = new Recorder(area);
        for (ulong done = 0; done < count; done += chunkBytes)
        {
            ulong at = offset.Bytes + done,
                end = at + Math.Min(chunkBytes, count - done);
            if (recorder.IsZero(at, end))
                continue;
            recorder.Zero(at, end - at);
            recorder.Flush();
        }
        return new LabelAreaChange(Errno.None, recorder.Media, recorder.Plan);
    }
}

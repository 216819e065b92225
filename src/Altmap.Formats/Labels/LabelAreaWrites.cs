using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Formats.Checksums;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Labels;

/// <summary>What an update of a label area came to.</summary>
/// <param name="Errno">None, or why nothing was written.</param>
/// <param name="Area">The area afterwards; the same one after an error.</param>
/// <param name="Plan">What is written, with a barrier after each write. Cut anywhere, the area still has the old labels or has the new
/// ones.</param>
public readonly record struct LabelWriteResult(Errno Errno, LabelArea Area, WritePlan Plan);

/// <content>The kernel's way of writing: a label into a free slot, then the index block that is not current.</content>
public sealed partial class LabelArea
{
    /// <summary>
    /// Writes one label and makes it count: lowest free slot, the label, then the next index in which other labels of this UUID are free
    /// (drivers/nvdimm/label.c __pmem_label_update(), 6.1; same in 5.10, 6.12, 7.2). An area without a current index is initialised first,
    /// as init_labels() does.
    /// </summary>
    /// <param name="label">All but slot, flags and reserved bytes, which are set here; with 128-byte labels the GUIDs are not
    /// stored.</param>
    /// <param name="flags">See <see cref="LabelFlags"/>: the kernel writes UPDATING first, then 0.</param>
    /// <param name="renamedFrom">The UUID that the namespace had in its labels so far, when it was changed: those labels are freed
    /// too.</param>
    /// <returns>ENXIO when no slot is free or the area is too small.</returns>
    public LabelWriteResult PutLabel(NamespaceLabel label, uint flags, Uuid? renamedFrom = null)
    {
        LabelWriteResult initialised = Initialise();
        if (initialised.Errno != Errno.None)
            return initialised;
        LabelArea area = initialised.Area;
        if (FirstFree(area._index, area.SlotCount) is not { } slot)
            return new LabelWriteResult(Errno.ENXIO, area, initialised.Plan);

        LabelGeometry geometry = area.Geometry!.Value;
        NamespaceLabel stored = label with { Slot = slot, Flags = flags, Reserved = default, Reserved2 = default };
        if (geometry.LabelSizeBytes < 256)
            stored = stored with { TypeGuid = Uuid.Zero, AbstractionGuid = Uuid.Zero };
        var recorder = new Recorder(area.Bytes);
        recorder.WriteDurably(geometry.SlotOffsetBytes(slot), stored.ToBytes(geometry.LabelSizeBytes));

        byte[] next = [.. area._index];
        SetFree(next, slot, free: false);
        foreach (NamespaceLabel old in area.ActiveLabels)
        {
            if (old.Uuid == stored.Uuid || old.Uuid == renamedFrom)
                SetFree(next, old.Slot, free: true);
        }
        ImmutableArray<NamespaceLabel> labels =
        [
            .. area.ActiveLabels.Where(l => l.Uuid != stored.Uuid && l.Uuid != renamedFrom).Append(stored).OrderBy(l => l.Slot),
        ];
        LabelArea after = area.WriteNextIndex(next, labels, recorder);
        return new LabelWriteResult(Errno.None, after, initialised.Plan.Then(recorder.Plan));
    }

    /// <summary>
    /// Frees the slots of all labels with this UUID and writes the next index, also when there was nothing to free; an area without a
    /// current
    /// index is left alone (drivers/nvdimm/label.c del_labels(), 6.1).
    /// </summary>
    public LabelWriteResult DeleteLabels(Uuid uuid)
    {
        if (!HasCurrentIndex)
            return new LabelWriteResult(Errno.None, this, WritePlan.Empty);
        byte[] next = [.. _index];
        foreach (NamespaceLabel label in ActiveLabels)
        {
            if (label.Uuid == uuid)
                SetFree(next, label.Slot, free: true);
        }
        var recorder = new Recorder(Bytes);
        LabelArea after = WriteNextIndex(next, [.. ActiveLabels.Where(l => l.Uuid != uuid)], recorder);
        return new LabelWriteResult(Errno.None, after, recorder.Plan);
    }

    /// <summary>
    /// The kernel's own initialisation, done when a label must be written and there is no current index: both index blocks from zero,
    /// sequence
    /// 3 and 2, every slot free. Nothing to do when there is an index. ENXIO: too small (drivers/nvdimm/label.c init_labels(), 6.1).
    /// </summary>
    public LabelWriteResult Initialise()
    {
        if (HasCurrentIndex)
            return new LabelWriteResult(Errno.None, this, WritePlan.Empty);
        if (Geometry is not { } geometry)
            return new LabelWriteResult(Errno.ENXIO, this, WritePlan.Empty);
        var recorder = new Recorder(Bytes);
        byte[] first = [];
        for (int number = 0; number < 2; number++)
        {
            byte[] block = new byte[geometry.IndexSizeBytes];
            for (uint slot = 0; slot < geometry.SlotCount; slot++)
                SetFree(block, slot, free: true);
            Seal(block, number, (uint)(3 - number), geometry.SlotCount, geometry);
            recorder.WriteDurably((ulong)(number * geometry.IndexSizeBytes), block);
            if (number == 0)
                first = block;
        }
        var after = new LabelArea(recorder.Media, geometry, LabelSizeBytes, 0, first, []);
        return new LabelWriteResult(Errno.None, after, recorder.Plan);
    }

    private LabelArea WriteNextIndex(byte[] next, ImmutableArray<NamespaceLabel> labels, Recorder recorder)
    {
        LabelGeometry geometry = Geometry!.Value;
        int number = 1 - CurrentIndexNumber;
        Seal(next, number, IndexFormat.NextSequence(Sequence), (uint)IndexFormat.SlotCount.Read(_index), geometry);
        recorder.WriteDurably((ulong)(number * geometry.IndexSizeBytes), next);
        return new LabelArea(recorder.Media, geometry, LabelSizeBytes, number, next, labels);
    }

    /// <summary>Fills the header of an index block and its checksum; bitmap and tail stay (drivers/nvdimm/label.c nd_label_write_index(),
    /// 6.1).</summary>
    internal static void Seal(Span<byte> block, int number, uint sequence, uint slotCount, LabelGeometry geometry)
    {
        ulong size = (ulong)geometry.IndexSizeBytes;
        IndexFormat.Signature.CopyTo(block);
        block.Slice(IndexFormat.FlagsOffsetBytes, 3).Clear();
        block[IndexFormat.LabelSizeOffsetBytes] = (byte)(geometry.LabelSizeBytes >> 8);
        IndexFormat.Sequence.Write(block, sequence);
        IndexFormat.MyOffset.Write(block, (ulong)number * size);
        IndexFormat.MySize.Write(block, size);
        IndexFormat.OtherOffset.Write(block, (ulong)(1 - number) * size);
        IndexFormat.LabelOffset.Write(block, 2 * size);
        IndexFormat.SlotCount.Write(block, slotCount);
        IndexFormat.Major.Write(block, 1);
        IndexFormat.Minor.Write(block, geometry.LabelSizeBytes < 256 ? 1u : 2u);
        IndexFormat.Checksum.Write(block, Fletcher64.ComputeWithZeroedField(block, IndexFormat.Checksum.OffsetBytes));
    }
}

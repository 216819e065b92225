using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Formats.Labels;

/// <summary>
/// A label area as the kernel sees it after reading it. Immutable: an update gives the next area and the writes that make it
/// (<see cref="PutLabel"/>, <see cref="DeleteLabels"/>). Source: drivers/nvdimm/label.c, 6.1; what differs between kernels comes from the
/// profile.
/// </summary>
public sealed partial class LabelArea
{
    private readonly byte[] _index;

    private LabelArea(
        SparseBytes bytes,
        LabelGeometry? geometry,
        int labelSizeBytes,
        int current,
        byte[] index,
        ImmutableArray<NamespaceLabel> labels
    )
    {
        Bytes = bytes;
        Geometry = geometry;
        LabelSizeBytes = labelSizeBytes;
        CurrentIndexNumber = current;
        _index = index;
        ActiveLabels = labels;
    }

    /// <summary>The area itself.</summary>
    public SparseBytes Bytes { get; }

    /// <summary>The division of the area for <see cref="LabelSizeBytes"/>; null: too small for it.</summary>
    public LabelGeometry? Geometry { get; }

    /// <summary>128 or 256. Without a current index the kernel keeps 256 in mind.</summary>
    public int LabelSizeBytes { get; }

    /// <summary>The layout new labels get.</summary>
    public LabelVersion Version => LabelSizeBytes == 128 ? LabelVersion.V1_1 : LabelVersion.V1_2;

    /// <summary>True when the area cannot hold 128-byte labels: then the DIMM does not come up (ENXIO, nd_label_data_init()).</summary>
    public bool IsTooSmall => LabelGeometry.For(new ByteSize(Bytes.LengthBytes), 128) is null;

    /// <summary>True when an index block is valid: the DIMM has labels.</summary>
    public bool HasCurrentIndex => CurrentIndexNumber >= 0;

    /// <summary>0 or 1; -1 without a current index.</summary>
    public int CurrentIndexNumber { get; }

    /// <summary>seq of the current index, all 32 bits; 0 without one.</summary>
    public uint Sequence => HasCurrentIndex ? (uint)IndexFormat.Sequence.Read(_index) : 0;

    /// <summary>Version fields of the current index; 0.0 without one.</summary>
    public (int Major, int Minor) IndexVersion =>
        HasCurrentIndex ? ((int)IndexFormat.Major.Read(_index), (int)IndexFormat.Minor.Read(_index)) : (0, 0);

    /// <summary>True when labels of this area carry cookie1 of their set: index version exactly 1.1 (region_devs.c
    /// nd_region_interleave_set_cookie(), 6.1).</summary>
    public bool UsesCookie1 => IndexVersion == (1, 1);

    /// <summary>nslot of the current index, cut to what bitmap and area hold; without one the slots a new index would have.</summary>
    public uint SlotCount => HasCurrentIndex ? UsableSlots(_index, Geometry!.Value) : Geometry?.SlotCount ?? 0;

    /// <summary>The labels that count, in slot order: slot marked used, slot number right, checksum right.</summary>
    public ImmutableArray<NamespaceLabel> ActiveLabels { get; }

    /// <summary>Slots that the next index has free.</summary>
    public uint FreeSlotCount => HasCurrentIndex ? CountFree(_index, SlotCount) : SlotCount;

    /// <summary>What sysfs shows as available_slots: one slot is kept back for updates (dimm_devs.c available_slots_show(), 6.1).</summary>
    public uint AvailableSlots => FreeSlotCount == 0 ? 0 : FreeSlotCount - 1;

    /// <summary>The bytes of the current index block; empty without one.</summary>
    public ReadOnlySpan<byte> CurrentIndex => _index;

    /// <summary>True when the current index marks the slot as free.</summary>
    public bool IsFree(uint slot) => !HasCurrentIndex || IsFree(_index, slot);

    /// <summary>Reads any bytes of any length; never throws for them.</summary>
    public static LabelArea Parse(IMediaReader media, KernelProfile profile)
    {
        var area = SparseBytes.Over(media);
        ImmutableArray<NamespaceLabel> none = [];
        if (IndexPair.FindCurrent(area, IndexChecker.Of(profile)) is not { } pair)
            return new LabelArea(area, LabelGeometry.For(new ByteSize(area.LengthBytes), 256), 256, -1, [], none);
        byte[] index = pair[pair.Current];
        LabelGeometry geometry = pair.Geometry;
        ImmutableArray<NamespaceLabel>.Builder labels = ImmutableArray.CreateBuilder<NamespaceLabel>();
        uint slots = UsableSlots(index, geometry);
        foreach ((uint slot, ReadOnlyMemory<byte> raw) in LabelSlots.Stored(area, geometry))
        {
            if (slot < slots && !IsFree(index, slot) && NamespaceLabel.Counts(raw.Span, geometry.LabelSizeBytes, slot))
                labels.Add(NamespaceLabel.Parse(raw.Span, geometry.LabelSizeBytes));
        }
        return new LabelArea(area, geometry, geometry.LabelSizeBytes, pair.Current, index, labels.ToImmutable());
    }

    internal static uint UsableSlots(ReadOnlySpan<byte> index, LabelGeometry geometry) =>
        // A kernel whose product wraps takes more slots than there are and reads past its copy; we stop at the end.
        Math.Min((uint)IndexFormat.SlotCount.Read(index), Math.Min(geometry.BitmapSlotCount, geometry.SlotCountMax));

    internal static bool IsFree(ReadOnlySpan<byte> index, uint slot) =>
        (index[IndexFormat.HeaderSizeBytes + (int)(slot / 8)] >> (int)(slot % 8) & 1) != 0;

    private static void SetFree(Span<byte> index, uint slot, bool free)
    {
        ref byte bits = ref index[IndexFormat.HeaderSizeBytes + (int)(slot / 8)];
        int bit = 1 << (int)(slot % 8);
        bits = (byte)(free ? bits | bit : bits & ~bit);
    }

    private static uint CountFree(ReadOnlySpan<byte> index, uint slots)
    {
        uint count = 0;
        for (uint slot = 0; slot < slots; slot++)
            count += IsFree(index, slot) ? 1u : 0;
        return count;
    }

    private static uint? FirstFree(ReadOnlySpan<byte> index, uint slots)
    {
        for (uint slot = 0; slot < slots; slot++)
        {
            if (IsFree(index, slot))
                return slot;
        }
        return null;
    }
}

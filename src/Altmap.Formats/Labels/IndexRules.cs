using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Formats.Checksums;

namespace Altmap.Formats.Labels;

/// <summary>The rules an index block must keep to be valid, in the order in which they are tried.</summary>
[Flags]
public enum IndexRule
{
    /// <summary>None broken.</summary>
    None = 0,

    /// <summary>sig is NAMESPACE_INDEX.</summary>
    Signature = 1,

    /// <summary>The label size of the block is the one that is tried.</summary>
    LabelSize = 2,

    /// <summary>checksum over the whole block.</summary>
    Checksum = 4,

    /// <summary>The low two bits of seq are not 0.</summary>
    Sequence = 8,

    /// <summary>myoff is where the block is.</summary>
    MyOffset = 16,

    /// <summary>otheroff is where the other block is.</summary>
    OtherOffset = 32,

    /// <summary>labeloff is where slot 0 is.</summary>
    LabelOffset = 64,

    /// <summary>mysize is between the header and the block.</summary>
    Size = 128,

    /// <summary>nslot slots fit the area.</summary>
    SlotCount = 256,
}

/// <summary>What differs between those who check an index block: kernels and ndctl.</summary>
/// <param name="ChecksLabelSizeField">A labelsize above 1 is refused before it is used as a shift.</param>
/// <param name="ChecksLabelOffset">labeloff is looked at.</param>
/// <param name="ProductBits">Width of nslot × label size.</param>
/// <param name="SumIsNarrow">The index blocks are added in that width too.</param>
internal readonly record struct IndexChecker(bool ChecksLabelSizeField, bool ChecksLabelOffset, int ProductBits, bool SumIsNarrow)
{
    /// <summary>ndctl 76.1 ndctl/lib/dimm.c __label_validate().</summary>
    public static readonly IndexChecker Ndctl = new(
        ChecksLabelSizeField: false,
        ChecksLabelOffset: false,
        ProductBits: 32,
        SumIsNarrow: true
    );

    /// <summary>drivers/nvdimm/label.c __nd_label_validate() of a profile.</summary>
    public static IndexChecker Of(KernelProfile profile) =>
        new(profile.Get(Rules.ChecksLabelSizeField), ChecksLabelOffset: true, profile.Get(Rules.LabelSlotProductBits), SumIsNarrow: false);

    /// <summary>
    /// The rules that block <paramref name="number"/> (0 or 1, <see cref="LabelGeometry.IndexSizeBytes"/> bytes) breaks. After a wrong
    /// signature nothing else is looked at.
    /// </summary>
    /// <param name="block">The whole index block.</param>
    /// <param name="number">0 or 1.</param>
    /// <param name="geometry">Of the area and label size that are tried.</param>
    /// <param name="firstOnly">Stop at the first broken rule.</param>
    public IndexRule Broken(ReadOnlySpan<byte> block, int number, LabelGeometry geometry, bool firstOnly)
    {
        if (!block.StartsWith(IndexFormat.Signature))
            return IndexRule.Signature;
        ulong index = (ulong)geometry.IndexSizeBytes;
        var broken = IndexRule.None;
        if (!LabelSizeIsRight(block, geometry))
            broken |= IndexRule.LabelSize;
        if (firstOnly && broken != IndexRule.None)
            return broken;
        if (IndexFormat.Checksum.Read(block) != Fletcher64.ComputeWithZeroedField(block, IndexFormat.Checksum.OffsetBytes))
            broken |= IndexRule.Checksum;
        if (firstOnly && broken != IndexRule.None)
            return broken;
        if ((IndexFormat.Sequence.Read(block) & IndexFormat.SequenceMask) == 0)
            broken |= IndexRule.Sequence;
        if (IndexFormat.MyOffset.Read(block) != (ulong)number * index)
            broken |= IndexRule.MyOffset;
        if (IndexFormat.OtherOffset.Read(block) != (ulong)(1 - number) * index)
            broken |= IndexRule.OtherOffset;
        if (ChecksLabelOffset && IndexFormat.LabelOffset.Read(block) != 2 * index)
            broken |= IndexRule.LabelOffset;
        if (IndexFormat.MySize.Read(block) is var size && (size > index || size < IndexFormat.HeaderSizeBytes))
            broken |= IndexRule.Size;
        if (!SlotsFit((uint)IndexFormat.SlotCount.Read(block), geometry))
            broken |= IndexRule.SlotCount;
        return broken;
    }

    private bool LabelSizeIsRight(ReadOnlySpan<byte> block, LabelGeometry geometry)
    {
        bool refused =
            ChecksLabelSizeField
            && block[IndexFormat.LabelSizeOffsetBytes] > 1
            && (IndexFormat.Major.Read(block) * 100) + IndexFormat.Minor.Read(block) >= 102;
        return !refused && IndexFormat.LabelSizeOf(block) == (uint)geometry.LabelSizeBytes;
    }

    private bool SlotsFit(uint slots, LabelGeometry geometry)
    {
        ulong labels = (ulong)slots * (uint)geometry.LabelSizeBytes;
        ulong mask = ProductBits >= 64 ? ulong.MaxValue : (1UL << ProductBits) - 1;
        labels &= mask; // the product wraps where the kernel keeps it in 32 bits
        ulong sum = labels + geometry.SlotsOffsetBytes;
        if (SumIsNarrow)
            sum &= mask;
        return sum <= geometry.AreaSize.Bytes;
    }
}

/// <summary>Two index blocks read for one label size, and which of them rules.</summary>
/// <param name="Geometry">Of the label size that was tried.</param>
/// <param name="Block0">The first block's bytes.</param>
/// <param name="Block1">The second block's bytes.</param>
/// <param name="Broken0">Rules the first breaks.</param>
/// <param name="Broken1">Rules the second breaks.</param>
internal readonly record struct IndexPair(LabelGeometry Geometry, byte[] Block0, byte[] Block1, IndexRule Broken0, IndexRule Broken1)
{
    public bool IsValid0 => Broken0 == IndexRule.None;

    public bool IsValid1 => Broken1 == IndexRule.None;

    /// <summary>0, 1, or -1 when neither is valid. Equal sequence numbers: block 1.</summary>
    public int Current
    {
        get
        {
            if (!IsValid0 || !IsValid1)
                return IsValid0 ? 0
                    : IsValid1 ? 1
                    : -1;
            uint one = (uint)IndexFormat.Sequence.Read(Block1) & IndexFormat.SequenceMask;
            return IndexFormat.BestSequence((uint)IndexFormat.Sequence.Read(Block0), one) == one ? 1 : 0;
        }
    }

    public byte[] this[int number] => number == 0 ? Block0 : Block1;

    public IndexRule Broken(int number) => number == 0 ? Broken0 : Broken1;

    public static IndexPair Read(IMediaReader area, LabelGeometry geometry, IndexChecker checker, bool firstOnly)
    {
        byte[] block0 = area.Read(0, geometry.IndexSizeBytes);
        byte[] block1 = area.Read((ulong)geometry.IndexSizeBytes, geometry.IndexSizeBytes);
        return new IndexPair(
            geometry,
            block0,
            block1,
            checker.Broken(block0, 0, geometry, firstOnly),
            checker.Broken(block1, 1, geometry, firstOnly)
        );
    }

    /// <summary>
    /// Tries 128-byte, then 256-byte labels; null when neither has a valid block (drivers/nvdimm/label.c nd_label_validate(), 6.1; ndctl
    /// 76.1 label_validate()).
    /// </summary>
    public static IndexPair? FindCurrent(IMediaReader area, IndexChecker checker)
    {
        foreach (int labelSize in (ReadOnlySpan<int>)[128, 256])
        {
            if (LabelGeometry.For(new Core.Units.ByteSize(area.LengthBytes), labelSize) is not { } geometry)
                continue;
            IndexPair pair = Read(area, geometry, checker, firstOnly: true);
            if (pair.Current >= 0)
                return pair;
        }
        return null;
    }
}

using Altmap.Core.Media;

namespace Altmap.Formats.Labels;

/// <summary>What ndctl makes of the index blocks: the verdict of <c>check-labels</c>, and why <c>init-labels</c> says "labels already
/// initialized".</summary>
/// <param name="IsValid">True when a block is valid by ndctl's rules.</param>
/// <param name="CurrentIndexNumber">0, 1, or -1.</param>
/// <param name="LabelSizeBytes">128 or 256; without a valid block 256, the last that was tried.</param>
/// <param name="SlotCount">Slots for that label size, 0 without a valid block.</param>
public readonly record struct NdctlLabelCheck(bool IsValid, int CurrentIndexNumber, int LabelSizeBytes, uint SlotCount)
{
    /// <summary>
    /// The kernel's rules but for labeloff and the range of labelsize, and with sums in 32 bits (ndctl 76.1 ndctl/lib/dimm.c
    /// label_validate()).
    /// Takes any bytes.
    /// </summary>
    public static NdctlLabelCheck Check(IMediaReader area) =>
        IndexPair.FindCurrent(area, IndexChecker.Ndctl) is { } pair
            ? new NdctlLabelCheck(true, pair.Current, pair.Geometry.LabelSizeBytes, pair.Geometry.SlotCount)
            : new NdctlLabelCheck(false, -1, 256, 0);
}

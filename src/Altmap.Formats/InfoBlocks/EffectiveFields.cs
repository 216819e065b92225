using System.Numerics;
using Altmap.Core.Identity;
using Altmap.Core.Units;

namespace Altmap.Formats.InfoBlocks;

/// <summary>The numbers of a block after the version rules: fields that its minor version does not have are replaced (nd_pfn_validate(),
/// rows V8 to V12).</summary>
internal readonly record struct EffectiveFields(
    PageMapMode Mode,
    ulong DataOffset,
    uint StartPad,
    uint EndTrunc,
    uint Align,
    uint PageSize,
    ushort PageStructSize
)
{
    /// <summary>struct page before it was recorded.</summary>
    private const ushort UnrecordedStructPage = 64;

    /// <summary>Applies the version rules; the block is not changed.</summary>
    public static EffectiveFields Of(InfoBlockView view, ByteSize pageSize)
    {
        int minor = view.VersionMinor;
        bool hasPads = minor >= PfnInfoBlockLayout.StartPad.SinceMinor;
        bool hasAlign = minor >= PfnInfoBlockLayout.Align.SinceMinor;
        bool hasPageSizes = minor >= PfnInfoBlockLayout.PageSize.SinceMinor;
        return new(
            (PageMapMode)view.Mode,
            view.DataOffset,
            hasPads ? view.StartPad : 0,
            hasPads ? view.EndTrunc : 0,
            hasAlign ? view.Align : 0,
            hasPageSizes ? view.PageSize : (uint)pageSize.Bytes,
            hasPageSizes ? view.PageStructSize : UnrecordedStructPage
        );
    }

    /// <summary>
    /// align, or the largest power of two not above dataoff. With dataoff 0 the kernel shifts by -1; x86-64 and arm64 make that 2^63.
    /// </summary>
    public ulong EffectiveAlign =>
        Align != 0 ? Align
        : DataOffset == 0 ? 1UL << 63
        : 1UL << BitOperations.Log2(DataOffset);

    public PfnDeviceSettings ToSettings(InfoBlockKind kind, Uuid uuid, ulong pageCount) =>
        new(
            kind,
            uuid,
            Mode,
            new ByteSize(EffectiveAlign),
            new ByteSize(Align),
            new ByteSize(StartPad),
            new ByteSize(EndTrunc),
            new ByteSize(DataOffset),
            new PfnCount(pageCount)
        );
}

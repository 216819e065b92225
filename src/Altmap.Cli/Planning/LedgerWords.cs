using Altmap.Model.Planning;

namespace Altmap.Cli.Planning;

/// <summary>The words for what bytes are for: in tables, bars and JSON. They are a contract.</summary>
internal static class LedgerWords
{
    /// <summary>As <c>data</c>.</summary>
    public static string Word(this LedgerItem item) =>
        item switch
        {
            LedgerItem.StartPad => "start_pad",
            LedgerItem.InfoBlockArea => "info-block area",
            LedgerItem.PageMapUsed => "page map in use",
            LedgerItem.PageMapUnused => "page map reserve, unused",
            LedgerItem.Padding => "alignment padding",
            LedgerItem.Data => "data",
            LedgerItem.EndTrunc => "end_trunc",
            LedgerItem.Unusable => "not usable",
            LedgerItem.BlockFront => "trimmed before the first memory block",
            LedgerItem.SystemRam => "System RAM",
            LedgerItem.BlockMemmap => "memmap of the memory blocks",
            LedgerItem.BlockBack => "trimmed after the last memory block",
            LedgerItem.BttStart => "before the first arena",
            LedgerItem.BttInfo => "BTT info-blocks",
            LedgerItem.BttSectorMetadata => "sector metadata and rounding",
            LedgerItem.BttFreeBlocks => "BTT free blocks",
            LedgerItem.BttMap => "BTT map",
            LedgerItem.BttLog => "BTT log",
            LedgerItem.BttRounding => "BTT rounding",
            LedgerItem.BttRest => "after the last arena",
            LedgerItem.Claimed => "namespace",
            LedgerItem.ClaimedByLabels => "claimed by labels, no namespace",
            LedgerItem.Free => "free",
            LedgerItem.NoDriver => "region without driver",
            LedgerItem.NoRegion => "no region",
            LedgerItem.Unknown => "not modelled",
            _ => throw new ArgumentOutOfRangeException(nameof(item), item, "an item without a word"),
        };
}

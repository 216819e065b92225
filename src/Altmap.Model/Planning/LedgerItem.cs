namespace Altmap.Model.Planning;

/// <summary>What a stretch of persistent memory is for. The words for it are made where it is shown.</summary>
public enum LedgerItem
{
    /// <summary>Cut off at the start so that the mapping is aligned (start_pad).</summary>
    StartPad,

    /// <summary>The info-block and what is kept free for it: 8 KiB in whole pages.</summary>
    InfoBlockArea,

    /// <summary>struct pages that the kernel stores on the device.</summary>
    PageMapUsed,

    /// <summary>Reserved for struct pages, and never used: they are smaller than the reserve, or in RAM.</summary>
    PageMapUnused,

    /// <summary>Up to the next multiple of the alignment.</summary>
    Padding,

    /// <summary>What the user gets.</summary>
    Data,

    /// <summary>Cut off at the end so that the mapping is aligned (end_trunc).</summary>
    EndTrunc,

    /// <summary>Of a namespace without a device: nothing of it can be used.</summary>
    Unusable,

    /// <summary>kmem: in front of the first whole memory block.</summary>
    BlockFront,

    /// <summary>kmem: whole memory blocks.</summary>
    SystemRam,

    /// <summary>kmem: struct pages of the blocks, at the start of each (memmap_on_memory).</summary>
    BlockMemmap,

    /// <summary>kmem: behind the last whole memory block.</summary>
    BlockBack,

    /// <summary>BTT 1.1: the first 4096 bytes belong to nobody.</summary>
    BttStart,

    /// <summary>BTT: two info-blocks an arena.</summary>
    BttInfo,

    /// <summary>BTT: what a block has beyond the sector that the disk shows: metadata, and rounding to 64 bytes.</summary>
    BttSectorMetadata,

    /// <summary>BTT: a free block for each lane, so that a sector is never overwritten in place.</summary>
    BttFreeBlocks,

    /// <summary>BTT: 4 bytes a sector, in whole pages.</summary>
    BttMap,

    /// <summary>BTT: the log (flog) of the lanes.</summary>
    BttLog,

    /// <summary>BTT: between the blocks and the map, and up to whole pages.</summary>
    BttRounding,

    /// <summary>BTT: a rest of less than 16 MiB behind the last arena.</summary>
    BttRest,

    /// <summary>Of a namespace.</summary>
    Claimed,

    /// <summary>Claimed by labels from which the kernel makes no namespace.</summary>
    ClaimedByLabels,

    /// <summary>A new namespace can have it.</summary>
    Free,

    /// <summary>Of a region whose driver is not bound.</summary>
    NoDriver,

    /// <summary>Of a DIMM: no region maps it.</summary>
    NoRegion,

    /// <summary>A namespace whose capacity is not modelled.</summary>
    Unknown,
}

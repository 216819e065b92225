using Altmap.Formats.Layout;

namespace Altmap.Formats.Btt;

/// <summary>
/// The log (flog) of an arena: for each lane a group of 64 bytes with four slots of 16, two of which are used, the others zero
/// (drivers/nvdimm/btt.h struct log_entry, struct log_group; btt.c btt_log_get_old(); 5.10, 6.1, 6.12, 7.2).
/// </summary>
public static class BttLog
{
    /// <summary>Size of a lane's group.</summary>
    public const int LaneBytes = 64;

    /// <summary>Size of a slot.</summary>
    public const int SlotBytes = 16;

    /// <summary>Slots of a lane, padding counted.</summary>
    public const int SlotCount = LaneBytes / SlotBytes;

    /// <summary>Of a slot: the external block that was written.</summary>
    public static readonly Field Block = new("lba", 0, 4);

    /// <summary>Of a slot: the internal block it had before, which is the lane's free block now.</summary>
    public static readonly Field OldMap = new("old_map", 4, 4);

    /// <summary>Of a slot: the internal block that the data went to.</summary>
    public static readonly Field NewMap = new("new_map", 8, 4);

    /// <summary>Of a slot: 1, 2, 3, 1, …; 0: never used.</summary>
    public static readonly Field Sequence = new("seq", 12, 4);

    /// <summary>The first slot of a lane that was never used: its free block stands as old and as new.</summary>
    public static byte[] FreshSlot(uint lane, uint externalBlocks)
    {
        byte[] slot = new byte[SlotBytes];
        Block.Write(slot, lane);
        OldMap.Write(slot, externalBlocks + lane);
        NewMap.Write(slot, externalBlocks + lane);
        Sequence.Write(slot, 1);
        return slot;
    }

    /// <summary>
    /// Which of a lane's two used slots is the newest, 0 or 1; null: the kernel calls it corrupt (EINVAL). A first slot that was never used
    /// makes the second
    /// the newest, whatever it holds.
    /// </summary>
    public static int? Newest(uint firstSequence, uint secondSequence)
    {
        if (firstSequence == 0)
            return 1;
        if (firstSequence == secondSequence || unchecked(firstSequence + secondSequence) > 5)
            return null; // the kernel's sum wraps at 32 bits
        return firstSequence < secondSequence
            ? secondSequence - firstSequence == 1
                ? 1
                : 0
            : firstSequence - secondSequence == 1
                ? 0
                : 1;
    }
}

/// <summary>An entry of an arena's map: bit 31 trim, bit 30 error, both normal, none initial; below them the internal block
/// (drivers/nvdimm/btt.h, btt.c btt_map_read()).</summary>
public static class BttMap
{
    /// <summary>Size of an entry.</summary>
    public const int EntryBytes = 4;

    internal const uint Error = 1u << 30,
        Trim = 1u << 31;

    /// <summary>Both flags: the entry of a written sector.</summary>
    public const uint Normal = Error | Trim;

    /// <summary>The bits of an entry that name a block.</summary>
    public const uint BlockMask = Error - 1;

    /// <summary>What an entry's two flags say: <c>initial</c>, <c>error</c>, <c>trimmed</c> or <c>written</c>.</summary>
    public static string KindOf(uint entry) =>
        (entry & Normal) switch
        {
            0 => "initial",
            Error => "error",
            Trim => "trimmed",
            _ => "written",
        };

    /// <summary>The internal block of an external one: its own number in the initial state, whose other bits do not count.</summary>
    public static uint BlockOf(uint entry, uint externalBlock) => (entry & Normal) == 0 ? externalBlock : entry & BlockMask;
}

using Altmap.Core.Units;

namespace Altmap.Formats.Btt.Check;

/// <summary>What an info-block's fields must keep so that its arena lies inside of the namespace and its parts do not overlap. The kernel
/// checks none of it (drivers/nvdimm/btt.c parse_arena_meta(), 5.10 to 7.2); the fields are hostile.</summary>
internal static class BttGeometryRules
{
    /// <summary>The first rule that is broken, as field, what would be right, and what is there; null: none. What kernels make is what
    /// <see cref="BttGeometry.Plan"/> gives; other makers may differ within these bounds.</summary>
    /// <param name="info">The block.</param>
    /// <param name="left">Bytes from the arena's start to the end of the namespace.</param>
    public static (string Field, string Expected, string Actual)? Broken(BttInfoBlock info, ByteSize left)
    {
        UInt128 dataEnd = (UInt128)info.DataOffset + ((UInt128)info.InternalBlocks * info.InternalLbaSize),
            mapEnd = (UInt128)info.MapOffset + ((UInt128)info.ExternalBlocks * BttMap.EntryBytes),
            logEnd = (UInt128)info.LogOffset + ((UInt128)info.Lanes * BttLog.LaneBytes),
            end = (UInt128)info.Info2Offset + BttInfoBlock.SizeBytes;
        if (!BttConstants.SectorSizes.Contains(info.ExternalLbaSize))
            return ("external_lbasize", "one of " + string.Join(", ", BttConstants.SectorSizes), $"{info.ExternalLbaSize}");
        if (info.InternalLbaSize < info.ExternalLbaSize)
            return ("internal_lbasize", $"at least {info.ExternalLbaSize}", $"{info.InternalLbaSize}");
        if (info.Lanes < BttConstants.Lanes)
            return ("nfree", $"{BttConstants.Lanes}", $"{info.Lanes}");
        if ((ulong)info.ExternalBlocks + info.Lanes != info.InternalBlocks || info.ExternalBlocks == 0)
            return ("internal_nlba", $"external_nlba + nfree = {(ulong)info.ExternalBlocks + info.Lanes}", $"{info.InternalBlocks}");
        if (info.InternalBlocks > BttMap.BlockMask)
            return ("internal_nlba", "below 2^30", $"{info.InternalBlocks}");
        foreach (
            (string field, ulong offset) in (ReadOnlySpan<(string, ulong)>)
                [
                    ("dataoff", info.DataOffset),
                    ("mapoff", info.MapOffset),
                    ("logoff", info.LogOffset),
                    ("info2off", info.Info2Offset),
                    ("nextoff", info.NextOffset),
                ]
        )
        {
            if (offset % 512 != 0)
                return (field, "a multiple of 512", $"0x{offset:x}");
        }
        if (info.DataOffset < BttInfoBlock.SizeBytes)
            return ("dataoff", "behind the info-block (0x1000)", $"0x{info.DataOffset:x}");
        if (dataEnd > info.MapOffset)
            return ("mapoff", $"behind the data (0x{dataEnd:x})", $"0x{info.MapOffset:x}");
        if (mapEnd > info.LogOffset)
            return ("logoff", $"behind the map (0x{mapEnd:x})", $"0x{info.LogOffset:x}");
        if (logEnd > info.Info2Offset)
            return ("info2off", $"behind the log (0x{logEnd:x})", $"0x{info.Info2Offset:x}");
        if (end > left.Bytes)
            return ("info2off", $"an arena of at most 0x{left.Bytes:x} bytes", $"0x{info.Info2Offset:x}");
        if (info.NextOffset != 0 && (info.NextOffset < end || info.NextOffset > left.Bytes))
            return ("nextoff", $"0, or from 0x{end:x} to 0x{left.Bytes:x}", $"0x{info.NextOffset:x}");
        return null;
    }

    /// <summary>A field in which a block differs from what a kernel makes there, or null.</summary>
    public static (string Field, string Expected, string Actual)? Foreign(BttInfoBlock info, BttInfoBlock made)
    {
        foreach (
            (string field, ulong ours, ulong theirs) in (ReadOnlySpan<(string, ulong, ulong)>)
                [
                    ("external_nlba", made.ExternalBlocks, info.ExternalBlocks),
                    ("internal_lbasize", made.InternalLbaSize, info.InternalLbaSize),
                    ("internal_nlba", made.InternalBlocks, info.InternalBlocks),
                    ("nfree", made.Lanes, info.Lanes),
                    ("nextoff", made.NextOffset, info.NextOffset),
                    ("dataoff", made.DataOffset, info.DataOffset),
                    ("mapoff", made.MapOffset, info.MapOffset),
                    ("logoff", made.LogOffset, info.LogOffset),
                    ("info2off", made.Info2Offset, info.Info2Offset),
                ]
        )
        {
            if (ours != theirs)
                return (field, $"0x{ours:x}", $"0x{theirs:x}");
        }
        return null;
    }
}

using System.Buffers.Binary;
using Altmap.Core.Findings;

namespace Altmap.Formats.Btt;

/// <summary>
/// One arena when a btt device is bound: which slots of its log are used, the free block of each lane, and transactions that a crash cut
/// short, which are
/// completed (drivers/nvdimm/btt.c log_set_indices(), btt_freelist_init(); 5.10, 6.1, 6.12, 7.2). Offsets are not checked by the kernel:
/// wrong ones are used.
/// </summary>
/// <param name="media">The namespace.</param>
/// <param name="info">The arena's info-block.</param>
/// <param name="start">The arena, from the start of the namespace.</param>
/// <param name="diskSectorSize">512 or 4096.</param>
internal sealed class BttArenaLoad(BttMedia media, BttInfoBlock info, ulong start, uint diskSectorSize)
{
    private const int PageLanes = 4096 / BttLog.LaneBytes;

    /// <summary>Offsets of lanes wrap here: lane × 64 is a 32-bit product. Later lanes are the same ones again.</summary>
    private const uint DistinctLanes = 1u << 26;

    /// <summary>Largest allocation (KMALLOC_MAX_SIZE with 4 KiB pages), and what a lane needs of it: a free entry, a lock on a cache
    /// line.</summary>
    private const uint AllocationMax = 4 << 20,
        FreeEntryBytes = 8,
        MapLockBytes = 64;

    private readonly byte[] _page = new byte[PageLanes * BttLog.LaneBytes];
    private uint _pageLane,
        _pageLanes;
    private int _second = 1;

    /// <summary>ENXIO: the log cannot be understood; EIO: a lane cannot; EFAULT: it lies beyond the end; ENOMEM: too many lanes.</summary>
    public Errno Run()
    {
        Errno errno = FindSlots();
        if (media.IsUnpredictable)
            return Errno.EIO;
        if (errno != Errno.None)
        {
            media.Say("Unable to deduce log/padding indices");
            return errno;
        }
        if ((ulong)info.Lanes * FreeEntryBytes > AllocationMax)
            return Errno.ENOMEM;
        _pageLanes = 0; // from here on what recovery writes is read again
        for (uint lane = 0; lane < info.Lanes; lane++)
        {
            errno = TakeUp(lane);
            if (errno != Errno.None)
                return errno;
        }
        return (ulong)info.Lanes * MapLockBytes > AllocationMax ? Errno.ENOMEM : Errno.None;
    }

    /// <summary>log_set_indices(): slots 0 and 1 of lanes in the present format, 0 and 2 of those made before 4.15; told by which slots are
    /// zero.</summary>
    private Errno FindSlots()
    {
        Span<int> index = [-1, -1];
        int known = 0;
        bool isInitial = true;
        for (uint lane = 0; lane < Math.Min(info.Lanes, DistinctLanes); lane++)
        {
            Errno errno = ReadLane(lane, out ReadOnlySpan<byte> group);
            if (errno != Errno.None || !media.Spend(1))
                return errno;
            if (known < 2 && lane == _pageLane && !_page.AsSpan(0, (int)_pageLanes * BttLog.LaneBytes).ContainsAnyExcept((byte)0))
            {
                lane += _pageLanes - 1; // four slots of padding change nothing yet; a hostile count of lanes makes gigabytes of them
                continue;
            }
            int padding = 0;
            for (int slot = 0; slot < BttLog.SlotCount; slot++)
            {
                bool isPadding = !group.Slice(slot * BttLog.SlotBytes, BttLog.SlotBytes).ContainsAnyExcept((byte)0);
                if (known == 2)
                {
                    if (slot == index[0] ? isPadding : slot != index[1] && !isPadding)
                        return Errno.ENXIO;
                }
                else if (isPadding)
                {
                    padding++;
                }
                else if (known == 0 || slot != index[0])
                {
                    index[known++] = slot;
                }
            }
            if (padding < BttLog.SlotCount - 1)
                isInitial = false;
        }
        if (!isInitial && known < 2)
            return Errno.ENXIO;
        _second = isInitial ? 1 : index[1];
        if (index[0] == 0 && _second is 1 or 2)
            return Errno.None;
        media.Say("Found an unknown padding scheme");
        return Errno.ENXIO;
    }

    private Errno TakeUp(uint lane)
    {
        if (ReadLane(lane, out ReadOnlySpan<byte> group) != Errno.None || !media.Spend(32))
            return Errno.EIO;
        uint first = Number(group, BttLog.Sequence.OffsetBytes),
            second = Number(group, (_second * BttLog.SlotBytes) + BttLog.Sequence.OffsetBytes);
        if (BttLog.Newest(first, second) is not { } newest)
        {
            media.Say($"log corruption (-{(int)Errno.EINVAL}): lane {lane} seq [{unchecked((int)first)}, {unchecked((int)second)}]");
            return Errno.EIO;
        }
        ReadOnlySpan<byte> slot = group.Slice(newest == 0 ? 0 : _second * BttLog.SlotBytes, BttLog.SlotBytes);
        uint block = (uint)BttLog.Block.Read(slot),
            oldMap = (uint)BttLog.OldMap.Read(slot),
            newMap = (uint)BttLog.NewMap.Read(slot) & BttMap.BlockMask;
        if ((oldMap & BttMap.Normal) == BttMap.Error && ClearBlock(oldMap & BttMap.BlockMask) != Errno.None)
            media.SayLimited("clear", "Unable to clear known errors");
        oldMap &= BttMap.BlockMask;
        return oldMap == newMap ? Errno.None : CompleteTransaction(block, oldMap, newMap);
    }

    /// <summary>The map still names the old block: the crash came between log and map.</summary>
    private Errno CompleteTransaction(uint block, uint oldMap, uint newMap)
    {
        ulong at = unchecked(start + info.MapOffset + (block * BttMap.EntryBytes)); // the product wraps at 32 bits
        if (block >= info.ExternalBlocks)
            SayOutOfRange("btt_map_read", block);
        Span<byte> entry = stackalloc byte[BttMap.EntryBytes];
        Errno errno = media.Read(at, entry);
        if (errno != Errno.None)
            return errno;
        uint current = BttMap.BlockOf(BinaryPrimitives.ReadUInt32LittleEndian(entry), block);
        if (current == newMap || current != oldMap)
            return Errno.None;
        if (block >= info.ExternalBlocks)
            SayOutOfRange("__btt_map_write", block);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, newMap | BttMap.Normal);
        _pageLanes = 0;
        return media.Write(at, entry);
    }

    private void SayOutOfRange(string function, uint block) =>
        media.SayLimited(function, $"{function}: lba {Hex(block)} out of range (max: {Hex(info.ExternalBlocks)})");

    private static string Hex(uint value) => value == 0 ? "0" : $"0x{value:x}";

    /// <summary>arena_clear_freelist_error(): a free block that took the place of one with an error is zeroed.</summary>
    private Errno ClearBlock(uint block)
    {
        _pageLanes = 0;
        return media.Write(unchecked(start + info.DataOffset + ((ulong)block * info.InternalLbaSize)), new byte[diskSectorSize]);
    }

    /// <summary>A lane's group; a page of lanes is read at a time.</summary>
    private Errno ReadLane(uint lane, out ReadOnlySpan<byte> group)
    {
        lane %= DistinctLanes;
        if (lane < _pageLane || lane - _pageLane >= _pageLanes)
        {
            ulong at = unchecked(start + info.LogOffset + (lane * BttLog.LaneBytes));
            ulong fits = at < media.SizeBytes ? (media.SizeBytes - at) / BttLog.LaneBytes : 0;
            _pageLane = lane;
            _pageLanes = (uint)Math.Min(Math.Max(fits, 1), PageLanes); // one that does not fit: for its errno
            Errno errno = media.Read(at, _page.AsSpan(0, (int)_pageLanes * BttLog.LaneBytes));
            if (errno != Errno.None)
            {
                _pageLanes = 0;
                group = default;
                return errno;
            }
        }
        group = _page.AsSpan((int)(lane - _pageLane) * BttLog.LaneBytes, BttLog.LaneBytes);
        return Errno.None;
    }

    private static uint Number(ReadOnlySpan<byte> group, int at) => BinaryPrimitives.ReadUInt32LittleEndian(group[at..]);
}

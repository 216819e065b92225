using System.Buffers.Binary;
using System.Globalization;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Btt.Repair;

/// <summary>
/// Map and log of one arena. There are as many names (map entries and lanes) as blocks, so each that is wrong leaves one block that nobody
/// names. Which of them belonged to which sector is decided only where there is proof: one of each, or an entry of the log that says so.
/// Free blocks are interchangeable: their contents are rubbish.
/// </summary>
internal sealed class ArenaRepair(
    Recorder media,
    BttArenaReport arena,
    BttRepairOptions options,
    List<BttRepairAction> done,
    List<BttRepairAction> left
)
{
    private const string Unproven = "which lost block is its own cannot be proven";

    /// <summary>Sectors that have no block of their own any more, and the flags of their entries.</summary>
    private readonly SortedDictionary<uint, uint> _homeless = [];

    /// <summary>Lanes that need a free block.</summary>
    private readonly SortedSet<uint> _lanes = [];

    private readonly SortedDictionary<uint, uint> _entries = [];
    private readonly SortedSet<uint> _lost = [];
    private int _unresolved;

    public void MapAndLog()
    {
        if (arena is not { Map: { } map, Flog: { } flog })
        {
            left.Add(new BttRepairAction(BttFindings.LogUnreadable, $"arena {arena.Number}: map or log cannot be read"));
            return;
        }
        if (
            map.Unreadable > 0
            || map.Lost > BttMapReport.ListMax
            || map.Shared > BttMapReport.ListMax
            || map.OutOfRange > BttMapReport.ListMax
        )
        {
            left.Add(
                new BttRepairAction(
                    BttFindings.MapUnreadable,
                    $"arena {arena.Number}: too much of the map is gone to repair it; export what can be read"
                )
            );
            return;
        }
        _lost.UnionWith(map.LostList);
        _lanes.UnionWith(arena.BadLanes);
        bool pendingTwice = arena.Pending.GroupBy(p => p.External).Any(g => g.Count() > 1);
        if (pendingTwice)
        {
            left.Add(new BttRepairAction(BttFindings.LogPendingTwice, $"arena {arena.Number}: two cut writes to one sector; {Unproven}"));
            return;
        }
        foreach ((uint external, uint entry) in map.OutOfRangeList)
            _homeless[external] = entry;
        ResolveShared(map, flog);
        Complete();
        Assign(flog);
        ClearErrors(map);
        WriteEntries();
        WriteLanes();
        if (options.ConvertLog && flog.SecondSlot == 2)
            Convert(flog);
    }

    /// <summary>
    /// Who of the owners of a block keeps it. A shared block and a lost one are the two ends of one damaged name: it is the one of the
    /// owners that once named the lost block. The log tells of some: who wrote there last, and lanes never used say their block twice.
    /// </summary>
    private void ResolveShared(BttMapReport map, BttFlog flog)
    {
        foreach (IGrouping<uint, BttOwner> group in map.SharedList.GroupBy(o => o.Block))
        {
            BttOwner[] entries = [.. group.Where(o => o.External is not null)];
            uint[] lanes = [.. group.Where(o => o.Lane is not null).Select(o => o.Lane!.Value)];
            if (entries.Length == 0)
            {
                _lanes.UnionWith(lanes.Skip(1)); // free blocks are as good as each other
                continue;
            }
            BttOwner[] wrong = [.. entries.Where(o => IsDamaged(flog, o, group.Key))];
            BttOwner[] rest = [.. entries.Except(wrong)];
            foreach (BttOwner owner in wrong)
                _homeless[owner.External!.Value] = owner.Entry;
            if (rest.Length == 0)
            {
                _lanes.UnionWith(lanes.Skip(1));
                continue;
            }
            bool isProven = rest.Length == 1 && WroteTo(flog, rest[0].External!.Value, group.Key);
            uint[] intact =
            [
                .. lanes.Where(l => flog.Lanes[(int)l] is { IsFresh: true } lane && lane.First.Sequence == 1 && lane.Second.IsZero),
            ];
            if (lanes.Length == 0 && rest.Length == 1)
                continue;
            if (rest.Length == 1 && intact.Length == 1 && lanes.Length == 1 && !isProven)
                _homeless[rest[0].External!.Value] = rest[0].Entry;
            else if (rest.Length == 1 && (isProven || options.TrustMap))
                _lanes.UnionWith(lanes);
            else if (rest.Length == 2 && lanes.Length == 0 && rest.Count(IsInitial) == 1 && options.AssumeZeroed)
                _homeless[rest.Single(IsInitial).External!.Value] = BttMap.Normal;
            else if (rest.Length == 2 && lanes.Length == 0 && options.MarkShared && _lost.Count > 0)
                MarkBoth(rest[0], rest[1]);
            else
                LeaveShared(group.Key, rest, lanes);
        }
    }

    private static bool IsInitial(BttOwner owner) => (owner.Entry & BttMap.Normal) == 0;

    /// <summary>The log says that the sector's data went to the block.</summary>
    private bool WroteTo(BttFlog flog, uint external, uint block) =>
        Slots(flog).Any(s => s.Block == external && s.NewBlock == block && s.OldMap != s.NewMap);

    /// <summary>The log says that the sector's data are in a block that nobody names now.</summary>
    private bool IsDamaged(BttFlog flog, BttOwner owner, uint block) =>
        !WroteTo(flog, owner.External!.Value, block)
        && Slots(flog).Any(s => s.Block == owner.External && s.OldMap != s.NewMap && _lost.Contains(s.NewBlock))
        && arena.BadLanes.IsEmpty;

    private IEnumerable<BttSlot> Slots(BttFlog flog) =>
        flog
            .Lanes.Where(l => !arena.BadLanes.Contains(l.Number))
            .SelectMany(l => (BttSlot[])[l.First, l.Second])
            .Where(s => s.Sequence != 0);

    private void MarkBoth(BttOwner keeps, BttOwner moves)
    {
        uint spare = _lost.Min;
        _lost.Remove(spare);
        _entries[keeps.External!.Value] = keeps.Block | BttMap.Error;
        _entries[moves.External!.Value] = spare | BttMap.Error;
        done.Add(
            new BttRepairAction(
                BttFindings.MapDuplicate,
                $"{Lba(keeps.External.Value)} and {Lba(moves.External.Value)}: marked as unreadable, blocks {keeps.Block} and {spare}",
                "the sectors cannot be read until they are written; altmap btt read --ignore-error shows both blocks"
            )
        );
    }

    private void LeaveShared(uint block, BttOwner[] entries, uint[] lanes)
    {
        _unresolved += entries.Length + lanes.Length - 1;
        string owners = string.Join(" and ", entries.Select(o => Lba(o.External!.Value)).Concat(lanes.Select(l => $"lane {l}")));
        string way =
            lanes.Length > 0 ? "--trust-map takes the lane for the damaged one"
            : entries.Count(IsInitial) == 1 && entries.Length == 2 ? "--assume-zeroed takes the entry never written for one that was zeroed"
            : "--mark-shared marks them as unreadable, so that no wrong data are served";
        left.Add(
            new BttRepairAction(
                lanes.Length > 0 ? BttFindings.FreeMapped : BttFindings.MapDuplicate,
                $"{owners} share block {block}: whose it is cannot be proven; {way}"
            )
        );
    }

    /// <summary>Writes that a crash cut short, unless another sector owns the block that they went to.</summary>
    private void Complete()
    {
        foreach (BttPending pending in arena.Pending.Where(p => !_lanes.Contains(p.Lane) && !_homeless.ContainsKey(p.External)))
        {
            _entries[pending.External] = pending.NewBlock | BttMap.Normal;
            done.Add(new BttRepairAction(BttFindings.LogPending, $"{Lba(pending.External)}: the write that was cut short is completed"));
        }
    }

    private void Assign(BttFlog flog)
    {
        // The log remembers the last writes of each lane. While lanes are damaged, a lost block may be one of their free blocks.
        if (arena.BadLanes.IsEmpty)
        {
            foreach (uint external in _homeless.Keys.ToArray())
            {
                uint[] told =
                [
                    .. Slots(flog)
                        .Where(s => s.Block == external && s.OldMap != s.NewMap && _lost.Contains(s.NewBlock))
                        .Select(s => s.NewBlock)
                        .Distinct(),
                ];
                if (told.Length == 1)
                    Give(external, told[0], "as the log says");
            }
        }
        if (_homeless.Count == 1 && _lost.Count == 1 && _lanes.Count == 0 && _unresolved == 0)
            Give(_homeless.Keys.First(), _lost.Min, "the only block without owner");
        foreach (uint external in _homeless.Keys)
            left.Add(new BttRepairAction(BttFindings.MapRange, $"{Lba(external)}: {Unproven} ({_lost.Count} lost)"));
        // A block that may be a sector's is never made a free one.
        if (_homeless.Count > 0 || _unresolved > 0 || _lanes.Count != _lost.Count)
        {
            foreach (uint lane in _lanes)
                left.Add(
                    new BttRepairAction(
                        BttFindings.LogSequence,
                        $"arena {arena.Number}, lane {lane}: {_lost.Count} lost blocks, not all are free"
                    )
                );
            _lanes.Clear();
        }
    }

    private void Give(uint external, uint block, string why)
    {
        uint flags = _homeless[external] & BttMap.Normal;
        // The kernel sets the error flag when it reads an entry that leads nowhere: the data are fine.
        _entries[external] = block | BttMap.Normal;
        _homeless.Remove(external);
        _lost.Remove(block);
        done.Add(
            new BttRepairAction(
                flags == BttMap.Normal ? BttFindings.MapDuplicate : BttFindings.MapRange,
                $"{Lba(external)}: block {block} again, {why}"
            )
        );
    }

    private void ClearErrors(BttMapReport map)
    {
        if (map.Errors == 0)
            return;
        (uint External, uint Entry)[] marked =
        [
            .. map.ErrorList.Where(e => (e.Entry & BttMap.BlockMask) < arena.Info.InternalBlocks && !_entries.ContainsKey(e.External)),
        ];
        if (!options.ClearErrors || map.Errors > BttMapReport.ListMax)
        {
            if (marked.Length > 0)
                left.Add(
                    new BttRepairAction(
                        BttFindings.MapError,
                        $"arena {arena.Number}: {Count(map.Errors)} sectors stay marked as unreadable; --clear-errors takes the marks off"
                    )
                );
            return;
        }
        HashSet<uint> shared = [.. map.SharedList.Select(o => o.Block)];
        foreach ((uint external, uint entry) in marked.Where(e => !shared.Contains(e.Entry & BttMap.BlockMask)))
        {
            _entries[external] = entry | BttMap.Normal;
            done.Add(
                new BttRepairAction(
                    BttFindings.MapError,
                    $"{Lba(external)}: mark taken off",
                    "if the medium was bad there, the sector reads as whatever the block holds now"
                )
            );
        }
    }

    private void WriteEntries()
    {
        byte[] bytes = new byte[BttMap.EntryBytes];
        foreach ((uint external, uint entry) in _entries)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, entry);
            media.Write(arena.MapAt(external), bytes);
        }
        media.Flush();
    }

    /// <summary>A lane as {lane, block, block, 1}: what a lane never used looks like, in both layouts.</summary>
    private void WriteLanes()
    {
        foreach (uint lane in _lanes.ToArray())
        {
            BttLane was = arena.Flog!.Lanes[(int)lane];
            uint block =
                _lost.Contains(was.Current.FreeBlock) ? was.Current.FreeBlock
                : _lost.Contains(was.First.FreeBlock) ? was.First.FreeBlock
                : _lost.Contains(was.Second.FreeBlock) ? was.Second.FreeBlock
                : _lost.Min;
            _lost.Remove(block);
            byte[] group = new byte[BttLog.LaneBytes];
            new BttSlot(lane, block, block, 1).ToBytes().CopyTo(group, 0);
            media.WriteDurably(arena.LaneAt(lane), group);
            done.Add(
                new BttRepairAction(BttFindings.LogSequence, $"arena {arena.Number}, lane {lane}: rebuilt with the free block {block}")
            );
        }
    }

    /// <summary>
    /// To the form that both layouts have in common: the newest entry in slot 0 with sequence 1, zeros behind it. The entry is copied to
    /// the
    /// older slot with the next number, as a write of the kernel does, until it is there; every state between means the same.
    /// </summary>
    private void Convert(BttFlog flog)
    {
        foreach (
            BttLane lane in flog.Lanes.Where(l => !l.Second.IsZero && !_lanes.Contains(l.Number) && !arena.BadLanes.Contains(l.Number))
        )
        {
            ulong at = arena.LaneAt(lane.Number);
            BttSlot now = lane.Current;
            int slot = lane.Newest == 1 ? flog.SecondSlot : 0;
            uint sequence = now.Sequence;
            while (slot != 0 || sequence != 1)
            {
                slot = slot == 0 ? flog.SecondSlot : 0;
                sequence = sequence % 3 + 1;
                byte[] bytes = (now with { Sequence = sequence }).ToBytes();
                ulong target = at + (ulong)(slot * BttLog.SlotBytes);
                media.WriteDurably(target, bytes.AsSpan(0, 8));
                media.WriteDurably(target + 8, bytes.AsSpan(8));
            }
            ulong second = at + (ulong)(flog.SecondSlot * BttLog.SlotBytes);
            media.WriteDurably(second + 8, new byte[8]);
            media.WriteDurably(second, new byte[8]);
        }
        done.Add(new BttRepairAction(BttFindings.LogOldLayout, $"arena {arena.Number}: log converted"));
    }

    private string Lba(uint external) => "LBA " + Count(arena.FirstExternal + external);

    private static string Count(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}

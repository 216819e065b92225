using System.Buffers.Binary;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Writes;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>
/// <c>ndctl check-namespace</c> (ndctl/check.c namespace_check() and what it calls, 76.1; the same up to 81), with its own order, words and
/// gaps: it stops at the first fault. Lines about mappings, whose addresses are those of the process, are left out of <c>-v</c>.
/// </summary>
internal sealed class CheckNamespace(ToolContext context, OptionResult options)
{
    private readonly bool _isVerbose = options.Flag("verbose");
    private readonly bool _repairs = options.Flag("repair");
    private readonly bool _rewritesLog = options.Flag("rewrite-log");

    /// <summary>One namespace.</summary>
    public ToolOutcome Check(NdDevice device)
    {
        NamespaceState ndns = context.Namespace(device)!;
        if (_rewritesLog && !_repairs)
        {
            Error(device, "namespace_check", "--rewrite-log also requires --repair");
            return ToolOutcome.Failed(Errno.EINVAL);
        }
        if (_rewritesLog)
            Info(device, "namespace_check", "WARNING: interruption may cause unrecoverable metadata corruption");
        Info(device, "namespace_check", $"checking {device}");
        bool wasActive = context.IsActive(ndns);
        if (wasActive && !options.Flag("force"))
        {
            Error(device, "namespace_check", $"{device}: check aborted, namespace online");
            return ToolOutcome.Failed(Errno.EBUSY);
        }
        if (wasActive && context.DisableNamespaceSafely(device) is var errno and not Errno.None)
            return ToolOutcome.Failed(errno);
        bool wasRaw = ndns.ForceRaw;
        context.Machine = NamespaceAttributes.SetForceRaw(context.Machine, device, true);
        ToolOutcome result = context.EnableNamespace(device);
        if (result.IsDone)
            result = ToolOutcome.Of(CheckRaw(device));
        else
            Error(device, "namespace_check", $"{device}: failed to enable in raw mode: {Said(result)}");
        context.Machine = NamespaceAttributes.SetForceRaw(context.Machine, device, wasRaw);
        context.DisableNamespace(device);
        if (wasActive && context.EnableNamespace(device).IsFailure)
            Error(device, "namespace_check", $"{device}: failed to re-enable namespace");
        return result;
    }

    /// <summary>The words and number that the tool prints: 1 where a holder has it, which strerror() takes for EPERM.</summary>
    private static string Said(ToolOutcome result) =>
        result.IsFailure ? $"{result.Describe()} (-{(int)result.Errno})" : $"{Errno.EPERM.Describe()} (1)";

    private Errno CheckRaw(NdDevice device)
    {
        NamespaceState ndns = context.Namespace(device)!;
        RegionState region = context.Machine.Regions[device.Number];
        ByteSize start = ndns.Range.Start - region.Range.Start;
        var run = new Run(this, device, new Recorder(MediaSlice.Of(region.Media, start.Bytes, ndns.Size.Bytes)), ndns.Uuid ?? Uuid.Zero);
        Errno result = run.Check();
        context.Machine = context.Machine.Write(region, run.Plan.Shifted(start));
        return result;
    }

    private void Error(NdDevice device, string function, string text) => context.Output.Err($"{device}: {function}: {text}\n");

    private void Print(string text) => context.Output.Out(text);

    private void Info(NdDevice device, string function, string text)
    {
        if (_isVerbose)
            Error(device, function, text);
    }

    /// <summary>An arena as the tool keeps it; offsets are from the start of the namespace.</summary>
    private sealed record Arena(int Number, ulong Start, BttInfoBlock Info)
    {
        public int Second { get; init; }

        public ulong MapAt(uint lba) => Start + Info.MapOffset + ((ulong)lba * BttMap.EntryBytes);

        public ulong LaneAt(uint lane) => Start + Info.LogOffset + ((ulong)lane * BttLog.LaneBytes);

        public ulong Info2 => Start + Info.Info2Offset;
    }

    private sealed class Run(CheckNamespace tool, NdDevice device, Recorder media, Uuid parent)
    {
        private const ulong Page = 4096;
        private const ulong ArenaMax = 512UL << 30,
            ArenaMin = 16UL << 20;
        private ulong Size => media.LengthBytes;

        public WritePlan Plan => media.Plan;

        public Errno Check()
        {
            ulong start = BttVersion.V1_1.Start.Bytes;
            Errno result = ReadValid(start, out byte[] _);
            if (result != Errno.None)
            {
                start = BttVersion.V2_0.Start.Bytes;
                result = ReadValid(start, out _);
            }
            if (result != Errno.None)
            {
                foreach (ulong offset in (ulong[])[BttVersion.V1_1.Start.Bytes, BttVersion.V2_0.Start.Bytes])
                {
                    start = offset;
                    result = RecoverFirst(offset);
                    if (result == Errno.None)
                        break;
                }
                if (result != Errno.None)
                {
                    Error("namespace_check", "Unable to recover any BTT info blocks");
                    Error("namespace_check", "This may not be a sector mode namespace");
                    return result;
                }
                result = ReadValid(start, out _);
                if (result != Errno.None)
                    return result;
            }
            var arenas = new List<Arena>();
            result = Discover(start, arenas);
            if (result != Errno.None)
                return result;
            foreach (Arena arena in arenas)
                CheckMappings(arena);
            for (int i = 0; i < arenas.Count; i++)
            {
                if (FindSlots(arenas[i]) is { } second)
                {
                    arenas[i] = arenas[i] with { Second = second };
                    continue;
                }
                Error("namespace_check", "Unable to deduce log/padding indices");
                return Errno.ENXIO;
            }
            foreach (Arena arena in arenas)
            {
                Info("btt_check_arenas", $"checking arena {arena.Number}");
                if (CheckArena(arena) is { } fault)
                {
                    if (fault.Length > 0)
                        Error("btt_xlat_status", $"arena {arena.Number}: {fault}");
                    return Errno.ENXIO;
                }
            }
            return Errno.None;
        }

        private void Error(string function, string text) => tool.Error(device, function, text);

        private void Info(string function, string text) => tool.Info(device, function, text);

        private void SayRepair() => Info("repair_msg", "  Run with --repair to make the changes");

        private Errno ReadBlock(ulong at, out byte[] block)
        {
            block = new byte[BttInfoBlock.SizeBytes];
            ulong there = at < Size ? Math.Min(Size - at, BttInfoBlock.SizeBytes) : 0;
            if (there > 0)
                media.Read(at, block.AsSpan(0, (int)there));
            if (there == BttInfoBlock.SizeBytes)
                return Errno.None;
            Error("btt_read_info", $"short read of first info block: {there}");
            return Errno.ENXIO;
        }

        private Errno ReadValid(ulong at, out byte[] block)
        {
            Errno result = ReadBlock(at, out block);
            return result != Errno.None ? result
                : BttInfoBlock.IsValid(block, parent) ? 0
                : Errno.ENXIO;
        }

        private Errno WriteBlock(byte[] block, ulong at)
        {
            if (!tool._repairs)
            {
                Error("btt_write_info", $"BTT info block at offset {Hex(at)} needs to be restored");
                SayRepair();
                return Errno.EIO;
            }
            Info("btt_write_info", $"Restoring BTT info block at offset {Hex(at)}");
            media.WriteDurably(at, block);
            return Errno.None;
        }

        /// <summary>Three attempts at the first info-block: the end of the first arena, the last copy with the bad block's geometry, and
        /// wherever the bad block says.</summary>
        private Errno RecoverFirst(ulong start)
        {
            ulong remaining = Size - start;
            int arenas = 0;
            while (remaining > 0)
            {
                if (remaining < ArenaMin && arenas == 0)
                    return Errno.EINVAL;
                if (remaining < ArenaMin)
                    break;
                ulong size = Math.Min(remaining, ArenaMax);
                arenas++;
                bool isLast = remaining <= ArenaMax;
                remaining = isLast ? 0 : remaining - size;
            }
            Info("__btt_recover_first_sb", $"estimated arenas: {arenas}, remaining bytes: {Hex(remaining)}");
            Errno result = ReadBlock(start, out byte[] bad);
            if (result != Errno.None)
                return result;
            ulong end = Alignment.Down(Size - remaining, Page) - BttInfoBlock.SizeBytes,
                offset = arenas == 1 ? end : ArenaMax - BttInfoBlock.SizeBytes + start;
            Info("__btt_recover_first_sb", $"Attempting recover info-block from end-of-arena offset {Hex(offset)}");
            result = ReadValid(offset, out byte[] copy);
            if (result == Errno.None)
            {
                BttInfoBlock info = BttInfoBlock.Parse(copy)!;
                BttVersion version = start == BttVersion.V1_1.Start.Bytes ? BttVersion.V1_1 : BttVersion.V2_0;
                return (info.VersionMajor, info.VersionMinor) == (version.Major, version.Minor) ? WriteBlock(copy, start) : Errno.ENXIO;
            }
            if (arenas > 1)
            {
                Info("__btt_recover_first_sb", $"Attempting to recover info-block from end offset {Hex(end)}");
                result = ReadValid(end, out copy);
                if (result != Errno.None)
                    return result;
                foreach (Formats.Layout.Field field in s_ofArena)
                    field.Slice(bad.AsSpan()).CopyTo(field.Slice(copy.AsSpan()));
                if (BttInfoBlock.IsValid(copy, parent))
                    return WriteBlock(copy, start);
            }
            offset = (uint)(BttInfoBlockLayout.Info2Offset.Read(bad) & uint.MaxValue);
            if (offset > Math.Min(Size - BttInfoBlock.SizeBytes, ArenaMax - BttInfoBlock.SizeBytes + start) || offset == 0)
                return Errno.ENXIO;
            Info("__btt_recover_first_sb", $"Attempting to recover info-block from info2 offset {Hex(offset)}");
            result = ReadValid(offset + start, out copy);
            return result == Errno.None ? WriteBlock(copy, start) : Errno.ENXIO;
        }

        private static readonly Formats.Layout.Field[] s_ofArena =
        [
            BttInfoBlockLayout.Flags,
            BttInfoBlockLayout.ExternalBlocks,
            BttInfoBlockLayout.InternalBlocks,
            BttInfoBlockLayout.NextOffset,
            BttInfoBlockLayout.DataOffset,
            BttInfoBlockLayout.MapOffset,
            BttInfoBlockLayout.LogOffset,
            BttInfoBlockLayout.Info2Offset,
            BttInfoBlockLayout.Checksum,
        ];

        private Errno Discover(ulong start, List<Arena> arenas)
        {
            ulong remaining = Size,
                at = start;
            while (remaining != 0)
            {
                int number = arenas.Count;
                Errno result = ReadBlock(at, out byte[] block);
                if (result != Errno.None)
                    return result;
                if (!BttInfoBlock.IsValid(block, parent))
                {
                    ulong offset =
                        remaining <= ArenaMax
                            ? Alignment.Down(Size, Page) - BttInfoBlock.SizeBytes
                            : at + ArenaMax - BttInfoBlock.SizeBytes;
                    Info("btt_discover_arenas", $"Arena {number}: Attempting recover info-block using info2");
                    result = ReadBlock(offset, out block);
                    if (result != Errno.None)
                    {
                        Error("btt_discover_arenas", $"Unable to read backup info block (offset {Hex(offset)})");
                        return result;
                    }
                    if (!BttInfoBlock.IsValid(block, parent))
                    {
                        Error("btt_discover_arenas", $"Backup info block (offset {Hex(offset)}) verification failed");
                        return Errno.ENXIO;
                    }
                    result = WriteBlock(block, at);
                    if (result != Errno.None)
                    {
                        Error("btt_discover_arenas", $"Restoration of the info block failed: {result.Describe()} (-{(int)result})");
                        return result;
                    }
                }
                BttInfoBlock info = BttInfoBlock.Parse(block)!;
                bool isParsed =
                    unchecked(info.InternalBlocks - info.ExternalBlocks) == info.Lanes && info.InternalLbaSize == info.ExternalLbaSize;
                if (isParsed && info.HasErrorFlag)
                {
                    Error("btt_parse_meta", "Info block error flag is set, aborting");
                    isParsed = false;
                }
                if (!isParsed)
                {
                    Error("btt_discover_arenas", $"Problem parsing arena[{number}] metadata");
                    return Errno.ENXIO;
                }
                arenas.Add(new Arena(number, at, info));
                ulong size = info.NextOffset != 0 ? info.NextOffset : unchecked(info.Info2Offset + BttInfoBlock.SizeBytes);
                (remaining, at) = unchecked((remaining - size, at + size));
                if (info.NextOffset == 0)
                    break;
                if (arenas.Count > 4096)
                    throw new NotModelledException($"check-namespace of {device}: its arenas lead nowhere");
            }
            Info("btt_discover_arenas", $"found {arenas.Count} BTT arena{(arenas.Count > 1 ? "s" : "")}");
            return Errno.None;
        }

        /// <summary>The tool maps the parts as the block says; what lies outside of the device ends it with a signal or worse.</summary>
        private void CheckMappings(Arena arena)
        {
            BttInfoBlock info = arena.Info;
            UInt128 end = (UInt128)arena.Start + info.Info2Offset + BttInfoBlock.SizeBytes;
            bool isInside =
                info.DataOffset <= info.MapOffset
                && info.MapOffset <= info.LogOffset
                && info.LogOffset <= info.Info2Offset
                && end <= Size
                && (UInt128)info.MapOffset + ((UInt128)info.ExternalBlocks * BttMap.EntryBytes) + arena.Start <= Size
                && (UInt128)info.LogOffset + ((UInt128)info.Lanes * BttLog.LaneBytes) + arena.Start <= Size
                && info.InternalBlocks <= BttMap.BlockMask + 1;
            if (!isInside)
                throw new NotModelledException($"check-namespace of {device}: its info-block leads the tool outside of the namespace");
        }

        /// <summary>The kernel's rule (btt.c log_set_indices()), said in the tool's own words. Null: it is at a loss.</summary>
        private int? FindSlots(Arena arena)
        {
            int first = -1,
                second = -1;
            bool isInitial = true;
            byte[] group = new byte[BttLog.LaneBytes];
            for (uint lane = 0; lane < arena.Info.Lanes; lane++)
            {
                media.Read(arena.LaneAt(lane), group);
                int padding = 0;
                for (int slot = 0; slot < BttLog.SlotCount; slot++)
                {
                    bool isPadding = !group.AsSpan(slot * BttLog.SlotBytes, BttLog.SlotBytes).ContainsAnyExcept((byte)0);
                    if (second >= 0)
                    {
                        if (slot == first ? isPadding : slot != second && !isPadding)
                            return null;
                    }
                    else if (isPadding)
                        padding++;
                    else if (first < 0)
                        first = slot;
                    else if (slot != first)
                        second = slot;
                }
                if (padding < BttLog.SlotCount - 1)
                    isInitial = false;
            }
            if (!isInitial && second < 0)
                return null;
            if (isInitial)
                second = 1;
            if (first != 0 || second is not (1 or 2))
            {
                Error("log_set_indices", "Found an unknown padding scheme");
                return null;
            }
            Info("log_set_indices", $"arena[{arena.Number}]: log_index_0 = {first}");
            Info("log_set_indices", $"arena[{arena.Number}]: log_index_1 = {second}");
            return second;
        }

        /// <summary>The first fault in the tool's words; empty: one it says nothing about without -v; null: none.</summary>
        private string? CheckArena(Arena arena)
        {
            BttLane[] lanes = [.. Enumerable.Range(0, (int)arena.Info.Lanes).Select(i => LaneOf(arena, (uint)i))];
            foreach (BttLane lane in lanes)
            {
                if (lane.First.Sequence == lane.Second.Sequence)
                    return "found a pair of log entries with the same sequence number";
                if (lane.First.Sequence > 3 || lane.Second.Sequence > 3)
                    return "found a log entry with an out of bounds sequence number";
            }
            foreach (BttLane lane in lanes)
            {
                BttSlot now = Newest(lane);
                if (now.Block >= arena.Info.ExternalBlocks)
                    return "found a log entry with an out of bounds LBA";
                if (now.OldMap >= arena.Info.InternalBlocks)
                    return "found a log entry with an out of bounds 'old' mapping";
                if (now.NewMap >= arena.Info.InternalBlocks)
                    return "found a log entry with an out of bounds 'new' mapping";
            }
            if (Blocks(arena).Any(b => b >= arena.Info.InternalBlocks))
                return "found a map entry that is out of bounds";
            foreach (BttLane lane in lanes)
                CompleteWrite(arena, lane);
            CheckCopy(arena);
            if (IsBitmapWrong(arena, lanes))
                return "bitmap error: internal blocks are incorrectly referenced";
            if (tool._rewritesLog)
                RewriteLog(arena, lanes);
            return null;
        }

        private BttLane LaneOf(Arena arena, uint lane)
        {
            byte[] group = new byte[BttLog.LaneBytes];
            media.Read(arena.LaneAt(lane), group);
            return new BttLane(
                lane,
                BttSlot.Read(group),
                BttSlot.Read(group.AsSpan(arena.Second * BttLog.SlotBytes)),
                HasPaddingBytes: false
            );
        }

        /// <summary>Without the kernel's refusals.</summary>
        private static BttSlot Newest(BttLane lane)
        {
            uint first = lane.First.Sequence,
                second = lane.Second.Sequence;
            bool isSecond = first == 0 || (first < second ? second - first == 1 : first - second != 1);
            return isSecond ? lane.Second : lane.First;
        }

        private void CompleteWrite(Arena arena, BttLane lane)
        {
            BttSlot now = Newest(lane);
            byte[] entry = media.Read(arena.MapAt(now.Block), BttMap.EntryBytes);
            uint mapped = BttMap.BlockOf(BinaryPrimitives.ReadUInt32LittleEndian(entry), now.Block);
            if (now.NewMap == mapped || now.OldMap != mapped)
                return;
            string number = Hex(now.Block);
            Info(
                "btt_check_log_map",
                $"arena {arena.Number}: log[{lane.Number}].new_map ({Hex(now.NewMap)}) doesn't match map[{number}] ({Hex(mapped)})"
            );
            if (!tool._repairs)
            {
                Error("btt_map_write", $"Arena {arena.Number}: map[{number}] needs to be updated to {Hex(now.NewMap)}");
                SayRepair();
                return;
            }
            Info("btt_map_write", $"Arena {arena.Number}: Updating map[{number}] to {Hex(now.NewMap)}");
            BinaryPrimitives.WriteUInt32LittleEndian(entry, now.NewMap | BttMap.Normal);
            media.WriteDurably(arena.MapAt(now.Block), entry);
        }

        private void CheckCopy(Arena arena)
        {
            byte[] first = media.Read(arena.Start, BttInfoBlock.SizeBytes);
            if (first.AsSpan().SequenceEqual(media.Read(arena.Info2, BttInfoBlock.SizeBytes)))
                return;
            if (!tool._repairs)
            {
                Error("btt_copy_to_info2", $"Arena {arena.Number}: BTT info2 needs to be restored");
                SayRepair();
                return;
            }
            tool.Print($"Arena {arena.Number}: Restoring BTT info2\n");
            media.WriteDurably(arena.Info2, first);
        }

        private bool IsBitmapWrong(Arena arena, BttLane[] lanes)
        {
            ulong[] named = new ulong[(arena.Info.InternalBlocks / 64) + 1];
            uint count = 0;
            foreach (uint block in Blocks(arena))
            {
                if (!Mark(named, block))
                {
                    Info("btt_check_bitmap", $"arena {arena.Number}: internal block {Hex(block)} is referenced by two map entries");
                    return true;
                }
                count++;
            }
            foreach (BttLane lane in lanes)
            {
                uint block = Newest(lane).OldMap;
                if (!Mark(named, block))
                {
                    Info("btt_check_bitmap", $"arena {arena.Number}: internal block {Hex(block)} is referenced by two map/log entries");
                    return true;
                }
                count++;
            }
            return count != arena.Info.InternalBlocks;
        }

        private static bool Mark(ulong[] named, uint block)
        {
            ulong bit = 1UL << (int)(block % 64);
            bool isFree = (named[block / 64] & bit) == 0;
            named[block / 64] |= bit;
            return isFree;
        }

        /// <summary>The block of each external one, in order.</summary>
        private IEnumerable<uint> Blocks(Arena arena)
        {
            byte[] buffer = new byte[64 * 1024];
            for (uint lba = 0; lba < arena.Info.ExternalBlocks; )
            {
                int count = (int)Math.Min(arena.Info.ExternalBlocks - lba, (uint)buffer.Length / BttMap.EntryBytes);
                media.Read(arena.MapAt(lba), buffer.AsSpan(0, count * BttMap.EntryBytes));
                for (int i = 0; i < count; i++, lba++)
                    yield return BttMap.BlockOf(BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(i * BttMap.EntryBytes)), lba);
            }
        }

        private void RewriteLog(Arena arena, BttLane[] lanes)
        {
            Info("btt_rewrite_log", $"arena {arena.Number}: rewriting log");
            foreach (BttLane lane in lanes)
            {
                byte[] group = new byte[BttLog.LaneBytes];
                (Newest(lane) with { Sequence = 1 }).ToBytes().CopyTo(group, 0);
                media.Write(arena.LaneAt(lane.Number), group);
            }
            media.Flush();
        }

        /// <summary>printf's <c>%#x</c>.</summary>
        private static string Hex(ulong value) => value == 0 ? "0" : $"0x{value:x}";
    }
}

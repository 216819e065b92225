using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Formats.Btt.Check;

/// <summary>
/// Everything that is wrong with a BTT, not only the first fault. Both info-blocks of each arena, then the log, then one pass over the map;
/// the data are never read. States that the BTT's own protocol leaves after a crash are no damage.
/// </summary>
public static class BttCheck
{
    private const int ListedMax = 100;

    /// <summary>Checks a namespace from its first byte to its last.</summary>
    public static BttReport Run(IMediaReader media, BttCheckRequest request)
    {
        if (BttSurvey.Find(media, request.Version) is not { } found)
            return BttReport.None;
        var run = new Pass(media, request, found.Version);
        return run.Check(found.Arenas);
    }

    private sealed class Pass(IMediaReader media, BttCheckRequest request, BttVersion version)
    {
        private readonly List<Finding> _findings = [];

        public BttReport Check(ImmutableArray<BttArenaPlace> places)
        {
            var arenas = ImmutableArray.CreateBuilder<BttArenaReport>();
            ulong firstExternal = 0;
            if (request.Version is { } told && told != version && version == BttVersion.V2_0)
                Add(BttFindings.PlaceUnlabelled, 0, new Evidence("version", $"{told.Major}.{told.Minor}", "2.0"));
            foreach (BttArenaPlace place in places)
            {
                CheckInfo(place, places);
                if (place.Info is not { } info)
                    continue;
                var arena = new BttArenaReport(
                    place.Number,
                    new MediaOffset(place.Start),
                    new ByteSize(info.NextOffset != 0 ? info.NextOffset : info.Info2Offset + BttInfoBlock.SizeBytes),
                    info,
                    place.Origin,
                    firstExternal
                )
                {
                    WantsFirst = place.Origin != BttInfoOrigin.First,
                    WantsCopy =
                        place.Origin != BttInfoOrigin.Copy
                        && !(place.Origin == BttInfoOrigin.First && place.Copy.Bytes.AsSpan().SequenceEqual(place.First.Bytes)),
                };
                arenas.Add(CheckContent(arena));
                firstExternal += info.ExternalBlocks;
            }
            return new BttReport(version, arenas.ToImmutable(), [.. _findings]);
        }

        private void CheckInfo(BttArenaPlace place, ImmutableArray<BttArenaPlace> places)
        {
            JudgeBlock(place.First, place);
            if (place.First.Info is null && place.Number > 0 && place.Copy.Info is null)
            {
                Add(BttFindings.ArenaMissing, place.Start, new Evidence("arena", "an info-block", What(place.First)));
                return;
            }
            switch (place.Origin)
            {
                case BttInfoOrigin.Copy:
                    Add(
                        BttFindings.InfoFirst,
                        place.First.Offset,
                        new Evidence("info-block", "as its copy at " + Hex(place.Copy.Offset), What(place.First))
                    );
                    break;
                case BttInfoOrigin.Computed:
                    Add(
                        BttFindings.InfoBoth,
                        place.First.Offset,
                        new Evidence("info-block", "signature and checksum", What(place.First)),
                        new Evidence("copy", "signature and checksum", What(place.Copy))
                    );
                    break;
                case BttInfoOrigin.First when !place.Copy.Bytes.AsSpan().SequenceEqual(place.First.Bytes):
                    bool isOther = place.Copy.IsUsable(version, place.Left);
                    Add(
                        isOther ? BttFindings.InfoDiffer : BttFindings.InfoCopy,
                        place.Copy.Offset,
                        new Evidence(
                            "copy",
                            "as the first block at " + Hex(place.First.Offset),
                            isOther ? Difference(place) : What(place.Copy)
                        )
                    );
                    break;
            }
            if (place.Info is not { } info)
                return;
            if (info.HasErrorFlag)
                Add(BttFindings.InfoErrorFlag, place.First.Offset, new Evidence("flags", "0", Hex(info.Flags)));
            if (
                place.Origin != BttInfoOrigin.Computed
                && BttSurvey.MadeBy(info, place.Left) is { } made
                && BttGeometryRules.Foreign(info, made) is { } foreign
            )
                Add(BttFindings.InfoForeign, place.Start, new Evidence(foreign.Field, foreign.Expected, foreign.Actual));
            if ((place.Origin == BttInfoOrigin.First ? place.First : place.Copy).IsOfOther(request.ParentUuid) && place.Number == 0)
                Add(
                    BttFindings.InfoParent,
                    place.Start,
                    new Evidence("parent_uuid", $"{request.ParentUuid}, or zero", $"{info.ParentUuid}")
                );
            if (
                place.Number > 0
                && place.Origin != BttInfoOrigin.Computed
                && places[0].Info is { } first
                && Mismatch(first, info) is { } odd
            )
                Add(BttFindings.ArenaMismatch, place.Start, odd);
        }

        /// <summary>What a block with a right checksum says that cannot be.</summary>
        private void JudgeBlock(BttInfoCopy block, BttArenaPlace place)
        {
            if (!block.IsWhole)
                return;
            BttInfoBlock info = block.Info!;
            if (!block.IsOf(version))
                Add(
                    BttFindings.InfoVersion,
                    block.Offset,
                    new Evidence("version", $"{version.Major}.{version.Minor}", $"{info.VersionMajor}.{info.VersionMinor}")
                );
            if (BttGeometryRules.Broken(info, place.Left) is { } broken)
                Add(BttFindings.InfoGeometry, block.Offset, new Evidence(broken.Field, broken.Expected, broken.Actual));
            else if (place.Origin == BttInfoOrigin.Copy && BttSurvey.MadeBy(info, place.Left) is { } made && block.IsOf(version))
            {
                // It could be, but the copy is what a kernel made.
                if (BttGeometryRules.Foreign(info, made) is { } foreign)
                    Add(BttFindings.InfoGeometry, block.Offset, new Evidence(foreign.Field, foreign.Expected, foreign.Actual));
            }
        }

        private BttArenaReport CheckContent(BttArenaReport arena)
        {
            BttFlog flog;
            try
            {
                flog = BttFlog.Parse(media.Read(arena.LaneAt(0), checked((int)arena.Info.Lanes * BttLog.LaneBytes)));
            }
            catch (MediaException e)
            {
                Add(BttFindings.LogUnreadable, arena.LaneAt(0), new Evidence("log", "readable", e.Message));
                return arena with { Map = new BttMapPass(media, arena.MapAt(0), arena.Info).Run([]) };
            }
            if (flog.SecondSlot == 2)
                Add(BttFindings.LogOldLayout, arena.LaneAt(0), new Evidence("slots", "0 and 1", "0 and 2"));
            ImmutableArray<BttPending> pending = PendingOf(arena, flog);
            HashSet<uint> bad = [.. flog.Lanes.Where(l => IsBad(arena, l)).Select(l => l.Number)];
            pending = [.. pending.Where(p => !bad.Contains(p.Lane))];
            CheckPending(arena, pending);
            BttMapReport map = new BttMapPass(media, arena.MapAt(0), arena.Info).Run(Free(flog, bad, pending));
            arena = arena with { Flog = flog, Pending = pending, Map = map };
            CheckMap(arena, map, bad);
            return arena with { BadLanes = [.. bad.Order()] };
        }

        /// <summary>Of a pending write the lane stands for the block that the map will name, for the map still names the one that gets
        /// free.</summary>
        private static ImmutableArray<(uint, uint)> Free(BttFlog flog, HashSet<uint> bad, ImmutableArray<BttPending> pending)
        {
            Dictionary<uint, uint> named = pending.ToDictionary(p => p.Lane, p => p.NewBlock);
            return
            [
                .. flog
                    .Lanes.Where(l => !bad.Contains(l.Number))
                    .Select(l => (l.Number, named.TryGetValue(l.Number, out uint block) ? block : l.Current.FreeBlock)),
            ];
        }

        private bool IsBad(BttArenaReport arena, BttLane lane)
        {
            BttSlot now = lane.Current;
            ulong at = arena.LaneAt(lane.Number);
            bool isBad = false;
            if (lane.HasPaddingBytes)
            {
                Add(BttFindings.LogPadding, at, new Evidence($"lane {lane.Number}", "two slots of zeros", "other bytes"));
                isBad = true;
            }
            if (!lane.HasHealthyPair)
            {
                Add(
                    lane.Newest is null ? BttFindings.LogSequence : BttFindings.LogSequenceLoads,
                    at,
                    new Evidence(
                        $"lane {lane.Number} seq",
                        "1 0, or two that follow each other in 1 2 3 1",
                        $"{lane.First.Sequence} {lane.Second.Sequence}"
                    )
                );
                return true;
            }
            if (IsUnusedWithTwoBlocks(arena, lane))
            {
                Add(
                    BttFindings.LogUnused,
                    at,
                    new Evidence($"lane {lane.Number}", "the same block as old and new", $"{now.OldMap} and {now.NewMap}")
                );
                return true;
            }
            BttInfoBlock info = arena.Info;
            if (now.Block >= info.ExternalBlocks || now.FreeBlock >= info.InternalBlocks || now.NewBlock >= info.InternalBlocks)
            {
                (string field, uint limit, uint value) =
                    now.Block >= info.ExternalBlocks ? ("lba", info.ExternalBlocks, now.Block)
                    : now.FreeBlock >= info.InternalBlocks ? ("old_map", info.InternalBlocks, now.FreeBlock)
                    : ("new_map", info.InternalBlocks, now.NewBlock);
                Add(BttFindings.LogRange, at, new Evidence($"lane {lane.Number} {field}", $"below {limit}", $"{value}"));
                isBad = true;
            }
            return isBad;
        }

        /// <summary>
        /// The only entry of a lane never used has the free block as old and as new: external_nlba and its number. One that has it as new
        /// alone, and whose write the map does not know, is damaged in old. (A converted log has such entries too, of writes that the map
        /// knows.)
        /// </summary>
        private bool IsUnusedWithTwoBlocks(BttArenaReport arena, BttLane lane)
        {
            BttSlot only = lane.First;
            return (only.Sequence, lane.Second.Sequence) == (1, 0)
                && only.Block == lane.Number
                && only.NewMap == arena.Info.ExternalBlocks + lane.Number
                && only.OldMap != only.NewMap
                && Named(arena, only.Block) != only.NewMap;
        }

        /// <summary>The block that a map entry names; null: it cannot be read.</summary>
        private uint? Named(BttArenaReport arena, uint external)
        {
            Span<byte> entry = stackalloc byte[BttMap.EntryBytes];
            try
            {
                media.Read(arena.MapAt(external), entry);
            }
            catch (MediaException)
            {
                return null; // told by the pass over the map
            }
            return BttMap.BlockOf(System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(entry), external);
        }

        private ImmutableArray<BttPending> PendingOf(BttArenaReport arena, BttFlog flog)
        {
            var pending = ImmutableArray.CreateBuilder<BttPending>();
            foreach (BttLane lane in flog.Lanes)
            {
                BttSlot now = lane.Current;
                if (lane.IsFresh || lane.Newest is null || now.Block >= arena.Info.ExternalBlocks)
                    continue;
                if (Named(arena, now.Block) is { } named && named == now.FreeBlock && named != now.NewBlock)
                    pending.Add(new BttPending(lane.Number, now.Block, named, now.NewBlock));
            }
            return pending.ToImmutable();
        }

        private void CheckPending(BttArenaReport arena, ImmutableArray<BttPending> pending)
        {
            foreach (IGrouping<uint, BttPending> sector in pending.GroupBy(p => p.External))
            {
                BttPending one = sector.First();
                Add(
                    sector.Count() == 1 ? BttFindings.LogPending : BttFindings.LogPendingTwice,
                    arena.LaneAt(one.Lane),
                    new Evidence(
                        $"LBA {arena.FirstExternal + one.External}",
                        $"block {one.NewBlock}",
                        $"block {one.OldBlock} (lane{(sector.Count() == 1 ? "" : "s")} {string.Join(", ", sector.Select(p => p.Lane))})"
                    )
                );
            }
        }

        private void CheckMap(BttArenaReport arena, BttMapReport map, HashSet<uint> bad)
        {
            foreach ((uint start, uint end) in map.UnreadableList)
                Add(
                    BttFindings.MapUnreadable,
                    arena.MapAt(start),
                    new Evidence($"LBA {arena.FirstExternal + start} to {arena.FirstExternal + end - 1}", "a map entry", "unreadable")
                );
            Listed(
                map.OutOfRangeList,
                map.OutOfRange,
                e =>
                    Add(
                        BttFindings.MapRange,
                        arena.MapAt(e.External),
                        new Evidence(Lba(arena, e.External), $"a block below {arena.Info.InternalBlocks}", Hex(e.Entry))
                    ),
                BttFindings.MapRange
            );
            IGrouping<uint, BttOwner>[] shared = [.. map.SharedList.GroupBy(o => o.Block)];
            Listed(shared, map.Shared, g => AddShared(arena, g), BttFindings.MapDuplicate);
            Listed(
                map.ErrorList,
                map.Errors,
                e =>
                    Add(
                        BttFindings.MapError,
                        arena.MapAt(e.External),
                        new Evidence(Lba(arena, e.External), "no error flag", $"{Hex(e.Entry)}, block {e.Entry & BttMap.BlockMask}")
                    ),
                BttFindings.MapError
            );
            if (map.Trimmed > 0)
                Add(
                    BttFindings.MapTrimmed,
                    arena.MapAt(map.TrimmedList[0]),
                    new Evidence($"LBA {Numbers(map.TrimmedList.Select(e => arena.FirstExternal + e), map.Trimmed)}", "", "trimmed")
                );
            // Blocks of damaged lanes are expected to be missing: one each.
            if (map.Lost > 0)
                Add(
                    BttFindings.BlockLost,
                    arena.DataAt(map.LostList[0]),
                    new Evidence(
                        "blocks",
                        "an owner each",
                        $"{map.Lost} without: {Numbers(map.LostList.Select(b => (ulong)b), map.Lost)}"
                            + (bad.Count > 0 ? $" ({bad.Count} of them free blocks of damaged lanes)" : "")
                    )
                );
        }

        private void AddShared(BttArenaReport arena, IGrouping<uint, BttOwner> group)
        {
            BttOwner[] entries = [.. group.Where(o => o.External is not null)],
                lanes = [.. group.Where(o => o.Lane is not null)];
            string owners = string.Join(
                ", ",
                entries.Select(o => Lba(arena, o.External!.Value)).Concat(lanes.Select(o => $"lane {o.Lane}")).Take(8)
            );
            FindingCode code =
                entries.Length > 1 ? BttFindings.MapDuplicate
                : entries.Length == 1 ? BttFindings.FreeMapped
                : BttFindings.FreeTwice;
            ulong at = entries.Length > 0 ? arena.MapAt(entries[0].External!.Value) : arena.LaneAt(lanes[0].Lane!.Value);
            Add(code, at, new Evidence($"block {group.Key}", "one owner", owners));
        }

        /// <summary>The first ones as they are, and how many more there are.</summary>
        private void Listed<T>(IReadOnlyCollection<T> items, ulong count, Action<T> add, FindingCode code)
        {
            foreach (T item in items.Take(ListedMax))
                add(item);
            if (count > ListedMax)
                _findings.Add(
                    Finding.Of(
                        code,
                        request.Subject,
                        null,
                        new Evidence("all of them", "none", string.Create(CultureInfo.InvariantCulture, $"{count}"))
                    )
                );
        }

        private void Add(FindingCode code, ulong offset, params ReadOnlySpan<Evidence> evidence) =>
            _findings.Add(Finding.Of(code, request.Subject, new MediaPlace(MediaOrigin.Namespace, new MediaOffset(offset)), evidence));

        private static string Lba(BttArenaReport arena, uint external) =>
            string.Create(CultureInfo.InvariantCulture, $"LBA {arena.FirstExternal + external}");

        private static string What(BttInfoCopy block) =>
            block.Bytes.Length == 0 ? "unreadable, or behind the end"
            : block.IsZero ? "zeroes"
            : block.Info is null ? "no signature"
            : !block.HasRightChecksum ? "a wrong checksum"
            : $"version {block.Info.VersionMajor}.{block.Info.VersionMinor}, fields that do not fit";

        private static string Difference(BttArenaPlace place)
        {
            BttInfoBlock first = place.First.Info!,
                copy = place.Copy.Info!;
            foreach (Formats.Layout.Field field in BttInfoBlockLayout.Fields)
            {
                if (!field.Slice(place.First.Bytes.AsSpan()).SequenceEqual(field.Slice(place.Copy.Bytes.AsSpan())))
                    return field == BttInfoBlockLayout.Uuid ? $"uuid {copy.Uuid} instead of {first.Uuid}" : $"another {field.Name}";
            }
            return "the same";
        }

        private static Evidence? Mismatch(BttInfoBlock first, BttInfoBlock info) =>
            first.ExternalLbaSize != info.ExternalLbaSize
                ? new Evidence("external_lbasize", $"{first.ExternalLbaSize}", $"{info.ExternalLbaSize}")
            : first.Uuid != info.Uuid ? new Evidence("uuid", $"{first.Uuid}", $"{info.Uuid}")
            : first.ParentUuid != info.ParentUuid ? new Evidence("parent_uuid", $"{first.ParentUuid}", $"{info.ParentUuid}")
            : null;

        /// <summary>Numbers with runs joined; the first few.</summary>
        private static string Numbers(IEnumerable<ulong> numbers, ulong count)
        {
            var runs = new List<(ulong First, ulong Last)>();
            foreach (ulong n in numbers)
            {
                if (runs.Count > 0 && runs[^1].Last + 1 == n)
                    runs[^1] = (runs[^1].First, n);
                else if (runs.Count < 8)
                    runs.Add((n, n));
                else
                    break;
            }
            ulong listed = runs.Aggregate(0UL, (sum, r) => sum + r.Last - r.First + 1);
            string text = string.Join(
                ", ",
                runs.Select(r => r.First == r.Last ? Number(r.First) : $"{Number(r.First)} to {Number(r.Last)}")
            );
            return listed < count ? text + ", …" : text;
        }

        private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

        private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
    }
}

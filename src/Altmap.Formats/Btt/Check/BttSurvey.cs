using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Formats.Btt.Check;

/// <summary>Where an arena is and what is left of its two info-blocks.</summary>
internal sealed record BttArenaPlace(int Number, ulong Start, ByteSize Left, BttInfoCopy First, BttInfoCopy Copy)
{
    /// <summary>The geometry to judge the rest by; null: none could be found.</summary>
    public BttInfoBlock? Info { get; init; }

    public BttInfoOrigin Origin { get; init; }
}

/// <summary>
/// Looks for a BTT: at both places where a first arena can start, at the ends of arenas for the copies of info-blocks, and where no block
/// is
/// left, by the log, which starts at the same distance from an arena's end for every sector size.
/// </summary>
internal static class BttSurvey
{
    private const ulong PageBytes = 4096;
    private const ulong LogFromEnd = (BttConstants.Lanes * BttLog.LaneBytes) + BttInfoBlock.SizeBytes;
    private const int ArenasMax = 4096;

    /// <summary>Null: no trace of a BTT.</summary>
    public static (BttVersion Version, ImmutableArray<BttArenaPlace> Arenas)? Find(IMediaReader media, BttVersion? told)
    {
        // The best of both: a usable block at its place, then a copy, then a log; where one was told, only that unless nothing is there.
        (int Rank, BttVersion Version)? best = null;
        foreach (BttVersion version in (IEnumerable<BttVersion>)[BttVersion.V1_1, BttVersion.V2_0])
        {
            int rank = Rank(media, version);
            if (rank == 0)
                continue;
            rank = (rank * 2) + (told == version ? 1 : 0);
            if (best is null || rank > best.Value.Rank)
                best = (rank, version);
        }
        if (best is not { } found)
            return null;
        return (found.Version, Arenas(media, found.Version));
    }

    /// <summary>3: a usable first block; 2: a usable copy; 1: a block that starts like one, or a log; 0: nothing.</summary>
    private static int Rank(IMediaReader media, BttVersion version)
    {
        ulong start = version.Start.Bytes;
        if (media.LengthBytes < start + BttConstants.ArenaSizeMin.Bytes)
            return 0;
        var left = new ByteSize(media.LengthBytes - start);
        var first = BttInfoCopy.Read(media, start);
        if (first.IsUsable(version, left))
            return 4;
        BttInfoCopy copy = CopyOf(media, start, left, first);
        if (copy.IsUsable(version, left))
            return 3;
        if (first.IsWhole)
            return 2;
        return first.Info is not null || Deduce(media, start, MadeSize(left), version, first, NextOf(left)) is not null ? 1 : 0;
    }

    private static ImmutableArray<BttArenaPlace> Arenas(IMediaReader media, BttVersion version)
    {
        var arenas = new List<BttArenaPlace>();
        ulong start = version.Start.Bytes;
        while (media.LengthBytes >= start && media.LengthBytes - start >= BttConstants.ArenaSizeMin.Bytes && arenas.Count < ArenasMax)
        {
            var left = new ByteSize(media.LengthBytes - start);
            BttArenaPlace place = PlaceOf(media, arenas, start, left, version);
            arenas.Add(place);
            ulong next = place.Info?.NextOffset ?? NextOf(left);
            if (next == 0)
                break;
            start += next;
        }
        return [.. arenas];
    }

    private static BttArenaPlace PlaceOf(IMediaReader media, List<BttArenaPlace> before, ulong start, ByteSize left, BttVersion version)
    {
        var first = BttInfoCopy.Read(media, start);
        BttInfoCopy copy = CopyOf(media, start, left, first);
        var place = new BttArenaPlace(before.Count, start, left, first, copy);
        bool firstIsRight = first.IsUsable(version, left),
            copyIsRight = copy.IsUsable(version, left);
        // Of two that are right and differ, the one that a kernel would have made here.
        if (firstIsRight && copyIsRight && !IsMade(first.Info!, left) && IsMade(copy.Info!, left))
            firstIsRight = false;
        if (firstIsRight)
            return place with { Info = first.Info, Origin = BttInfoOrigin.First };
        if (copyIsRight)
            return place with { Info = copy.Info, Origin = BttInfoOrigin.Copy };
        uint? size = before.FirstOrDefault()?.Info?.ExternalLbaSize;
        BttInfoBlock? deduced = Deduce(media, start, MadeSize(left), version, first, NextOf(left), size);
        return place with
        {
            Info =
                deduced is null ? null
                : before.FirstOrDefault()?.Info is { } model ? deduced with { Uuid = model.Uuid, ParentUuid = model.ParentUuid }
                : deduced,
            Origin = BttInfoOrigin.Computed,
        };
    }

    /// <summary>Size that a kernel gives an arena there, and nextoff.</summary>
    private static ulong MadeSize(ByteSize left) => Math.Min(left.Bytes, BttConstants.ArenaSizeMax.Bytes);

    private static ulong NextOf(ByteSize left)
    {
        ulong size = MadeSize(left);
        return left.Bytes - size >= BttConstants.ArenaSizeMin.Bytes ? size : 0;
    }

    /// <summary>What a kernel makes of an arena with so many bytes left in the namespace.</summary>
    public static BttInfoBlock? MadeBy(BttInfoBlock like, ByteSize left) =>
        BttConstants.SectorSizes.Contains(like.ExternalLbaSize)
            ? BttGeometry.InfoOf(MadeSize(left), like.ExternalLbaSize) with
            {
                NextOffset = NextOf(left),
            }
            : null;

    private static bool IsMade(BttInfoBlock info, ByteSize left) =>
        MadeBy(info, left) is { } made && BttGeometryRules.Foreign(info, made) is null;

    /// <summary>The copy: where a usable first block says, else where a kernel puts it.</summary>
    private static BttInfoCopy CopyOf(IMediaReader media, ulong start, ByteSize left, BttInfoCopy first)
    {
        ulong made = Alignment.Down(MadeSize(left), PageBytes) - BttInfoBlock.SizeBytes;
        if (first.IsWhole && first.Info!.Info2Offset != made && first.Info.Info2Offset <= left.Bytes)
        {
            var said = BttInfoCopy.Read(media, start + first.Info.Info2Offset);
            if (said.IsWhole)
                return said;
        }
        return BttInfoCopy.Read(media, start + made);
    }

    /// <summary>
    /// The geometry that the log shows: lanes never used say {lane, n + lane, n + lane, 1}, where n is external_nlba. Sector sizes that
    /// give
    /// the same geometry (520 and 528, 4104 and 4160) are told apart only by what is left of a block.
    /// </summary>
    private static BttInfoBlock? Deduce(
        IMediaReader media,
        ulong start,
        ulong size,
        BttVersion version,
        BttInfoCopy first,
        ulong next,
        uint? sectorSize = null
    )
    {
        byte[] log = new byte[BttConstants.Lanes * BttLog.LaneBytes];
        try
        {
            media.Read(start + Alignment.Down(size, PageBytes) - LogFromEnd, log);
        }
        catch (MediaException)
        {
            return null;
        }
        var flog = BttFlog.Parse(log);
        var counts = new Dictionary<uint, int>();
        foreach (BttLane lane in flog.Lanes)
        {
            BttSlot slot = lane.First;
            if (slot.Block == lane.Number && slot.OldMap == slot.NewMap && slot.OldMap > lane.Number && slot.Sequence == 1)
                counts[slot.OldMap - lane.Number] = counts.GetValueOrDefault(slot.OldMap - lane.Number) + 1;
        }
        uint named = first.Info?.ExternalLbaSize ?? 0;
        BttInfoBlock[] fits =
        [
            .. BttConstants
                .SectorSizes.Where(s => sectorSize is null || s == sectorSize)
                .Select(s => BttGeometry.InfoOf(size, s) with { NextOffset = next })
                .Where(i =>
                    counts.GetValueOrDefault(i.ExternalBlocks) > 0
                    || (counts.Count == 0 && i.ExternalLbaSize == named && AllLanesFit(flog, i))
                )
                .OrderByDescending(i => counts.GetValueOrDefault(i.ExternalBlocks))
                .ThenByDescending(i => i.ExternalLbaSize == named),
        ];
        if (fits.Length == 0)
            return null;
        BttInfoBlock chosen = fits[0];
        return chosen with
        {
            VersionMajor = version.Major,
            VersionMinor = version.Minor,
            Uuid = first.Info?.Uuid ?? Uuid.Zero,
            ParentUuid = first.Info?.ParentUuid ?? Uuid.Zero,
        };
    }

    /// <summary>Every lane was used: none names a block that is not there, and at least half of them are whole.</summary>
    private static bool AllLanesFit(BttFlog flog, BttInfoBlock info)
    {
        int whole = flog.Lanes.Count(l =>
            l.HasHealthyPair && l.Current.FreeBlock < info.InternalBlocks && l.Current.Block < info.ExternalBlocks
        );
        return whole >= flog.Lanes.Length / 2;
    }
}

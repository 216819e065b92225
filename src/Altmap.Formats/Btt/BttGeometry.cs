using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Btt;

/// <summary>An arena: where it is, and its info-block.</summary>
/// <param name="Start">Its first byte, from the start of the namespace.</param>
/// <param name="Size">From there to the next arena, or to the end of its copy of the info-block.</param>
/// <param name="Info">What its info-block says.</param>
public sealed record BttArena(MediaOffset Start, ByteSize Size, BttInfoBlock Info);

/// <summary>What the kernel makes of a namespace without BTT (drivers/nvdimm/btt.c create_arenas(), alloc_arena(),
/// btt_arena_write_layout(); 5.10, 6.1, 6.12, 7.2).</summary>
public static class BttGeometry
{
    private const ulong Page = 4096,
        MapPiece = 2 << 20;
    private const uint InternalAlign = 64,
        LogBytes = BttConstants.Lanes * BttLog.LaneBytes;

    /// <summary>The arenas of a new BTT, in order; none when the namespace is too small. A rest below 16 MiB stays unused.</summary>
    /// <param name="namespaceSize">Size of the namespace.</param>
    /// <param name="version">By claim class.</param>
    /// <param name="lbaSizeBytes">One of <see cref="BttConstants.SectorSizes"/>; else <see cref="ArgumentOutOfRangeException"/>.</param>
    /// <param name="uuid">Of the BTT.</param>
    /// <param name="parentUuid">Of the namespace's label; zero without.</param>
    public static ImmutableArray<BttArena> Plan(ByteSize namespaceSize, BttVersion version, uint lbaSizeBytes, Uuid uuid, Uuid parentUuid)
    {
        if (!BttConstants.SectorSizes.Contains(lbaSizeBytes))
            throw new ArgumentOutOfRangeException(nameof(lbaSizeBytes), lbaSizeBytes, "not a sector size of a BTT");
        var arenas = ImmutableArray.CreateBuilder<BttArena>();
        MediaOffset start = version.Start;
        ulong remaining = namespaceSize.Bytes < start.Bytes ? 0 : namespaceSize.Bytes - start.Bytes;
        while (remaining >= BttConstants.ArenaSizeMin.Bytes)
        {
            ulong size = Math.Min(remaining, BttConstants.ArenaSizeMax.Bytes);
            remaining -= size;
            BttInfoBlock info = InfoOf(size, lbaSizeBytes) with
            {
                Uuid = uuid,
                ParentUuid = parentUuid,
                VersionMajor = version.Major,
                VersionMinor = version.Minor,
                NextOffset = remaining >= BttConstants.ArenaSizeMin.Bytes ? size : 0,
            };
            arenas.Add(new BttArena(start, new ByteSize(size), info));
            start += new ByteSize(size);
        }
        return arenas.ToImmutable();
    }

    /// <summary>Bytes of the disk that the arenas make.</summary>
    public static ByteSize DiskSizeOf(IEnumerable<BttArena> arenas) =>
        arenas.Aggregate(
            ByteSize.Zero,
            (sum, a) => sum + new ByteSize(a.Info.ExternalBlocks * (ulong)BttConstants.DiskSectorSize(a.Info.ExternalLbaSize))
        );

    /// <summary>
    /// The writes that lay a BTT down, in the kernel's order and pieces: of each arena the map, the log, the first slot of each lane in two
    /// halves, the copy of
    /// the info-block, and last the info-block. The data area is not written: old bytes are what unwritten sectors read.
    /// </summary>
    /// <param name="arenas">As <see cref="Plan"/> gives them; offsets of the plan are from the start of the namespace.</param>
    public static WritePlan LayDown(IEnumerable<BttArena> arenas) => new([.. arenas.SelectMany(Steps)]);

    private static IEnumerable<PlanStep> Steps(BttArena arena)
    {
        BttInfoBlock info = arena.Info;
        for (ulong at = info.MapOffset; at < info.LogOffset; at += MapPiece)
            yield return new PlanStep.Zero(At(arena, at), new ByteSize(Math.Min(MapPiece, info.LogOffset - at)));
        for (ulong at = info.LogOffset; at < info.Info2Offset; at += Page)
            yield return new PlanStep.Zero(At(arena, at), new ByteSize(Math.Min(Page, info.Info2Offset - at)));
        for (uint lane = 0; lane < info.Lanes; lane++)
        {
            byte[] slot = BttLog.FreshSlot(lane, info.ExternalBlocks);
            ulong at = info.LogOffset + (lane * BttLog.LaneBytes);
            yield return new PlanStep.Write(At(arena, at), slot.AsMemory(0, BttLog.SlotBytes / 2));
            yield return new PlanStep.Write(At(arena, at + (BttLog.SlotBytes / 2)), slot.AsMemory(BttLog.SlotBytes / 2));
        }
        byte[] block = info.ToBytes();
        yield return PlanStep.Barrier.Instance;
        yield return new PlanStep.Write(At(arena, info.Info2Offset), block);
        yield return PlanStep.Barrier.Instance;
        yield return new PlanStep.Write(arena.Start, block);
        yield return PlanStep.Barrier.Instance;
    }

    private static MediaOffset At(BttArena arena, ulong offset) => arena.Start + new ByteSize(offset);

    /// <summary>Info-block, data, map, log, copy of the info-block; what is left between data and map is for rounding.</summary>
    internal static BttInfoBlock InfoOf(ulong size, uint lbaSizeBytes)
    {
        uint internalSize = (uint)Alignment.Up(lbaSizeBytes, InternalAlign);
        ulong available = Alignment.Down(size, Page) - (2 * Page) - LogBytes;
        // A page is taken off for the rounding of the map.
        uint internalBlocks = (uint)((available - Page) / (internalSize + BttMap.EntryBytes));
        uint externalBlocks = internalBlocks - BttConstants.Lanes;
        ulong mapSize = Alignment.Up((ulong)externalBlocks * BttMap.EntryBytes, Page);
        ulong mapOffset = Page + available - mapSize;
        return new BttInfoBlock
        {
            ExternalLbaSize = lbaSizeBytes,
            ExternalBlocks = externalBlocks,
            InternalLbaSize = internalSize,
            InternalBlocks = internalBlocks,
            Lanes = BttConstants.Lanes,
            DataOffset = Page,
            MapOffset = mapOffset,
            LogOffset = mapOffset + mapSize,
            Info2Offset = mapOffset + mapSize + LogBytes,
        };
    }
}

using System.Buffers.Binary;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Conformance.Defects;

/// <summary>Bytes that defects need on a namespace.</summary>
internal static class DefectMedia
{
    private static readonly Uuid Name = Uuid.Parse("c0000000-0000-4000-8000-000000000001");

    /// <summary>An info-block of a device without labels.</summary>
    public static IReadOnlyList<(ulong Offset, byte[] Bytes)> Block(
        InfoBlockKind kind,
        uint mode,
        ulong dataOffset,
        uint align,
        uint endTrunc = 0,
        uint startPad = 0,
        ulong at = 0
    ) =>
        [
            (
                at + InfoBlock.StartBytes,
                new InfoBlock
                {
                    Kind = kind,
                    Uuid = Name,
                    VersionMinor = 4,
                    Mode = mode,
                    DataOffset = dataOffset,
                    Align = align,
                    EndTrunc = endTrunc,
                    StartPad = startPad,
                    PageSize = 4096,
                    PageStructSize = 64,
                }.ToBytes()
            ),
        ];

    /// <summary>The arena of a BTT that fills a namespace.</summary>
    public static BttArena Arena(ulong size, uint sector) =>
        BttGeometry.Plan(new ByteSize(size), BttVersion.V1_1, sector, Name, Uuid.Zero)[0];

    /// <summary>A slot of a lane of the log.</summary>
    public static (ulong Offset, byte[] Bytes) Slot(
        BttArena arena,
        uint lane,
        uint slot,
        uint block,
        uint oldMap,
        uint newMap,
        uint sequence
    )
    {
        byte[] bytes = new byte[BttLog.SlotBytes];
        BttLog.Block.Write(bytes, block);
        BttLog.OldMap.Write(bytes, oldMap);
        BttLog.NewMap.Write(bytes, newMap);
        BttLog.Sequence.Write(bytes, sequence);
        return (arena.Start.Bytes + arena.Info.LogOffset + (lane * BttLog.LaneBytes) + (slot * BttLog.SlotBytes), bytes);
    }

    /// <summary>A BTT with one arena; <paramref name="change"/> changes its info-block.</summary>
    public static IReadOnlyList<(ulong Offset, byte[] Bytes)> Btt(
        ulong size,
        uint sector,
        Func<BttInfoBlock, BttInfoBlock>? change = null,
        params (uint Block, uint Entry)[] map
    )
    {
        BttArena arena = Arena(size, sector);
        BttInfoBlock info = change?.Invoke(arena.Info) ?? arena.Info;
        ulong start = arena.Start.Bytes;
        byte[] log = new byte[256 * BttLog.LaneBytes];
        for (uint lane = 0; lane < 256; lane++)
            BttLog.FreshSlot(lane, arena.Info.ExternalBlocks).CopyTo(log.AsSpan((int)lane * BttLog.LaneBytes));
        var pieces = new List<(ulong, byte[])>
        {
            (start, info.ToBytes()),
            (start + arena.Info.LogOffset, log),
            (start + arena.Info.Info2Offset, info.ToBytes()),
        };
        foreach ((uint block, uint entry) in map)
        {
            byte[] four = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(four, entry);
            pieces.Add((start + arena.Info.MapOffset + (4ul * block), four));
        }
        return pieces;
    }
}

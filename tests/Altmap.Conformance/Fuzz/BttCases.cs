using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Checksums;
using Altmap.Formats.Labels;
using Altmap.Formats.Layout;

namespace Altmap.Conformance.Fuzz;

/// <summary>BTTs: good ones for a region without labels, with fields of the info-block, its copy, the log or the map changed.</summary>
internal static class BttCases
{
    /// <summary>Where the pieces stand in the offsets of edits.</summary>
    private const ulong Copy = 0x1_0000,
        Log = 0x10_0000,
        Map = 0x100_0000;

    private static readonly ulong[] Words =
    [
        0,
        1,
        2,
        3,
        4,
        5,
        0x10,
        0x3f,
        0x40,
        0x7f,
        0x80,
        0xff,
        0x100,
        0x101,
        0x1ff,
        0x200,
        0x208,
        0x210,
        0x400,
        0xfff,
        0x1000,
        0x1001,
        0x1008,
        0x1080,
        0x2000,
        0x4000,
        0x1_0000,
        0xf0_0000,
        0x100_0000,
        0x200_0000,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_f000,
        0xffff_ffff,
        0x1_0000_0000,
        0x7fff_ffff_ffff_ffff,
        0xffff_ffff_ffff_f000,
        0xffff_ffff_ffff_ffff,
    ];

    private static readonly Field[] Changed =
    [
        BttInfoBlockLayout.Flags,
        BttInfoBlockLayout.VersionMajor,
        BttInfoBlockLayout.VersionMinor,
        BttInfoBlockLayout.ExternalLbaSize,
        BttInfoBlockLayout.ExternalLbaSize,
        BttInfoBlockLayout.ExternalBlocks,
        BttInfoBlockLayout.InternalLbaSize,
        BttInfoBlockLayout.InternalBlocks,
        BttInfoBlockLayout.Lanes,
        BttInfoBlockLayout.Lanes,
        BttInfoBlockLayout.InfoSize,
        BttInfoBlockLayout.NextOffset,
        BttInfoBlockLayout.DataOffset,
        BttInfoBlockLayout.MapOffset,
        BttInfoBlockLayout.LogOffset,
        BttInfoBlockLayout.Info2Offset,
    ];

    /// <summary>Case <paramref name="number"/> for a region.</summary>
    public static FuzzCase Make(ulong seed, ulong number, int region, PhysicalRange range)
    {
        Dice dice = Dice.For(seed, number);
        uint sector = dice.Of<uint>([.. BttConstants.SectorSizes]);
        Uuid uuid = new(dice.Word(), dice.Word() | 1);
        Uuid parent = dice.OneIn(10) ? new Uuid(dice.Word(), dice.Word()) : default;
        ImmutableArray<BttArena> arenas = BttGeometry.Plan(range.Size, BttVersion.Of(ClaimClass.None), sector, uuid, parent);
        BttArena arena = arenas.IsEmpty
            ? BttGeometry.Plan(BttConstants.ArenaSizeMin + new ByteSize(4096), BttVersion.V1_1, sector, uuid, parent)[0]
            : arenas[0];
        var edits = ImmutableArray.CreateBuilder<Edit>();
        for (
            int left = dice.Below(8) switch
            {
                0 => 0,
                < 5 => 1,
                < 7 => 2,
                _ => 3,
            };
            left > 0;
            left--
        )
            edits.AddRange(Change(dice, arena.Info));
        return new FuzzCase
        {
            Number = number,
            Region = region,
            Base = string.Create(
                CultureInfo.InvariantCulture,
                $"BTT of {sector}, {arena.Info.ExternalBlocks} blocks, parent {(parent.IsZero ? "zero" : "set")}"
            ),
            Edits = edits.ToImmutable(),
            Media = chosen => Pieces(arena, chosen),
        };
    }

    private static IEnumerable<Edit> Change(Dice dice, BttInfoBlock info)
    {
        int kind = dice.Below(10);
        if (kind == 0) // a wrong checksum of one of the two
        {
            ulong where = dice.OneIn(2) ? 0 : Copy;
            return [new Edit($"{Name(where)}checksum wrong", where + (ulong)BttInfoBlockLayout.Checksum.OffsetBytes, [1])];
        }
        if (kind == 1)
        {
            ulong where = dice.OneIn(2) ? 0 : Copy;
            return [new Edit($"{Name(where)}signature gone", where, new byte[4])];
        }
        if (kind is 2 or 3)
        {
            int lane = dice.Below(256),
                slot = dice.Below(4);
            Field field = dice.Of<Field>([BttLog.Block, BttLog.OldMap, BttLog.NewMap, BttLog.Sequence, BttLog.Sequence]);
            uint value = dice.OneIn(3) ? info.ExternalBlocks + (uint)dice.Below(260) : (uint)(dice.Of(Words) & uint.MaxValue);
            byte[] four = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(four, field == BttLog.Sequence && dice.OneIn(2) ? (uint)dice.Below(4) : value);
            ulong at = Log + ((ulong)lane * BttLog.LaneBytes) + ((ulong)slot * BttLog.SlotBytes) + (ulong)field.OffsetBytes;
            return [new Edit($"log lane {lane} slot {slot} {field.Name}=0x{BinaryPrimitives.ReadUInt32LittleEndian(four):x}", at, four)];
        }
        if (kind == 4)
        {
            uint block = (uint)dice.Below(300);
            byte[] four = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(
                four,
                (dice.OneIn(2) ? 0xc000_0000 : 0)
                    | (dice.OneIn(2) ? (uint)dice.Below((int)info.InternalBlocks) : (uint)(dice.Of(Words) & uint.MaxValue))
            );
            return [new Edit($"map {block}=0x{BinaryPrimitives.ReadUInt32LittleEndian(four):x}", Map + (4ul * block), four)];
        }
        Field changed = dice.Of(Changed);
        ulong now = changed.Read(info.ToBytes());
        unchecked // hostile values wrap
        {
            ulong value = dice.Below(6) switch
            {
                0 or 1 => dice.Of(Words),
                2 => now + dice.Of<ulong>([1, 64, 4096]),
                3 => now - dice.Of<ulong>([1, 64, 4096]),
                4 => now ^ (1ul << dice.Below(changed.WidthBytes * 8)),
                _ => dice.Of<ulong>([
                    info.DataOffset,
                    info.MapOffset,
                    info.LogOffset,
                    info.Info2Offset,
                    info.ExternalBlocks,
                    info.InternalBlocks,
                ]),
            };
            byte[] bytes = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            bytes = bytes[..changed.WidthBytes];
            string what =
                $"{changed.Name}=0x{value & (changed.WidthBytes == 8 ? ulong.MaxValue : (1ul << (8 * changed.WidthBytes)) - 1):x}";
            int which = dice.Below(4);
            Edit first = new(what, (ulong)changed.OffsetBytes, bytes),
                second = new("copy " + what, Copy + (ulong)changed.OffsetBytes, bytes);
            return which switch
            {
                0 => [second],
                1 => [first],
                _ => [first, second],
            };
        }
    }

    private static string Name(ulong where) => where == 0 ? "" : "copy ";

    private static IEnumerable<(ulong Offset, byte[] Bytes)> Pieces(BttArena arena, IReadOnlyList<Edit> edits)
    {
        BttInfoBlock info = arena.Info;
        byte[] first = Block(0),
            copy = Block(Copy);
        byte[] log = new byte[256 * BttLog.LaneBytes];
        for (uint lane = 0; lane < 256; lane++)
            BttLog.FreshSlot(lane, info.ExternalBlocks).CopyTo(log.AsSpan((int)lane * BttLog.LaneBytes));
        foreach (Edit edit in edits.Where(e => e.Offset is >= Log and < Map))
            edit.Bytes.CopyTo(log, (int)(edit.Offset - Log));
        yield return (arena.Start.Bytes, first);
        yield return (arena.Start.Bytes + info.LogOffset, log);
        yield return (arena.Start.Bytes + info.Info2Offset, copy);
        foreach (Edit edit in edits.Where(e => e.Offset >= Map))
            yield return (arena.Start.Bytes + info.MapOffset + edit.Offset - Map, edit.Bytes);

        byte[] Block(ulong place)
        {
            byte[] bytes = info.ToBytes();
            Edit[] mine = [.. edits.Where(e => e.Offset >= place && e.Offset < place + BttInfoBlock.SizeBytes)];
            int sumAt = BttInfoBlockLayout.Checksum.OffsetBytes;
            foreach (Edit edit in mine)
                edit.Bytes.CopyTo(bytes, (int)(edit.Offset - place));
            ulong sum = Fletcher64.ComputeWithZeroedField(bytes, sumAt);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(sumAt), mine.Any(e => e.Offset - place == (ulong)sumAt) ? sum ^ 1 : sum);
            return bytes;
        }
    }
}

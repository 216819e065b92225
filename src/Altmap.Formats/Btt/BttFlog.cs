using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Altmap.Formats.Btt;

/// <summary>A slot of a lane, as its bytes say.</summary>
/// <param name="Block">External block that was written.</param>
/// <param name="OldMap">old_map with its flags.</param>
/// <param name="NewMap">new_map with its flags.</param>
/// <param name="Sequence">0: never used.</param>
public readonly record struct BttSlot(uint Block, uint OldMap, uint NewMap, uint Sequence)
{
    /// <summary>The block that the write left free.</summary>
    public uint FreeBlock => OldMap & BttMap.BlockMask;

    /// <summary>The block that the data went to.</summary>
    public uint NewBlock => NewMap & BttMap.BlockMask;

    /// <summary>True when all 16 bytes are zero.</summary>
    public bool IsZero => this == default;

    /// <summary>Reads 16 bytes.</summary>
    public static BttSlot Read(ReadOnlySpan<byte> slot) =>
        new(
            BinaryPrimitives.ReadUInt32LittleEndian(slot),
            BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(slot[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(slot[12..])
        );

    /// <summary>The 16 bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] slot = new byte[BttLog.SlotBytes];
        BttLog.Block.Write(slot, Block);
        BttLog.OldMap.Write(slot, OldMap);
        BttLog.NewMap.Write(slot, NewMap);
        BttLog.Sequence.Write(slot, Sequence);
        return slot;
    }
}

/// <summary>A lane of the log.</summary>
/// <param name="Number">Its number.</param>
/// <param name="First">Slot 0.</param>
/// <param name="Second">Slot 1, or 2 in logs of kernels before 4.15.</param>
/// <param name="HasPaddingBytes">True when one of the two other slots is not zero.</param>
public readonly record struct BttLane(uint Number, BttSlot First, BttSlot Second, bool HasPaddingBytes)
{
    /// <summary>0 or 1; null where the kernel calls the lane corrupt.</summary>
    public int? Newest => BttLog.Newest(First.Sequence, Second.Sequence);

    /// <summary>The newest slot; the first where the kernel knows none.</summary>
    public BttSlot Current => Newest == 1 ? Second : First;

    /// <summary>True for the seven pairs of sequence numbers that a healthy lane can have.</summary>
    public bool HasHealthyPair => (First.Sequence, Second.Sequence) is (1, 0) or (1, 2) or (2, 3) or (3, 1) or (2, 1) or (3, 2) or (1, 3);

    /// <summary>True for a lane in which nothing was written yet, or which a repair rebuilt: its free block stands as old and as
    /// new.</summary>
    public bool IsFresh => Current.FreeBlock == Current.NewBlock;
}

/// <summary>The log of an arena.</summary>
/// <param name="SecondSlot">Which slot is the second one: 1, or 2 in logs of kernels before 4.15.</param>
/// <param name="IsKnown">False when no lane tells: none has used its second slot, and the kernel takes 1.</param>
/// <param name="Lanes">In order.</param>
public sealed record BttFlog(int SecondSlot, bool IsKnown, ImmutableArray<BttLane> Lanes)
{
    /// <summary>Reads a log of as many lanes as there are groups of 64 bytes. The second slot is the one that more lanes use: one damaged
    /// lane does not change it, as it would for the kernel.</summary>
    public static BttFlog Parse(ReadOnlySpan<byte> log)
    {
        int[] used = new int[BttLog.SlotCount];
        for (int at = 0; at + BttLog.LaneBytes <= log.Length; at += BttLog.LaneBytes)
        {
            for (int slot = 1; slot < BttLog.SlotCount; slot++)
                used[slot] += IsUsed(log, at, slot) ? 1 : 0;
        }
        int second = used[2] > used[1] ? 2 : 1;
        var lanes = ImmutableArray.CreateBuilder<BttLane>(log.Length / BttLog.LaneBytes);
        for (int at = 0; at + BttLog.LaneBytes <= log.Length; at += BttLog.LaneBytes)
        {
            lanes.Add(
                new BttLane(
                    (uint)(at / BttLog.LaneBytes),
                    BttSlot.Read(log.Slice(at, BttLog.SlotBytes)),
                    BttSlot.Read(log.Slice(at + (second * BttLog.SlotBytes), BttLog.SlotBytes)),
                    IsUsed(log, at, 3 - second) || IsUsed(log, at, 3)
                )
            );
        }
        return new BttFlog(second, used[second] > 0, lanes.ToImmutable());
    }

    private static bool IsUsed(ReadOnlySpan<byte> log, int at, int slot) =>
        log.Slice(at + (slot * BttLog.SlotBytes), BttLog.SlotBytes).ContainsAnyExcept((byte)0);
}

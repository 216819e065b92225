using System.Buffers.Binary;
using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Formats.Writes.Journals;

/// <summary>A plan as bytes: a kind (1), then for a write target and count (8 each) and the bytes, for a zero target and count, for a move
/// source, target and count. Little-endian, without gaps.</summary>
internal static class PlanCodec
{
    private const byte WriteKind = 1,
        ZeroKind = 2,
        MoveKind = 3,
        BarrierKind = 4;

    public static byte[] Encode(WritePlan plan, IReadOnlyList<(MediaOffset Start, MediaOffset End)> free)
    {
        using var bytes = new MemoryStream();
        Number((ulong)free.Count);
        foreach ((MediaOffset start, MediaOffset end) in free)
        {
            Number(start.Bytes);
            Number(end.Bytes);
        }
        foreach (PlanStep step in plan.Steps)
        {
            switch (step)
            {
                case PlanStep.Write write:
                    bytes.WriteByte(WriteKind);
                    Number(write.Target.Bytes);
                    Number((ulong)write.Bytes.Length);
                    bytes.Write(write.Bytes.Span);
                    break;
                case PlanStep.Zero zero:
                    bytes.WriteByte(ZeroKind);
                    Number(zero.Target.Bytes);
                    Number(zero.Count.Bytes);
                    break;
                case PlanStep.Move move:
                    bytes.WriteByte(MoveKind);
                    Number(move.Source.Bytes);
                    Number(move.Target.Bytes);
                    Number(move.Count.Bytes);
                    break;
                default:
                    bytes.WriteByte(BarrierKind);
                    break;
            }
        }
        return bytes.ToArray();

        void Number(ulong value)
        {
            Span<byte> eight = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
            bytes.Write(eight);
        }
    }

    /// <summary>Null when the bytes are no plan.</summary>
    public static (WritePlan Plan, ImmutableArray<(MediaOffset Start, MediaOffset End)> Free)? Decode(ReadOnlyMemory<byte> bytes)
    {
        int at = 0;
        if (Number() is not { } count || count > (ulong)bytes.Length / 16)
            return null;
        var free = ImmutableArray.CreateBuilder<(MediaOffset, MediaOffset)>();
        for (ulong i = 0; i < count; i++)
        {
            if (Number() is not { } start || Number() is not { } end || end < start)
                return null;
            free.Add((new MediaOffset(start), new MediaOffset(end)));
        }
        var steps = ImmutableArray.CreateBuilder<PlanStep>();
        while (at < bytes.Length)
        {
            if (Step(bytes.Span[at++]) is not { } step)
                return null;
            steps.Add(step);
        }
        return (new WritePlan(steps.ToImmutable()), free.ToImmutable());

        PlanStep? Step(byte kind)
        {
            if (kind == BarrierKind)
                return PlanStep.Barrier.Instance;
            if (kind is < WriteKind or > MoveKind || Number() is not { } first || Number() is not { } second)
                return null;
            if (kind == ZeroKind)
                return new PlanStep.Zero(new MediaOffset(first), new ByteSize(second));
            if (kind == MoveKind)
                return Number() is { } length
                    ? new PlanStep.Move(new MediaOffset(first), new MediaOffset(second), new ByteSize(length))
                    : null;
            if (second > (ulong)(bytes.Length - at))
                return null;
            at += (int)second;
            return new PlanStep.Write(new MediaOffset(first), bytes.Slice(at - (int)second, (int)second));
        }

        ulong? Number()
        {
            if (bytes.Length - at < 8)
                return null;
            at += 8;
            return BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[(at - 8)..]);
        }
    }
}

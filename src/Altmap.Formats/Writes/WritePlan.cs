using System.Collections.Immutable;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Formats.Writes;

/// <summary>
/// Everything that is to be written to one medium, in order: the only way in which media change. A plan can be shown, applied to a model,
/// cut short at every place (<see cref="CrashPoints"/>), undone (<see cref="Undo"/>), and carried out on a file or device.
/// </summary>
/// <param name="Steps">In order. Two plans are equal when their steps are.</param>
public sealed record WritePlan(ImmutableArray<PlanStep> Steps)
{
    /// <summary>Nothing to do.</summary>
    public static readonly WritePlan Empty = new([]);

    /// <summary>True when nothing would change; barriers do not count.</summary>
    public bool IsEmpty => Steps.All(s => s is PlanStep.Barrier);

    /// <summary>How many bytes it writes, those of moves too.</summary>
    public ByteSize Length => Steps.Aggregate(ByteSize.Zero, (sum, s) => sum + s.Length);

    /// <summary>A plan of one durable write.</summary>
    public static WritePlan Of(MediaOffset target, ReadOnlyMemory<byte> bytes) =>
        new([new PlanStep.Write(target, bytes), PlanStep.Barrier.Instance]);

    /// <summary>This, and then the other.</summary>
    public WritePlan Then(WritePlan next) => next.Steps.IsEmpty ? this : new(Steps.AddRange(next.Steps));

    /// <summary>The same plan on media in which these lie <paramref name="by"/> further on: of a namespace on its region.</summary>
    public WritePlan Shifted(ByteSize by) => by.IsZero ? this : new([.. Steps.Select(s => s.Shifted(by))]);

    /// <summary>True when no step reads or writes outside of media of that length.</summary>
    public bool Fits(ByteSize media) =>
        Steps.All(s =>
            s.Start is not { } start || (Inside(start, s.Length, media) && (s is not PlanStep.Move m || Inside(m.Source, m.Count, media)))
        );

    /// <summary>What it writes to, ascending, without overlap, ends exclusive.</summary>
    public ImmutableArray<(MediaOffset Start, MediaOffset End)> Targets() =>
        Merged(from s in Steps where s.Start is not null && !s.Length.IsZero select (s.Start!.Value, s.Start!.Value + s.Length));

    /// <summary>The media afterwards. Costs what is written and stored, not the length of zeros.</summary>
    public SparseBytes Apply(IMediaReader media)
    {
        SparseBytes bytes = SparseBytes.Over(media);
        ulong zerosAt = 0,
            zeros = 0; // zeros that follow each other are one piece: a map of terabytes is zeroed in thousands of steps
        foreach (PlanStep step in Steps)
        {
            if (step is PlanStep.Barrier)
                continue;
            if (step is PlanStep.Zero next && zeros > 0 && next.Target.Bytes == zerosAt + zeros)
            {
                zeros += next.Count.Bytes;
                continue;
            }
            if (zeros > 0)
                bytes = bytes.Clear(zerosAt, zeros);
            zeros = 0;
            switch (step)
            {
                case PlanStep.Zero zero:
                    (zerosAt, zeros) = (zero.Target.Bytes, zero.Count.Bytes);
                    break;
                case PlanStep.Write write:
                    bytes = bytes.Write(write.Target.Bytes, write.Bytes.Span);
                    break;
                case PlanStep.Move move:
                    bytes = Copy(bytes, move);
                    break;
            }
        }
        return zeros > 0 ? bytes.Clear(zerosAt, zeros) : bytes;
    }

    /// <summary>Carries the plan out on media that can be changed, with a flush at each barrier and at the end.</summary>
    /// <param name="reader">The media, for moves.</param>
    /// <param name="writer">The same media.</param>
    /// <param name="done">Told after each step how many bytes it wrote; null: nobody asks.</param>
    public void CarryOut(IMediaReader reader, IMediaWriter writer, Action<ByteSize>? done = null)
    {
        byte[] buffer = [];
        foreach (PlanStep step in Steps)
        {
            switch (step)
            {
                case PlanStep.Write write:
                    writer.Write(write.Target.Bytes, write.Bytes.Span);
                    break;
                case PlanStep.Zero zero:
                    writer.Zero(zero.Target.Bytes, zero.Count.Bytes);
                    break;
                case PlanStep.Move move:
                    foreach (PlanStep.Move piece in Pieces(move, MovePieceBytes))
                    {
                        int count = (int)piece.Count.Bytes;
                        if (buffer.Length < count)
                            buffer = new byte[count];
                        reader.Read(piece.Source.Bytes, buffer.AsSpan(0, count));
                        writer.Write(piece.Target.Bytes, buffer.AsSpan(0, count));
                        if (move.Overlaps) // the next piece may overwrite what this one read
                            writer.Flush();
                    }
                    break;
                default:
                    writer.Flush();
                    break;
            }
            done?.Invoke(step.Length);
        }
        writer.Flush();
    }

    /// <summary>
    /// A move as moves that do not overlap, in the order in which they must be done: upwards from the end, downwards from the start. With a
    /// barrier after each, a piece that was cut short can be done again.
    /// </summary>
    public static IEnumerable<PlanStep.Move> Pieces(PlanStep.Move move, ByteSize pieceMax)
    {
        ulong piece = Math.Max(1, Math.Min(pieceMax.Bytes, move.Overlaps ? move.Distance.Bytes : ulong.MaxValue)),
            count = move.Count.Bytes;
        if (move.Distance.IsZero)
            yield break;
        bool isUpwards = move.Source < move.Target;
        for (ulong done = 0; done < count; )
        {
            ulong now = Math.Min(piece, count - done);
            var at = new ByteSize(isUpwards ? count - done - now : done);
            yield return new PlanStep.Move(move.Source + at, move.Target + at, new ByteSize(now));
            done += now;
        }
    }

    /// <inheritdoc/>
    public bool Equals(WritePlan? other) => other is not null && Steps.SequenceEqual(other.Steps);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Steps.Length, Steps.IsEmpty ? null : Steps[0]);

    internal static readonly ByteSize MovePieceBytes = ByteSize.MiB(4);

    /// <summary>What is read is the value before: however source and target overlap, nothing has to be done in pieces.</summary>
    internal static SparseBytes Copy(SparseBytes media, PlanStep.Move move)
    {
        SparseBytes after = media.Clear(move.Target.Bytes, move.Count.Bytes);
        ulong end = move.Source.Bytes + move.Count.Bytes;
        foreach ((ulong start, ulong dataEnd) in media.DataRuns(move.Source.Bytes, end))
        {
            for (ulong at = start; at < dataEnd; at += MovePieceBytes.Bytes)
            {
                int count = (int)Math.Min(MovePieceBytes.Bytes, dataEnd - at);
                after = after.Write(move.Target.Bytes + (at - move.Source.Bytes), media.Read(at, count));
            }
        }
        return after;
    }

    /// <summary>Ranges in order, those that touch or overlap made one.</summary>
    public static ImmutableArray<(MediaOffset Start, MediaOffset End)> Merged(IEnumerable<(MediaOffset Start, MediaOffset End)> ranges)
    {
        var merged = ImmutableArray.CreateBuilder<(MediaOffset Start, MediaOffset End)>();
        foreach ((MediaOffset start, MediaOffset end) in ranges.OrderBy(r => r.Start))
        {
            if (merged.Count > 0 && start <= merged[^1].End)
                merged[^1] = (merged[^1].Start, end > merged[^1].End ? end : merged[^1].End);
            else
                merged.Add((start, end));
        }
        return merged.ToImmutable();
    }

    private static bool Inside(MediaOffset start, ByteSize length, ByteSize media) =>
        start.Bytes <= media.Bytes && length.Bytes <= media.Bytes - start.Bytes;
}

using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Formats.Writes.Journals;

/// <summary>
/// A part of a plan that may be done again however much of it is there already: no step of it writes to what another writes to or reads,
/// or it is one move onto itself, whose bytes go through the journal.
/// </summary>
/// <param name="Steps">What is done; no barriers.</param>
/// <param name="Back">What puts back old bytes that stand elsewhere on the media once the stage is done. All are read before any is
/// written.</param>
/// <param name="Kept">Old bytes that stand nowhere else: the journal keeps them before the stage begins. Ends exclusive.</param>
public sealed record Stage(
    ImmutableArray<PlanStep> Steps,
    ImmutableArray<PlanStep.Move> Back,
    ImmutableArray<(MediaOffset Start, MediaOffset End)> Kept
)
{
    /// <summary>How many bytes it writes.</summary>
    public ByteSize Length => Sum(Steps.Select(s => s.Length));

    /// <summary>The one step where it is a move onto itself.</summary>
    internal PlanStep.Move? Overlapping => Steps is [PlanStep.Move { Overlaps: true } move] ? move : null;

    /// <summary>True when a way back reads what the way back writes.</summary>
    internal bool BackOverlaps => Overlapping is not null && Back.Length > 0;

    /// <summary>How much of the journal's store doing it and taking it back want at once.</summary>
    internal ByteSize Stored =>
        Overlapping is null ? ByteSize.Zero
        : Sum(Back.Select(m => m.Count)) is var back && back > Length ? back
        : Length;

    internal ByteSize KeptLength => Sum(Kept.Select(k => k.End - k.Start));

    private static ByteSize Sum(IEnumerable<ByteSize> sizes) => sizes.Aggregate(ByteSize.Zero, (sum, s) => sum + s);
}

/// <summary>Divides plans into stages.</summary>
public static class Stages
{
    /// <summary>Moves by less than this go through the journal in larger pieces; others in pieces of at most their distance.</summary>
    internal static readonly ByteSize DistanceMin = ByteSize.MiB(4);

    private const int StepsMax = 256;

    /// <summary>The stages of a plan, in order; carried out one after the other they do what the plan does.</summary>
    /// <param name="plan">Any plan.</param>
    /// <param name="stageMax">How many bytes a stage writes at most.</param>
    /// <param name="free">Ranges whose old bytes nobody wants back; ends exclusive.</param>
    public static ImmutableArray<Stage> Of(WritePlan plan, ByteSize stageMax, IReadOnlyList<(MediaOffset Start, MediaOffset End)> free)
    {
        var division = new Division(WritePlan.Merged(free));
        foreach (PlanStep step in plan.Steps)
        {
            if (step is PlanStep.Barrier)
                division.Close();
            foreach (PlanStep piece in Pieces(step, stageMax))
                division.Add(piece, stageMax);
        }
        division.Close();
        return division.Stages.ToImmutable();
    }

    private static IEnumerable<PlanStep> Pieces(PlanStep step, ByteSize pieceMax)
    {
        ulong count = step.Length.Bytes,
            piece = pieceMax.Bytes;
        bool isFromEnd = false;
        if (step is PlanStep.Move move)
        {
            if (move.Distance.IsZero)
                yield break;
            isFromEnd = move.Source < move.Target;
            if (move.Overlaps && move.Distance.Bytes >= Math.Min(DistanceMin.Bytes, pieceMax.Bytes))
                piece = Math.Min(piece, move.Distance.Bytes);
        }
        for (ulong done = 0; done < count; )
        {
            ulong now = Math.Min(piece, count - done);
            yield return step.Part(new ByteSize(isFromEnd ? count - done - now : done), new ByteSize(now));
            done += now;
        }
    }

    private sealed class Division(IEnumerable<(MediaOffset Start, MediaOffset End)> free)
    {
        private readonly List<PlanStep> _steps = [];

        // Only as long as the plan has not written there: what it put there itself may be the copy of something.
        private readonly List<(MediaOffset Start, MediaOffset End)> _free = [.. free];
        private readonly Copies _copies = new();
        private ByteSize _length = ByteSize.Zero;

        public ImmutableArray<Stage>.Builder Stages { get; } = ImmutableArray.CreateBuilder<Stage>();

        public void Add(PlanStep step, ByteSize stageMax)
        {
            bool isAlone = step is PlanStep.Move { Overlaps: true };
            if (isAlone || _steps.Count >= StepsMax || _length.Bytes + step.Length.Bytes > stageMax.Bytes || _steps.Any(s => Meet(s, step)))
                Close();
            _steps.Add(step);
            _length += step.Length;
            if (isAlone)
                Close();
        }

        public void Close()
        {
            if (_steps.Count == 0)
                return;
            var back = ImmutableArray.CreateBuilder<PlanStep.Move>();
            var kept = ImmutableArray.CreateBuilder<(MediaOffset, MediaOffset)>();
            foreach (PlanStep step in _steps)
            {
                ulong start = step.Start!.Value.Bytes,
                    end = start + step.Length.Bytes;
                if (step is PlanStep.Move { Overlaps: true } move)
                    (start, end) = OntoItself(move, back);
                foreach ((ulong from, ulong to, long? delta) in _copies.Parts(start, end))
                {
                    // A copy that this very stage overwrites is none.
                    if (delta is { } d && !_steps.Any(s => Meet(s, Copies.Shift(from, d), Copies.Shift(to, d))))
                        back.Add(Move(Copies.Shift(from, d), from, to - from));
                    else
                        kept.AddRange(Wanted(from, to));
                }
            }
            foreach (PlanStep step in _steps)
            {
                _copies.Overwrite(step.Start!.Value.Bytes, step.Start.Value.Bytes + step.Length.Bytes);
                TakeFromFree(step.Start.Value, step.Start.Value + step.Length);
            }
            foreach (PlanStep.Move move in _steps.OfType<PlanStep.Move>())
                Remember(move);
            Stages.Add(new Stage([.. _steps], back.ToImmutable(), kept.ToImmutable()));
            _steps.Clear();
            _length = ByteSize.Zero;
        }

        /// <summary>What a move overwrites of its own source stands, once it is done, as far on again. Gives the part of the target outside
        /// of the source.</summary>
        private static (ulong Start, ulong End) OntoItself(PlanStep.Move move, ImmutableArray<PlanStep.Move>.Builder back)
        {
            ulong source = move.Source.Bytes,
                target = move.Target.Bytes,
                distance = move.Distance.Bytes,
                shared = move.Count.Bytes - distance;
            if (source < target)
            {
                back.Add(Move(target + distance, target, shared));
                return (source + move.Count.Bytes, target + move.Count.Bytes);
            }
            back.Add(Move(target, source, shared));
            return (target, source);
        }

        private void Remember(PlanStep.Move move)
        {
            ulong source = move.Source.Bytes,
                end = source + move.Count.Bytes;
            long delta = move.Source < move.Target ? (long)move.Distance.Bytes : -(long)move.Distance.Bytes;
            // Of a source that the move ran into, only what it left stands at both places.
            if (move.Overlaps && delta > 0)
                end = move.Target.Bytes;
            else if (move.Overlaps)
                source = move.Target.Bytes + move.Count.Bytes;
            _copies.Add(source, end, delta);
        }

        private IEnumerable<(MediaOffset, MediaOffset)> Wanted(ulong start, ulong end)
        {
            foreach ((MediaOffset freeStart, MediaOffset freeEnd) in _free)
            {
                if (freeEnd.Bytes <= start)
                    continue;
                if (freeStart.Bytes >= end)
                    break;
                if (freeStart.Bytes > start)
                    yield return (new MediaOffset(start), freeStart);
                start = Math.Min(freeEnd.Bytes, end);
            }
            if (start < end)
                yield return (new MediaOffset(start), new MediaOffset(end));
        }

        private void TakeFromFree(MediaOffset start, MediaOffset end)
        {
            for (int i = 0; i < _free.Count && _free[i].Start < end; i++)
            {
                (MediaOffset freeStart, MediaOffset freeEnd) = _free[i];
                if (freeEnd <= start)
                    continue;
                _free.RemoveAt(i);
                if (freeStart < start)
                    _free.Insert(i++, (freeStart, start));
                if (freeEnd > end)
                    _free.Insert(i++, (end, freeEnd));
                i--;
            }
        }

        /// <summary>True when one writes to what the other writes to or reads.</summary>
        private static bool Meet(PlanStep a, PlanStep b) =>
            Meet(a, b.Start!.Value.Bytes, b.Start.Value.Bytes + b.Length.Bytes)
            || (a is PlanStep.Move first && Meet(b, first.Source.Bytes, first.Source.Bytes + first.Count.Bytes))
            || (b is PlanStep.Move second && Meet(a, second.Source.Bytes, second.Source.Bytes + second.Count.Bytes));

        private static bool Meet(PlanStep writer, ulong start, ulong end) =>
            writer.Start!.Value.Bytes < end && start < writer.Start.Value.Bytes + writer.Length.Bytes;

        private static PlanStep.Move Move(ulong source, ulong target, ulong count) =>
            new(new MediaOffset(source), new MediaOffset(target), new ByteSize(count));
    }
}

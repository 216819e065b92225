using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Formats.Writes;

/// <summary>The inverse of a plan.</summary>
public static class Undo
{
    private const int PieceBytes = 1 << 20;

    /// <summary>
    /// A plan that gives back <paramref name="before"/> once <paramref name="plan"/> was carried out as a whole, with a barrier after each
    /// step. It keeps old bytes only where the plan destroys some: a move back needs none where source and target overlap.
    /// </summary>
    public static WritePlan Of(WritePlan plan, IMediaReader before)
    {
        SparseBytes media = SparseBytes.Over(before);
        var inverse = new List<List<PlanStep>>();
        foreach (PlanStep step in plan.Steps)
        {
            switch (step)
            {
                case PlanStep.Barrier:
                    continue;
                case PlanStep.Move move when move.Distance.IsZero:
                    continue;
                case PlanStep.Move { Overlaps: true } move:
                    bool isUpwards = move.Source < move.Target;
                    MediaOffset lost = isUpwards ? move.Source + move.Count : move.Target;
                    inverse.Add([new PlanStep.Move(move.Target, move.Source, move.Count), .. Restore(media, lost, move.Distance)]);
                    break;
                default:
                    inverse.Add([.. Restore(media, step.Start!.Value, step.Length)]);
                    break;
            }
            media = new WritePlan([step]).Apply(media);
        }
        inverse.Reverse();
        return new WritePlan([.. inverse.SelectMany(s => s).SelectMany(s => (IEnumerable<PlanStep>)[s, PlanStep.Barrier.Instance])]);
    }

    private static IEnumerable<PlanStep> Restore(SparseBytes media, MediaOffset start, ByteSize length)
    {
        ulong at = start.Bytes,
            end = at + length.Bytes;
        foreach ((ulong data, ulong dataEnd) in media.DataRuns(start.Bytes, end))
        {
            if (data > at)
                yield return new PlanStep.Zero(new MediaOffset(at), new ByteSize(data - at));
            for (at = data; at < dataEnd; )
            {
                int count = (int)Math.Min(dataEnd - at, PieceBytes);
                yield return new PlanStep.Write(new MediaOffset(at), media.Read(at, count));
                at += (ulong)count;
            }
        }
        if (at < end)
            yield return new PlanStep.Zero(new MediaOffset(at), new ByteSize(end - at));
    }
}

using System.Globalization;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Formats.Writes;

/// <summary>Media as a crash leaves them in the middle of a plan.</summary>
/// <param name="Step">The step of the plan that was being done; the number of steps when all were.</param>
/// <param name="What">Which pieces since the last barrier are there, for a message.</param>
/// <param name="Media">The bytes.</param>
public readonly record struct CrashPoint(int Step, string What, SparseBytes Media);

/// <summary>How finely plans are cut.</summary>
public sealed record CrashRules
{
    /// <summary>What is written whole or not at all, on aligned places: 512 on disks, 8 in persistent memory.</summary>
    public int AtomBytes { get; init; } = 512;

    /// <summary>A longer step is cut after its first and last pieces and at as many seeded places between.</summary>
    public int CutsPerStepMax { get; init; } = 64;

    /// <summary>Pieces between two barriers up to which every set of them is tried; above, sets are drawn.</summary>
    public int PiecesInAllOrders { get; init; } = 8;

    /// <summary>How many sets are drawn above it.</summary>
    public int DrawnSets { get; init; } = 32;

    /// <summary>For what is drawn.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>Every state in which a crash can leave media that a plan is being carried out on.</summary>
public static class CrashPoints
{
    /// <summary>
    /// The state before, the state after each piece of each step in order, and, of the pieces between two barriers, those in which only
    /// some
    /// are there: any order. Lazy; a state may come more than once. A piece written over twice between barriers has its later bytes when
    /// both
    /// are there.
    /// </summary>
    public static IEnumerable<CrashPoint> Of(WritePlan plan, IMediaReader before, CrashRules? rules = null)
    {
        rules ??= new CrashRules();
        var random = new SeededRandom(rules.Seed);
        SparseBytes media = SparseBytes.Over(before);
        yield return new CrashPoint(0, "nothing", media);
        var pieces = new List<(int Step, PlanStep Piece)>();
        for (int i = 0; i <= plan.Steps.Length; i++)
        {
            if (i < plan.Steps.Length && plan.Steps[i] is not PlanStep.Barrier)
            {
                // Pieces of an overlapping move have barriers of their own.
                if (plan.Steps[i] is PlanStep.Move { Overlaps: true } move)
                {
                    foreach (CrashPoint point in Epoch(pieces, media, rules, ref random))
                        yield return point;
                    media = Finish(pieces, media);
                    foreach (PlanStep.Move part in WritePlan.Pieces(move, WritePlan.MovePieceBytes))
                    {
                        pieces.AddRange(Cut(part, rules, ref random).Select(p => (i, p)));
                        foreach (CrashPoint point in Epoch(pieces, media, rules, ref random))
                            yield return point;
                        media = Finish(pieces, media);
                    }
                }
                else
                {
                    pieces.AddRange(Cut(plan.Steps[i], rules, ref random).Select(p => (i, p)));
                }
                continue;
            }
            foreach (CrashPoint point in Epoch(pieces, media, rules, ref random))
                yield return point;
            media = Finish(pieces, media);
        }
    }

    private static SparseBytes Finish(List<(int Step, PlanStep Piece)> pieces, SparseBytes media)
    {
        SparseBytes after = new WritePlan([.. pieces.Select(p => p.Piece)]).Apply(media);
        pieces.Clear();
        return after;
    }

    private static List<CrashPoint> Epoch(
        List<(int Step, PlanStep Piece)> pieces,
        SparseBytes media,
        CrashRules rules,
        ref SeededRandom random
    )
    {
        var points = new List<CrashPoint>();
        SparseBytes inOrder = media;
        for (int i = 0; i < pieces.Count; i++)
        {
            inOrder = new WritePlan([pieces[i].Piece]).Apply(inOrder);
            points.Add(new CrashPoint(pieces[i].Step, Invariant($"{i + 1} of {pieces.Count} pieces"), inOrder));
        }
        if (pieces.Count < 2)
            return points;
        bool isWhole = pieces.Count <= rules.PiecesInAllOrders;
        int sets = isWhole ? (1 << pieces.Count) - 1 : rules.DrawnSets;
        for (int set = 1; set < sets; set++)
        {
            var there = new List<int>();
            for (int i = 0; i < pieces.Count; i++)
            {
                bool isThere = (set >> i & 1) != 0;
                if (!isWhole)
                {
                    (ulong drawn, random) = random.DrawBelow(2);
                    isThere = drawn != 0;
                }
                if (isThere)
                    there.Add(i);
            }
            if (there.Count == 0 || there[^1] == there.Count - 1)
                continue; // in order: had above
            SparseBytes some = new WritePlan([.. there.Select(i => pieces[i].Piece)]).Apply(media);
            points.Add(new CrashPoint(pieces[there[^1]].Step, "pieces " + string.Join(' ', there.Select(i => i + 1)), some));
        }
        return points;
    }

    /// <summary>A step as pieces that are whole or not there.</summary>
    private static List<PlanStep> Cut(PlanStep step, CrashRules rules, ref SeededRandom random)
    {
        ulong start = step.Start!.Value.Bytes,
            end = start + step.Length.Bytes,
            atom = (ulong)rules.AtomBytes,
            atoms = end <= start ? 0 : ((end - 1) / atom) - (start / atom) + 1;
        var cuts = new SortedSet<ulong>();
        if (atoms <= (ulong)rules.CutsPerStepMax)
        {
            for (ulong cut = (start / atom) + 1; cut * atom < end; cut++)
                cuts.Add(cut * atom);
        }
        else
        {
            cuts.Add(((start / atom) + 1) * atom);
            cuts.Add((end - 1) / atom * atom);
            for (int i = 2; i < rules.CutsPerStepMax; i++)
            {
                (ulong drawn, random) = random.DrawBelow(atoms - 1);
                cuts.Add(((start / atom) + 1 + drawn) * atom);
            }
        }
        var pieces = new List<PlanStep>();
        foreach (ulong cut in (IEnumerable<ulong>)[.. cuts, end])
        {
            if (cut > start)
                pieces.Add(step.Part(new ByteSize(start - step.Start!.Value.Bytes), new ByteSize(cut - start)));
            start = cut;
        }
        return pieces;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

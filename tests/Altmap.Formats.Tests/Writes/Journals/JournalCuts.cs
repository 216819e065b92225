using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Writes;
using Altmap.Formats.Writes.Journals;

namespace Altmap.Formats.Tests.Writes.Journals;

/// <summary>Cuts the power after each piece of 512 bytes, on the media or in the journal; what was not flushed is there in part. Then the
/// plan is finished or taken back, with another cut on the way, and must end as if nothing had happened.</summary>
internal static class JournalCuts
{
    /// <summary>Gives how many places were tried.</summary>
    public static int Everywhere(
        WritePlan plan,
        byte[] before,
        ImmutableArray<(MediaOffset Start, MediaOffset End)> free,
        ByteSize stageMax,
        int every
    )
    {
        byte[] after = plan.Apply(SparseBytes.From(before)).Read(0, before.Length);
        int length = (int)PlanJournal.LengthFor(plan, free, stageMax).Bytes;
        var random = new SeededRandom(1);
        int cuts = 0;
        for (bool isWhole = false; !isWhole; cuts += every)
        {
            for (int choice = 0; choice < 3; choice++)
            {
                var fuse = new Fuse(cuts);
                (byte[] media, byte[] journal) = ([.. before], new byte[length]);
                isWhole = Cut(
                    ref media,
                    ref journal,
                    fuse,
                    choice,
                    ref random,
                    (m, j) => PlanJournal.Create(j, j, plan, m, free, stageMax).Run(m, m)
                );
                // Once and again: another cut while it is finished or taken back.
                (ulong second, random) = random.DrawBelow((ulong)cuts + 20);
                foreach (int again in (int[])[int.MaxValue, (int)second])
                {
                    (byte[] finished, byte[] finishing) = ([.. media], [.. journal]);
                    Cut(ref finished, ref finishing, new Fuse(again), choice, ref random, (m, j) => Open(m, j)?.Run(m, m));
                    bool isMade = false;
                    Cut(
                        ref finished,
                        ref finishing,
                        new Fuse(int.MaxValue),
                        0,
                        ref random,
                        (m, j) =>
                        {
                            PlanJournal? journal = Open(m, j);
                            isMade = journal is not null;
                            journal?.Run(m, m);
                        }
                    );
                    Assert.True(finished.AsSpan().SequenceEqual(isMade ? after : before), $"run, cut at {cuts} and {again}");

                    (byte[] undone, byte[] undoing) = ([.. media], [.. journal]);
                    Cut(ref undone, ref undoing, new Fuse(again), choice, ref random, (m, j) => Open(m, j)?.Undo(m, m));
                    Cut(ref undone, ref undoing, new Fuse(int.MaxValue), 0, ref random, (m, j) => Open(m, j)?.Undo(m, m));
                    foreach ((MediaOffset start, MediaOffset end) in free)
                        before.AsSpan((int)start.Bytes, (int)(end - start).Bytes).CopyTo(undone.AsSpan((int)start.Bytes));
                    Assert.True(undone.AsSpan().SequenceEqual(before), $"undo, cut at {cuts} and {again}");
                }
            }
        }
        return cuts;
    }

    /// <summary>Runs until the power goes; true: it never did.</summary>
    private static bool Cut(
        ref byte[] media,
        ref byte[] journal,
        Fuse fuse,
        int choice,
        ref SeededRandom random,
        Action<CrashingMedia, CrashingMedia> action
    )
    {
        var at = new CrashingMedia(media, fuse);
        var own = new CrashingMedia(journal, fuse);
        bool isWhole = true;
        try
        {
            action(at, own);
        }
        catch (PowerCut)
        {
            isWhole = false;
        }
        (media, journal) = (at.AfterCrash(choice, ref random), own.AfterCrash(choice, ref random));
        return isWhole;
    }

    private static PlanJournal? Open(CrashingMedia media, CrashingMedia journal)
    {
        (PlanJournal? opened, string error) = PlanJournal.Open(journal, journal, media);
        // Torn while it was made: then nothing was written.
        Assert.True(
            opened is not null
                || error.Contains("no journal", StringComparison.Ordinal)
                || error.Contains("checksum", StringComparison.Ordinal),
            error
        );
        return opened;
    }
}

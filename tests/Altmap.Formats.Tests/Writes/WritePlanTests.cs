using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Tests.Writes;

public class WritePlanTests
{
    private const int Bytes = 64 * 1024;

    /// <summary>Random plans: applied to sparse bytes and carried out in memory they give the same, and the inverse gives the old
    /// bytes.</summary>
    [Fact]
    public void A_plan_is_the_same_everywhere_and_can_be_undone()
    {
        var random = new SeededRandom(11);
        for (int round = 0; round < 200; round++)
        {
            SparseBytes before = Filled(ref random);
            WritePlan plan = Draw(ref random, 1 + (round % 8));
            byte[] model = before.Read(0, Bytes);
            foreach (PlanStep step in plan.Steps)
                Do(model, step);
            SparseBytes after = plan.Apply(before);
            Assert.True(after.ContentEquals(SparseBytes.From(model)), $"round {round}");

            MemoryMedia media = MemoryMedia.CopyOf(before);
            plan.CarryOut(media, media);
            Assert.True(media.ContentEquals(after));

            WritePlan undo = Undo.Of(plan, before);
            Assert.True(undo.Fits(new ByteSize(Bytes)));
            undo.CarryOut(media, media);
            Assert.True(media.ContentEquals(before), $"round {round}: undo");
        }
    }

    [Fact]
    public void A_move_keeps_no_bytes_and_its_inverse_only_what_is_lost()
    {
        SparseBytes before = SparseBytes.From([.. Enumerable.Range(0, Bytes).Select(i => (byte)(i / 7 % 251))]);
        var move = new PlanStep.Move(new MediaOffset(4096), new MediaOffset(8192), new ByteSize(32768));
        Assert.True(move.Overlaps);
        WritePlan undo = Undo.Of(new WritePlan([move]), before);
        Assert.Equal(4096UL, undo.Steps.OfType<PlanStep.Write>().Aggregate(0UL, (sum, w) => sum + w.Length.Bytes));
        Assert.True(undo.Apply(new WritePlan([move]).Apply(before)).ContentEquals(before));
    }

    [Theory]
    [InlineData(0, 512)]
    [InlineData(512, 0)]
    [InlineData(0, 100)]
    public void Pieces_of_a_move_never_overlap_and_can_be_done_again(ulong source, ulong target)
    {
        var move = new PlanStep.Move(new MediaOffset(source), new MediaOffset(target), new ByteSize(5000));
        byte[] bytes = [.. Enumerable.Range(0, 8192).Select(i => (byte)(i / 3 % 251))];
        byte[] expected = [.. bytes];
        bytes.AsSpan((int)source, 5000).CopyTo(expected.AsSpan((int)target));
        foreach (PlanStep.Move piece in WritePlan.Pieces(move, ByteSize.KiB(4)))
        {
            Assert.False(piece.Overlaps);
            for (int again = 0; again < 2; again++)
                bytes.AsSpan((int)piece.Source.Bytes, (int)piece.Count.Bytes).CopyTo(bytes.AsSpan((int)piece.Target.Bytes));
        }
        Assert.Equal(expected, bytes);
    }

    [Fact]
    public void What_does_not_fit_is_seen()
    {
        Assert.True(WritePlan.Of(new MediaOffset(10), new byte[6]).Fits(new ByteSize(16)));
        Assert.False(WritePlan.Of(new MediaOffset(10), new byte[7]).Fits(new ByteSize(16)));
        Assert.False(WritePlan.Of(new MediaOffset(ulong.MaxValue), new byte[7]).Fits(new ByteSize(16)));
        Assert.False(new WritePlan([new PlanStep.Move(new MediaOffset(12), new MediaOffset(0), new ByteSize(5))]).Fits(new ByteSize(16)));
    }

    [Fact]
    public void A_recorder_reads_what_it_was_given()
    {
        SparseBytes before = SparseBytes.From([1, 2, 3, 4, 5, 6, 7, 8]);
        var recorder = new Recorder(before);
        recorder.WriteDurably(2, [9, 9]);
        recorder.Flush();
        recorder.Zero(6, 2);
        Assert.Equal(new byte[] { 1, 2, 9, 9, 5, 6, 0, 0 }, ((IMediaReader)recorder).Read(0, 8));
        Assert.Equal(
            new WritePlan([
                new PlanStep.Write(new MediaOffset(2), new byte[] { 9, 9 }),
                PlanStep.Barrier.Instance,
                new PlanStep.Zero(new MediaOffset(6), new ByteSize(2)),
            ]),
            recorder.Plan
        );
        Assert.True(recorder.Plan.Apply(before).ContentEquals(recorder.Media));
    }

    /// <summary>Two sectors and one behind a barrier: 00, 10, 11, 01, then the third.</summary>
    [Fact]
    public void Crash_points_are_all_orders_between_barriers_and_none_across()
    {
        SparseBytes before = SparseBytes.Zero(4096);
        var plan = new WritePlan([
            new PlanStep.Write(new MediaOffset(0), Filled(1024, 1)),
            PlanStep.Barrier.Instance,
            new PlanStep.Write(new MediaOffset(2048), Filled(512, 2)),
        ]);
        string[] states =
        [
            .. CrashPoints
                .Of(plan, before)
                .Select(p => string.Concat(new ulong[] { 0, 512, 2048 }.Select(at => p.Media.Read(at, 1)[0])))
                .Distinct(),
        ];
        Assert.Equal(["000", "100", "110", "010", "112"], states);
    }

    [Fact]
    public void A_long_step_is_cut_at_its_ends_and_at_drawn_places()
    {
        SparseBytes before = SparseBytes.Zero(1UL << 40);
        var plan = new WritePlan([new PlanStep.Zero(new MediaOffset(100), new ByteSize(1UL << 39))]);
        Assert.InRange(CrashPoints.Of(plan, before, new CrashRules { DrawnSets = 5 }).Count(), 60, 80);
    }

    [Fact]
    public void Every_state_of_an_overlapping_move_is_finished_by_the_pieces_that_are_left()
    {
        SparseBytes before = SparseBytes.From([.. Enumerable.Range(0, 8192).Select(i => (byte)(i / 5 % 251))]);
        var move = new PlanStep.Move(new MediaOffset(0), new MediaOffset(1024), new ByteSize(6000));
        SparseBytes whole = new WritePlan([move]).Apply(before);
        PlanStep.Move[] pieces = [.. WritePlan.Pieces(move, ByteSize.MiB(4))];
        int points = 0;
        foreach (CrashPoint point in CrashPoints.Of(new WritePlan([move]), before))
        {
            points++;
            // From one of the pieces on, and what is behind it again, the result is the whole move.
            Assert.Contains(
                Enumerable.Range(0, pieces.Length + 1),
                from => new WritePlan([.. pieces.Skip(from)]).Apply(point.Media).ContentEquals(whole)
            );
        }
        Assert.True(points > 10);
    }

    private static byte[] Filled(int count, byte value)
    {
        byte[] bytes = new byte[count];
        Array.Fill(bytes, value);
        return bytes;
    }

    private static SparseBytes Filled(ref SeededRandom random)
    {
        SparseBytes media = SparseBytes.Zero(Bytes);
        for (int i = 0; i < 5; i++)
        {
            (ulong at, random) = random.DrawBelow(Bytes - 5000);
            (ulong count, random) = random.DrawBelow(5000);
            byte[] bytes = new byte[count];
            for (int b = 0; b < bytes.Length; b++)
                bytes[b] = (byte)((b + i) % 251);
            media = media.Write(at, bytes);
        }
        return media;
    }

    private static WritePlan Draw(ref SeededRandom random, int steps)
    {
        var plan = new List<PlanStep>();
        for (int i = 0; i < steps; i++)
        {
            (ulong count, random) = random.DrawBelow(20000);
            (ulong source, random) = random.DrawBelow(Bytes - count);
            (ulong target, random) = random.DrawBelow(Bytes - count);
            (ulong kind, random) = random.DrawBelow(4);
            plan.Add(
                kind switch
                {
                    0 => new PlanStep.Write(new MediaOffset(target), Filled((int)count, (byte)(i + 100))),
                    1 => new PlanStep.Zero(new MediaOffset(target), new ByteSize(count)),
                    2 => new PlanStep.Move(new MediaOffset(source), new MediaOffset(target), new ByteSize(count)),
                    _ => PlanStep.Barrier.Instance,
                }
            );
        }
        return new WritePlan([.. plan]);
    }

    private static void Do(byte[] model, PlanStep step)
    {
        switch (step)
        {
            case PlanStep.Write w:
                w.Bytes.Span.CopyTo(model.AsSpan((int)w.Target.Bytes));
                break;
            case PlanStep.Zero z:
                model.AsSpan((int)z.Target.Bytes, (int)z.Count.Bytes).Clear();
                break;
            case PlanStep.Move m:
                model.AsSpan((int)m.Source.Bytes, (int)m.Count.Bytes).ToArray().CopyTo(model, (int)m.Target.Bytes);
                break;
        }
    }
}

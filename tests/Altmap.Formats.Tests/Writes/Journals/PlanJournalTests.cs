using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Writes;
using Altmap.Formats.Writes.Journals;

namespace Altmap.Formats.Tests.Writes.Journals;

public class PlanJournalTests
{
    private const int MediaBytes = 28 << 10;
    private static readonly ByteSize StageMax = ByteSize.KiB(4);

    private static readonly Dictionary<string, WritePlan> s_plans = new()
    {
        // What a conversion does: make room in front, then write a header. By less and by more than a stage.
        ["up by 2 KiB"] = new([Move(0, 2048, 20 << 10), PlanStep.Barrier.Instance, Write(0, 2048)]),
        ["up by 6 KiB"] = new([Move(512, 6656, 16 << 10), PlanStep.Barrier.Instance, Write(4096, 1024)]),
        ["down by 1536"] = new([Move(1536, 0, 22 << 10), PlanStep.Barrier.Instance, new PlanStep.Zero(new(22 << 10), new(1536))]),
        ["down by 5 KiB"] = new([Move(5120, 0, 19 << 10), Write(20 << 10, 700)]),
        // Each range goes through a third one, which is overwritten in the end.
        ["swap"] = new([
            Move(0, 16 << 10, 8 << 10),
            PlanStep.Barrier.Instance,
            Move(8 << 10, 0, 8 << 10),
            PlanStep.Barrier.Instance,
            Move(16 << 10, 8 << 10, 8 << 10),
            PlanStep.Barrier.Instance,
            new PlanStep.Zero(new(16 << 10), new(8 << 10)),
        ]),
        ["writes over each other"] = new([Write(100, 3000), Write(2000, 3000), Move(1000, 6000, 3000), Write(1500, 100), Write(6100, 100)]),
        ["nothing"] = WritePlan.Empty,
    };

    public static TheoryData<string> Plans => [.. s_plans.Keys];

    /// <summary>Cut after each piece of 512 bytes, on the media or in the journal; what was not flushed is there in part. Then it is
    /// finished or taken back, with another cut on the way, and ends as if nothing had happened.</summary>
    [Theory]
    [MemberData(nameof(Plans))]
    public void A_plan_cut_anywhere_is_finished_or_taken_back(string name) =>
        Assert.True(JournalCuts.Everywhere(s_plans[name], Before(), [], StageMax, 1) > 3);

    [Fact]
    public void Random_plans_cut_anywhere_are_finished_or_taken_back()
    {
        var random = new SeededRandom(20261126);
        for (int i = 0; i < 10; i++)
        {
            (WritePlan plan, ImmutableArray<(MediaOffset, MediaOffset)> free) = RandomPlan(ref random);
            JournalCuts.Everywhere(plan, Before(), free, StageMax, 17);
        }
    }

    [Fact]
    public void What_a_move_leaves_elsewhere_is_not_kept()
    {
        WritePlan plan = s_plans["up by 2 KiB"];
        ImmutableArray<Stage> stages = Stages.Of(plan, StageMax, []);
        // 20 KiB are moved and 2 KiB written: the 2 KiB behind the end are lost. What stood at the start is where it was moved to.
        Assert.Equal([(new MediaOffset(20 << 10), new MediaOffset(22 << 10))], stages.SelectMany(s => s.Kept));
        Assert.True(PlanJournal.LengthFor(WritePlanOfATebibyte, stageMax: ByteSize.MiB(64)) < ByteSize.MiB(200));
    }

    [Fact]
    public void Free_ranges_are_not_kept_until_the_plan_has_written_there()
    {
        (MediaOffset, MediaOffset)[] free = [(new(8192), new(16384))];
        var plan = new WritePlan([
            Move(0, 8192, 4096),
            PlanStep.Barrier.Instance,
            Write(0, 4096),
            PlanStep.Barrier.Instance,
            Write(8192, 4096),
        ]);
        // The second write destroys the only copy of what was at 0: that is kept although its place was free.
        Assert.Equal([(new MediaOffset(8192), new MediaOffset(12288))], Stages.Of(plan, StageMax, free).SelectMany(s => s.Kept));
    }

    [Fact]
    public void A_journal_of_other_media_and_a_damaged_one_are_refused()
    {
        WritePlan plan = s_plans["up by 2 KiB"];
        byte[] media = Before();
        byte[] journal = new byte[PlanJournal.LengthFor(plan, null, StageMax).Bytes];
        CrashingMedia made = Whole(journal);
        PlanJournal.Create(made, made, plan, SparseBytes.From(media), null, StageMax);
        Assert.Equal("", ErrorOf(journal, media));
        Assert.Equal("this is no journal", ErrorOf(new byte[100], media));
        Assert.StartsWith("this is no journal, or", ErrorOf(new byte[9000], media), StringComparison.Ordinal);
        Assert.StartsWith("it was made for other media", ErrorOf(journal, media[..^512]), StringComparison.Ordinal);
        byte[] other = [.. media];
        other[27 << 10] ^= 1; // the plan does not touch it
        Assert.StartsWith("it was made for other media", ErrorOf(journal, other), StringComparison.Ordinal);
        Assert.Equal("it is cut off", ErrorOf(journal[..^512], media));
        for (int at = 8; at < 4096 + 60; at += 11)
        {
            byte[] bad = [.. journal];
            bad[at] ^= 0x10;
            string error = ErrorOf(bad, media);
            Assert.True(error.Length > 0 || at >= 4096 + 58, $"byte {at}");
        }
    }

    [Fact]
    public void Once_it_is_taken_back_it_is_not_run()
    {
        byte[] media = Before();
        byte[] journal = new byte[PlanJournal.LengthFor(s_plans["swap"], null, StageMax).Bytes];
        CrashingMedia at = Whole(media),
            own = Whole(journal);
        var made = PlanJournal.Create(own, own, s_plans["swap"], at, null, StageMax);
        made.Run(at, at);
        Assert.Equal(
            (JournalState.Done, new ByteSize(32 << 10), new ByteSize(32 << 10)),
            (made.State, made.Progress.Done, made.Progress.Whole)
        );
        made.Undo(at, at);
        Assert.Equal(Before(), media);
        Assert.Throws<InvalidOperationException>(() => made.Run(at, at));
        Assert.Equal(JournalState.Undone, PlanJournal.Open(own, own, at).Journal!.State);
    }

    /// <summary>A tebibyte that goes up by 2 MiB.</summary>
    private static WritePlan WritePlanOfATebibyte => new([Move(0, 2 << 20, 1UL << 40), PlanStep.Barrier.Instance, Write(0, 4096)]);

    private static string ErrorOf(byte[] journal, byte[] media)
    {
        CrashingMedia own = Whole(journal);
        return PlanJournal.Open(own, own, SparseBytes.From(media)).Error;
    }

    private static CrashingMedia Whole(byte[] bytes) => new(bytes, new Fuse(int.MaxValue));

    private static (WritePlan Plan, ImmutableArray<(MediaOffset, MediaOffset)> Free) RandomPlan(ref SeededRandom random)
    {
        var steps = ImmutableArray.CreateBuilder<PlanStep>();
        for (int i = 0; i < 6; i++)
        {
            (ulong kind, random) = random.DrawBelow(4);
            (ulong count, random) = random.DrawBelow(6000);
            (ulong target, random) = random.DrawBelow(MediaBytes - count);
            (ulong source, random) = random.DrawBelow(MediaBytes - count);
            steps.Add(
                kind switch
                {
                    0 => Write(target, (int)count),
                    1 => new PlanStep.Zero(new MediaOffset(target), new ByteSize(count)),
                    _ => Move(source, target, count),
                }
            );
            (ulong barrier, random) = random.DrawBelow(2);
            if (barrier == 0)
                steps.Add(PlanStep.Barrier.Instance);
        }
        (ulong from, random) = random.DrawBelow(MediaBytes - 5000);
        (ulong isFree, random) = random.DrawBelow(2);
        return (new WritePlan(steps.ToImmutable()), isFree == 0 ? [] : [(new MediaOffset(from), new MediaOffset(from + 5000))]);
    }

    private static PlanStep.Move Move(ulong source, ulong target, ulong count) =>
        new(new MediaOffset(source), new MediaOffset(target), new ByteSize(count));

    private static PlanStep.Write Write(ulong target, int count)
    {
        byte[] bytes = new byte[count];
        bytes.AsSpan().Fill(0xee);
        return new(new MediaOffset(target), bytes);
    }

    private static byte[] Before()
    {
        byte[] bytes = new byte[MediaBytes];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)((((i / 7) ^ (i >> 9)) & 0xff) | 1);
        return bytes;
    }
}

using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Writes;
using Altmap.Formats.Writes.Journals;
using Altmap.Host.Media;
using Altmap.Host.Writes;

namespace Altmap.Host.Tests.Writes;

public class JournalFileTests
{
    private const int Bytes = 12 << 20;

    /// <summary>8 MiB go up by 2 MiB, and something is written in front.</summary>
    private static WritePlan Plan { get; } =
        new([
            new PlanStep.Move(new MediaOffset(0), new MediaOffset(2 << 20), ByteSize.MiB(8)),
            PlanStep.Barrier.Instance,
            new PlanStep.Write(new MediaOffset(4096), new byte[] { 1, 2, 3 }),
        ]);

    [Fact]
    public void A_plan_on_a_file_is_done_and_taken_back()
    {
        using var directory = new TemporaryDirectory();
        byte[] before = Old();
        directory.Put("image", before);
        Assert.Equal(directory["image.journal"], JournalFile.NameFor(directory["image"]));
        Assert.Null(With(directory, t => JournalFile.Run(directory["image.journal"], Plan, t)));
        Assert.Equal(Plan.Apply(SparseBytes.From(before)).Read(0, Bytes), File.ReadAllBytes(directory["image"]));
        Assert.True(JournalFile.IsOne(directory["image.journal"]));
        Assert.Equal(JournalState.Done, StateOf(directory));
        Assert.Null(With(directory, t => JournalFile.Resume(directory["image.journal"], t)));
        Assert.Null(With(directory, t => JournalFile.Undo(directory["image.journal"], t)));
        Assert.Equal(before, File.ReadAllBytes(directory["image"]));
        Assert.Equal(JournalState.Undone, StateOf(directory));
        Assert.Contains("are being given back", With(directory, t => JournalFile.Resume(directory["image.journal"], t))!.ToString());
    }

    [Fact]
    public void An_interrupted_plan_is_finished_or_taken_back()
    {
        foreach (bool isUndo in (bool[])[false, true])
        {
            using var directory = new TemporaryDirectory();
            byte[] before = Old();
            directory.Put("image", before);
            Assert.Throws<OperationCanceledException>(() =>
                With(directory, t => JournalFile.Run(directory["j"], Plan, t, null, (done, _) => throw new OperationCanceledException()))
            );
            Assert.Equal(JournalState.Running, StateOf(directory, "j"));
            Assert.Null(With(directory, t => isUndo ? JournalFile.Undo(directory["j"], t) : JournalFile.Resume(directory["j"], t)));
            byte[] expected = isUndo ? before : Plan.Apply(SparseBytes.From(before)).Read(0, Bytes);
            Assert.True(expected.AsSpan().SequenceEqual(File.ReadAllBytes(directory["image"])));
        }
    }

    [Fact]
    public void What_is_in_the_way_is_an_error_and_nothing_is_written()
    {
        using var directory = new TemporaryDirectory();
        byte[] before = Old();
        directory.Put("image", before);
        directory.Put("kept", "kept");
        Assert.Contains("this exists", With(directory, t => JournalFile.Run(directory["kept"], Plan, t))!.ToString());
        Assert.Equal("kept", File.ReadAllText(directory["kept"]));
        Assert.False(JournalFile.IsOne(directory["kept"]));
        Assert.False(JournalFile.IsOne(directory["nothing"]));
        var far = new WritePlan([new PlanStep.Zero(new MediaOffset(Bytes), new ByteSize(1))]);
        Assert.Contains("beyond its end", With(directory, t => JournalFile.Run(directory["j"], far, t))!.ToString());
        Assert.False(File.Exists(directory["j"]));
        Assert.Contains("this is no journal", With(directory, t => JournalFile.Undo(directory["kept"], t))!.ToString());
        Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(directory["image"])));
    }

    /// <summary>A gibibyte with 64 KiB of data in it: what is a hole stays one.</summary>
    [Fact]
    public void Holes_stay_holes()
    {
        using var directory = new TemporaryDirectory();
        using (FileStream image = File.Create(directory["image"]))
        {
            image.SetLength(1L << 30);
            for (int i = 0; i < 16; i++)
            {
                image.Position = (1L << 26) * i;
                image.Write(Old().AsSpan(i * 4096, 4096));
            }
        }
        var plan = new WritePlan([
            new PlanStep.Move(new MediaOffset(0), new MediaOffset(1UL << 23), new ByteSize((1UL << 30) - (1UL << 23))),
        ]);
        Assert.Null(With(directory, t => JournalFile.Run(directory["j"], plan, t)));
        using FileMedia media = FileMedia.Open(directory["image"]).Value!;
        for (ulong i = 0; i < 15; i++)
            Assert.Equal(Old()[(int)(i * 4096)..(int)((i + 1) * 4096)], ((IMediaReader)media).Read((1UL << 23) + ((1UL << 26) * i), 4096));
        Assert.Equal(1UL << 23, ((IMediaReader)media).NextData(4096));
    }

    private static HostError? With(TemporaryDirectory directory, Func<WritableTarget, HostError?> action)
    {
        using WritableTarget target = WritableTarget.Open(directory["image"]).Value!;
        return action(target);
    }

    private static JournalState StateOf(TemporaryDirectory directory, string name = "image.journal")
    {
        using FileMedia media = FileMedia.Open(directory["image"]).Value!;
        return JournalFile.Read(directory[name], media).Value!.State;
    }

    private static byte[] Old()
    {
        byte[] bytes = new byte[Bytes];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}

using System.Diagnostics;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Writes;
using Altmap.Host.Media;
using Altmap.Host.Writes;

namespace Altmap.Host.Tests.Writes;

public class UndoFileTests
{
    private const int Bytes = (2 << 20) + 700; // no multiple of a block

    [Fact]
    public void The_old_bytes_come_back()
    {
        using var directory = new TemporaryDirectory();
        byte[] before = Old();
        directory.Put("image", before);
        Change(directory, Plan());
        Assert.NotEqual(before, File.ReadAllBytes(directory["image"]));
        Assert.Null(Undone(directory));
        Assert.Equal(before, File.ReadAllBytes(directory["image"]));
    }

    /// <summary>More keys than a block of them has.</summary>
    [Fact]
    public void Many_scattered_writes()
    {
        using var directory = new TemporaryDirectory();
        byte[] before = Old();
        directory.Put("image", before);
        var plan = new WritePlan([
            .. Enumerable.Range(0, 300).Select(i => new PlanStep.Write(new MediaOffset((ulong)i * 6144), new byte[] { 1, 2 })),
        ]);
        Change(directory, plan);
        Assert.Null(Undone(directory));
        Assert.Equal(before, File.ReadAllBytes(directory["image"]));
    }

    /// <summary>The undo file is whole before the first write: cut at any place the old bytes come back, and that again and
    /// again.</summary>
    [Fact]
    public void A_crash_at_any_write_is_undone()
    {
        using var directory = new TemporaryDirectory();
        byte[] before = Old();
        directory.Put("image", before);
        WritePlan plan = Plan();
        UndoFile.Create(directory["undo"], plan, SparseBytes.From(before)).Dispose();
        int points = 0;
        foreach (CrashPoint point in CrashPoints.Of(plan, SparseBytes.From(before), new CrashRules { CutsPerStepMax = 8, DrawnSets = 4 }))
        {
            File.WriteAllBytes(directory["image"], point.Media.Read(0, Bytes));
            Assert.Null(Undone(directory));
            Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(directory["image"])), point.What);
            points++;
        }
        Assert.True(points > 20, $"{points} points");
    }

    [Fact]
    public void Media_it_was_not_made_for_and_damage_are_refused()
    {
        using var directory = new TemporaryDirectory();
        directory.Put("image", Old());
        Change(directory, Plan());
        byte[] image = File.ReadAllBytes(directory["image"]),
            undo = File.ReadAllBytes(directory["undo"]);
        image[1030] ^= 1;
        Assert.Contains(
            "other media",
            UndoFile.Read(directory["undo"], SparseBytes.From(image)).Error!.ToString(),
            StringComparison.Ordinal
        );
        image[1030] ^= 1;
        Assert.Null(UndoFile.Read(directory["undo"], SparseBytes.From(image)).Error);
        var random = new SeededRandom(3);
        for (int i = 0; i < 300; i++)
        {
            (ulong at, random) = random.DrawBelow(i < 100 ? 512 : (ulong)undo.Length);
            byte[] damaged = [.. undo];
            damaged[at] ^= 0x40;
            HostResult<WritePlan> read = UndoFile.Read(directory.Put("damaged", damaged), SparseBytes.From(image));
            // A byte behind the last piece or between pieces belongs to nothing.
            Assert.True(read.Error is not null || read.Value!.Apply(SparseBytes.From(image)).ContentEquals(SparseBytes.From(Old())));
        }
        foreach (int length in (int[])[0, 100, 511, 4096, 9000, undo.Length - 4096])
            Assert.NotNull(UndoFile.Read(directory.Put("cut", undo[..length]), SparseBytes.From(image)).Error);
        Assert.Contains(
            "no undo file",
            UndoFile.Read(directory["image"], SparseBytes.From(image)).Error!.ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_undo_file_is_never_overwritten()
    {
        using var directory = new TemporaryDirectory();
        directory.Put("image", Old());
        Assert.Equal(directory["image.e2undo"], UndoFile.NameFor(directory["image"]));
        directory.Put("image.e2undo", "kept");
        Assert.Equal(directory["image.2.e2undo"], UndoFile.NameFor(directory["image"]));
        using WritableTarget target = WritableTarget.Open(directory["image"]).Value!;
        Assert.NotNull(Executor.Run(Plan(), target, directory["image.e2undo"]));
        Assert.Equal("kept", File.ReadAllText(directory["image.e2undo"]));
        Assert.True(((IMediaReader)target.Media).Read(0, Bytes).AsSpan().SequenceEqual(Old()));
    }

    [Fact]
    public void E2undo_gives_the_old_bytes_back()
    {
        string? tool = Array.Find(["/usr/sbin/e2undo", "/sbin/e2undo"], File.Exists);
        Assert.SkipUnless(tool is not null, "e2undo is not installed (package e2fsprogs)");
        using var directory = new TemporaryDirectory();
        byte[] before = Old();
        directory.Put("image", before);
        Change(directory, Plan());
        using Process e2undo = Process.Start(
            new ProcessStartInfo(tool!, [directory["undo"], directory["image"]])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;
        string said = e2undo.StandardError.ReadToEnd() + e2undo.StandardOutput.ReadToEnd();
        e2undo.WaitForExit();
        Assert.True(e2undo.ExitCode == 0, said);
        Assert.Equal(before, File.ReadAllBytes(directory["image"]));
    }

    private static byte[] Old() => [.. Enumerable.Range(0, Bytes).Select(i => (byte)(i / 1000 % 251))];

    private static WritePlan Plan() =>
        new([
            new PlanStep.Write(new MediaOffset(1000), new byte[] { 1, 2, 3, 4 }),
            PlanStep.Barrier.Instance,
            new PlanStep.Zero(new MediaOffset(100000), new ByteSize(1500000)),
            new PlanStep.Write(new MediaOffset(Bytes - 5), new byte[] { 9, 9, 9, 9, 9 }),
            PlanStep.Barrier.Instance,
            new PlanStep.Write(new MediaOffset(50000), new byte[3000]),
        ]);

    private static void Change(TemporaryDirectory directory, WritePlan plan)
    {
        using WritableTarget target = WritableTarget.Open(directory["image"]).Value!;
        Assert.Null(Executor.Run(plan, target, directory["undo"]));
    }

    private static HostError? Undone(TemporaryDirectory directory)
    {
        using WritableTarget target = WritableTarget.Open(directory["image"]).Value!;
        return UndoFile.Apply(directory["undo"], target);
    }
}

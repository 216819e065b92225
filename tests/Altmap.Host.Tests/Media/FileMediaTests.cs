using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Writes;
using Altmap.Host.Media;
using Altmap.Host.Writes;

namespace Altmap.Host.Tests.Media;

public class FileMediaTests
{
    [Fact]
    public void A_terabyte_with_holes_costs_nothing()
    {
        using var directory = new TemporaryDirectory();
        using (FileStream file = File.Create(directory["image"]))
        {
            file.SetLength(1L << 40);
            file.Position = (1L << 39) + 5;
            file.Write("far"u8);
        }
        using FileMedia media = FileMedia.Open(directory["image"]).Value!;
        Assert.Equal(1UL << 40, media.LengthBytes);
        ulong data = media.NextData(0);
        Assert.InRange(data, (1UL << 39) - (1 << 20), (1UL << 39) + 5);
        Assert.InRange(media.NextHole(data), (1UL << 39) + 8, (1UL << 39) + (1 << 20));
        Assert.Equal(1UL << 40, media.NextData(media.NextHole(data)));
        Assert.Equal("far"u8.ToArray(), ((IMediaReader)media).Read((1UL << 39) + 5, 3));
        var copy = SparseBytes.Over(media);
        Assert.Equal(0UL, copy.StoredBytes);
        Assert.Equal([1UL << 39], copy.Pages().Select(p => p.OffsetBytes));
    }

    [Fact]
    public void A_file_that_shrinks_is_an_error_with_its_place()
    {
        using var directory = new TemporaryDirectory();
        directory.Put("image", new byte[8192]);
        using FileMedia media = FileMedia.Open(directory["image"]).Value!;
        using (var file = new FileStream(directory["image"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(100);
        MediaException error = Assert.Throws<MediaException>(() => ((IMediaReader)media).Read(4096, 10));
        Assert.Equal(4096UL, error.OffsetBytes);
        Assert.Contains("shrank to 4096 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_file_is_refused()
    {
        using var directory = new TemporaryDirectory();
        Assert.Contains("directory", FileMedia.Open(directory.Root).Error!.ToString(), StringComparison.Ordinal);
        Assert.Contains("neither", FileMedia.Open("/dev/null").Error!.ToString(), StringComparison.Ordinal);
        Assert.Contains("no such file", FileMedia.Open(directory["no"]).Error!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_zeroing_and_reading_in_place()
    {
        using var directory = new TemporaryDirectory();
        byte[] bytes = [.. Enumerable.Range(0, 3 << 20).Select(i => (byte)((i % 251) + 1))];
        directory.Put("image", bytes);
        using (WritableTarget target = WritableTarget.Open(directory["image"]).Value!)
        {
            var plan = new WritePlan([
                new PlanStep.Write(new MediaOffset(100), new byte[] { 1, 2, 3 }),
                PlanStep.Barrier.Instance,
                new PlanStep.Zero(new MediaOffset(5000), new ByteSize(2 << 20)),
                new PlanStep.Move(new MediaOffset(0), new MediaOffset(512), new ByteSize(4096)),
            ]);
            Assert.Null(Executor.Run(plan, target));
            Assert.True(plan.Apply(SparseBytes.From(bytes)).ContentEquals((IMediaReader)target.Media));
            var beyond = WritePlan.Of(new MediaOffset((3 << 20) - 1), new byte[2]);
            Assert.Contains("beyond its end", Executor.Run(beyond, target)!.ToString(), StringComparison.Ordinal);
        }
        Assert.Equal(3 << 20, new FileInfo(directory["image"]).Length);
    }
}

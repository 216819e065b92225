using Altmap.Core.Media;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Core.Tests.Media;

/// <summary>Against an array of bytes that is copied as a whole.</summary>
public class SparseBytesTests
{
    /// <summary>A write or a resize, drawn from small numbers so that pages and ends are hit often.</summary>
    private static byte[] Apply(byte[] model, ref SparseBytes sparse, (ushort At, ushort Length, byte Value, bool Resize) step)
    {
        if (step.Resize)
        {
            int length = step.At % 20000;
            sparse = sparse.Resize((ulong)length);
            byte[] resized = new byte[length];
            model.AsSpan(0, Math.Min(length, model.Length)).CopyTo(resized);
            return resized;
        }
        int at = step.At % (model.Length + 1),
            count = Math.Min(step.Length % 9000, model.Length - at);
        byte[] bytes = new byte[count];
        Array.Fill(bytes, (byte)(step.Value % 3)); // zero often: pages go away again
        SparseBytes before = sparse;
        byte[] beforeBytes = before.Read(0, model.Length);
        sparse = sparse.Write((ulong)at, bytes);
        Assert.Equal(beforeBytes, before.Read(0, model.Length)); // the value written to is unchanged
        byte[] written = [.. model];
        bytes.CopyTo(written, at);
        return written;
    }

    [Fact]
    public void Behaves_as_an_array() =>
        Prop.ForAll(
                (List<(ushort, ushort, byte, bool)> steps) =>
                {
                    byte[] model = new byte[12345];
                    SparseBytes sparse = SparseBytes.Zero(12345);
                    foreach ((ushort, ushort, byte, bool) step in steps)
                    {
                        model = Apply(model, ref sparse, step);
                        if (sparse.LengthBytes != (ulong)model.Length || !sparse.Read(0, model.Length).AsSpan().SequenceEqual(model))
                            return false;
                    }
                    byte[] fromPages = new byte[model.Length];
                    foreach ((ulong offset, ReadOnlyMemory<byte> bytes) in sparse.Pages())
                    {
                        if (offset % 4096 != 0 || bytes.Length == 0 || !bytes.Span.ContainsAnyExcept((byte)0))
                            return false;
                        bytes.Span.CopyTo(fromPages.AsSpan((int)offset));
                    }
                    return fromPages.AsSpan().SequenceEqual(model)
                        && sparse.ContentEquals(SparseBytes.From(model))
                        && SparseBytes.From(model).ContentEquals(sparse);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Cleared_bytes_are_zero_and_others_stay() =>
        Prop.ForAll(
                (ushort from, ushort count, List<ushort> written) =>
                {
                    SparseBytes media = SparseBytes.Zero(40000);
                    foreach (ushort at in written)
                        media = media.Write(at % 40000u, [7]);
                    ulong start = from % 40001u,
                        length = Math.Min(count, 40000 - start);
                    byte[] expected = media.Read(0, 40000);
                    expected.AsSpan((int)start, (int)length).Clear();
                    return media.Clear(start, length).ContentEquals(SparseBytes.From(expected));
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Terabytes_are_cleared_at_the_cost_of_what_they_hold()
    {
        SparseBytes media = SparseBytes.Zero(64UL << 40).Write(5UL << 40, [1]).Write(6UL << 40, [1]);
        Assert.Equal(4096UL, media.Clear(1, (6UL << 40) - 1).StoredBytes);
        Assert.Equal(0UL, media.Clear(0, 64UL << 40).StoredBytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => media.Clear(1, 64UL << 40));
    }

    [Fact]
    public void Terabytes_cost_what_they_hold()
    {
        SparseBytes media = SparseBytes.Zero(64UL << 40).Write((64UL << 40) - 3, [1, 2, 3]);
        Assert.Equal(4096UL, media.StoredBytes);
        Assert.Equal([0, 1, 2, 3], media.Read((64UL << 40) - 4, 4));
        Assert.Equal(0UL, media.Write((64UL << 40) - 3, [0, 0, 0]).StoredBytes);
    }

    [Fact]
    public void The_largest_length_works()
    {
        SparseBytes media = SparseBytes.Zero(ulong.MaxValue).Write(ulong.MaxValue - 2, [1, 2]);
        SparseBytes cut = media.Resize(ulong.MaxValue - 1);
        Assert.Equal([1], cut.Read(ulong.MaxValue - 2, 1));
        Assert.Equal([1, 0], cut.Resize(ulong.MaxValue).Read(ulong.MaxValue - 2, 2));
    }

    [Theory]
    [InlineData(101UL, 0)]
    [InlineData(100UL, 1)]
    [InlineData(99UL, 2)]
    [InlineData(ulong.MaxValue, 2)]
    public void Outside_is_refused(ulong offset, int count)
    {
        SparseBytes media = SparseBytes.Zero(100);
        Assert.Throws<ArgumentOutOfRangeException>(() => media.Read(offset, count));
        Assert.Throws<ArgumentOutOfRangeException>(() => media.Write(offset, new byte[count]));
    }

    [Fact]
    public void Content_differs_by_length_place_and_value()
    {
        SparseBytes media = SparseBytes.Zero(8192).Write(5000, [7]);
        Assert.False(media.ContentEquals(media.Resize(8191)));
        Assert.False(media.ContentEquals(SparseBytes.Zero(8192).Write(5001, [7])));
        Assert.False(media.ContentEquals(SparseBytes.Zero(8192).Write(5000, [8])));
        Assert.False(media.ContentEquals(SparseBytes.Zero(8192)));
        Assert.Equal(media.Read(4990, 20), media.Write(3, []).Read(4990, 20));
    }
}

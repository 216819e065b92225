using Altmap.Core.Identity;
using Altmap.Core.Media;

namespace Altmap.Core.Tests.Media;

/// <summary>The media agree with an array of bytes, and with each other about holes.</summary>
public class MediaTests
{
    private const int Bytes = (5 << 20) + 123;

    [Fact]
    public void Memory_media_behave_as_an_array()
    {
        var random = new SeededRandom(5);
        byte[] model = new byte[Bytes];
        var media = new MemoryMedia(Bytes);
        for (int i = 0; i < 300; i++)
        {
            (int at, int count, bool isZero) = Draw(ref random, i);
            if (isZero)
            {
                media.Zero((ulong)at, (ulong)count);
                model.AsSpan(at, count).Clear();
            }
            else
            {
                byte[] bytes = new byte[count];
                Array.Fill(bytes, (byte)(i % 251));
                media.Write((ulong)at, bytes);
                bytes.CopyTo(model, at);
            }
        }
        Assert.Equal(model, ((IMediaReader)media).Read(0, Bytes));
        Assert.True(media.ContentEquals(SparseBytes.From(model)));
        Assert.True(MemoryMedia.CopyOf(SparseBytes.From(model)).ContentEquals(media));
        AssertHoles(media, model);
    }

    /// <summary>Writes, clears and lengths over other media; the media underneath stay.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Sparse_bytes_over_other_media_behave_as_an_array(ulong seed)
    {
        var random = new SeededRandom(seed);
        byte[] model = new byte[Bytes];
        for (int i = 0; i < 6; i++)
        {
            (int at, int count, _) = Draw(ref random, i);
            Array.Fill(model, (byte)(i + 1), at, count);
        }
        MemoryMedia under = MemoryMedia.CopyOf(SparseBytes.From(model));
        byte[] before = [.. model];
        var sparse = SparseBytes.Over(under);
        Assert.Equal(0UL, sparse.StoredBytes);
        for (int i = 0; i < 200; i++)
        {
            (int at, int count, bool isZero) = Draw(ref random, i);
            (at, count) = (Math.Min(at, model.Length), Math.Min(count, model.Length - Math.Min(at, model.Length)));
            if (i % 40 == 39)
            {
                sparse = sparse.Resize((ulong)(model.Length - count)).Resize((ulong)model.Length);
                model.AsSpan(model.Length - count).Clear();
            }
            else if (isZero)
            {
                sparse = sparse.Clear((ulong)at, (ulong)count);
                model.AsSpan(at, count).Clear();
            }
            else
            {
                byte[] bytes = new byte[count];
                Array.Fill(bytes, (byte)(i % 3));
                sparse = sparse.Write((ulong)at, bytes);
                bytes.CopyTo(model, at);
            }
            Assert.True(sparse.Read(0, model.Length).AsSpan().SequenceEqual(model), $"step {i}");
        }
        AssertHoles(sparse, model);
        Assert.True(sparse.ContentEquals(SparseBytes.From(model)));
        Assert.Equal(before, ((IMediaReader)under).Read(0, Bytes));
    }

    [Fact]
    public void A_slice_is_media_of_its_own()
    {
        SparseBytes whole = SparseBytes.Zero(1 << 20).Write(8192, [1, 2, 3]).Write(40000, [4]);
        IMediaReader slice = MediaSlice.Of(MediaSlice.Of(whole, 4096, 100000), 4096, 20000);
        Assert.Equal(new byte[] { 1, 2, 3, 0 }, slice.Read(0, 4));
        Assert.Equal((0UL, 4096UL), (slice.NextData(0), slice.NextHole(0)));
        Assert.Equal(20000UL, slice.NextData(4096));
        Assert.Throws<ArgumentOutOfRangeException>(() => slice.Read(19999, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => MediaSlice.Of(whole, 1 << 20, 1));
        Assert.Same(whole, MediaSlice.Of(whole, 0, 1 << 20));
    }

    [Fact]
    public void Terabytes_cost_what_is_written()
    {
        SparseBytes media = SparseBytes.Zero(1UL << 50).Write((1UL << 49) + 5, [7]);
        media = media.Clear(0, 1UL << 49).Clear((1UL << 49) + 4096, (1UL << 49) - 4096);
        Assert.Equal(4096UL, media.StoredBytes);
        Assert.Equal((1UL << 49, 1UL << 50), (media.NextData(0), media.NextData((1UL << 49) + 4096)));
        Assert.True(media.IsZero(0, 1UL << 49));
        Assert.False(media.IsZero(0, (1UL << 49) + 6));
    }

    private static (int At, int Count, bool IsZero) Draw(ref SeededRandom random, int i)
    {
        (ulong at, random) = random.DrawBelow(Bytes);
        (ulong count, random) = random.DrawBelow(i % 5 == 0 ? 1u << 20 : 9000u);
        (ulong kind, random) = random.DrawBelow(3);
        return ((int)at, (int)Math.Min(count, Bytes - at), kind == 0);
    }

    /// <summary>What is passed over is zero; where data start and end, the two questions agree.</summary>
    private static void AssertHoles(IMediaReader media, byte[] model)
    {
        byte[] seen = new byte[model.Length];
        ulong end = 0;
        foreach ((ulong start, ulong stop) in media.DataRuns(0, media.LengthBytes))
        {
            Assert.True(start >= end && stop > start);
            media.Read(start, seen.AsSpan((int)start, (int)(stop - start)));
            end = stop;
        }
        Assert.Equal(model, seen);
        Assert.Equal(media.LengthBytes, media.NextHole(media.LengthBytes));
        byte[] fromPages = new byte[model.Length];
        foreach ((ulong offset, ReadOnlyMemory<byte> bytes) in media.Pages())
            bytes.Span.CopyTo(fromPages.AsSpan((int)offset));
        Assert.Equal(model, fromPages);
    }
}

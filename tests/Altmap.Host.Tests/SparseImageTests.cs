using System.IO.Compression;
using System.Text;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.TestSupport;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Host.Tests;

public class SparseImageTests
{
    public static TheoryData<string> GoldenImages() =>
        new(
            Directory
                .EnumerateFiles(Golden.Root, "*.sparse.gz", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Golden.Root, f))
                .Order()
        );

    [Theory]
    [MemberData(nameof(GoldenImages))]
    public void Golden_images_are_read_and_come_back(string file)
    {
        HostResult<SparseBytes> image = SparseImage.Read(Golden.Path(file));
        Assert.Null(image.Error);
        using var copy = new MemoryStream();
        SparseImage.Write(copy, image.Value!);
        copy.Position = 0;
        Assert.True(SparseImage.Read(copy, "copy").Value!.ContentEquals(image.Value!));
    }

    [Fact]
    public void Any_image_comes_back()
    {
        Prop.ForAll<ulong, byte>(
                (seed, count) =>
                {
                    var random = new SeededRandom(seed);
                    (ulong length, random) = random.DrawBelow(1UL << 40);
                    SparseBytes image = SparseBytes.Zero(length);
                    for (int i = 0; i < count % 8 && length > 0; i++)
                    {
                        (ulong at, random) = random.DrawBelow(length);
                        (ulong size, random) = random.DrawBelow(Math.Min(length - at, 20000) + 1);
                        (ulong fill, random) = random.DrawBelow(256);
                        image = image.Write(at, Enumerable.Repeat((byte)fill, (int)size).ToArray());
                    }
                    using var file = new MemoryStream();
                    SparseImage.Write(file, image);
                    file.Position = 0;
                    return SparseImage.Read(file, "f").Value!.ContentEquals(image);
                }
            )
            .QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("x", "f: this is no sparse image; expected the line \"PMEMSPARSE1 SIZE\"")]
    [InlineData("PMEMSPARSE1 x\n", "f: this is no sparse image; expected the line \"PMEMSPARSE1 SIZE\"")]
    [InlineData("PMEMSPARSE1 4503599627370497\n", "f: an image of 4503599627370497 bytes; expected at most 4503599627370496")]
    [InlineData("PMEMSPARSE1 10\n4 7\n", "f: the run at 4 with 7 bytes ends beyond the image of 10 bytes")]
    [InlineData(
        "PMEMSPARSE1 10\n18446744073709551615 2\n",
        "f: the run at 18446744073709551615 with 2 bytes ends beyond the image of 10 bytes"
    )]
    [InlineData(
        "PMEMSPARSE1 10\n4 2\nab5 1\nc",
        "f: the run at 5 overlaps the one before it, which ends at 6; expected runs in ascending order"
    )]
    [InlineData("PMEMSPARSE1 10\n4 2\na", "f: the file ends inside the run at 4; copy it again")]
    [InlineData("PMEMSPARSE1 10\n4\n", "f: a run does not start with \"OFFSET LENGTH\"; copy it again")]
    [InlineData("PMEMSPARSE1 10\n4 2\nabcd", "f: a line without end")]
    [InlineData(
        "PMEMSPARSE1 4503599627370496\n0 4503599627370496\n",
        "f: the image holds more than 1073741824 bytes that are not zero; unpack it and give the raw file"
    )]
    public void What_is_wrong_is_said(string text, string expected) =>
        Assert.Equal(expected, SparseImage.Read(Gzip(Encoding.ASCII.GetBytes(text)), "f").Error?.ToString());

    [Fact]
    public void A_page_counts_whole_however_little_is_in_it()
    {
        var text = new StringBuilder("PMEMSPARSE1 1000000000\n");
        for (int i = 0; i < 5; i++)
            text.Append(i * 8192).Append(" 1\nx");
        Assert.NotNull(SparseImage.Read(Gzip(Encoding.ASCII.GetBytes(text.ToString())), "f", 4 * 4096).Error);
        Assert.Null(SparseImage.Read(Gzip(Encoding.ASCII.GetBytes(text.ToString())), "f", 5 * 4096).Error);
    }

    [Fact]
    public void Gzip_that_is_cut_or_damaged()
    {
        byte[] whole = Gzip(Encoding.ASCII.GetBytes("PMEMSPARSE1 100000\n0 5\nhello")).ToArray();
        for (int length = 1; length < whole.Length - 9; length++)
            Assert.True(SparseImage.Read(new MemoryStream(whole, 0, length), "f").Error is not null, $"{length} of {whole.Length} bytes");
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= 0x10;
            HostResult<SparseBytes> result = SparseImage.Read(new MemoryStream(changed), "f");
            Assert.True(result.Error is null != result.Value is null);
        }
    }

    [Fact]
    public void Raw_files_are_read_without_their_holes()
    {
        using var directory = new TemporaryDirectory();
        using (FileStream file = File.Create(directory["raw"]))
        {
            file.SetLength(64L << 30);
            file.Position = 5;
            file.Write("near"u8);
            file.Position = (32L << 30) + 4097;
            file.Write("far"u8);
        }
        SparseBytes image = RawImage.Read(directory["raw"]).Value!;
        Assert.Equal(
            (64UL << 30, "near", "far"),
            (image.LengthBytes, Encoding.ASCII.GetString(image.Read(5, 4)), Encoding.ASCII.GetString(image.Read((32UL << 30) + 4097, 3)))
        );
        Assert.Equal(0UL, image.StoredBytes);
        Assert.Equal([0UL, (32UL << 30) + 4096], image.Pages().Select(p => p.OffsetBytes));
    }

    private static MemoryStream Gzip(byte[] bytes)
    {
        var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionMode.Compress, leaveOpen: true))
            gzip.Write(bytes);
        stream.Position = 0;
        return stream;
    }
}

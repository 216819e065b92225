using System.Globalization;
using Altmap.Core.Media;
using Altmap.Host.Media;

namespace Altmap.Host;

/// <summary>Raw images: every byte at its place.</summary>
public static class RawImage
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>A raw image as media of the model: read where it is asked for, so that it may be of any size. The file stays open and must
    /// not be written to meanwhile.</summary>
    public static HostResult<SparseBytes> Read(string path)
    {
        HostResult<FileMedia> file = FileMedia.Open(path);
        return file.Value is { } media ? new(SparseBytes.Over(media), null) : new(null, file.Error);
    }

    /// <summary>Reads a gzipped raw image of at most <paramref name="lengthMax"/> bytes.</summary>
    public static HostResult<SparseBytes> ReadGzip(string path, ulong lengthMax, ulong storedBytesMax = SparseImage.StoredBytesMax)
    {
        try
        {
            using FileStream file = InputFile.Open(path);
            using var stream = new GzipInput(file);
            SparseBytes image = SparseBytes.Zero(lengthMax);
            byte[] chunk = new byte[ChunkBytes];
            ulong at = 0;
            for (int got; (got = stream.Read(chunk)) > 0; at += (ulong)got)
            {
                if ((ulong)got > lengthMax - at)
                    return new(
                        null,
                        new HostError(path, string.Create(CultureInfo.InvariantCulture, $"more than {lengthMax} bytes when inflated"))
                    );
                if (chunk.AsSpan(0, got).ContainsAnyExcept((byte)0))
                    image = image.Write(at, chunk.AsSpan(0, got));
                if (image.StoredBytes > storedBytesMax)
                    return new(null, SparseImage.TooMuch(path, storedBytesMax));
                if (got < ChunkBytes)
                    return new(image.Resize(at + (ulong)got), null);
            }
            return new(image.Resize(at), null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }
}

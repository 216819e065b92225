namespace Altmap.Core.Media;

/// <summary>
/// Bytes with a length that does not change: a namespace, region, label area, image or device. Reading changes nothing. Holes read as
/// zeros.
/// </summary>
public interface IMediaReader
{
    /// <summary>How many bytes there are, zero or not.</summary>
    ulong LengthBytes { get; }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offsetBytes"/> on. Throws
    /// <see cref="ArgumentOutOfRangeException"/> past the end, <see cref="MediaException"/> where the media cannot be read.</summary>
    void Read(ulong offsetBytes, Span<byte> destination);

    /// <summary>The first place at or after <paramref name="offsetBytes"/> where there may be a byte that is not zero; the length where
    /// there is none. What it passes over reads as zeros.</summary>
    ulong NextData(ulong offsetBytes);

    /// <summary>The first place at or after <paramref name="offsetBytes"/> from where on a reader need not look: a hole, or the
    /// length.</summary>
    ulong NextHole(ulong offsetBytes);
}

/// <summary>Media that can be changed in place. Nothing is durable before <see cref="Flush"/> returns.</summary>
public interface IMediaWriter
{
    /// <summary>How many bytes there are; writing does not change it.</summary>
    ulong LengthBytes { get; }

    /// <summary>Writes at <paramref name="offsetBytes"/>. Throws <see cref="ArgumentOutOfRangeException"/> past the end,
    /// <see cref="MediaException"/> where the media cannot be written.</summary>
    void Write(ulong offsetBytes, ReadOnlySpan<byte> source);

    /// <summary>Makes <paramref name="countBytes"/> zero from <paramref name="offsetBytes"/> on, as holes where the media can.</summary>
    void Zero(ulong offsetBytes, ulong countBytes);

    /// <summary>Returns when everything written so far is durable.</summary>
    void Flush();
}

/// <summary>A place of the media that cannot be read or written: a bad block, a device that went away, a full disk.</summary>
/// <param name="offsetBytes">Where it was tried, from the start of the media.</param>
/// <param name="message">What the system said.</param>
/// <param name="inner">The cause, or null.</param>
public sealed class MediaException(ulong offsetBytes, string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>From the start of the media.</summary>
    public ulong OffsetBytes { get; } = offsetBytes;
}

/// <summary>What follows from the interface alone.</summary>
public static class MediaReading
{
    /// <summary><paramref name="count"/> bytes from <paramref name="offsetBytes"/> on, as a new array.</summary>
    public static byte[] Read(this IMediaReader media, ulong offsetBytes, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        media.CheckInside(offsetBytes, (ulong)count);
        byte[] bytes = new byte[count];
        media.Read(offsetBytes, bytes);
        return bytes;
    }

    /// <summary>The first bytes: as many as asked for, or all there are.</summary>
    public static byte[] ReadHead(this IMediaReader media, int count) => media.Read(0, (int)Math.Min((ulong)count, media.LengthBytes));

    /// <summary>Stretches of [start, end) that may hold bytes other than zero, ascending, half-open.</summary>
    public static IEnumerable<(ulong StartBytes, ulong EndBytes)> DataRuns(this IMediaReader media, ulong startBytes, ulong endBytes)
    {
        for (ulong at = startBytes; at < endBytes; )
        {
            ulong data = media.NextData(at);
            if (data >= endBytes)
                yield break;
            ulong hole = Math.Min(media.NextHole(data), endBytes);
            yield return (data, hole);
            at = hole;
        }
    }

    /// <summary>Pages of 4 KiB that are not zero, in order: page-aligned offset and bytes. Bytes in between are zero.</summary>
    public static IEnumerable<(ulong OffsetBytes, ReadOnlyMemory<byte> Bytes)> Pages(this IMediaReader media) =>
        media is SparseBytes sparse ? sparse.Pages() : PagesOf(media);

    private static IEnumerable<(ulong OffsetBytes, ReadOnlyMemory<byte> Bytes)> PagesOf(IMediaReader media)
    {
        const ulong pageBytes = 4096;
        ulong length = media.LengthBytes;
        for (ulong at = media.NextData(0); at < length; )
        {
            at -= at % pageBytes;
            byte[] page = media.Read(at, (int)Math.Min(pageBytes, length - at));
            if (page.AsSpan().ContainsAnyExcept((byte)0))
                yield return (at, page);
            at = at + pageBytes < length ? media.NextData(at + pageBytes) : length;
        }
    }

    /// <summary>True when every byte of [start, end) is zero. Reads the data only, in small pieces.</summary>
    public static bool IsZero(this IMediaReader media, ulong startBytes, ulong endBytes)
    {
        byte[] buffer = [];
        foreach ((ulong start, ulong end) in media.DataRuns(startBytes, endBytes))
        {
            for (ulong at = start; at < end; )
            {
                int count = (int)Math.Min(end - at, 64 * 1024);
                if (buffer.Length < count)
                    buffer = new byte[count];
                media.Read(at, buffer.AsSpan(0, count));
                if (buffer.AsSpan(0, count).ContainsAnyExcept((byte)0))
                    return false;
                at += (ulong)count;
            }
        }
        return true;
    }

    /// <summary>True when length and every byte are the same.</summary>
    public static bool ContentEquals(this IMediaReader media, IMediaReader other)
    {
        if (media.LengthBytes != other.LengthBytes)
            return false;
        byte[] ours = new byte[64 * 1024],
            theirs = new byte[64 * 1024];
        ulong length = media.LengthBytes;
        for (ulong at = 0; at < length; )
        {
            at = Math.Min(media.NextData(at), other.NextData(at));
            if (at >= length)
                break;
            int count = (int)Math.Min(length - at, (ulong)ours.Length);
            media.Read(at, ours.AsSpan(0, count));
            other.Read(at, theirs.AsSpan(0, count));
            if (!ours.AsSpan(0, count).SequenceEqual(theirs.AsSpan(0, count)))
                return false;
            at += (ulong)count;
        }
        return true;
    }

    /// <summary>Throws <see cref="ArgumentOutOfRangeException"/> unless the bytes lie inside of the media.</summary>
    internal static void CheckInside(this IMediaReader media, ulong offsetBytes, ulong countBytes) =>
        CheckInside(media.LengthBytes, offsetBytes, countBytes);

    internal static void CheckInside(ulong lengthBytes, ulong offsetBytes, ulong countBytes)
    {
        if (offsetBytes > lengthBytes || countBytes > lengthBytes - offsetBytes)
            throw new ArgumentOutOfRangeException(nameof(offsetBytes), $"{countBytes} bytes at 0x{offsetBytes:x} of 0x{lengthBytes:x}");
    }
}

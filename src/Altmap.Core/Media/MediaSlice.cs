namespace Altmap.Core.Media;

/// <summary>A part of media as media of its own: a namespace in its region, an arena in its namespace.</summary>
public sealed class MediaSlice : IMediaReader
{
    private readonly IMediaReader _media;
    private readonly ulong _start;

    private MediaSlice(IMediaReader media, ulong startBytes, ulong lengthBytes)
    {
        (_media, _start, LengthBytes) = (media, startBytes, lengthBytes);
    }

    /// <inheritdoc/>
    public ulong LengthBytes { get; }

    /// <summary>The bytes from <paramref name="startBytes"/> on; the whole media are returned as they are. Throws
    /// <see cref="ArgumentOutOfRangeException"/> when they do not lie inside.</summary>
    public static IMediaReader Of(IMediaReader media, ulong startBytes, ulong lengthBytes)
    {
        media.CheckInside(startBytes, lengthBytes);
        return startBytes == 0 && lengthBytes == media.LengthBytes ? media
            : media is MediaSlice slice ? new MediaSlice(slice._media, slice._start + startBytes, lengthBytes)
            : new MediaSlice(media, startBytes, lengthBytes);
    }

    /// <inheritdoc/>
    public void Read(ulong offsetBytes, Span<byte> destination)
    {
        this.CheckInside(offsetBytes, (ulong)destination.Length);
        _media.Read(_start + offsetBytes, destination);
    }

    /// <inheritdoc/>
    public ulong NextData(ulong offsetBytes) => Inside(_media.NextData(_start + Math.Min(offsetBytes, LengthBytes)));

    /// <inheritdoc/>
    public ulong NextHole(ulong offsetBytes) => Inside(_media.NextHole(_start + Math.Min(offsetBytes, LengthBytes)));

    private ulong Inside(ulong offsetBytes) => Math.Min(offsetBytes - _start, LengthBytes);
}

using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Core.Media;

/// <summary>
/// An immutable run of bytes that is zero wherever nothing was written: media of terabytes at the cost of what they hold.
/// A write copies the 4 KiB pages it touches and shares the rest.
/// </summary>
public sealed class SparseBytes
{
    private const int PageBytes = 4096;
    private readonly ImmutableSortedDictionary<ulong, byte[]> _pages;

    private SparseBytes(ulong lengthBytes, ImmutableSortedDictionary<ulong, byte[]> pages)
    {
        LengthBytes = lengthBytes;
        _pages = pages;
    }

    /// <summary>How many bytes there are, zero or not.</summary>
    public ulong LengthBytes { get; }

    /// <summary>How many bytes are held in memory.</summary>
    public ulong StoredBytes => (ulong)_pages.Count * PageBytes;

    /// <summary>All zero.</summary>
    public static SparseBytes Zero(ulong lengthBytes) => new(lengthBytes, ImmutableSortedDictionary<ulong, byte[]>.Empty);

    /// <summary>A copy of <paramref name="bytes"/>.</summary>
    public static SparseBytes From(ReadOnlySpan<byte> bytes) => Zero((ulong)bytes.Length).Write(0, bytes);

    /// <summary>The runs that were written, in order: page-aligned offset and bytes. Bytes in between are zero.</summary>
    public IEnumerable<(ulong OffsetBytes, ReadOnlyMemory<byte> Bytes)> Pages()
    {
        foreach ((ulong page, byte[] bytes) in _pages)
        {
            ulong offset = page * PageBytes;
            int length = (int)Math.Min(PageBytes, LengthBytes - offset);
            yield return (offset, bytes.AsMemory(0, length));
        }
    }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offsetBytes"/> on. Throws
    /// <see cref="ArgumentOutOfRangeException"/> past the end.</summary>
    public void Read(ulong offsetBytes, Span<byte> destination)
    {
        CheckInside(offsetBytes, (ulong)destination.Length);
        while (!destination.IsEmpty)
        {
            int inPage = (int)(offsetBytes % PageBytes);
            int count = Math.Min(PageBytes - inPage, destination.Length);
            if (_pages.TryGetValue(offsetBytes / PageBytes, out byte[]? page))
                page.AsSpan(inPage, count).CopyTo(destination);
            else
                destination[..count].Clear();
            destination = destination[count..];
            offsetBytes += (ulong)count;
        }
    }

    /// <summary><paramref name="count"/> bytes from <paramref name="offsetBytes"/> on, as a new array.</summary>
    public byte[] Read(ulong offsetBytes, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        CheckInside(offsetBytes, (ulong)count);
        byte[] bytes = new byte[count];
        Read(offsetBytes, bytes);
        return bytes;
    }

    /// <summary>The bytes after writing <paramref name="source"/> at <paramref name="offsetBytes"/>. Throws
    /// <see cref="ArgumentOutOfRangeException"/> past the end.</summary>
    public SparseBytes Write(ulong offsetBytes, ReadOnlySpan<byte> source)
    {
        CheckInside(offsetBytes, (ulong)source.Length);
        ImmutableSortedDictionary<ulong, byte[]>.Builder pages = _pages.ToBuilder();
        while (!source.IsEmpty)
        {
            ulong number = offsetBytes / PageBytes;
            int inPage = (int)(offsetBytes % PageBytes);
            int count = Math.Min(PageBytes - inPage, source.Length);
            byte[] page = new byte[PageBytes];
            if (pages.TryGetValue(number, out byte[]? old))
                old.CopyTo(page, 0);
            source[..count].CopyTo(page.AsSpan(inPage));
            if (page.AsSpan().ContainsAnyExcept((byte)0))
                pages[number] = page;
            else
                pages.Remove(number);
            source = source[count..];
            offsetBytes += (ulong)count;
        }
        return new SparseBytes(LengthBytes, pages.ToImmutable());
    }

    /// <summary>The bytes with <paramref name="countBytes"/> of them zero from <paramref name="offsetBytes"/> on; costs what is stored, not
    /// the count.</summary>
    public SparseBytes Clear(ulong offsetBytes, ulong countBytes)
    {
        CheckInside(offsetBytes, countBytes);
        ulong end = offsetBytes + countBytes;
        ulong firstWhole = Alignment.Up(offsetBytes, PageBytes) / PageBytes,
            afterWhole = end / PageBytes;
        if (firstWhole >= afterWhole)
            return Write(offsetBytes, new byte[countBytes]); // less than two pages
        ImmutableSortedDictionary<ulong, byte[]> kept =
            afterWhole - firstWhole < (ulong)_pages.Count
                ? RemoveEach(firstWhole, afterWhole)
                : _pages.RemoveRange(_pages.Keys.Where(n => n >= firstWhole && n < afterWhole));
        var cleared = new SparseBytes(LengthBytes, kept);
        cleared = cleared.Write(offsetBytes, new byte[(firstWhole * PageBytes) - offsetBytes]);
        return cleared.Write(afterWhole * PageBytes, new byte[end - (afterWhole * PageBytes)]);
    }

    private ImmutableSortedDictionary<ulong, byte[]> RemoveEach(ulong first, ulong end)
    {
        ImmutableSortedDictionary<ulong, byte[]>.Builder pages = _pages.ToBuilder();
        for (ulong page = first; page < end; page++)
            pages.Remove(page);
        return pages.ToImmutable();
    }

    /// <summary>The same bytes at another length: cut, or zero at the end.</summary>
    public SparseBytes Resize(ulong lengthBytes)
    {
        if (lengthBytes >= LengthBytes)
            return new SparseBytes(lengthBytes, _pages);
        ImmutableSortedDictionary<ulong, byte[]>.Builder pages = _pages.ToBuilder();
        ulong last = lengthBytes / PageBytes; // the page that the new end may cut
        int kept = (int)(lengthBytes % PageBytes);
        foreach (ulong number in _pages.Keys.Where(n => n > last || (n == last && kept == 0)))
            pages.Remove(number);
        if (kept > 0 && pages.TryGetValue(last, out byte[]? old))
        {
            byte[] page = new byte[PageBytes];
            old.AsSpan(0, kept).CopyTo(page);
            if (page.AsSpan().ContainsAnyExcept((byte)0))
                pages[last] = page;
            else
                pages.Remove(last);
        }
        return new SparseBytes(lengthBytes, pages.ToImmutable());
    }

    /// <summary>True when length and every byte are the same.</summary>
    public bool ContentEquals(SparseBytes other)
    {
        if (LengthBytes != other.LengthBytes || _pages.Count != other._pages.Count)
            return false;
        return _pages.Zip(other._pages).All(p => p.First.Key == p.Second.Key && p.First.Value.AsSpan().SequenceEqual(p.Second.Value));
    }

    private void CheckInside(ulong offsetBytes, ulong countBytes)
    {
        if (offsetBytes > LengthBytes || countBytes > LengthBytes - offsetBytes)
            throw new ArgumentOutOfRangeException(nameof(offsetBytes), $"{countBytes} bytes at 0x{offsetBytes:x} of 0x{LengthBytes:x}");
    }
}

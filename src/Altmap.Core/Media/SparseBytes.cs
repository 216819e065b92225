using System.Numerics;

namespace Altmap.Core.Media;

/// <summary>
/// Immutable bytes: media of terabytes at the cost of what was written. A write gives new media that copy the 4 KiB pages it touches and
/// share
/// the rest. What was not written is zero, or what the media underneath have (<see cref="Over"/>), which must not change meanwhile.
/// </summary>
public sealed class SparseBytes : IMediaReader
{
    private const int PageShift = 12;
    private const int PageBytes = 1 << PageShift;
    private const int NodeShift = 5;
    private const int NodeChildren = 1 << NodeShift;

    /// <summary>Pages that are zero though the media underneath have something there.</summary>
    private static readonly object Cleared = new();

    private readonly IMediaReader? _under;
    private readonly ulong _underBytes;

    /// <summary>A radix tree over page numbers: null is what lies underneath, <see cref="Cleared"/> zeros, a <see cref="Node"/>, or on
    /// level
    /// 0 a page that is not zero.</summary>
    private readonly object? _root;

    private readonly int _levels;

    private SparseBytes(ulong lengthBytes, object? root, int levels, IMediaReader? under, ulong underBytes)
    {
        (LengthBytes, _root, _levels, _under, _underBytes) = (lengthBytes, root, levels, under, underBytes);
    }

    private sealed class Node
    {
        public readonly object?[] Children = new object?[NodeChildren];

        /// <summary>Pages below.</summary>
        public long Pages;

        public Node() { }

        public Node(Node other)
        {
            other.Children.CopyTo(Children, 0);
            Pages = other.Pages;
        }
    }

    /// <inheritdoc/>
    public ulong LengthBytes { get; }

    /// <summary>How many bytes are held in memory; what lies underneath does not count.</summary>
    public ulong StoredBytes => (ulong)PagesOf(_root) << PageShift;

    private object? ZeroPages => _under is null ? null : Cleared;

    /// <summary>All zero.</summary>
    public static SparseBytes Zero(ulong lengthBytes) => new(lengthBytes, null, LevelsFor(lengthBytes), null, 0);

    /// <summary>A copy of <paramref name="bytes"/>.</summary>
    public static SparseBytes From(ReadOnlySpan<byte> bytes) => Zero((ulong)bytes.Length).Write(0, bytes);

    /// <summary>What <paramref name="media"/> have, read when it is asked for; nothing is ever written to them.</summary>
    public static SparseBytes Over(IMediaReader media) =>
        media as SparseBytes ?? new SparseBytes(media.LengthBytes, null, LevelsFor(media.LengthBytes), media, media.LengthBytes);

    /// <summary>Pages that are not zero, in order: page-aligned offset and bytes. Bytes in between are zero.</summary>
    public IEnumerable<(ulong OffsetBytes, ReadOnlyMemory<byte> Bytes)> Pages()
    {
        for (ulong at = NextData(0); at < LengthBytes; at = NextData(at))
        {
            at = at >> PageShift << PageShift;
            int length = (int)Math.Min(PageBytes, LengthBytes - at);
            if (Find(at >> PageShift) is byte[] stored)
            {
                yield return (at, stored.AsMemory(0, length));
            }
            else
            {
                byte[] page = this.Read(at, length);
                if (page.AsSpan().ContainsAnyExcept((byte)0))
                    yield return (at, page);
            }
            at += (ulong)length;
        }
    }

    /// <inheritdoc/>
    public void Read(ulong offsetBytes, Span<byte> destination)
    {
        this.CheckInside(offsetBytes, (ulong)destination.Length);
        while (!destination.IsEmpty)
        {
            int inPage = (int)(offsetBytes % PageBytes);
            int count = Math.Min(PageBytes - inPage, destination.Length);
            object? found = Find(offsetBytes >> PageShift);
            if (found is byte[] page)
                page.AsSpan(inPage, count).CopyTo(destination);
            else if (found is null && _under is not null)
                ReadUnder(offsetBytes, destination[..count]);
            else
                destination[..count].Clear();
            destination = destination[count..];
            offsetBytes += (ulong)count;
        }
    }

    /// <inheritdoc cref="MediaReading.Read(IMediaReader, ulong, int)"/>
    public byte[] Read(ulong offsetBytes, int count) => MediaReading.Read(this, offsetBytes, count);

    /// <summary>The bytes after writing <paramref name="source"/> at <paramref name="offsetBytes"/>. Throws
    /// <see cref="ArgumentOutOfRangeException"/> past the end.</summary>
    public SparseBytes Write(ulong offsetBytes, ReadOnlySpan<byte> source)
    {
        this.CheckInside(offsetBytes, (ulong)source.Length);
        return source.IsEmpty ? this : WithRoot(Put(_root, _levels, 0, offsetBytes, source));
    }

    /// <summary>The bytes with <paramref name="countBytes"/> of them zero from <paramref name="offsetBytes"/> on; costs what is stored, not
    /// the count.</summary>
    public SparseBytes Clear(ulong offsetBytes, ulong countBytes)
    {
        this.CheckInside(offsetBytes, countBytes);
        ulong end = offsetBytes + countBytes,
            firstWhole = (offsetBytes >> PageShift) + (offsetBytes % PageBytes == 0 ? 0UL : 1),
            afterWhole = end >> PageShift;
        if (firstWhole >= afterWhole)
            return Write(offsetBytes, new byte[countBytes]); // less than two pages
        SparseBytes cleared = WithRoot(Drop(_root, _levels, 0, firstWhole, afterWhole, ZeroPages));
        cleared = cleared.Write(offsetBytes, new byte[(firstWhole << PageShift) - offsetBytes]);
        return cleared.Write(afterWhole << PageShift, new byte[end - (afterWhole << PageShift)]);
    }

    /// <summary>The same bytes at another length: cut, or zero at the end.</summary>
    public SparseBytes Resize(ulong lengthBytes)
    {
        int levels = Math.Max(_levels, LevelsFor(lengthBytes));
        object? root = _root;
        for (int level = _levels; level < levels && root is not null; level++)
        {
            var above = new Node { Pages = PagesOf(root) };
            above.Children[0] = root;
            root = above;
        }
        ulong under = Math.Min(_underBytes, lengthBytes);
        if (lengthBytes < LengthBytes)
        {
            ulong kept = lengthBytes % PageBytes,
                last = lengthBytes >> PageShift; // the page that the new end may cut
            if (kept > 0 && Find(last) is byte[])
            {
                ulong tail = Math.Min(PageBytes - kept, LengthBytes - lengthBytes);
                root = new SparseBytes(LengthBytes, root, levels, _under, _underBytes).Write(lengthBytes, new byte[tail])._root;
            }
            // What lies underneath is cut by its length; a page of zeros there is no page.
            root = Drop(root, levels, 0, kept > 0 ? last + 1 : last, 1UL << (levels * NodeShift), null);
        }
        return new SparseBytes(lengthBytes, root, levels, _under, under);
    }

    /// <summary>True when length and every byte are the same.</summary>
    public bool ContentEquals(SparseBytes other) =>
        LengthBytes == other.LengthBytes
        && (
            (ReferenceEquals(_root, other._root) && ReferenceEquals(_under, other._under) && _underBytes == other._underBytes)
            || MediaReading.ContentEquals(this, other)
        );

    /// <inheritdoc/>
    public ulong NextData(ulong offsetBytes)
    {
        ulong under = 0;
        return Math.Min(
            offsetBytes >= LengthBytes ? LengthBytes : FindNext(_root, _levels, 0, offsetBytes, true, ref under) ?? LengthBytes,
            LengthBytes
        );
    }

    /// <inheritdoc/>
    public ulong NextHole(ulong offsetBytes)
    {
        ulong under = 0;
        return Math.Min(
            offsetBytes >= LengthBytes ? LengthBytes : FindNext(_root, _levels, 0, offsetBytes, false, ref under) ?? LengthBytes,
            LengthBytes
        );
    }

    private static int LevelsFor(ulong lengthBytes)
    {
        ulong pages = (lengthBytes >> PageShift) + 1;
        return (64 - BitOperations.LeadingZeroCount(pages) + NodeShift - 1) / NodeShift;
    }

    /// <summary>Where a page starts; of one beyond 64 bits, the last byte there is.</summary>
    private static ulong ByteOf(ulong page) => page >> (64 - PageShift) == 0 ? page << PageShift : ulong.MaxValue;

    private static long PagesOf(object? child) =>
        child switch
        {
            Node node => node.Pages,
            byte[] => 1,
            _ => 0,
        };

    private SparseBytes WithRoot(object? root) => new(LengthBytes, root, _levels, _under, _underBytes);

    private object? Find(ulong page)
    {
        object? child = _root;
        for (int level = _levels; child is Node node; )
            child = node.Children[(page >> (--level * NodeShift)) & (NodeChildren - 1)];
        return child;
    }

    private void ReadUnder(ulong offsetBytes, Span<byte> destination)
    {
        int there = (int)Math.Min((ulong)destination.Length, _underBytes > offsetBytes ? _underBytes - offsetBytes : 0);
        if (there > 0)
            _under!.Read(offsetBytes, destination[..there]);
        destination[there..].Clear();
    }

    /// <summary>The child at <paramref name="level"/> that starts with page <paramref name="first"/>, after the write.</summary>
    private object? Put(object? child, int level, ulong first, ulong offsetBytes, ReadOnlySpan<byte> source)
    {
        if (level == 0)
            return PutPage(child, first, (int)(offsetBytes - (first << PageShift)), source);
        Node node = Own(child);
        int shift = (level - 1) * NodeShift;
        ulong childBytes = (ulong)PageBytes << shift;
        while (!source.IsEmpty)
        {
            int index = (int)(((offsetBytes >> PageShift) - first) >> shift);
            ulong start = first + ((ulong)index << shift);
            int count = (int)Math.Min((ulong)source.Length, childBytes - (offsetBytes - (start << PageShift)));
            Set(node, index, Put(node.Children[index], level - 1, start, offsetBytes, source[..count]));
            source = source[count..];
            offsetBytes += (ulong)count;
        }
        return Shrunk(node);
    }

    private object? PutPage(object? old, ulong number, int inPage, ReadOnlySpan<byte> source)
    {
        byte[] page = new byte[PageBytes];
        if (source.Length < PageBytes)
        {
            if (old is byte[] stored)
                stored.CopyTo(page, 0);
            else if (old is null && _under is not null)
                ReadUnder(number << PageShift, page);
        }
        source.CopyTo(page.AsSpan(inPage));
        return page.AsSpan().ContainsAnyExcept((byte)0) ? page : ZeroPages;
    }

    /// <summary>The child without its pages in [from, end): <paramref name="marker"/> stands there instead.</summary>
    private static object? Drop(object? child, int level, ulong first, ulong from, ulong end, object? marker)
    {
        ulong count = 1UL << (level * NodeShift);
        if (end <= first || from >= first + count || ReferenceEquals(child, marker))
            return child;
        if (from <= first && end >= first + count)
            return marker;
        Node node = Own(child);
        ulong each = count >> NodeShift;
        for (int index = 0; index < NodeChildren; index++)
            Set(node, index, Drop(node.Children[index], level - 1, first + ((ulong)index * each), from, end, marker));
        return Shrunk(node);
    }

    private static Node Own(object? child)
    {
        if (child is Node node)
            return new Node(node);
        node = new Node();
        Array.Fill(node.Children, child); // null or Cleared
        return node;
    }

    private static void Set(Node node, int index, object? child)
    {
        node.Pages += PagesOf(child) - PagesOf(node.Children[index]);
        node.Children[index] = child;
    }

    /// <summary>A node whose children all say the same is that.</summary>
    private static object? Shrunk(Node node)
    {
        if (node.Pages > 0)
            return node;
        object? first = node.Children[0];
        return first is not Node && node.Children.All(c => ReferenceEquals(c, first)) ? first : node;
    }

    /// <summary>The first byte from <paramref name="at"/> on that is data, or not; null: none in this child. <paramref name="under"/> keeps
    /// what was asked of the media underneath last.</summary>
    private ulong? FindNext(object? child, int level, ulong first, ulong at, bool wantsData, ref ulong under)
    {
        ulong start = Math.Max(at, first << PageShift),
            end = ByteOf(first + (1UL << (level * NodeShift)));
        switch (child)
        {
            case Node node:
                ulong each = 1UL << ((level - 1) * NodeShift);
                for (ulong index = ((start >> PageShift) - first) / each; index < NodeChildren; index++)
                {
                    if (FindNext(node.Children[index], level - 1, first + (index * each), at, wantsData, ref under) is { } found)
                        return found;
                }
                return null;
            case byte[]:
                return wantsData ? start : null;
            case null when _under is not null && start < _underBytes:
                if (under < start || under == 0)
                    under = wantsData ? _under.NextData(start) : _under.NextHole(start);
                ulong next = Math.Min(under, _underBytes);
                return wantsData && next >= _underBytes ? null
                    : next < end ? next
                    : null;
            default:
                return wantsData ? null : start;
        }
    }
}

using System.Buffers.Text;

namespace Altmap.Host.Captures;

/// <summary>
/// A tar on its way to the library's reader, which reads the names and attributes of an entry (types <c>L</c>, <c>K</c>, <c>x</c>,
/// <c>g</c>) into memory of the size that their header claims: 633 bytes took 1 GiB. Headers are looked at here first.
/// </summary>
/// <param name="inner">From the first header on.</param>
internal sealed class TarStream(Stream inner) : ForwardStream(inner)
{
    private const int Block = 512,
        TypeOffset = 156,
        SizeOffset = 124,
        SizeBytes = 12,
        NamesBytesMax = 1 << 20;

    private readonly byte[] _header = new byte[Block];
    private readonly MemoryStream _attributes = new();
    private int _headerAt = Block,
        _headerBytes = Block;
    private long _content;
    private long? _sizeOfNext;
    private bool _keepsAttributes;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        if (_headerAt == _headerBytes && _content == 0)
            NextHeader();
        if (_headerAt < _headerBytes)
        {
            int some = Math.Min(buffer.Length, _headerBytes - _headerAt);
            _header.AsSpan(_headerAt, some).CopyTo(buffer);
            _headerAt += some;
            return some;
        }
        int count = Inner.Read(buffer[..(int)Math.Min(buffer.Length, _content)]);
        if (_keepsAttributes)
            _attributes.Write(buffer[..count]);
        _content = count == 0 ? 0 : _content - count;
        return count;
    }

    private void NextHeader()
    {
        if (_keepsAttributes)
            _sizeOfNext = SizeIn(_attributes.GetBuffer().AsSpan(0, (int)_attributes.Length)) ?? _sizeOfNext;
        _keepsAttributes = false;
        _headerBytes = Inner.ReadAtLeast(_header, Block, throwOnEndOfStream: false);
        _headerAt = 0;
        if (_headerBytes < Block)
            return;
        long size = SizeOf(_header.AsSpan(SizeOffset, SizeBytes));
        bool isOfNext = _header[TypeOffset] is (byte)'L' or (byte)'K' or (byte)'x' or (byte)'g';
        if (isOfNext && size > NamesBytesMax)
            throw new NamesTooLongException();
        if (!isOfNext && _sizeOfNext is { } told)
            (size, _sizeOfNext) = (told, null);
        if (_header[TypeOffset] == (byte)'x')
        {
            _keepsAttributes = true;
            _attributes.SetLength(0);
        }
        // Links, devices and folders have no content, whatever their size says.
        bool hasContent = _header[TypeOffset] is < (byte)'1' or > (byte)'6';
        _content = hasContent && size <= long.MaxValue - Block ? (size + Block - 1) / Block * Block : 0;
    }

    /// <summary>Octal digits up to what is none, or a binary number where the first bit is set.</summary>
    private static long SizeOf(ReadOnlySpan<byte> field)
    {
        long size = 0;
        if ((field[0] & 0x80) != 0)
        {
            foreach (byte b in field[^8..])
                size = (size << 8) | b;
            return size < 0 ? long.MaxValue : size;
        }
        foreach (byte b in field.TrimStart(" \0"u8))
        {
            if (b is < (byte)'0' or > (byte)'7')
                break;
            size = (size << 3) | (uint)(b - '0');
        }
        return size;
    }

    /// <summary>The size that attributes give the next entry: a record <c>LENGTH size=BYTES</c>.</summary>
    private static long? SizeIn(ReadOnlySpan<byte> attributes)
    {
        ReadOnlySpan<byte> mark = " size="u8;
        int at = attributes.LastIndexOf(mark);
        return at >= 0 && Utf8Parser.TryParse(attributes[(at + mark.Length)..], out long size, out _) && size >= 0 ? size : null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _attributes.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>A header claims more bytes of names than any archive has.</summary>
    internal sealed class NamesTooLongException() : IOException("names of more than 1 MiB");
}

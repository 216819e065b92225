namespace Altmap.Core.Media;

/// <summary>
/// Mutable media in memory: fast, and zero wherever nothing was written. Memory is taken in pieces of 2 MiB as they are written. Not safe
/// for
/// writers of the same bytes at the same time; writers of different bytes do not meet.
/// </summary>
public sealed class MemoryMedia : IMediaReader, IMediaWriter
{
    private const int PieceShift = 21;
    private const int PieceBytes = 1 << PieceShift;
    private readonly byte[]?[] _pieces;
    private readonly Lock _growing = new();

    /// <summary>All zero. Throws <see cref="ArgumentOutOfRangeException"/> above 64 TiB.</summary>
    public MemoryMedia(ulong lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, 64UL << 40);
        LengthBytes = lengthBytes;
        _pieces = new byte[]?[(lengthBytes + PieceBytes - 1) >> PieceShift];
    }

    /// <inheritdoc/>
    public ulong LengthBytes { get; }

    /// <summary>How many bytes are held in memory.</summary>
    public ulong StoredBytes => (ulong)_pieces.Count(p => p is not null) << PieceShift;

    /// <summary>A copy of other media; what is a hole there takes no memory here.</summary>
    public static MemoryMedia CopyOf(IMediaReader media)
    {
        var copy = new MemoryMedia(media.LengthBytes);
        byte[] buffer = new byte[64 * 1024];
        foreach ((ulong start, ulong end) in media.DataRuns(0, media.LengthBytes))
        {
            for (ulong at = start; at < end; )
            {
                int count = (int)Math.Min(end - at, (ulong)buffer.Length);
                media.Read(at, buffer.AsSpan(0, count));
                if (buffer.AsSpan(0, count).ContainsAnyExcept((byte)0))
                    copy.Write(at, buffer.AsSpan(0, count));
                at += (ulong)count;
            }
        }
        return copy;
    }

    /// <inheritdoc/>
    public void Read(ulong offsetBytes, Span<byte> destination)
    {
        this.CheckInside(offsetBytes, (ulong)destination.Length);
        while (!destination.IsEmpty)
        {
            int inPiece = (int)(offsetBytes & (PieceBytes - 1));
            int count = Math.Min(PieceBytes - inPiece, destination.Length);
            if (_pieces[offsetBytes >> PieceShift] is { } piece)
                piece.AsSpan(inPiece, count).CopyTo(destination);
            else
                destination[..count].Clear();
            destination = destination[count..];
            offsetBytes += (ulong)count;
        }
    }

    /// <inheritdoc/>
    public void Write(ulong offsetBytes, ReadOnlySpan<byte> source)
    {
        this.CheckInside(offsetBytes, (ulong)source.Length);
        while (!source.IsEmpty)
        {
            int inPiece = (int)(offsetBytes & (PieceBytes - 1));
            int count = Math.Min(PieceBytes - inPiece, source.Length);
            source[..count].CopyTo(Piece(offsetBytes >> PieceShift).AsSpan(inPiece));
            source = source[count..];
            offsetBytes += (ulong)count;
        }
    }

    /// <inheritdoc/>
    public void Zero(ulong offsetBytes, ulong countBytes)
    {
        this.CheckInside(offsetBytes, countBytes);
        for (ulong end = offsetBytes + countBytes; offsetBytes < end; )
        {
            int inPiece = (int)(offsetBytes & (PieceBytes - 1));
            int count = (int)Math.Min((ulong)(PieceBytes - inPiece), end - offsetBytes);
            if (count == PieceBytes)
                _pieces[offsetBytes >> PieceShift] = null;
            else
                _pieces[offsetBytes >> PieceShift]?.AsSpan(inPiece, count).Clear();
            offsetBytes += (ulong)count;
        }
    }

    /// <inheritdoc/>
    public void Flush() { }

    /// <inheritdoc/>
    public ulong NextData(ulong offsetBytes) => Next(offsetBytes, wantsData: true);

    /// <inheritdoc/>
    public ulong NextHole(ulong offsetBytes) => Next(offsetBytes, wantsData: false);

    private ulong Next(ulong offsetBytes, bool wantsData)
    {
        while (offsetBytes < LengthBytes && (_pieces[offsetBytes >> PieceShift] is not null) != wantsData)
            offsetBytes = ((offsetBytes >> PieceShift) + 1) << PieceShift;
        return Math.Min(offsetBytes, LengthBytes);
    }

    private byte[] Piece(ulong number)
    {
        if (Volatile.Read(ref _pieces[number]) is { } piece)
            return piece;
        lock (_growing)
        {
            if (_pieces[number] is { } made)
                return made;
            byte[] grown = new byte[PieceBytes];
            Volatile.Write(ref _pieces[number], grown);
            return grown;
        }
    }
}

using Altmap.Core.Identity;
using Altmap.Core.Media;

namespace Altmap.Formats.Tests.Writes.Journals;

/// <summary>The power went.</summary>
internal sealed class PowerCut() : Exception("the power went");

/// <summary>Goes out after so many pieces of 512 bytes, on whichever media they are written.</summary>
internal sealed class Fuse(int pieces)
{
    public int Written { get; private set; }

    public void Piece()
    {
        if (Written >= pieces)
            throw new PowerCut();
        Written++;
    }
}

/// <summary>Media whose pieces of 512 bytes are durable only after a flush: when the power goes, any of those written since may be
/// there.</summary>
internal sealed class CrashingMedia(byte[] durable, Fuse fuse) : IMediaReader, IMediaWriter
{
    private const int PieceBytes = 512;
    private readonly byte[] _now = [.. durable];
    private readonly List<(int At, byte[] Bytes)> _pending = [];

    public ulong LengthBytes => (ulong)_now.Length;

    public void Read(ulong offsetBytes, Span<byte> destination) => _now.AsSpan((int)offsetBytes, destination.Length).CopyTo(destination);

    public ulong NextData(ulong offsetBytes)
    {
        int at = _now.AsSpan((int)Math.Min(offsetBytes, LengthBytes)).IndexOfAnyExcept((byte)0);
        return at < 0 ? LengthBytes : offsetBytes + (ulong)at;
    }

    public ulong NextHole(ulong offsetBytes) => LengthBytes;

    public void Write(ulong offsetBytes, ReadOnlySpan<byte> source)
    {
        for (int at = (int)offsetBytes, end = at + source.Length; at < end; )
        {
            int count = Math.Min(PieceBytes - (at % PieceBytes), end - at);
            fuse.Piece();
            byte[] piece = source.Slice(at - (int)offsetBytes, count).ToArray();
            piece.CopyTo(_now, at);
            _pending.Add((at, piece));
            at += count;
        }
    }

    public void Zero(ulong offsetBytes, ulong countBytes) => Write(offsetBytes, new byte[countBytes]);

    public void Flush()
    {
        foreach ((int at, byte[] bytes) in _pending)
            bytes.CopyTo(durable, at);
        _pending.Clear();
    }

    /// <summary>What is there after the power went: of what was not flushed all, nothing, or some pieces.</summary>
    public byte[] AfterCrash(int choice, ref SeededRandom random)
    {
        byte[] left = [.. durable];
        foreach ((int at, byte[] bytes) in _pending)
        {
            (ulong drawn, random) = random.DrawBelow(2);
            if (choice == 1 || (choice > 1 && drawn != 0))
                bytes.CopyTo(left, at);
        }
        return left;
    }
}

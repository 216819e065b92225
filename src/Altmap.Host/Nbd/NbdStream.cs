using System.Buffers.Binary;
using System.Net.Sockets;

namespace Altmap.Host.Nbd;

/// <summary>A client's socket with a buffer for each way: many small requests that arrive together cost one receive and one send.</summary>
internal sealed class NbdStream(Socket socket)
{
    private const int InputBytes = 256 << 10,
        OutputBytes = (1 << 20) + 4096;
    private readonly byte[] _input = new byte[InputBytes];
    private readonly byte[] _output = new byte[OutputBytes];
    private int _start,
        _end,
        _filled;

    /// <summary>Room that <see cref="Reserve"/> can always give.</summary>
    public const int ReserveBytesMax = 1 << 20;

    /// <summary>True when there are so many bytes without waiting.</summary>
    public bool Has(int count) => _end - _start >= count;

    /// <summary>Takes so many bytes, at most as many as the buffer has room for; empty at the end of the connection.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (!Has(count))
        {
            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            (_start, _end) = (0, _end - _start);
            while (_end < count)
            {
                Send();
                int got = socket.Receive(_input.AsSpan(_end));
                if (got == 0)
                    return default;
                _end += got;
            }
        }
        _start += count;
        return _input.AsSpan(_start - count, count);
    }

    /// <summary>Fills a buffer of any length; false at the end of the connection.</summary>
    public bool Fill(Span<byte> destination)
    {
        int there = Math.Min(destination.Length, _end - _start);
        _input.AsSpan(_start, there).CopyTo(destination);
        _start += there;
        destination = destination[there..];
        while (!destination.IsEmpty)
        {
            Send();
            int got = socket.Receive(destination);
            if (got == 0)
                return false;
            destination = destination[got..];
        }
        return true;
    }

    /// <summary>Passes over bytes that nobody wants; false at the end of the connection.</summary>
    public bool Skip(ulong count)
    {
        while (count > 0)
        {
            int piece = (int)Math.Min(count, InputBytes / 2);
            if (Take(piece).IsEmpty)
                return false;
            count -= (ulong)piece;
        }
        return true;
    }

    /// <summary>Room in what is to be sent, to be filled before the next call.</summary>
    public Span<byte> Reserve(int count)
    {
        if (OutputBytes - _filled < count)
            Send();
        _filled += count;
        return _output.AsSpan(_filled - count, count);
    }

    /// <summary>Takes back the last bytes of what was reserved.</summary>
    public void Withdraw(int count) => _filled -= count;

    public void Put(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Reserve(2), value);

    public void Put(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Reserve(4), value);

    public void Put(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Reserve(8), value);

    public void Put(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>Sends what is waiting.</summary>
    public void Send()
    {
        for (int at = 0; at < _filled; )
            at += socket.Send(_output.AsSpan(at, _filled - at));
        _filled = 0;
    }
}

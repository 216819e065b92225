using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Altmap.Core.Findings;
using Altmap.Core.Media;

namespace Altmap.Host.Nbd;

/// <summary>Serves one client: requests in their order, answers together where requests came together.</summary>
internal sealed class NbdConnection(Socket socket, NbdDisk disk)
{
    private const int HandshakeMilliseconds = 30_000,
        ExtentsMax = 4096;
    private const uint HolesFromBytes = 64 << 10;
    private readonly NbdStream _stream = new(socket);
    private bool _isStructured,
        _hasAllocation;
    private byte[] _payload = [];

    private readonly record struct Request(NbdCommand Command, NbdCommandFlags Flags, ulong Handle, ulong Offset, uint Length);

    /// <summary>Returns when the client goes, breaks the rules, or the socket is closed.</summary>
    public void Run()
    {
        try
        {
            if (socket.ProtocolType == ProtocolType.Tcp)
                socket.NoDelay = true;
            socket.ReceiveTimeout = socket.SendTimeout = HandshakeMilliseconds;
            var handshake = new NbdHandshake(_stream, disk);
            if (!handshake.Run())
                return;
            (_isStructured, _hasAllocation) = (handshake.IsStructured, handshake.HasAllocation);
            socket.ReceiveTimeout = socket.SendTimeout = 0;
            while (Next() is { } request && Answer(request))
            {
                if (!_stream.Has(NbdProtocol.RequestBytes))
                    _stream.Send();
            }
            _stream.Send();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client went, or the server ends: nobody is left to be told.
        }
        finally
        {
            socket.Dispose();
        }
    }

    private Request? Next()
    {
        ReadOnlySpan<byte> bytes = _stream.Take(NbdProtocol.RequestBytes);
        if (bytes.IsEmpty || BinaryPrimitives.ReadUInt32BigEndian(bytes) != NbdProtocol.RequestMagic)
            return null;
        return new Request(
            (NbdCommand)BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]),
            (NbdCommandFlags)BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[24..])
        );
    }

    /// <summary>False: the connection ends.</summary>
    private bool Answer(Request request)
    {
        switch (request.Command)
        {
            case NbdCommand.Disconnect:
                return false;
            case NbdCommand.Read:
                return Read(request);
            case NbdCommand.Write:
                return Write(request);
            case NbdCommand.BlockStatus:
                BlockStatus(request);
                return true;
            case NbdCommand.Flush:
                Done(request, Try(disk.Flush));
                return true;
            case NbdCommand.Cache:
                Done(request, ErrorOfPlace(request));
                return true;
            case NbdCommand.Trim or NbdCommand.WriteZeroes:
                Done(request, Zero(request));
                return true;
            default:
                Done(request, NbdError.Invalid);
                return true;
        }
    }

    private NbdError ErrorOfPlace(Request request) =>
        request.Length <= disk.SizeBytes && request.Offset <= disk.SizeBytes - request.Length ? NbdError.None : NbdError.Invalid;

    private NbdError ErrorOfWrite(Request request, NbdCommandFlags allowed) =>
        disk.IsReadOnly ? NbdError.NotPermitted
        : (request.Flags & ~allowed) != 0 ? NbdError.Invalid
        : ErrorOfPlace(request) == NbdError.None ? NbdError.None
        : NbdError.NoSpace;

    private NbdError Zero(Request request)
    {
        bool trims = request.Command == NbdCommand.Trim;
        NbdError error = ErrorOfWrite(request, NbdCommandFlags.ForceUnitAccess | (trims ? 0 : NbdCommandFlags.NoHole));
        if (error != NbdError.None)
            return error;
        return Try(() =>
        {
            if (request.Length > 0)
                disk.Zero(request.Offset, request.Length, mayPunch: !request.Flags.HasFlag(NbdCommandFlags.NoHole));
            FlushIfAsked(request);
        });
    }

    private void FlushIfAsked(Request request)
    {
        if (request.Flags.HasFlag(NbdCommandFlags.ForceUnitAccess))
            disk.Flush();
    }

    private bool Write(Request request)
    {
        NbdError error = ErrorOfWrite(request, NbdCommandFlags.ForceUnitAccess);
        if (request.Length > NbdProtocol.PayloadBytesMax)
            return false; // nobody who read our block sizes sends this much
        for (ulong at = 0; at < request.Length; )
        {
            int count = (int)Math.Min(request.Length - at, NbdStream.ReserveBytesMax);
            if (_payload.Length < count)
                _payload = new byte[count];
            Span<byte> piece = _payload.AsSpan(0, count);
            if (!_stream.Fill(piece))
                return false;
            if (error == NbdError.None)
                error = Put(request.Offset + at, piece);
            at += (ulong)count;
        }
        if (error == NbdError.None)
            error = Try(() => FlushIfAsked(request));
        Done(request, error);
        return true;
    }

    private NbdError Put(ulong offsetBytes, ReadOnlySpan<byte> piece)
    {
        try
        {
            disk.Write(offsetBytes, piece);
            return NbdError.None;
        }
        catch (MediaException e)
        {
            return ErrorOf(e);
        }
    }

    private bool Read(Request request)
    {
        NbdError error = ErrorOfPlace(request);
        if (request.Length > NbdProtocol.PayloadBytesMax)
            error = NbdError.Invalid;
        if (error != NbdError.None || request.Length == 0)
        {
            Done(request, error);
            return true;
        }
        return _isStructured ? ReadChunks(request) : ReadSimply(request);
    }

    /// <summary>The answer starts before all is read when it is long: an error behind that can only end the connection.</summary>
    private bool ReadSimply(Request request)
    {
        for (ulong at = 0; at < request.Length; )
        {
            int count = (int)Math.Min(request.Length - at, NbdStream.ReserveBytesMax),
                header = at == 0 ? 16 : 0;
            Span<byte> room = _stream.Reserve(header + count);
            try
            {
                disk.Read(request.Offset + at, room[header..]);
            }
            catch (MediaException e)
            {
                _stream.Withdraw(room.Length);
                if (at > 0)
                    return false;
                Done(request, ErrorOf(e));
                return true;
            }
            if (header > 0)
                SimpleHeader(room, request.Handle, NbdError.None);
            at += (ulong)count;
        }
        return true;
    }

    private bool ReadChunks(Request request)
    {
        ulong end = request.Offset + request.Length;
        bool mayFragment = !request.Flags.HasFlag(NbdCommandFlags.DoNotFragment);
        if (!mayFragment && request.Length > NbdStream.ReserveBytesMax)
            return ReadWhole(request);
        for (ulong at = request.Offset; at < end; )
        {
            (bool isHole, ulong extent) = mayFragment && end - at >= HolesFromBytes ? disk.ExtentAt(at) : (false, end);
            ulong next = Math.Min(extent, end);
            if (isHole)
            {
                ChunkHeader(request, NbdChunk.Hole, next == end, 12);
                _stream.Put(at);
                _stream.Put((uint)(next - at));
                at = next;
                continue;
            }
            next = Math.Min(next, at + NbdStream.ReserveBytesMax);
            int count = (int)(next - at);
            Span<byte> room = _stream.Reserve(28 + count);
            try
            {
                disk.Read(at, room[28..]);
            }
            catch (MediaException e)
            {
                _stream.Withdraw(room.Length);
                ErrorChunk(request, ErrorOf(e), e.Message);
                return true;
            }
            ChunkHeader(room, request.Handle, NbdChunk.Data, next == end, (uint)(8 + count));
            BinaryPrimitives.WriteUInt64BigEndian(room[20..], at);
            at = next;
        }
        return true;
    }

    /// <summary>One chunk however long: read first, as an error takes its place.</summary>
    private bool ReadWhole(Request request)
    {
        byte[] bytes = new byte[request.Length];
        try
        {
            disk.Read(request.Offset, bytes);
        }
        catch (MediaException e)
        {
            ErrorChunk(request, ErrorOf(e), e.Message);
            return true;
        }
        ChunkHeader(request, NbdChunk.Data, isLast: true, 8 + request.Length);
        _stream.Put(request.Offset);
        for (int at = 0; at < bytes.Length; at += NbdStream.ReserveBytesMax)
            _stream.Put(bytes.AsSpan(at, Math.Min(bytes.Length - at, NbdStream.ReserveBytesMax)));
        return true;
    }

    private void BlockStatus(Request request)
    {
        if (!_hasAllocation || request.Length == 0 || ErrorOfPlace(request) != NbdError.None)
        {
            Done(request, NbdError.Invalid);
            return;
        }
        int most = request.Flags.HasFlag(NbdCommandFlags.OneExtent) ? 1 : ExtentsMax;
        var extents = new List<(uint Length, uint Flags)>();
        ulong end = request.Offset + request.Length;
        NbdError error = Try(() =>
        {
            for (ulong at = request.Offset; at < end && extents.Count < most; )
            {
                (bool isHole, ulong extent) = disk.ExtentAt(at);
                ulong next = Math.Min(extent, end);
                extents.Add(((uint)(next - at), isHole ? NbdProtocol.Hole | NbdProtocol.ReadsAsZero : 0));
                at = next;
            }
        });
        if (error != NbdError.None)
        {
            Done(request, error);
            return;
        }
        ChunkHeader(request, NbdChunk.BlockStatus, isLast: true, (uint)(4 + (8 * extents.Count)));
        _stream.Put(NbdProtocol.AllocationId);
        foreach ((uint length, uint flags) in extents)
        {
            _stream.Put(length);
            _stream.Put(flags);
        }
    }

    private static NbdError Try(Action action)
    {
        try
        {
            action();
            return NbdError.None;
        }
        catch (MediaException e)
        {
            return ErrorOf(e);
        }
    }

    private static NbdError ErrorOf(MediaException e) =>
        e.InnerException is { } inner && HostError.Of("", inner).Errno == Errno.ENOSPC ? NbdError.NoSpace : NbdError.Io;

    /// <summary>The end of a request that gives nothing but whether it went well.</summary>
    private void Done(Request request, NbdError error)
    {
        if (!_isStructured || (request.Command != NbdCommand.Read && request.Command != NbdCommand.BlockStatus))
            SimpleHeader(_stream.Reserve(16), request.Handle, error);
        else if (error == NbdError.None)
            ChunkHeader(request, NbdChunk.None, isLast: true, 0);
        else
            ErrorChunk(request, error, "");
    }

    private void ErrorChunk(Request request, NbdError error, string why)
    {
        byte[] text = Encoding.UTF8.GetBytes(why.Length > 1000 ? why[..1000] : why);
        ChunkHeader(request, NbdChunk.Error, isLast: true, (uint)(6 + text.Length));
        _stream.Put((uint)error);
        _stream.Put((ushort)text.Length);
        _stream.Put(text);
    }

    private static void SimpleHeader(Span<byte> room, ulong handle, NbdError error)
    {
        BinaryPrimitives.WriteUInt32BigEndian(room, NbdProtocol.SimpleReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(room[4..], (uint)error);
        BinaryPrimitives.WriteUInt64BigEndian(room[8..], handle);
    }

    private void ChunkHeader(Request request, NbdChunk type, bool isLast, uint length) =>
        ChunkHeader(_stream.Reserve(20), request.Handle, type, isLast, length);

    private static void ChunkHeader(Span<byte> room, ulong handle, NbdChunk type, bool isLast, uint length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(room, NbdProtocol.StructuredReplyMagic);
        BinaryPrimitives.WriteUInt16BigEndian(room[4..], isLast ? (ushort)1 : (ushort)0);
        BinaryPrimitives.WriteUInt16BigEndian(room[6..], (ushort)type);
        BinaryPrimitives.WriteUInt64BigEndian(room[8..], handle);
        BinaryPrimitives.WriteUInt32BigEndian(room[16..], length);
    }
}

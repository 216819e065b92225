using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Altmap.Host.Nbd;

namespace Altmap.Host.Tests.Nbd;

/// <summary>A client that says what a test wants, right or wrong.</summary>
internal sealed class NbdClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };

    public NbdClient(string path)
    {
        _socket.Connect(new UnixDomainSocketEndPoint(path));
        Assert.Equal(NbdProtocol.InitMagic, Long());
        Assert.Equal(NbdProtocol.OptionMagic, Long());
        Assert.Equal(3, BinaryPrimitives.ReadUInt16BigEndian(Get(2)));
        Send(Big(3u));
    }

    /// <summary>Asks for the disk; the reply's size and flags.</summary>
    public static NbdClient Open(string path, out ulong size, out NbdDiskFlags flags, bool structured = false, bool allocation = false)
    {
        var client = new NbdClient(path);
        if (structured)
            Assert.Equal(NbdOptionReply.Ack, client.Option(NbdOption.StructuredReply, [])[0].Reply);
        if (allocation)
        {
            byte[] query = [.. Big(0u), .. Big(1u), .. Big(15u), .. Encoding.ASCII.GetBytes(NbdProtocol.Allocation)];
            Assert.Equal(NbdOptionReply.MetaContext, client.Option(NbdOption.SetMetaContext, query)[0].Reply);
        }
        (NbdOptionReply reply, byte[] data) = client.Option(NbdOption.Go, [.. Big(0u), 0, 0])[0];
        Assert.Equal(NbdOptionReply.Info, reply);
        size = BinaryPrimitives.ReadUInt64BigEndian(data.AsSpan(2));
        flags = (NbdDiskFlags)BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(10));
        return client;
    }

    public List<(NbdOptionReply Reply, byte[] Data)> Option(NbdOption option, byte[] data)
    {
        Send([.. Big(NbdProtocol.OptionMagic), .. Big((uint)option), .. Big((uint)data.Length), .. data]);
        var replies = new List<(NbdOptionReply, byte[])>();
        while (true)
        {
            Assert.Equal(NbdProtocol.OptionReplyMagic, Long());
            Assert.Equal((uint)option, Int());
            var reply = (NbdOptionReply)Int();
            replies.Add((reply, Get((int)Int())));
            if (reply == NbdOptionReply.Ack || (uint)reply >> 31 != 0)
                return replies;
        }
    }

    public void Ask(NbdCommand command, ulong offset, uint length, NbdCommandFlags flags = 0, ulong handle = 7, byte[]? payload = null) =>
        Send([
            .. Big(NbdProtocol.RequestMagic),
            .. Big((ushort)flags),
            .. Big((ushort)command),
            .. Big(handle),
            .. Big(offset),
            .. Big(length),
            .. payload ?? [],
        ]);

    /// <summary>A simple reply: its error.</summary>
    public NbdError Simple(ulong handle = 7)
    {
        Assert.Equal(NbdProtocol.SimpleReplyMagic, Int());
        var error = (NbdError)Int();
        Assert.Equal(handle, Long());
        return error;
    }

    public byte[] Read(ulong offset, int length)
    {
        Ask(NbdCommand.Read, offset, (uint)length);
        Assert.Equal(NbdError.None, Simple());
        return Get(length);
    }

    public NbdError Write(ulong offset, byte[] bytes)
    {
        Ask(NbdCommand.Write, offset, (uint)bytes.Length, payload: bytes);
        return Simple();
    }

    /// <summary>The chunks of a structured reply.</summary>
    public List<(NbdChunk Type, byte[] Data)> Chunks()
    {
        var chunks = new List<(NbdChunk, byte[])>();
        while (true)
        {
            Assert.Equal(NbdProtocol.StructuredReplyMagic, Int());
            bool isLast = BinaryPrimitives.ReadUInt16BigEndian(Get(2)) == 1;
            var type = (NbdChunk)BinaryPrimitives.ReadUInt16BigEndian(Get(2));
            Assert.Equal(7UL, Long());
            chunks.Add((type, Get((int)Int())));
            if (isLast)
                return chunks;
        }
    }

    public void Send(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length; )
            at += _socket.Send(bytes.AsSpan(at));
    }

    /// <summary>True when the server has gone.</summary>
    public bool IsOver()
    {
        try
        {
            return _socket.Receive(new byte[1]) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    public byte[] Get(int count)
    {
        byte[] bytes = new byte[count];
        for (int at = 0; at < count; )
        {
            int got = _socket.Receive(bytes.AsSpan(at));
            Assert.NotEqual(0, got);
            at += got;
        }
        return bytes;
    }

    public uint Int() => BinaryPrimitives.ReadUInt32BigEndian(Get(4));

    public ulong Long() => BinaryPrimitives.ReadUInt64BigEndian(Get(8));

    public void Dispose() => _socket.Dispose();

    public static byte[] Big(ushort value) => [(byte)(value >> 8), (byte)value];

    public static byte[] Big(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Big(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}

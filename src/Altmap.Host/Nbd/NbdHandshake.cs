using System.Buffers.Binary;
using System.Text;

namespace Altmap.Host.Nbd;

/// <summary>The talk before the disk is served: fixed newstyle, one export whose name is empty.</summary>
internal sealed class NbdHandshake(NbdStream stream, NbdDisk disk)
{
    private const int OptionsMax = 1000;

    /// <summary>True when the client can take replies in chunks.</summary>
    public bool IsStructured { get; private set; }

    /// <summary>True when the client asked for <see cref="NbdProtocol.Allocation"/>.</summary>
    public bool HasAllocation { get; private set; }

    /// <summary>Flags of the disk.</summary>
    public NbdDiskFlags Flags =>
        NbdDiskFlags.HasFlags
        | NbdDiskFlags.Flush
        | NbdDiskFlags.MultiConnection
        | NbdDiskFlags.Cache
        | (IsStructured ? NbdDiskFlags.DoNotFragment : 0)
        | (disk.IsReadOnly ? NbdDiskFlags.ReadOnly : NbdDiskFlags.ForceUnitAccess | NbdDiskFlags.Trim | NbdDiskFlags.WriteZeroes);

    /// <summary>Talks until the client wants the disk (true), or goes.</summary>
    public bool Run()
    {
        stream.Put(NbdProtocol.InitMagic);
        stream.Put(NbdProtocol.OptionMagic);
        stream.Put((ushort)(NbdProtocol.FixedNewstyle | NbdProtocol.NoZeroes));
        ReadOnlySpan<byte> wanted = stream.Take(4);
        if (wanted.IsEmpty)
            return false;
        uint flags = BinaryPrimitives.ReadUInt32BigEndian(wanted);
        if ((flags & ~(uint)(NbdProtocol.FixedNewstyle | NbdProtocol.NoZeroes)) != 0)
            return false; // the protocol asks for no answer
        bool sendsZeroes = (flags & NbdProtocol.NoZeroes) == 0;
        for (int i = 0; i < OptionsMax; i++)
        {
            ReadOnlySpan<byte> header = stream.Take(16);
            if (header.IsEmpty || BinaryPrimitives.ReadUInt64BigEndian(header) != NbdProtocol.OptionMagic)
                return false;
            var option = (NbdOption)BinaryPrimitives.ReadUInt32BigEndian(header[8..]);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
            if (length > NbdProtocol.OptionBytesMax)
            {
                if (length > NbdProtocol.PayloadBytesMax || !stream.Skip(length))
                    return false;
                Refuse(option, NbdOptionReply.TooBig, "the option is too long");
                continue;
            }
            byte[] data = new byte[length];
            if (!stream.Fill(data))
                return false;
            switch (option)
            {
                case NbdOption.ExportName:
                    return data.Length == 0 && SendOldExport(sendsZeroes);
                case NbdOption.Abort:
                    Reply(option, NbdOptionReply.Ack);
                    stream.Send();
                    return false;
                case NbdOption.List when data.Length == 0:
                    Reply(option, NbdOptionReply.Server, [0, 0, 0, 0]);
                    Reply(option, NbdOptionReply.Ack);
                    break;
                case NbdOption.Info or NbdOption.Go:
                    if (!Tell(option, data))
                        break;
                    if (option == NbdOption.Go)
                        return true;
                    break;
                case NbdOption.StructuredReply when data.Length == 0:
                    IsStructured = true;
                    Reply(option, NbdOptionReply.Ack);
                    break;
                case NbdOption.ListMetaContext or NbdOption.SetMetaContext:
                    Contexts(option, data);
                    break;
                case NbdOption.List or NbdOption.StructuredReply:
                    Refuse(option, NbdOptionReply.Invalid, "this option has no data");
                    break;
                default:
                    Refuse(option, NbdOptionReply.Unsupported, "not supported");
                    break;
            }
        }
        return false;
    }

    private bool SendOldExport(bool sendsZeroes)
    {
        stream.Put(disk.SizeBytes);
        stream.Put((ushort)Flags);
        if (sendsZeroes)
            stream.Reserve(124).Clear();
        return true;
    }

    /// <summary>Size, flags and block sizes; false when the request is refused.</summary>
    private bool Tell(NbdOption option, ReadOnlySpan<byte> data)
    {
        if (!TryName(ref data, out string name) || data.Length < 2)
            return Refuse(option, NbdOptionReply.Invalid, "the request is cut off");
        int count = BinaryPrimitives.ReadUInt16BigEndian(data);
        if (data.Length != 2 + (2 * count))
            return Refuse(option, NbdOptionReply.Invalid, "the request is cut off");
        if (name.Length > 0)
            return Refuse(option, NbdOptionReply.Unknown, "there is one export, whose name is empty");
        Span<byte> export = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(export, (ushort)NbdInfo.Export);
        BinaryPrimitives.WriteUInt64BigEndian(export[2..], disk.SizeBytes);
        BinaryPrimitives.WriteUInt16BigEndian(export[10..], (ushort)Flags);
        Reply(option, NbdOptionReply.Info, export);
        Span<byte> sizes = stackalloc byte[14];
        BinaryPrimitives.WriteUInt16BigEndian(sizes, (ushort)NbdInfo.BlockSize);
        BinaryPrimitives.WriteUInt32BigEndian(sizes[2..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(sizes[6..], disk.PreferredBytes);
        BinaryPrimitives.WriteUInt32BigEndian(sizes[10..], NbdProtocol.PayloadBytesMax);
        Reply(option, NbdOptionReply.Info, sizes);
        Reply(option, NbdOptionReply.Ack);
        return true;
    }

    private void Contexts(NbdOption option, ReadOnlySpan<byte> data)
    {
        bool sets = option == NbdOption.SetMetaContext;
        if (sets)
            HasAllocation = false;
        if (!IsStructured)
        {
            Refuse(option, NbdOptionReply.Invalid, "structured replies come first");
            return;
        }
        if (!TryName(ref data, out string name) || data.Length < 4)
        {
            Refuse(option, NbdOptionReply.Invalid, "the request is cut off");
            return;
        }
        uint count = BinaryPrimitives.ReadUInt32BigEndian(data);
        data = data[4..];
        bool wanted = count == 0 && !sets;
        for (uint i = 0; i < count; i++)
        {
            if (!TryName(ref data, out string query))
            {
                Refuse(option, NbdOptionReply.Invalid, "the request is cut off");
                return;
            }
            wanted |= query == NbdProtocol.Allocation || (!sets && query == "base:");
        }
        if (!data.IsEmpty)
        {
            Refuse(option, NbdOptionReply.Invalid, "there are bytes behind the last query");
            return;
        }
        if (name.Length > 0)
        {
            Refuse(option, NbdOptionReply.Unknown, "there is one export, whose name is empty");
            return;
        }
        if (wanted)
        {
            byte[] context = new byte[4 + NbdProtocol.Allocation.Length];
            BinaryPrimitives.WriteUInt32BigEndian(context, sets ? NbdProtocol.AllocationId : 0);
            Encoding.ASCII.GetBytes(NbdProtocol.Allocation, context.AsSpan(4));
            Reply(option, NbdOptionReply.MetaContext, context);
            HasAllocation |= sets;
        }
        Reply(option, NbdOptionReply.Ack);
    }

    /// <summary>Takes a length and so many bytes of text off the front.</summary>
    private static bool TryName(ref ReadOnlySpan<byte> data, out string name)
    {
        name = "";
        if (data.Length < 4)
            return false;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(data);
        data = data[4..];
        if (length > (uint)data.Length)
            return false;
        name = Encoding.UTF8.GetString(data[..(int)length]);
        data = data[(int)length..];
        return true;
    }

    private bool Refuse(NbdOption option, NbdOptionReply reply, string why)
    {
        Reply(option, reply, Encoding.UTF8.GetBytes(why));
        return false;
    }

    private void Reply(NbdOption option, NbdOptionReply reply, ReadOnlySpan<byte> data = default)
    {
        stream.Put(NbdProtocol.OptionReplyMagic);
        stream.Put((uint)option);
        stream.Put((uint)reply);
        stream.Put((uint)data.Length);
        stream.Put(data);
    }
}

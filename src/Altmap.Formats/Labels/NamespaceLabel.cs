using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.Checksums;

namespace Altmap.Formats.Labels;

/// <summary>
/// One label: a namespace's part on one DIMM. GUIDs are held as their text says; <see cref="Parse"/> and <see cref="ToBytes"/> swap
/// (layout: drivers/nvdimm/label.h, 6.1). The checksum is not held: it is made when written.
/// </summary>
public sealed record NamespaceLabel
{
    /// <summary>The namespace, the same on all DIMMs of the set.</summary>
    public Uuid Uuid { get; init; }

    /// <summary>64 raw bytes.</summary>
    public LabelBytes Name { get; init; }

    /// <summary>The name up to the first NUL.</summary>
    public string NameText => Name.Text;

    /// <summary>See <see cref="LabelFlags"/>.</summary>
    public uint Flags { get; init; }

    /// <summary>nlabel: labels in the set, that is DIMMs.</summary>
    public ushort LabelCount { get; init; } = 1;

    /// <summary>Place of this DIMM in the set, from 0.</summary>
    public ushort Position { get; init; }

    /// <summary>Which interleave set it was made for.</summary>
    public ulong InterleaveSetCookie { get; init; }

    /// <summary>0, 512 or 4096.</summary>
    public ByteSize LbaSize { get; init; }

    /// <summary>Start on this DIMM.</summary>
    public DimmAddress Dpa { get; init; }

    /// <summary>Bytes on this DIMM.</summary>
    public ByteSize RawSize { get; init; }

    /// <summary>The slot the label says it is stored in.</summary>
    public uint Slot { get; init; }

    /// <summary>GUID of the NFIT range; zero in a 1.1 label.</summary>
    public Uuid TypeGuid { get; init; }

    /// <summary>Personality; zero in a 1.1 label.</summary>
    public Uuid AbstractionGuid { get; init; }

    /// <summary>align and three reserved bytes; Linux writes zeroes.</summary>
    public LabelBytes Reserved { get; init; }

    /// <summary>88 reserved bytes of a 1.2 label; Linux writes zeroes.</summary>
    public LabelBytes Reserved2 { get; init; }

    /// <summary>What the abstraction GUID stands for.</summary>
    public ClaimClass ClaimClass => ClaimClasses.FromGuid(AbstractionGuid);

    /// <summary>True when LOCAL is set: skipped in pmem regions by kernels with block mode.</summary>
    public bool IsLocal => (Flags & LabelFlags.Local) != 0;

    /// <summary>True when an update did not reach its end (or is under way).</summary>
    public bool IsUpdating => (Flags & LabelFlags.Updating) != 0;

    /// <summary>Reads any bytes. <paramref name="bytes"/> holds at least <paramref name="labelSizeBytes"/> (128 or 256).</summary>
    public static NamespaceLabel Parse(ReadOnlySpan<byte> bytes, int labelSizeBytes)
    {
        ReadOnlySpan<byte> raw = bytes[..labelSizeBytes];
        bool large = labelSizeBytes >= 256;
        return new NamespaceLabel
        {
            Uuid = Uuid.Read(raw[LabelFormat.UuidOffsetBytes..]),
            Name = LabelBytes.From(raw.Slice(LabelFormat.NameOffsetBytes, LabelFormat.NameSizeBytes)),
            Flags = (uint)LabelFormat.Flags.Read(raw),
            LabelCount = (ushort)LabelFormat.LabelCount.Read(raw),
            Position = (ushort)LabelFormat.Position.Read(raw),
            InterleaveSetCookie = LabelFormat.Cookie.Read(raw),
            LbaSize = new ByteSize(LabelFormat.LbaSize.Read(raw)),
            Dpa = new DimmAddress(LabelFormat.Dpa.Read(raw)),
            RawSize = new ByteSize(LabelFormat.RawSize.Read(raw)),
            Slot = (uint)LabelFormat.Slot.Read(raw),
            Reserved = LabelBytes.From(raw.Slice(LabelFormat.AlignOffsetBytes, 4)),
            TypeGuid = large ? Uuid.Read(raw[LabelFormat.TypeGuidOffsetBytes..]).SwapGuidBytes() : Uuid.Zero,
            AbstractionGuid = large ? Uuid.Read(raw[LabelFormat.AbstractionGuidOffsetBytes..]).SwapGuidBytes() : Uuid.Zero,
            Reserved2 = large ? LabelBytes.From(raw.Slice(LabelFormat.Reserved2OffsetBytes, LabelFormat.Reserved2SizeBytes)) : default,
        };
    }

    /// <summary>The label as 128 or 256 bytes, with a right checksum in the latter. A 128-byte label has no room for the GUIDs.</summary>
    public byte[] ToBytes(int labelSizeBytes)
    {
        byte[] raw = new byte[labelSizeBytes];
        Uuid.Write(raw.AsSpan(LabelFormat.UuidOffsetBytes));
        Name.CopyTo(raw.AsSpan(LabelFormat.NameOffsetBytes, LabelFormat.NameSizeBytes));
        LabelFormat.Flags.Write(raw, Flags);
        LabelFormat.LabelCount.Write(raw, LabelCount);
        LabelFormat.Position.Write(raw, Position);
        LabelFormat.Cookie.Write(raw, InterleaveSetCookie);
        LabelFormat.LbaSize.Write(raw, LbaSize.Bytes);
        LabelFormat.Dpa.Write(raw, Dpa.Bytes);
        LabelFormat.RawSize.Write(raw, RawSize.Bytes);
        LabelFormat.Slot.Write(raw, Slot);
        Reserved.CopyTo(raw.AsSpan(LabelFormat.AlignOffsetBytes, 4));
        if (labelSizeBytes < 256)
            return raw;
        TypeGuid.SwapGuidBytes().Write(raw.AsSpan(LabelFormat.TypeGuidOffsetBytes));
        AbstractionGuid.SwapGuidBytes().Write(raw.AsSpan(LabelFormat.AbstractionGuidOffsetBytes));
        Reserved2.CopyTo(raw.AsSpan(LabelFormat.Reserved2OffsetBytes, LabelFormat.Reserved2SizeBytes));
        LabelFormat.Checksum.Write(raw, Fletcher64.ComputeWithZeroedField(raw, LabelFormat.Checksum.OffsetBytes));
        return raw;
    }

    /// <summary>True when the bytes hold a label that counts in this slot: slot number right and, at 256 bytes, checksum right (label.c
    /// slot_valid(), 6.1).</summary>
    public static bool Counts(ReadOnlySpan<byte> bytes, int labelSizeBytes, uint slot) =>
        LabelFormat.Slot.Read(bytes) == slot && ChecksumIsRight(bytes, labelSizeBytes);

    /// <summary>True for a 128-byte label, which has none, and for a right checksum.</summary>
    public static bool ChecksumIsRight(ReadOnlySpan<byte> bytes, int labelSizeBytes) =>
        labelSizeBytes < 256
        || LabelFormat.Checksum.Read(bytes) == Fletcher64.ComputeWithZeroedField(bytes[..labelSizeBytes], LabelFormat.Checksum.OffsetBytes);
}

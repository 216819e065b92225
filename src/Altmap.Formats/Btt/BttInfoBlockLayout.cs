using System.Collections.Immutable;
using Altmap.Formats.Layout;

namespace Altmap.Formats.Btt;

/// <summary>
/// Where the fields of a BTT arena's info-block are: the only place that knows. Offsets and counts in it are those of the arena.
/// Source: drivers/nvdimm/btt.h struct btt_sb (the same in 5.10, 6.1, 6.12, 7.2).
/// </summary>
public static class BttInfoBlockLayout
{
    /// <summary><c>BTT_ARENA_INFO</c> and two NULs; all 16 bytes are compared.</summary>
    public static readonly Field Signature = new("signature", 0x000, 16);

    /// <summary>Identity of the BTT, the same in all its arenas; 16 bytes as text orders them.</summary>
    public static readonly Field Uuid = new("uuid", 0x010, 16);

    /// <summary>The namespace's label uuid; zero without label, and then it fits every namespace.</summary>
    public static readonly Field ParentUuid = new("parent_uuid", 0x020, 16);

    /// <summary>Bit 0: error. Written as 0.</summary>
    public static readonly Field Flags = new("flags", 0x030, 4);

    /// <summary>1 or 2.</summary>
    public static readonly Field VersionMajor = new("version_major", 0x034, 2);

    /// <summary>1 with major 1, 0 with major 2.</summary>
    public static readonly Field VersionMinor = new("version_minor", 0x036, 2);

    /// <summary>Sector size with its metadata, in bytes.</summary>
    public static readonly Field ExternalLbaSize = new("external_lbasize", 0x038, 4);

    /// <summary>Blocks that the disk shows.</summary>
    public static readonly Field ExternalBlocks = new("external_nlba", 0x03c, 4);

    /// <summary>Bytes of a block in the data area.</summary>
    public static readonly Field InternalLbaSize = new("internal_lbasize", 0x040, 4);

    /// <summary>Blocks in the data area.</summary>
    public static readonly Field InternalBlocks = new("internal_nlba", 0x044, 4);

    /// <summary>Lanes, which is the number of free blocks.</summary>
    public static readonly Field Lanes = new("nfree", 0x048, 4);

    /// <summary>Size of this block; never read by the kernel.</summary>
    public static readonly Field InfoSize = new("infosize", 0x04c, 4);

    /// <summary>Where the next arena starts; 0: there is none.</summary>
    public static readonly Field NextOffset = new("nextoff", 0x050, 8);

    /// <summary>The data area.</summary>
    public static readonly Field DataOffset = new("dataoff", 0x058, 8);

    /// <summary>The map.</summary>
    public static readonly Field MapOffset = new("mapoff", 0x060, 8);

    /// <summary>The log.</summary>
    public static readonly Field LogOffset = new("logoff", 0x068, 8);

    /// <summary>The copy of this block.</summary>
    public static readonly Field Info2Offset = new("info2off", 0x070, 8);

    /// <summary>Reserved; under the checksum, otherwise not looked at.</summary>
    public static readonly Field Padding = new("padding", 0x078, 3968);

    /// <summary>Fletcher-64 over the block with this field taken as zero.</summary>
    public static readonly Field Checksum = new("checksum", 0xff8, 8);

    /// <summary>32-bit numbers that ndctl lists, in its order.</summary>
    public static readonly ImmutableArray<Field> Counts =
    [
        ExternalLbaSize,
        ExternalBlocks,
        InternalLbaSize,
        InternalBlocks,
        Lanes,
        InfoSize,
    ];

    /// <summary>64-bit offsets that ndctl lists, in its order.</summary>
    public static readonly ImmutableArray<Field> Offsets = [NextOffset, DataOffset, MapOffset, LogOffset, Info2Offset];

    /// <summary>All fields, by offset, reserved bytes included: they fill the block.</summary>
    public static readonly ImmutableArray<Field> Fields =
    [
        Signature,
        Uuid,
        ParentUuid,
        Flags,
        VersionMajor,
        VersionMinor,
        .. Counts,
        .. Offsets,
        Padding,
        Checksum,
    ];

    /// <summary>The 16 bytes of <see cref="Signature"/>.</summary>
    public static ReadOnlySpan<byte> SignatureBytes => "BTT_ARENA_INFO\0\0"u8;
}

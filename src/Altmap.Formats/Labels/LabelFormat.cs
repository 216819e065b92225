using Altmap.Core.Identity;
using Altmap.Formats.Layout;

namespace Altmap.Formats.Labels;

/// <summary>The label layouts that Linux writes.</summary>
public enum LabelVersion
{
    /// <summary>128-byte labels without checksum.</summary>
    V1_1,

    /// <summary>256-byte labels with type and abstraction GUID and checksum.</summary>
    V1_2,
}

/// <summary>Words about <see cref="LabelVersion"/>.</summary>
public static class LabelVersions
{
    /// <summary>128 or 256.</summary>
    public static int LabelSizeBytes(this LabelVersion version) => version == LabelVersion.V1_1 ? 128 : 256;
}

/// <summary>Bits of the <c>flags</c> field of a label (drivers/nvdimm/label.h, include/uapi/linux/ndctl.h, 6.1).</summary>
public static class LabelFlags
{
    /// <summary>ROLABEL: the label is read-only; Linux never looks at it.</summary>
    public const uint ReadOnly = 1;

    /// <summary>LOCAL: DIMM-local space (block mode).</summary>
    public const uint Local = 2;

    /// <summary>BTT: never looked at.</summary>
    public const uint Btt = 4;

    /// <summary>UPDATING: an update over the DIMMs of the set is under way; never looked at when reading.</summary>
    public const uint Updating = 8;

    /// <summary>All that are defined.</summary>
    public const uint Known = ReadOnly | Local | Btt | Updating;
}

/// <summary>The index block: one of two at the start of a label area (drivers/nvdimm/label.h struct nd_namespace_index; same in 5.10, 6.1,
/// 6.12, 7.2).</summary>
public static class IndexFormat
{
    /// <summary>Bytes before the bitmap of free slots.</summary>
    public const int HeaderSizeBytes = 72;

    /// <summary>The size of an index block is a multiple of this.</summary>
    public const int AlignBytes = 256;

    /// <summary>Only these bits of <c>seq</c> count.</summary>
    public const uint SequenceMask = 3;

    /// <summary>One byte: the label size is 128 shifted left by it.</summary>
    public const int LabelSizeOffsetBytes = 0x13;

    /// <summary>Three bytes, written as zero.</summary>
    public const int FlagsOffsetBytes = 0x10;

    /// <summary>Sequence number.</summary>
    public static readonly Field Sequence = new("seq", 0x14, 4, 1);

    /// <summary>Offset of this block in the area.</summary>
    public static readonly Field MyOffset = new("myoff", 0x18, 8, 1);

    /// <summary>Size of this block.</summary>
    public static readonly Field MySize = new("mysize", 0x20, 8, 1);

    /// <summary>Offset of the other block.</summary>
    public static readonly Field OtherOffset = new("otheroff", 0x28, 8, 1);

    /// <summary>Offset of slot 0.</summary>
    public static readonly Field LabelOffset = new("labeloff", 0x30, 8, 1);

    /// <summary>Number of slots.</summary>
    public static readonly Field SlotCount = new("nslot", 0x38, 4, 1);

    /// <summary>Major version, 1.</summary>
    public static readonly Field Major = new("major", 0x3c, 2, 1);

    /// <summary>Minor version, 1 or 2.</summary>
    public static readonly Field Minor = new("minor", 0x3e, 2, 1);

    /// <summary>Fletcher-64 over the whole block with this field as zero.</summary>
    public static readonly Field Checksum = new("checksum", 0x40, 8, 1);

    /// <summary>All integer fields in order of offset.</summary>
    public static readonly IReadOnlyList<Field> Fields =
    [
        Sequence,
        MyOffset,
        MySize,
        OtherOffset,
        LabelOffset,
        SlotCount,
        Major,
        Minor,
        Checksum,
    ];

    /// <summary>The 16 bytes a block starts with.</summary>
    public static ReadOnlySpan<byte> Signature => "NAMESPACE_INDEX\0"u8;

    /// <summary>1 → 2 → 3 → 1; 0 stays 0 (drivers/nvdimm/label.h nd_inc_seq(), 6.1).</summary>
    public static uint NextSequence(uint sequence) =>
        (sequence & SequenceMask) switch
        {
            1 => 2,
            2 => 3,
            3 => 1,
            _ => 0,
        };

    /// <summary>The sequence number that rules when both blocks are valid (drivers/nvdimm/label.c best_seq(), 6.1). Low two bits
    /// only.</summary>
    public static uint BestSequence(uint a, uint b)
    {
        a &= SequenceMask;
        b &= SequenceMask;
        if (a == 0 || a == b)
            return b;
        if (b == 0)
            return a;
        return NextSequence(a) == b ? b : a;
    }

    /// <summary>128 or 256 by version and <c>labelsize</c>; without the kernel's range check the shift wraps at 32 bits, as the machine's
    /// does.</summary>
    public static uint LabelSizeOf(ReadOnlySpan<byte> block)
    {
        ulong version = (Major.Read(block) * 100) + Minor.Read(block);
        return version >= 102 ? 1u << ((7 + block[LabelSizeOffsetBytes]) & 31) : 128;
    }
}

/// <summary>A namespace label (drivers/nvdimm/label.h struct nvdimm_efi_label, 6.1; struct nd_namespace_label, 5.10).</summary>
public static class LabelFormat
{
    /// <summary>Bytes of the name, NUL included.</summary>
    public const int NameSizeBytes = 64;

    /// <summary>16 bytes in textual order.</summary>
    public const int UuidOffsetBytes = 0;

    /// <summary>64 bytes.</summary>
    public const int NameOffsetBytes = 0x10;

    /// <summary>One byte <c>align</c>, three reserved: zero from Linux.</summary>
    public const int AlignOffsetBytes = 0x7c;

    /// <summary>16 bytes in GUID order; 1.2 only.</summary>
    public const int TypeGuidOffsetBytes = 0x80;

    /// <summary>16 bytes in GUID order; 1.2 only.</summary>
    public const int AbstractionGuidOffsetBytes = 0x90;

    /// <summary>88 bytes, zero from Linux; 1.2 only.</summary>
    public const int Reserved2OffsetBytes = 0xa0;

    /// <summary>Length of that.</summary>
    public const int Reserved2SizeBytes = 88;

    /// <summary>See <see cref="LabelFlags"/>.</summary>
    public static readonly Field Flags = new("flags", 0x50, 4, 1);

    /// <summary>Labels in the set.</summary>
    public static readonly Field LabelCount = new("nlabel", 0x54, 2, 1);

    /// <summary>Place of this DIMM in the set.</summary>
    public static readonly Field Position = new("position", 0x56, 2, 1);

    /// <summary>Interleave-set cookie.</summary>
    public static readonly Field Cookie = new("isetcookie", 0x58, 8, 1);

    /// <summary>Sector size; 0 is 512.</summary>
    public static readonly Field LbaSize = new("lbasize", 0x60, 8, 1);

    /// <summary>Start on the DIMM.</summary>
    public static readonly Field Dpa = new("dpa", 0x68, 8, 1);

    /// <summary>Bytes on the DIMM.</summary>
    public static readonly Field RawSize = new("rawsize", 0x70, 8, 1);

    /// <summary>Number of the slot it is stored in.</summary>
    public static readonly Field Slot = new("slot", 0x78, 4, 1);

    /// <summary>Fletcher-64 over 256 bytes with this field as zero; 1.2 only.</summary>
    public static readonly Field Checksum = new("checksum", 0xf8, 8, 2);

    /// <summary>All integer fields in order of offset.</summary>
    public static readonly IReadOnlyList<Field> Fields = [Flags, LabelCount, Position, Cookie, LbaSize, Dpa, RawSize, Slot, Checksum];

    /// <summary>type_guid of persistent memory, as its text says (ACPI NFIT).</summary>
    public static readonly Uuid PersistentMemoryType = Uuid.Parse("66f0d379-b4f3-4074-ac43-0d3318b78cdb");
}

using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Formats.Checksums;
using Altmap.Formats.Labels;
using Altmap.Formats.Layout;

namespace Altmap.Formats.InfoBlocks;

/// <summary>
/// As much of a BTT arena's info-block as decides whether a BTT takes the namespace before pfn and dax are tried
/// (drivers/nvdimm/btt.h struct btt_sb; btt_devs.c nd_btt_probe(), nd_btt_version(), nd_btt_arena_is_valid()).
/// </summary>
public static class BttPresence
{
    internal static readonly Field Signature = new("signature", 0x00, 16);
    internal static readonly Field Uuid = new("uuid", 0x10, 16);
    internal static readonly Field ParentUuid = new("parent_uuid", 0x20, 16);
    internal static readonly Field Flags = new("flags", 0x30, 4);
    internal static readonly Field VersionMajor = new("version_major", 0x34, 2);
    internal static readonly Field VersionMinor = new("version_minor", 0x36, 2);
    internal static readonly Field Checksum = new("checksum", 0xff8, 8);

    /// <summary>32-bit numbers that ndctl lists, in its order.</summary>
    internal static readonly ImmutableArray<Field> Counts =
    [
        new("external_lbasize", 0x38, 4), new("external_nlba", 0x3c, 4), new("internal_lbasize", 0x40, 4),
        new("internal_nlba", 0x44, 4), new("nfree", 0x48, 4), new("infosize", 0x4c, 4),
    ];

    /// <summary>64-bit offsets that ndctl lists, in its order.</summary>
    internal static readonly ImmutableArray<Field> Offsets =
    [
        new("nextoff", 0x50, 8), new("dataoff", 0x58, 8), new("mapoff", 0x60, 8), new("logoff", 0x68, 8), new("info2off", 0x70, 8),
    ];

    internal static bool HasSignature(ReadOnlySpan<byte> block) =>
        block.Length >= InfoBlock.SizeBytes && Signature.Slice(block).SequenceEqual("BTT_ARENA_INFO\0\0"u8);

    /// <summary>True when nd_btt_probe() registers a btt device: BTT 2.0 is looked for at 0 only where the label says so, else 1.1 at 4096.</summary>
    public static bool Probe(ReadOnlySpan<byte> head, in NamespaceExtent ns, ClaimClass claim)
    {
        if (claim is not (ClaimClass.None or ClaimClass.Btt or ClaimClass.Btt2)) return false;
        bool isBtt2 = claim == ClaimClass.Btt2;
        int at = isBtt2 ? 0 : InfoBlock.SizeBytes;
        if (head.Length < at + InfoBlock.SizeBytes) return false;
        ReadOnlySpan<byte> block = head.Slice(at, InfoBlock.SizeBytes);
        if (!HasSignature(block)) return false;
        Uuid parent = Core.Identity.Uuid.Read(ParentUuid.Slice(block));
        if (!parent.IsZero && parent != ns.ParentUuid) return false;
        if (Checksum.Read(block) != Fletcher64.ComputeWithZeroedField(block, Checksum.OffsetBytes)) return false;
        return (VersionMajor.Read(block), VersionMinor.Read(block)) == (isBtt2 ? (2UL, 0UL) : (1UL, 1UL));
    }
}

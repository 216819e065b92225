using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Formats.Checksums;

namespace Altmap.Formats.Btt;

/// <summary>
/// A BTT arena's info-block as its bytes say, unjudged: bare numbers as on the media. Two are equal when their bytes are.
/// Source: drivers/nvdimm/btt.h struct btt_sb, btt_devs.c nd_btt_arena_is_valid() (5.10, 6.1, 6.12, 7.2).
/// </summary>
public sealed record BttInfoBlock
{
    /// <summary>Length of the block.</summary>
    public const int SizeBytes = 4096;

    private const uint ErrorFlag = 1;

    /// <summary>Identity of the BTT.</summary>
    public Uuid Uuid { get; init; }

    /// <summary>The namespace's label uuid; zero without label.</summary>
    public Uuid ParentUuid { get; init; }

    /// <summary>flags.</summary>
    public uint Flags { get; init; }

    /// <summary>version_major.</summary>
    public ushort VersionMajor { get; init; }

    /// <summary>version_minor.</summary>
    public ushort VersionMinor { get; init; }

    /// <summary>external_lbasize in bytes.</summary>
    public uint ExternalLbaSize { get; init; }

    /// <summary>external_nlba.</summary>
    public uint ExternalBlocks { get; init; }

    /// <summary>internal_lbasize in bytes.</summary>
    public uint InternalLbaSize { get; init; }

    /// <summary>internal_nlba.</summary>
    public uint InternalBlocks { get; init; }

    /// <summary>nfree.</summary>
    public uint Lanes { get; init; }

    /// <summary>infosize in bytes.</summary>
    public uint InfoSize { get; init; } = SizeBytes;

    /// <summary>nextoff in bytes from the arena's start, 0 for the last arena.</summary>
    public ulong NextOffset { get; init; }

    /// <summary>dataoff in bytes from the arena's start.</summary>
    public ulong DataOffset { get; init; }

    /// <summary>mapoff in bytes from the arena's start.</summary>
    public ulong MapOffset { get; init; }

    /// <summary>logoff in bytes from the arena's start.</summary>
    public ulong LogOffset { get; init; }

    /// <summary>info2off in bytes from the arena's start.</summary>
    public ulong Info2Offset { get; init; }

    /// <summary>The reserved bytes when any of them is not zero, else empty. Kept so that unknown content survives a rewrite.</summary>
    public ImmutableArray<byte> Padding { get; init; } = [];

    /// <summary>True when the error bit of <see cref="Flags"/> is set: the kernel takes the arena, and fails every write to it.</summary>
    public bool HasErrorFlag => (Flags & ErrorFlag) != 0;

    /// <summary>True for 4096 bytes or more that start with the signature.</summary>
    public static bool HasSignature(ReadOnlySpan<byte> block) =>
        block.Length >= SizeBytes && BttInfoBlockLayout.Signature.Slice(block).SequenceEqual(BttInfoBlockLayout.SignatureBytes);

    /// <summary>What the kernel asks of every arena: signature, a parent that is zero or <paramref name="parentUuid"/>, checksum. Neither
    /// version nor offsets.</summary>
    public static bool IsValid(ReadOnlySpan<byte> block, Uuid parentUuid)
    {
        if (!HasSignature(block))
            return false;
        block = block[..SizeBytes];
        Uuid parent = Uuid.Read(BttInfoBlockLayout.ParentUuid.Slice(block));
        if (!parent.IsZero && parent != parentUuid)
            return false;
        return BttInfoBlockLayout.Checksum.Read(block) == Fletcher64.ComputeWithZeroedField(block, BttInfoBlockLayout.Checksum.OffsetBytes);
    }

    /// <summary>Reads the first 4096 bytes of <paramref name="block"/>; null when there are fewer, or no signature. The checksum is not
    /// judged here.</summary>
    public static BttInfoBlock? Parse(ReadOnlySpan<byte> block)
    {
        if (!HasSignature(block))
            return null;
        ReadOnlySpan<byte> padding = BttInfoBlockLayout.Padding.Slice(block);
        return new BttInfoBlock
        {
            Uuid = Uuid.Read(BttInfoBlockLayout.Uuid.Slice(block)),
            ParentUuid = Uuid.Read(BttInfoBlockLayout.ParentUuid.Slice(block)),
            Flags = (uint)BttInfoBlockLayout.Flags.Read(block),
            VersionMajor = (ushort)BttInfoBlockLayout.VersionMajor.Read(block),
            VersionMinor = (ushort)BttInfoBlockLayout.VersionMinor.Read(block),
            ExternalLbaSize = (uint)BttInfoBlockLayout.ExternalLbaSize.Read(block),
            ExternalBlocks = (uint)BttInfoBlockLayout.ExternalBlocks.Read(block),
            InternalLbaSize = (uint)BttInfoBlockLayout.InternalLbaSize.Read(block),
            InternalBlocks = (uint)BttInfoBlockLayout.InternalBlocks.Read(block),
            Lanes = (uint)BttInfoBlockLayout.Lanes.Read(block),
            InfoSize = (uint)BttInfoBlockLayout.InfoSize.Read(block),
            NextOffset = BttInfoBlockLayout.NextOffset.Read(block),
            DataOffset = BttInfoBlockLayout.DataOffset.Read(block),
            MapOffset = BttInfoBlockLayout.MapOffset.Read(block),
            LogOffset = BttInfoBlockLayout.LogOffset.Read(block),
            Info2Offset = BttInfoBlockLayout.Info2Offset.Read(block),
            Padding = padding.ContainsAnyExcept((byte)0) ? [.. padding] : [],
        };
    }

    /// <summary>The 4096 bytes with a right checksum. A block that was parsed comes back as it was, a wrong checksum excepted.</summary>
    public byte[] ToBytes()
    {
        byte[] block = new byte[SizeBytes];
        BttInfoBlockLayout.SignatureBytes.CopyTo(BttInfoBlockLayout.Signature.Slice(block.AsSpan()));
        Uuid.Write(BttInfoBlockLayout.Uuid.Slice(block.AsSpan()));
        ParentUuid.Write(BttInfoBlockLayout.ParentUuid.Slice(block.AsSpan()));
        BttInfoBlockLayout.Flags.Write(block, Flags);
        BttInfoBlockLayout.VersionMajor.Write(block, VersionMajor);
        BttInfoBlockLayout.VersionMinor.Write(block, VersionMinor);
        BttInfoBlockLayout.ExternalLbaSize.Write(block, ExternalLbaSize);
        BttInfoBlockLayout.ExternalBlocks.Write(block, ExternalBlocks);
        BttInfoBlockLayout.InternalLbaSize.Write(block, InternalLbaSize);
        BttInfoBlockLayout.InternalBlocks.Write(block, InternalBlocks);
        BttInfoBlockLayout.Lanes.Write(block, Lanes);
        BttInfoBlockLayout.InfoSize.Write(block, InfoSize);
        BttInfoBlockLayout.NextOffset.Write(block, NextOffset);
        BttInfoBlockLayout.DataOffset.Write(block, DataOffset);
        BttInfoBlockLayout.MapOffset.Write(block, MapOffset);
        BttInfoBlockLayout.LogOffset.Write(block, LogOffset);
        BttInfoBlockLayout.Info2Offset.Write(block, Info2Offset);
        if (!Padding.IsDefaultOrEmpty)
            Padding.AsSpan().CopyTo(BttInfoBlockLayout.Padding.Slice(block.AsSpan()));
        BttInfoBlockLayout.Checksum.Write(block, Fletcher64.Compute(block)); // the field is still zero
        return block;
    }

    /// <inheritdoc/>
    public bool Equals(BttInfoBlock? other) => other is not null && ToBytes().AsSpan().SequenceEqual(other.ToBytes());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Uuid, ParentUuid, ExternalLbaSize, ExternalBlocks, MapOffset, NextOffset);
}

using Altmap.Core.Identity;
using Altmap.Formats.Checksums;

namespace Altmap.Formats.InfoBlocks;

/// <summary>
/// Typed access to the bytes of a pfn or dax info-block, without copy or allocation. Nothing is judged, and version rules are
/// not applied. Members other than <see cref="IsWhole"/> and <see cref="Kind"/> need 4096 bytes.
/// </summary>
/// <param name="block">The block from its first byte on; more may follow.</param>
public readonly ref struct InfoBlockView(ReadOnlySpan<byte> block)
{
    private readonly ReadOnlySpan<byte> _block = block;

    /// <summary>True when all 4096 bytes are there.</summary>
    public bool IsWhole => _block.Length >= InfoBlock.SizeBytes;

    /// <summary>By signature; null when there is none of the two, or too few bytes.</summary>
    public InfoBlockKind? Kind =>
        !IsWhole ? null
        : HasSignature(InfoBlockKind.Pfn) ? InfoBlockKind.Pfn
        : HasSignature(InfoBlockKind.Dax) ? InfoBlockKind.Dax
        : null;

    /// <summary>True when the signature is that of <paramref name="kind"/>.</summary>
    public bool HasSignature(InfoBlockKind kind) =>
        PfnInfoBlockLayout.Signature.Slice(_block).SequenceEqual(PfnInfoBlockLayout.SignatureOf(kind));

    /// <summary>uuid.</summary>
    public Uuid Uuid => Uuid.Read(PfnInfoBlockLayout.Uuid.Slice(_block));

    /// <summary>parent_uuid.</summary>
    public Uuid ParentUuid => Uuid.Read(PfnInfoBlockLayout.ParentUuid.Slice(_block));

    /// <summary>flags.</summary>
    public uint Flags => (uint)PfnInfoBlockLayout.Flags.Read(_block);

    /// <summary>version_major.</summary>
    public ushort VersionMajor => (ushort)PfnInfoBlockLayout.VersionMajor.Read(_block);

    /// <summary>version_minor.</summary>
    public ushort VersionMinor => (ushort)PfnInfoBlockLayout.VersionMinor.Read(_block);

    /// <summary>dataoff in bytes.</summary>
    public ulong DataOffset => PfnInfoBlockLayout.DataOffset.Read(_block);

    /// <summary>npfns.</summary>
    public ulong PageCount => PfnInfoBlockLayout.PageCount.Read(_block);

    /// <summary>mode.</summary>
    public uint Mode => (uint)PfnInfoBlockLayout.Mode.Read(_block);

    /// <summary>start_pad in bytes.</summary>
    public uint StartPad => (uint)PfnInfoBlockLayout.StartPad.Read(_block);

    /// <summary>end_trunc in bytes.</summary>
    public uint EndTrunc => (uint)PfnInfoBlockLayout.EndTrunc.Read(_block);

    /// <summary>align in bytes.</summary>
    public uint Align => (uint)PfnInfoBlockLayout.Align.Read(_block);

    /// <summary>page_size in bytes.</summary>
    public uint PageSize => (uint)PfnInfoBlockLayout.PageSize.Read(_block);

    /// <summary>page_struct_size in bytes.</summary>
    public ushort PageStructSize => (ushort)PfnInfoBlockLayout.PageStructSize.Read(_block);

    /// <summary>The reserved bytes.</summary>
    public ReadOnlySpan<byte> Padding => PfnInfoBlockLayout.Padding.Slice(_block);

    /// <summary>The checksum that is written down.</summary>
    public ulong Checksum => PfnInfoBlockLayout.Checksum.Read(_block);

    /// <summary>The checksum that the other bytes have.</summary>
    public ulong ComputedChecksum =>
        Fletcher64.ComputeWithZeroedField(_block[..InfoBlock.SizeBytes], PfnInfoBlockLayout.Checksum.OffsetBytes);

    /// <summary>True when both are the same.</summary>
    public bool HasValidChecksum => Checksum == ComputedChecksum;
}

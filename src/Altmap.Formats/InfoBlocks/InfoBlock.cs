using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Formats.Checksums;

namespace Altmap.Formats.InfoBlocks;

/// <summary>Which device an info-block makes; told by its signature.</summary>
public enum InfoBlockKind
{
    /// <summary>fsdax: a pfn device and a block device.</summary>
    Pfn,

    /// <summary>devdax: a dax device.</summary>
    Dax,
}

/// <summary>Where the memmap of a pfn or dax device lives (drivers/nvdimm/nd.h enum nd_pfn_mode).</summary>
public enum PageMapMode : uint
{
    /// <summary>Not chosen yet; invalid on media.</summary>
    None = 0,

    /// <summary>In RAM: <c>map=mem</c>.</summary>
    Ram = 1,

    /// <summary>On the media: <c>map=dev</c>.</summary>
    Pmem = 2,
}

/// <summary>Words for <see cref="PageMapMode"/>.</summary>
public static class PageMapModes
{
    /// <summary>In ndctl's words: <c>mem</c>, <c>dev</c>, <c>none</c>.</summary>
    public static string Word(this PageMapMode mode) =>
        mode switch
        {
            PageMapMode.Ram => "mem",
            PageMapMode.Pmem => "dev",
            _ => "none",
        };
}

/// <summary>
/// A pfn or dax info-block as its bytes say, unjudged: bare numbers as on the media. Two are equal when their bytes are.
/// Source: drivers/nvdimm/pfn.h struct nd_pfn_sb.
/// </summary>
public sealed record InfoBlock
{
    /// <summary>Length of the block.</summary>
    public const int SizeBytes = 4096;

    /// <summary>Where it stands, from the start of the namespace (for every page size and mode).</summary>
    public const ulong StartBytes = 4096;

    /// <summary>By signature.</summary>
    public required InfoBlockKind Kind { get; init; }

    /// <summary>Identity of the device.</summary>
    public Uuid Uuid { get; init; }

    /// <summary>The namespace's label uuid; zero without label.</summary>
    public Uuid ParentUuid { get; init; }

    /// <summary>Written as 0.</summary>
    public uint Flags { get; init; }

    /// <summary>Written as 1.</summary>
    public ushort VersionMajor { get; init; } = 1;

    /// <summary>0 to 4.</summary>
    public ushort VersionMinor { get; init; }

    /// <summary>dataoff, in bytes from the namespace's start plus start_pad.</summary>
    public ulong DataOffset { get; init; }

    /// <summary>npfns.</summary>
    public ulong PageCount { get; init; }

    /// <summary>A <see cref="PageMapMode"/>, or what damaged media hold instead.</summary>
    public uint Mode { get; init; }

    /// <summary>start_pad in bytes.</summary>
    public uint StartPad { get; init; }

    /// <summary>end_trunc in bytes.</summary>
    public uint EndTrunc { get; init; }

    /// <summary>align in bytes; 0 is unknown.</summary>
    public uint Align { get; init; }

    /// <summary>page_size in bytes.</summary>
    public uint PageSize { get; init; }

    /// <summary>page_struct_size in bytes.</summary>
    public ushort PageStructSize { get; init; }

    /// <summary>The reserved bytes when any of them is not zero, else empty. Kept so that unknown content survives a rewrite.</summary>
    public ImmutableArray<byte> Padding { get; init; } = [];

    /// <summary>Reads the first 4096 bytes of <paramref name="block"/>; null when there are fewer, or no known signature. The checksum is
    /// not judged here.</summary>
    public static InfoBlock? Parse(ReadOnlySpan<byte> block)
    {
        var view = new InfoBlockView(block);
        if (view.Kind is not { } kind)
            return null;
        ReadOnlySpan<byte> padding = PfnInfoBlockLayout.Padding.Slice(block);
        return new InfoBlock
        {
            Kind = kind,
            Uuid = view.Uuid,
            ParentUuid = view.ParentUuid,
            Flags = view.Flags,
            VersionMajor = view.VersionMajor,
            VersionMinor = view.VersionMinor,
            DataOffset = view.DataOffset,
            PageCount = view.PageCount,
            Mode = view.Mode,
            StartPad = view.StartPad,
            EndTrunc = view.EndTrunc,
            Align = view.Align,
            PageSize = view.PageSize,
            PageStructSize = view.PageStructSize,
            Padding = padding.ContainsAnyExcept((byte)0) ? [.. padding] : [],
        };
    }

    /// <summary>The 4096 bytes with a right checksum. A block that was parsed comes back as it was, a wrong checksum excepted.</summary>
    public byte[] ToBytes()
    {
        byte[] block = new byte[SizeBytes];
        PfnInfoBlockLayout.SignatureOf(Kind).CopyTo(PfnInfoBlockLayout.Signature.Slice(block.AsSpan()));
        Uuid.Write(PfnInfoBlockLayout.Uuid.Slice(block.AsSpan()));
        ParentUuid.Write(PfnInfoBlockLayout.ParentUuid.Slice(block.AsSpan()));
        PfnInfoBlockLayout.Flags.Write(block, Flags);
        PfnInfoBlockLayout.VersionMajor.Write(block, VersionMajor);
        PfnInfoBlockLayout.VersionMinor.Write(block, VersionMinor);
        PfnInfoBlockLayout.DataOffset.Write(block, DataOffset);
        PfnInfoBlockLayout.PageCount.Write(block, PageCount);
        PfnInfoBlockLayout.Mode.Write(block, Mode);
        PfnInfoBlockLayout.StartPad.Write(block, StartPad);
        PfnInfoBlockLayout.EndTrunc.Write(block, EndTrunc);
        PfnInfoBlockLayout.Align.Write(block, Align);
        PfnInfoBlockLayout.PageSize.Write(block, PageSize);
        PfnInfoBlockLayout.PageStructSize.Write(block, PageStructSize);
        if (!Padding.IsDefaultOrEmpty)
            Padding.AsSpan().CopyTo(PfnInfoBlockLayout.Padding.Slice(block.AsSpan()));
        PfnInfoBlockLayout.Checksum.Write(block, Fletcher64.Compute(block)); // the field is still zero
        return block;
    }

    /// <inheritdoc/>
    public bool Equals(InfoBlock? other) => other is not null && ToBytes().AsSpan().SequenceEqual(other.ToBytes());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Uuid, ParentUuid, DataOffset, PageCount, Mode, Align);
}

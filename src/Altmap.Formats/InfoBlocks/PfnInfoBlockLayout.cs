using System.Collections.Immutable;
using Altmap.Formats.Layout;

namespace Altmap.Formats.InfoBlocks;

/// <summary>
/// Where the fields of a pfn or dax info-block are: the only place that knows. Everything else walks or names this table.
/// Source: drivers/nvdimm/pfn.h struct nd_pfn_sb (the same in 5.10, 6.1, 6.12, 7.2).
/// </summary>
public static class PfnInfoBlockLayout
{
    /// <summary><c>NVDIMM_PFN_INFO</c> or <c>NVDIMM_DAX_INFO</c>, and a NUL.</summary>
    public static readonly Field Signature = new("signature", 0x000, 16);

    /// <summary>Identity of the pfn or dax device; 16 bytes as text orders them.</summary>
    public static readonly Field Uuid = new("uuid", 0x010, 16);

    /// <summary>The namespace's label uuid; zero without label.</summary>
    public static readonly Field ParentUuid = new("parent_uuid", 0x020, 16);

    /// <summary>Written as 0, never looked at.</summary>
    public static readonly Field Flags = new("flags", 0x030, 4);

    /// <summary>Written as 1, never looked at.</summary>
    public static readonly Field VersionMajor = new("version_major", 0x034, 2);

    /// <summary>0 to 4: which later fields have meaning.</summary>
    public static readonly Field VersionMinor = new("version_minor", 0x036, 2);

    /// <summary>Bytes from the namespace's start plus start_pad to the first data byte.</summary>
    public static readonly Field DataOffset = new("dataoff", 0x038, 8);

    /// <summary>Number of data pages; informative.</summary>
    public static readonly Field PageCount = new("npfns", 0x040, 8);

    /// <summary>See <see cref="PageMapMode"/>.</summary>
    public static readonly Field Mode = new("mode", 0x048, 4);

    /// <summary>Bytes cut off at the start.</summary>
    public static readonly Field StartPad = new("start_pad", 0x04c, 4, SinceMinor: 1);

    /// <summary>Bytes cut off at the end.</summary>
    public static readonly Field EndTrunc = new("end_trunc", 0x050, 4, SinceMinor: 1);

    /// <summary>The alignment the user chose, in bytes; 0 is unknown.</summary>
    public static readonly Field Align = new("align", 0x054, 4, SinceMinor: 2);

    /// <summary>Page size of the kernel that wrote the block.</summary>
    public static readonly Field PageSize = new("page_size", 0x058, 4, SinceMinor: 4);

    /// <summary>Bytes set aside for each page's struct page.</summary>
    public static readonly Field PageStructSize = new("page_struct_size", 0x05c, 2, SinceMinor: 4);

    /// <summary>Reserved: zero from minor 3 on; older blocks may hold anything.</summary>
    public static readonly Field Padding = new("padding", 0x05e, 3994, SinceMinor: 3);

    /// <summary>Fletcher-64 over the block with this field taken as zero.</summary>
    public static readonly Field Checksum = new("checksum", 0xff8, 8);

    /// <summary>All fields, by offset, reserved bytes included: they fill the block.</summary>
    public static readonly ImmutableArray<Field> Fields =
    [
        Signature,
        Uuid,
        ParentUuid,
        Flags,
        VersionMajor,
        VersionMinor,
        DataOffset,
        PageCount,
        Mode,
        StartPad,
        EndTrunc,
        Align,
        PageSize,
        PageStructSize,
        Padding,
        Checksum,
    ];

    /// <summary>The 16 bytes of <see cref="Signature"/> for <paramref name="kind"/>.</summary>
    public static ReadOnlySpan<byte> SignatureOf(InfoBlockKind kind) =>
        kind == InfoBlockKind.Pfn ? "NVDIMM_PFN_INFO\0"u8 : "NVDIMM_DAX_INFO\0"u8;

    /// <summary>The name without the NUL, for people.</summary>
    public static string SignatureText(InfoBlockKind kind) => kind == InfoBlockKind.Pfn ? "NVDIMM_PFN_INFO" : "NVDIMM_DAX_INFO";
}

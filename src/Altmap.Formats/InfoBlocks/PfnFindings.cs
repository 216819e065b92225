using Altmap.Core.Findings;

namespace Altmap.Formats.InfoBlocks;

/// <summary>What <see cref="InfoBlockChecks"/> finds in a pfn or dax info-block.</summary>
public static class PfnFindings
{
    /// <summary>All of them.</summary>
    public static readonly FindingTable Table = new("pfn.");

    private const string Recreate =
        "restore the block from a copy; without one, save the data first, and only then create the namespace anew";
    private const string Rewrite = "write the field and the checksum anew when convenient";
    private const string ComesUpRaw =
        "the kernel does not see the block: the namespace comes up raw, and its data starts at the wrong place";
    private const string Validate = "drivers/nvdimm/pfn_devs.c nd_pfn_validate() (5.10, 6.1, 6.12, 7.2)";
    private const string Structure = "drivers/nvdimm/pfn.h struct nd_pfn_sb (5.10, 6.1, 6.12, 7.2)";
    private const string Setup = "drivers/nvdimm/pfn_devs.c __nvdimm_setup_pfn() (5.10, 6.1, 6.12, 7.2)";

    /// <summary>The place of the info-block holds zeroes.</summary>
    public static readonly FindingCode Absent = Table.Add(
        "absent",
        Severity.Note,
        "the place of the info-block holds zeroes",
        "the namespace is raw; on an NFIT bus it has no struct pages, and so no DAX",
        "nothing, if raw is what it should be; for DAX an info-block (altmap infoblock write, ndctl create-namespace -e), or virtio-pmem "
            + "or e820, whose raw namespaces are mapped",
        Validate
    );

    /// <summary>Align is larger than the namespace.</summary>
    public static readonly FindingCode AlignBeyondCapacity = Table.Add(
        "align.beyond-capacity",
        Severity.Error,
        "align is larger than the namespace",
        "the block is refused and the namespace has no driver",
        Recreate,
        Validate
    );

    /// <summary>Start or length of the data is no multiple of align.</summary>
    public static readonly FindingCode AlignDevdaxRegion = Table.Add(
        "align.devdax-region",
        Severity.Error,
        "start or length of the data is no multiple of align",
        "the devdax device does not bind (ENOMEM)",
        Recreate,
        "drivers/dax/bus.c alloc_dax_region() (5.10, 6.1, 6.12, 7.2): ENOMEM"
    );

    /// <summary>Align is no power of two.</summary>
    public static readonly FindingCode AlignPowerOfTwo = Table.Add(
        "align.power-of-two",
        Severity.Warning,
        "align is no power of two",
        "kernels use it as a bit mask: what they accept is not what it says",
        Rewrite,
        Validate
    );

    /// <summary>Align is 0, or the block is older than version 1.2.</summary>
    public static readonly FindingCode AlignUnknown = Table.Add(
        "align.unknown",
        Severity.Note,
        "align is 0, or the block is older than version 1.2",
        "kernels take the largest power of two in dataoff; devdax does not bind",
        "nothing for fsdax",
        Validate
    );

    /// <summary>Align is none that this architecture offers.</summary>
    public static readonly FindingCode AlignUnsupported = Table.Add(
        "align.unsupported",
        Severity.Error,
        "align is none that this architecture offers",
        "fsdax accepts it; devdax is refused by kernels that check it",
        "write the block with an align that the device's supported_alignments lists",
        Validate
    );

    /// <summary>The checksum does not fit the bytes.</summary>
    public static readonly FindingCode Checksum = Table.Add(
        "checksum",
        Severity.Error,
        "the checksum does not fit the bytes",
        ComesUpRaw,
        "compare the fields with what the namespace should be; only then write the checksum anew",
        Validate
    );

    /// <summary>Dataoff lies inside the area kept for the info-block.</summary>
    public static readonly FindingCode DataOffsetBelowReserve = Table.Add(
        "dataoff.below-reserve",
        Severity.Error,
        "dataoff lies inside the area kept for the info-block",
        "the device does not bind (EINVAL)",
        Recreate,
        Setup
    );

    /// <summary>Dataoff lies behind the namespace's end.</summary>
    public static readonly FindingCode DataOffsetBeyondEnd = Table.Add(
        "dataoff.beyond-end",
        Severity.Error,
        "dataoff lies behind the namespace's end",
        "the block is refused and the namespace has no driver",
        Recreate,
        Validate
    );

    /// <summary>Dataoff lies behind what start_pad and end_trunc leave.</summary>
    public static readonly FindingCode DataOffsetBeyondUsable = Table.Add(
        "dataoff.beyond-usable",
        Severity.Error,
        "dataoff lies behind what start_pad and end_trunc leave",
        "kernels that check it refuse the block; on others the device's size is negative",
        Recreate,
        Validate
    );

    /// <summary>There is too little room before dataoff for the struct pages.</summary>
    public static readonly FindingCode DataOffsetMemmapRoom = Table.Add(
        "dataoff.memmap-room",
        Severity.Error,
        "there is too little room before dataoff for the struct pages",
        "the device does not bind (ENOMEM)",
        Recreate,
        "arch/x86/mm/init_64.c vmemmap_populate() (5.10, 6.1, 6.12, 7.2): ENOMEM"
    );

    /// <summary>The first data byte is no multiple of align.</summary>
    public static readonly FindingCode DataOffsetMisaligned = Table.Add(
        "dataoff.misaligned",
        Severity.Error,
        "the first data byte is no multiple of align",
        "the block is refused and the namespace has no driver",
        "put the namespace back to the address at which it was created, or restore the block from a copy",
        Validate
    );

    /// <summary>Start_pad, dataoff and end_trunc leave no byte.</summary>
    public static readonly FindingCode DataOffsetNoData = Table.Add(
        "dataoff.no-data",
        Severity.Error,
        "start_pad, dataoff and end_trunc leave no byte",
        "a device of 0 bytes, or a refusal on later kernels",
        Recreate,
        Validate + ": 5.10 and 6.1 make a device of 0 bytes"
    );

    /// <summary>Dataoff is no multiple of the page size.</summary>
    public static readonly FindingCode DataOffsetPageMisaligned = Table.Add(
        "dataoff.page-misaligned",
        Severity.Error,
        "dataoff is no multiple of the page size",
        "the block is refused and the namespace has no driver",
        "open it with a kernel of the page size that wrote it",
        Validate
    );

    /// <summary>Start_pad and end_trunc cut off the whole namespace.</summary>
    public static readonly FindingCode EndTruncBeyondSize = Table.Add(
        "end-trunc.beyond-size",
        Severity.Error,
        "start_pad and end_trunc cut off the whole namespace",
        "the device does not bind",
        Recreate,
        Setup
    );

    /// <summary>The end that end_trunc leaves is not aligned.</summary>
    public static readonly FindingCode EndMisaligned = Table.Add(
        "end.misaligned",
        Severity.Error,
        "the end that end_trunc leaves is not aligned",
        "the block is refused and the namespace has no driver",
        "correct end_trunc so that the end is aligned; what lies behind it is cut off",
        Validate
    );

    /// <summary>Flags is not 0.</summary>
    public static readonly FindingCode Flags = Table.Add(
        "flags",
        Severity.Warning,
        "flags is not 0",
        "kernels do not look at it",
        Rewrite,
        Structure
    );

    /// <summary>Mode is neither 1 (mem) nor 2 (dev).</summary>
    public static readonly FindingCode Mode = Table.Add(
        "mode",
        Severity.Error,
        "mode is neither 1 (mem) nor 2 (dev)",
        "the namespace comes up raw, and no new block can be written over this one",
        Recreate,
        Validate + ": ENXIO, the namespace comes up raw and no new block can be written"
    );

    /// <summary>Npfns is not the number of data pages.</summary>
    public static readonly FindingCode PageCount = Table.Add(
        "npfns",
        Severity.Note,
        "npfns is not the number of data pages",
        "none: no rule depends on it",
        "nothing: no rule depends on it",
        Setup
    );

    /// <summary>Reserved bytes are not zero.</summary>
    public static readonly FindingCode Padding = Table.Add(
        "padding",
        Severity.Warning,
        "reserved bytes are not zero",
        "none today; a later version may give them a meaning",
        Rewrite,
        Structure
    );

    /// <summary>The block was written with another page size.</summary>
    public static readonly FindingCode PageSize = Table.Add(
        "page-size",
        Severity.Error,
        "the block was written with another page size",
        "with map=dev a kernel with smaller pages refuses it",
        "open it with a kernel of that page size, or move the page map to RAM",
        Validate
    );

    /// <summary>Less room was kept for a struct page than this kernel needs.</summary>
    public static readonly FindingCode PageStructSize = Table.Add(
        "page-struct-size",
        Severity.Error,
        "less room was kept for a struct page than this kernel needs",
        "with map=dev the block is refused and the namespace has no driver",
        "open it with a kernel whose struct page is not larger, or move the page map to RAM",
        Validate
    );

    /// <summary>The block belongs to another namespace.</summary>
    public static readonly FindingCode ParentUuid = Table.Add(
        "parent-uuid",
        Severity.Error,
        "the block belongs to another namespace",
        ComesUpRaw,
        "bring the label with this uuid back; a block left by a deleted namespace is harmless",
        Validate
    );

    /// <summary>The signature is damaged.</summary>
    public static readonly FindingCode Signature = Table.Add(
        "signature",
        Severity.Error,
        "the signature is damaged",
        ComesUpRaw,
        Recreate,
        Validate
    );

    /// <summary>Start_pad is not 0 (kernels up to 5.2 wrote it).</summary>
    public static readonly FindingCode StartPad = Table.Add(
        "start-pad",
        Severity.Warning,
        "start_pad is not 0 (kernels up to 5.2 wrote it)",
        "block I/O is right; DAX looks at another place: kernels up to 5.16 notice at mount and leave it off, later ones do not look",
        "use it without DAX (mount it without dax), or move the data",
        "drivers/nvdimm/pmem.c pmem_attach_disk(): block I/O adds start_pad to dataoff, DAX does not (5.10, 6.1, 6.12, 7.2)"
    );

    /// <summary>The start of the mapping is not aligned.</summary>
    public static readonly FindingCode StartMisaligned = Table.Add(
        "start.misaligned",
        Severity.Error,
        "the start of the mapping is not aligned",
        "the block is refused and the namespace has no driver",
        "move the namespace to an aligned address, or back the data up by block I/O on an older kernel",
        Validate
    );

    /// <summary>There are too few bytes for an info-block.</summary>
    public static readonly FindingCode Truncated = Table.Add(
        "truncated",
        Severity.Error,
        "there are too few bytes for an info-block",
        "nothing can be said",
        "give the namespace from its first byte, at least 8 KiB",
        Structure
    );

    /// <summary>The uuid is zero.</summary>
    public static readonly FindingCode Uuid = Table.Add(
        "uuid",
        Severity.Note,
        "the uuid is zero",
        "none: kernels accept it",
        "nothing: the kernel accepts it",
        Validate
    );

    /// <summary>The major version is not 1.</summary>
    public static readonly FindingCode VersionMajor = Table.Add(
        "version-major",
        Severity.Warning,
        "the major version is not 1",
        "none: kernels do not look at it",
        Rewrite,
        Validate
    );

    /// <summary>An older version of the block.</summary>
    public static readonly FindingCode VersionMinorOld = Table.Add(
        "version-minor.old",
        Severity.Note,
        "an older version of the block",
        "fields that it does not have are taken as default",
        "nothing: fields it does not have are taken as default",
        Validate
    );

    /// <summary>A minor version that does not exist.</summary>
    public static readonly FindingCode VersionMinorUnknown = Table.Add(
        "version-minor.unknown",
        Severity.Warning,
        "a minor version that does not exist",
        "kernels read it as the last one they know",
        "find out which program wrote it",
        Validate
    );
}

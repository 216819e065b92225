using System.Collections.Immutable;

namespace Altmap.Cli.Commands;

/// <summary>The page of a code.</summary>
/// <param name="Code">As findings carry it.</param>
/// <param name="What">What was found.</param>
/// <param name="Consequence">What it means for the user.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record ExplainPage(string Code, string What, string Consequence, string Remedy);

/// <summary>All pages. A test compares them with the codes that the checks give.</summary>
internal static class ExplainPages
{
    private const string Recreate = "restore the block from a copy, or back up the data and create the namespace anew";
    private const string Nothing = "nothing";
    private const string RawWithout =
        "the kernel does not see the block: the namespace comes up raw, and its data starts at the wrong place";

    public static readonly ImmutableArray<ExplainPage> All =
    [
        new("pfn.absent", "the place of the info-block holds zeroes", "the namespace is raw", Nothing + ", if raw is what it should be"),
        new(
            "pfn.align.beyond-capacity",
            "align is larger than the namespace",
            "the block is refused and the namespace has no driver",
            Recreate
        ),
        new(
            "pfn.align.devdax-region",
            "start or length of the data is no multiple of align",
            "the devdax device does not bind (ENOMEM)",
            Recreate
        ),
        new(
            "pfn.align.power-of-two",
            "align is no power of two",
            "kernels use it as a bit mask: what they accept is not what it says",
            "write the block with a right align"
        ),
        new(
            "pfn.align.unknown",
            "align is 0, or the block is older than version 1.2",
            "kernels take the largest power of two in dataoff; devdax does not bind",
            Nothing + " for fsdax"
        ),
        new(
            "pfn.align.unsupported",
            "align is none that this architecture offers",
            "fsdax accepts it; devdax is refused by kernels that check it",
            "write the block with an align that the device's supported_alignments lists"
        ),
        new(
            "pfn.checksum",
            "the checksum does not fit the bytes",
            RawWithout,
            "find out which byte changed; only then write the checksum anew"
        ),
        new(
            "pfn.dataoff.below-reserve",
            "dataoff lies inside the area kept for the info-block",
            "the device does not bind (EINVAL)",
            Recreate
        ),
        new(
            "pfn.dataoff.beyond-end",
            "dataoff lies behind the namespace's end",
            "the block is refused and the namespace has no driver",
            Recreate
        ),
        new(
            "pfn.dataoff.beyond-usable",
            "dataoff lies behind what start_pad and end_trunc leave",
            "kernels that check it refuse the block; on others the device's size is negative",
            Recreate
        ),
        new(
            "pfn.dataoff.memmap-room",
            "there is too little room before dataoff for the struct pages",
            "the device does not bind (ENOMEM)",
            Recreate
        ),
        new(
            "pfn.dataoff.misaligned",
            "the first data byte is no multiple of align",
            "the block is refused and the namespace has no driver",
            "put the namespace back to the address at which it was created, or restore the block"
        ),
        new(
            "pfn.dataoff.no-data",
            "start_pad, dataoff and end_trunc leave no byte",
            "a device of 0 bytes, or a refusal on later kernels",
            Recreate
        ),
        new(
            "pfn.dataoff.page-misaligned",
            "dataoff is no multiple of the page size",
            "the block is refused and the namespace has no driver",
            "open it with a kernel of the page size that wrote it"
        ),
        new("pfn.end-trunc.beyond-size", "start_pad and end_trunc cut off the whole namespace", "the device does not bind", Recreate),
        new(
            "pfn.end.misaligned",
            "the end that end_trunc leaves is not aligned",
            "the block is refused and the namespace has no driver",
            "correct end_trunc so that the end is aligned; what lies behind it is cut off"
        ),
        new("pfn.flags", "flags is not 0", "kernels do not look at it", "write the block anew when convenient"),
        new(
            "pfn.mode",
            "mode is neither 1 (mem) nor 2 (dev)",
            "the namespace comes up raw, and no new block can be written over this one",
            "zero the block, then create the namespace anew"
        ),
        new("pfn.npfns", "npfns is not the number of data pages", "none: no rule depends on it", Nothing),
        new(
            "pfn.padding",
            "reserved bytes are not zero",
            "none today; a later version may give them a meaning",
            "write the block anew when convenient"
        ),
        new(
            "pfn.page-size",
            "the block was written with another page size",
            "with map=dev a kernel with smaller pages refuses it",
            "open it with a kernel of that page size"
        ),
        new(
            "pfn.page-struct-size",
            "less room was kept for a struct page than this kernel needs",
            "with map=dev the block is refused and the namespace has no driver",
            "open it with a kernel whose struct page is not larger"
        ),
        new(
            "pfn.parent-uuid",
            "the block belongs to another namespace",
            RawWithout,
            "bring the label with this uuid back; a block left by a deleted namespace is harmless"
        ),
        new(
            "pfn.signature",
            "the signature is damaged",
            RawWithout,
            "when the checksum fits with a right signature, only the signature is damaged: write it back"
        ),
        new(
            "pfn.start-pad",
            "start_pad is not 0 (kernels up to 5.2 wrote it)",
            "block I/O is right; DAX reads and writes at another place",
            "mount it without DAX; move the data"
        ),
        new(
            "pfn.start.misaligned",
            "the start of the mapping is not aligned",
            "the block is refused and the namespace has no driver",
            "move the namespace to an aligned address"
        ),
        new(
            "pfn.truncated",
            "there are too few bytes for an info-block",
            "nothing can be said",
            "give the namespace from its first byte, at least 8 KiB"
        ),
        new("pfn.uuid", "the uuid is zero", "none: kernels accept it", Nothing),
        new("pfn.version-major", "the major version is not 1", "none: kernels do not look at it", "write the block anew when convenient"),
        new("pfn.version-minor.old", "an older version of the block", "fields that it does not have are taken as default", Nothing),
        new(
            "pfn.version-minor.unknown",
            "a minor version that does not exist",
            "kernels read it as the last one they know",
            "find out which program wrote it"
        ),
        new(
            "labels.area.blank",
            "the label area holds zeroes",
            "the DIMM's regions are one namespace each",
            "ndctl init-labels, if several namespaces are wanted"
        ),
        new(
            "labels.area.too-small",
            "the label area cannot hold two index blocks and two labels",
            "the DIMM does not come up",
            "give the DIMM a larger label area"
        ),
        new(
            "labels.index.checksum",
            "the checksum of an index block does not fit",
            "this block does not count",
            "none while the other one rules"
        ),
        new("labels.index.current", "this index block rules", "the labels are those it lists", Nothing),
        new(
            "labels.index.equal-sequence",
            "both index blocks have the same sequence number",
            "the second one is taken",
            "compare both before anything is written"
        ),
        new(
            "labels.index.label-size",
            "the label size of an index block is not that of its version",
            "this block does not count",
            "none while the other one rules"
        ),
        new(
            "labels.index.labeloff",
            "labeloff is not behind the index blocks",
            "this block does not count",
            "none while the other one rules"
        ),
        new("labels.index.myoff", "myoff is not where the block stands", "this block does not count", "none while the other one rules"),
        new(
            "labels.index.mysize",
            "mysize is not the size of an index block",
            "this block does not count",
            "none while the other one rules"
        ),
        new(
            "labels.index.none-valid",
            "no index block is valid",
            "the DIMM counts as label-less and its namespaces are gone",
            "restore the area from a copy; ndctl init-labels -f gives up all labels"
        ),
        new(
            "labels.index.nslot",
            "nslot is more than fits behind the index blocks",
            "this block does not count",
            "none while the other one rules"
        ),
        new(
            "labels.index.nslot-beyond-end",
            "nslot is more than area or bitmap have",
            "a kernel that accepts it reads past the end",
            "restore the area from a copy"
        ),
        new("labels.index.nslot-small", "nslot is less than would fit", "slots behind are never used", Nothing),
        new(
            "labels.index.otheroff",
            "otheroff is not where the other block stands",
            "this block does not count",
            "none while the other one rules"
        ),
        new(
            "labels.index.sequence",
            "the sequence number is 0 in its low two bits",
            "this block does not count",
            "none while the other one rules"
        ),
        new(
            "labels.index.signature",
            "the signature of an index block is missing or damaged",
            "this block does not count",
            "none while the other one rules"
        ),
        new(
            "labels.label.abstraction-unknown",
            "the abstraction GUID is none that the kernel knows",
            "the namespace stays raw",
            "set the mode anew with ndctl create-namespace -e"
        ),
        new(
            "labels.label.cookies-differ",
            "labels carry different interleave-set cookies",
            "those with a wrong cookie are ignored by their region",
            "find out where the DIMM was before"
        ),
        new("labels.label.dpa-empty", "a label of 0 bytes", "the DIMM does not come up (EBUSY)", "mark its slot free"),
        new(
            "labels.label.dpa-overlap",
            "two labels claim the same bytes",
            "the DIMM does not come up (EBUSY)",
            "find out which one is right, and mark the other's slot free"
        ),
        new("labels.label.dpa-wraps", "a label ends beyond 64 bits", "the DIMM does not come up (EBUSY)", "mark its slot free"),
        new(
            "labels.label.duplicate-uuid",
            "two labels have the same uuid and position",
            "the region takes one of them, or fails",
            "mark the older one's slot free"
        ),
        new("labels.label.flags-unknown", "flags that nobody defined", "none: kernels do not look at them", Nothing),
        new("labels.label.lbasize", "a sector size that does not exist", "it is taken as 512", "set the sector size anew"),
        new(
            "labels.label.local",
            "the LOCAL flag (block mode)",
            "kernels differ in what they make of it",
            "use it with the kernel that wrote it"
        ),
        new("labels.label.name-unterminated", "the name fills its 64 bytes", "the last character is cut off", "set the name anew"),
        new("labels.label.position", "position is not below nlabel", "the region fails", "restore the label from a copy"),
        new("labels.label.reserved", "reserved bytes are not zero", "the next update drops them", Nothing),
        new(
            "labels.label.updating",
            "an update over the DIMMs of a set was interrupted",
            "the labels of the set may differ",
            "check the labels of the other DIMMs"
        ),
        new("labels.label.uuid-zero", "the uuid is zero", "the namespace has no name that lasts", "mark its slot free"),
        new("labels.more", "there are more findings about slots than are listed", "", "mend these first"),
        new(
            "labels.slot.checksum",
            "the checksum of a label does not fit",
            "the label does not count and its namespace is gone",
            "restore the label from a copy"
        ),
        new("labels.slot.empty", "a slot is marked used and holds no label", "the slot is lost until the area is initialised", Nothing),
        new(
            "labels.slot.number",
            "a label stands in another slot than it says",
            "the label does not count and its namespace is gone",
            "restore the area from a copy"
        ),
        new("labels.slots.full", "no slot is free", "every update fails (ENXIO)", "delete a namespace, or use a larger label area"),
        new("labels.slots.stale", "free slots hold old labels", "none; they may help to find lost namespaces", Nothing),
    ];
}

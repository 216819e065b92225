using Altmap.Core.Findings;

namespace Altmap.Formats.Labels;

/// <summary>What <see cref="LabelChecks"/> finds in a label area.</summary>
public static class LabelFindings
{
    /// <summary>All of them.</summary>
    public static readonly FindingTable Table = new("labels.");

    private const string Save =
        "restore the area from a copy (ndctl write-labels); without one keep a dump of this one: the labels behind the index blocks are "
        + "usually whole, and altmap labels repair makes an area of them";
    private const string RestoreOrFree = "restore the area from a copy (ndctl write-labels), or mark the slot free";
    private const string NextUpdate = "nothing: the next update of the namespace writes it anew";
    private const string Validate = "drivers/nvdimm/label.c __nd_label_validate() (5.10, 6.1, 6.12, 7.2)";
    private const string Slot = "drivers/nvdimm/label.c slot_valid() (5.10, 6.1, 6.12, 7.2)";
    private const string Region = "drivers/nvdimm/namespace_devs.c create_namespace_pmem(), scan_labels() (6.1)";
    private const string Reserve = "drivers/nvdimm/label.c nd_label_reserve_dpa() (5.10, 6.1, 6.12, 7.2)";

    /// <summary>The label area holds zeroes.</summary>
    public static readonly FindingCode AreaBlank = Table.Add(
        "area.blank",
        Severity.Note,
        "the label area holds zeroes",
        "the DIMM's regions are one namespace each",
        "nothing; ndctl init-labels makes the DIMM's regions take several namespaces",
        Validate
    );

    /// <summary>The dump ends inside of the area.</summary>
    public static readonly FindingCode AreaCut = Table.Add(
        "area.cut",
        Severity.Error,
        "the dump ends inside of the label area",
        "labels behind its end are not in it; written back, the DIMM would lose them",
        "dump the area again (ndctl read-labels -o FILE), whole",
        ""
    );

    /// <summary>No index block tells the size of the area.</summary>
    public static readonly FindingCode AreaSizeAssumed = Table.Add(
        "area.size-assumed",
        Severity.Warning,
        "the dump is taken for the whole area: no index block says how large it is",
        "if it is only a part, labels behind its end are not in it, and are lost when it is written back",
        "compare with the DIMM (ndctl read-labels nmemN | wc -c), and give altmap labels repair --size",
        ""
    );

    /// <summary>The dump is longer than the area.</summary>
    public static readonly FindingCode AreaOverlong = Table.Add(
        "area.overlong",
        Severity.Warning,
        "the dump is longer than the label area that its index blocks divide",
        "ndctl write-labels writes what fits; what is behind is something else",
        "cut it to the size of the area",
        ""
    );

    /// <summary>The label area cannot hold two index blocks and two labels.</summary>
    public static readonly FindingCode AreaTooSmall = Table.Add(
        "area.too-small",
        Severity.Error,
        "the label area cannot hold two index blocks and two labels",
        "the DIMM does not come up",
        "give the DIMM a larger label area",
        "drivers/nvdimm/label.c sizeof_namespace_index() (5.10, 6.1, 6.12, 7.2)"
    );

    /// <summary>The checksum of an index block does not fit.</summary>
    public static readonly FindingCode IndexChecksum = Table.Add(
        "index.checksum",
        Severity.Warning,
        "the checksum of an index block does not fit",
        "this block does not count",
        "nothing while the other index rules: the next update rewrites this one",
        Validate
    );

    /// <summary>This index block rules.</summary>
    public static readonly FindingCode IndexCurrent = Table.Add(
        "index.current",
        Severity.Note,
        "this index block rules",
        "the labels are those it lists",
        "nothing",
        Validate
    );

    /// <summary>Both index blocks have the same sequence number.</summary>
    public static readonly FindingCode IndexEqualSequence = Table.Add(
        "index.equal-sequence",
        Severity.Warning,
        "both index blocks have the same sequence number",
        "the second one is taken",
        "compare both indexes before anything is written",
        "drivers/nvdimm/label.c best_seq() (5.10, 6.1, 6.12, 7.2)"
    );

    /// <summary>The label size of an index block is not that of its version.</summary>
    public static readonly FindingCode IndexLabelSize = Table.Add(
        "index.label-size",
        Severity.Warning,
        "the label size of an index block is not that of its version",
        "this block does not count",
        "nothing while the other index rules: the next update rewrites this one",
        Validate
    );

    /// <summary>Labeloff is not behind the index blocks.</summary>
    public static readonly FindingCode IndexLabelOffset = Table.Add(
        "index.labeloff",
        Severity.Warning,
        "labeloff is not behind the index blocks",
        "this block does not count",
        "nothing while the other index rules: the next update rewrites this one",
        Validate
    );

    /// <summary>Myoff is not where the block stands.</summary>
    public static readonly FindingCode IndexMyOffset = Table.Add(
        "index.myoff",
        Severity.Warning,
        "myoff is not where the block stands",
        "this block does not count",
        "nothing while the other index rules: the next update rewrites this one",
        Validate
    );

    /// <summary>Mysize is not the size of an index block.</summary>
    public static readonly FindingCode IndexMySize = Table.Add(
        "index.mysize",
        Severity.Warning,
        "mysize is not the size of an index block",
        "this block does not count",
        "nothing while the other index rules: the next update rewrites this one",
        Validate
    );

    /// <summary>No index block is valid.</summary>
    public static readonly FindingCode IndexNoneValid = Table.Add(
        "index.none-valid",
        Severity.Error,
        "no index block is valid",
        "the DIMM counts as label-less and its namespaces are gone",
        Save,
        Validate
    );

    /// <summary>Nslot is more than fits behind the index blocks.</summary>
    public static readonly FindingCode IndexSlotCount = Table.Add(
        "index.nslot",
        Severity.Warning,
        "nslot is more than fits behind the index blocks",
        "this block does not count",
        "nothing while the other index rules: the next update rewrites this one",
        Validate
    );

    /// <summary>Nslot is more than area or bitmap have.</summary>
    public static readonly FindingCode IndexSlotCountBeyondEnd = Table.Add(
        "index.nslot-beyond-end",
        Severity.Error,
        "nslot is more than area or bitmap have",
        "a kernel that accepts it reads past the end",
        Save,
        Validate
    );

    /// <summary>Nslot is less than would fit.</summary>
    public static readonly FindingCode IndexSlotCountSmall = Table.Add(
        "index.nslot-small",
        Severity.Note,
        "nslot is less than would fit",
        "slots behind are never used",
        "nothing",
        Validate
    );

    /// <summary>Otheroff is not where the other block stands.</summary>
    public static readonly FindingCode IndexOtherOffset = Table.Add(
        "index.otheroff",
        Severity.Warning,
        "otheroff is not where the other block stands",
        "this block does not count",
        "nothing while the other index rules: the next update rewrites this one",
        Validate
    );

    /// <summary>The sequence number is 0 in its low two bits.</summary>
    public static readonly FindingCode IndexSequence = Table.Add(
        "index.sequence",
        Severity.Warning,
        "the sequence number is 0 in its low two bits",
        "this block does not count",
        "nothing while the other index rules: the next update rewrites this one",
        Validate
    );

    /// <summary>The signature of an index block is missing or damaged.</summary>
    public static readonly FindingCode IndexSignature = Table.Add(
        "index.signature",
        Severity.Warning,
        "the signature of an index block is missing or damaged",
        "this block does not count",
        "nothing while the other index rules: the next update rewrites this one",
        Validate
    );

    /// <summary>The abstraction GUID is none that the kernel knows.</summary>
    public static readonly FindingCode AbstractionUnknown = Table.Add(
        "label.abstraction-unknown",
        Severity.Warning,
        "the abstraction GUID is none that the kernel knows",
        "the namespace stays raw",
        "set the mode anew with ndctl create-namespace -e",
        "drivers/nvdimm/label.c guid_to_nvdimm_cclass() (6.1)"
    );

    /// <summary>Labels carry different interleave-set cookies.</summary>
    public static readonly FindingCode CookiesDiffer = Table.Add(
        "label.cookies-differ",
        Severity.Note,
        "labels carry different interleave-set cookies",
        "those with a wrong cookie are ignored by their region",
        "a label of another set is skipped and its space stays blocked: free it if the DIMM will not go back there",
        Region
    );

    /// <summary>A label of 0 bytes.</summary>
    public static readonly FindingCode DpaEmpty = Table.Add(
        "label.dpa-empty",
        Severity.Error,
        "a label of 0 bytes",
        "the DIMM does not come up (EBUSY), or, where the label is at 0, its region does not",
        RestoreOrFree,
        Reserve
    );

    /// <summary>Two labels claim the same bytes.</summary>
    public static readonly FindingCode DpaOverlap = Table.Add(
        "label.dpa-overlap",
        Severity.Error,
        "two labels claim the same bytes",
        "the DIMM does not come up (EBUSY)",
        "find out which one is right, and free the other's slot",
        Reserve
    );

    /// <summary>A label ends beyond 64 bits.</summary>
    public static readonly FindingCode DpaWraps = Table.Add(
        "label.dpa-wraps",
        Severity.Error,
        "a label ends beyond 64 bits",
        "the DIMM does not come up (EBUSY)",
        RestoreOrFree,
        Reserve
    );

    /// <summary>Two labels have the same uuid and position.</summary>
    public static readonly FindingCode DuplicateUuid = Table.Add(
        "label.duplicate-uuid",
        Severity.Error,
        "two labels have the same uuid and position",
        "the region takes one of them, or fails",
        "free all but the right one",
        Region
    );

    /// <summary>Flags that nobody defined.</summary>
    public static readonly FindingCode FlagsUnknown = Table.Add(
        "label.flags-unknown",
        Severity.Note,
        "flags that nobody defined",
        "none: kernels do not look at them",
        NextUpdate,
        Region
    );

    /// <summary>A sector size that does not exist.</summary>
    public static readonly FindingCode LbaSize = Table.Add(
        "label.lbasize",
        Severity.Warning,
        "a sector size that does not exist",
        "it is taken as 512",
        NextUpdate,
        "drivers/nvdimm/namespace_devs.c pmem_sector_size() (6.1)"
    );

    /// <summary>The LOCAL flag (block mode).</summary>
    public static readonly FindingCode Local = Table.Add(
        "label.local",
        Severity.Warning,
        "the LOCAL flag (block mode)",
        "kernels differ in what they make of it",
        "use it with the kernel that wrote it",
        "drivers/nvdimm/namespace_devs.c scan_labels() (5.10, 6.1)"
    );

    /// <summary>The name fills its 64 bytes.</summary>
    public static readonly FindingCode NameUnterminated = Table.Add(
        "label.name-unterminated",
        Severity.Warning,
        "the name fills its 64 bytes",
        "the last character is cut off",
        NextUpdate,
        Region
    );

    /// <summary>Position is not below nlabel.</summary>
    public static readonly FindingCode Position = Table.Add(
        "label.position",
        Severity.Error,
        "position is not below nlabel",
        "the region fails",
        RestoreOrFree,
        Region
    );

    /// <summary>Reserved bytes are not zero.</summary>
    public static readonly FindingCode Reserved = Table.Add(
        "label.reserved",
        Severity.Note,
        "reserved bytes are not zero",
        "the next update drops them",
        "nothing",
        Region
    );

    /// <summary>An update over the DIMMs of a set was interrupted.</summary>
    public static readonly FindingCode Updating = Table.Add(
        "label.updating",
        Severity.Warning,
        "an update over the DIMMs of a set was interrupted",
        "the labels of the set may differ",
        "check the labels of the other DIMMs of the set; the next update of the namespace writes this one anew",
        "drivers/nvdimm/label.c nd_pmem_namespace_label_update() (6.1): never looked at when reading"
    );

    /// <summary>The uuid is zero.</summary>
    public static readonly FindingCode UuidZero = Table.Add(
        "label.uuid-zero",
        Severity.Warning,
        "the uuid is zero",
        "the namespace has no name that lasts",
        RestoreOrFree,
        Region
    );

    /// <summary>There are more findings about slots than are listed.</summary>
    public static readonly FindingCode More = Table.Add(
        "more",
        Severity.Note,
        "there are more findings about slots than are listed",
        "the rest is not shown",
        "mend these first",
        ""
    );

    /// <summary>The checksum of a label does not fit.</summary>
    public static readonly FindingCode SlotChecksum = Table.Add(
        "slot.checksum",
        Severity.Error,
        "the checksum of a label does not fit",
        "the label does not count and its namespace is gone",
        RestoreOrFree,
        Slot
    );

    /// <summary>A slot is marked used and holds no label.</summary>
    public static readonly FindingCode SlotEmpty = Table.Add(
        "slot.empty",
        Severity.Warning,
        "a slot is marked used and holds no label",
        "the slot is lost until the area is initialised",
        RestoreOrFree,
        Slot
    );

    /// <summary>A label stands in another slot than it says.</summary>
    public static readonly FindingCode SlotNumber = Table.Add(
        "slot.number",
        Severity.Error,
        "a label stands in another slot than it says",
        "the label does not count and its namespace is gone",
        RestoreOrFree,
        Slot
    );

    /// <summary>No slot is free.</summary>
    public static readonly FindingCode SlotsFull = Table.Add(
        "slots.full",
        Severity.Warning,
        "no slot is free",
        "every update fails (ENXIO)",
        "destroy a namespace that is no longer needed, or use a larger label area",
        "drivers/nvdimm/label.c __pmem_label_update() (6.1)"
    );

    /// <summary>Free slots hold old labels.</summary>
    public static readonly FindingCode SlotsStale = Table.Add(
        "slots.stale",
        Severity.Note,
        "free slots hold old labels",
        "none; they may help to find lost namespaces",
        "nothing: they do not count",
        Slot
    );
}

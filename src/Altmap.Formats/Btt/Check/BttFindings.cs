using Altmap.Core.Findings;

namespace Altmap.Formats.Btt.Check;

/// <summary>What <see cref="BttCheck"/> finds in a BTT.</summary>
public static class BttFindings
{
    /// <summary>All of them.</summary>
    public static readonly FindingTable Table = new("btt.");

    private const string Load = "drivers/nvdimm/btt.c discover_arenas() (5.10, 6.1, 6.12, 7.2)";
    private const string Probe = "drivers/nvdimm/btt_devs.c nd_btt_probe(), nd_btt_arena_is_valid() (5.10, 6.1, 6.12, 7.2)";
    private const string Layout = "drivers/nvdimm/btt.c alloc_arena(), create_arenas() (5.10, 6.1, 6.12, 7.2)";
    private const string Log = "drivers/nvdimm/btt.c btt_log_get_old(), btt_freelist_init() (5.10, 6.1, 6.12, 7.2)";
    private const string LogIndex = "drivers/nvdimm/btt.c log_set_indices() (5.10, 6.1, 6.12, 7.2)";
    private const string Map = "drivers/nvdimm/btt.c btt_map_read(), btt_read_pg(), btt_write_pg() (5.10, 6.1, 6.12, 7.2)";
    private const string Repair = "altmap btt repair IMAGE puts it right and loses nothing; with --dry-run it shows what it would write";
    private const string KeepOff = "keep the namespace from being loaded until it is repaired: the kernel makes it worse";

    /// <summary>First block bad, copy good.</summary>
    public static readonly FindingCode InfoFirst = Table.Add(
        "info.first",
        Severity.Error,
        "the first info-block of an arena is damaged, its copy is whole",
        "the kernel looks at the first block alone: the namespace comes up raw, or is refused. Nothing is lost",
        Repair,
        Probe
    );

    /// <summary>Copy bad, first block good.</summary>
    public static readonly FindingCode InfoCopy = Table.Add(
        "info.copy",
        Severity.Error,
        "the copy of an info-block at the arena's end is damaged or missing",
        "everything works, until the first block is damaged too: then nothing says what is where",
        Repair,
        Layout
    );

    /// <summary>Both whole and different.</summary>
    public static readonly FindingCode InfoDiffer = Table.Add(
        "info.differ",
        Severity.Error,
        "the two info-blocks of an arena are both whole and say different things",
        "the kernel believes the first one",
        "look at both (altmap btt info IMAGE); the one that fits the namespace and its log is right",
        Probe
    );

    /// <summary>Neither is left.</summary>
    public static readonly FindingCode InfoBoth = Table.Add(
        "info.both",
        Severity.Error,
        "neither info-block of an arena can be used",
        "the kernel shows a raw namespace, or refuses it. The data are still there: the log shows what the geometry was",
        "altmap btt repair IMAGE computes the geometry anew and writes both blocks; the uuid is lost. Keep a copy of the image, "
            + "and do not create the namespace anew",
        Layout
    );

    /// <summary>Fields that cannot be.</summary>
    public static readonly FindingCode InfoGeometry = Table.Add(
        "info.geometry",
        Severity.Error,
        "an info-block with a right checksum says what cannot be",
        "the kernel checks none of it: it serves wrong data and writes into the wrong places as soon as it loads the namespace",
        KeepOff + "; " + Repair,
        Load
    );

    /// <summary>Not what a kernel makes.</summary>
    public static readonly FindingCode InfoForeign = Table.Add(
        "info.foreign",
        Severity.Note,
        "the geometry is not the one that a kernel makes here",
        "other software made the BTT, or the namespace had another size then; kernels take it as it is",
        "nothing, if that is so",
        Layout
    );

    /// <summary>Version does not belong there.</summary>
    public static readonly FindingCode InfoVersion = Table.Add(
        "info.version",
        Severity.Error,
        "an info-block has another version than belongs to its place",
        "of the first arena the kernel shows a raw namespace; ndctl would copy the wrong block over a right one",
        Repair,
        Probe
    );

    /// <summary>Another namespace's.</summary>
    public static readonly FindingCode InfoParent = Table.Add(
        "info.parent",
        Severity.Error,
        "the BTT belongs to a namespace with another uuid",
        "the kernel does not take it: the namespace comes up raw, or as something else",
        "give the label back its uuid (altmap labels), or, when the BTT is a leftover, zero it before a new one is made",
        Probe
    );

    /// <summary>The flag.</summary>
    public static readonly FindingCode InfoErrorFlag = Table.Add(
        "info.error-flag",
        Severity.Error,
        "an info-block has its error flag set",
        "reads work, every write to the arena fails (EIO). Nothing in Linux sets the flag",
        "find out why; when all else is right, altmap btt repair IMAGE --clear-error-flag",
        Load
    );

    /// <summary>Arenas disagree.</summary>
    public static readonly FindingCode ArenaMismatch = Table.Add(
        "arena.mismatch",
        Severity.Error,
        "the arenas of a BTT do not belong together",
        "the kernel takes sector size and uuid from the first one: the others are misread",
        "look at all (altmap btt info IMAGE); one may be left over from an earlier BTT",
        Load
    );

    /// <summary>A later arena is not there.</summary>
    public static readonly FindingCode ArenaMissing = Table.Add(
        "arena.missing",
        Severity.Error,
        "an arena that the one before it announces is not there",
        "the kernel refuses the namespace for ever (Found corrupted metadata!)",
        "when the BTT was never used, its creation was cut short: altmap btt repair IMAGE lays down the rest",
        Load
    );

    /// <summary>The image ends before.</summary>
    public static readonly FindingCode MediaShort = Table.Add(
        "media.short",
        Severity.Error,
        "the image ends before the BTT does",
        "what is behind its end is not judged",
        "give the whole namespace",
        Layout
    );

    /// <summary>2.0 without a label that says so.</summary>
    public static readonly FindingCode PlaceUnlabelled = Table.Add(
        "place.unlabelled",
        Severity.Error,
        "a BTT of version 2.0 in a namespace whose label does not say so",
        "the kernel looks at 4096 only and shows a raw namespace: whoever writes to it destroys the BTT",
        "give the namespace a 1.2 label with the abstraction GUID 18633bfc-1735-4217-8ac9-17239282d3f8; the data are all there",
        "drivers/nvdimm/btt_devs.c nd_btt_version() (5.10, 6.1, 6.12, 7.2)"
    );

    /// <summary>Two ways of padding.</summary>
    public static readonly FindingCode LogOldLayout = Table.Add(
        "log.old-layout",
        Severity.Note,
        "the log is laid out as kernels before 4.15 did",
        "all kernels since read and write it as it is",
        "nothing; altmap btt repair IMAGE --convert-log converts it, safe at every write",
        LogIndex
    );

    /// <summary>Bytes where padding belongs.</summary>
    public static readonly FindingCode LogPadding = Table.Add(
        "log.padding",
        Severity.Error,
        "slots of the log that are padding are not zero",
        "the kernel cannot tell which slots are used and refuses the namespace (Unable to deduce log/padding indices)",
        Repair,
        LogIndex
    );

    /// <summary>The kernel refuses the pair.</summary>
    public static readonly FindingCode LogSequence = Table.Add(
        "log.sequence",
        Severity.Error,
        "a lane of the log has sequence numbers that cannot be",
        "the kernel refuses the namespace (log corruption). Lost is the number of the lane's free block, which the map tells",
        Repair,
        Log
    );

    /// <summary>The kernel loads the pair and destroys.</summary>
    public static readonly FindingCode LogSequenceLoads = Table.Add(
        "log.sequence-loads",
        Severity.Error,
        "a lane of the log has sequence numbers that cannot be, and the kernel does not see it",
        "the namespace loads; the next write by a processor of that lane may overwrite another sector in silence",
        KeepOff + "; " + Repair,
        Log
    );

    /// <summary>Numbers out of range.</summary>
    public static readonly FindingCode LogRange = Table.Add(
        "log.range",
        Severity.Error,
        "the newest entry of a lane names blocks that are not there",
        "the kernel loads it: the lane then fails all its writes, or the load itself writes into the log",
        KeepOff + "; " + Repair,
        Log
    );

    /// <summary>A fresh lane with two blocks.</summary>
    public static readonly FindingCode LogUnused = Table.Add(
        "log.unused",
        Severity.Error,
        "a lane that was never used names two different free blocks",
        "the namespace loads; the next write by a processor of that lane may overwrite another sector in silence",
        KeepOff + "; " + Repair,
        Log
    );

    /// <summary>Unreadable.</summary>
    public static readonly FindingCode LogUnreadable = Table.Add(
        "log.unreadable",
        Severity.Error,
        "the log cannot be read",
        "the kernel refuses the namespace; the map says what is where",
        "copy what can be read with ddrescue and repair the copy",
        Log
    );

    /// <summary>Crash between log and map.</summary>
    public static readonly FindingCode LogPending = Table.Add(
        "log.pending",
        Severity.Note,
        "a write was cut short between log and map",
        "a plain crash state and no damage: the next load completes it, and the sector has its new data",
        "nothing; altmap btt repair IMAGE completes it too",
        Log
    );

    /// <summary>Two writes pending on one sector.</summary>
    public static readonly FindingCode LogPendingTwice = Table.Add(
        "log.pending-twice",
        Severity.Error,
        "two lanes have a write to the same sector that was cut short",
        "the protocol never leaves that; the load completes both, and the later lane wins",
        "look at both contents first (altmap btt map IMAGE), and keep a copy of the image",
        Log
    );

    /// <summary>Free and mapped.</summary>
    public static readonly FindingCode FreeMapped = Table.Add(
        "free.mapped",
        Severity.Error,
        "a block that holds a sector is free in a lane of the log",
        "the namespace loads; the next write by a processor of that lane overwrites the sector in silence",
        KeepOff + "; " + Repair,
        Log
    );

    /// <summary>Free twice.</summary>
    public static readonly FindingCode FreeTwice = Table.Add(
        "free.twice",
        Severity.Error,
        "two lanes of the log have the same free block",
        "the namespace loads; what one lane writes there, the other overwrites in silence",
        KeepOff + "; " + Repair,
        Log
    );

    /// <summary>Named twice in the map.</summary>
    public static readonly FindingCode MapDuplicate = Table.Add(
        "map.duplicate",
        Severity.Error,
        "two sectors share a block",
        "one of them reads the other's data",
        "altmap btt repair IMAGE resolves what can be proven; for the rest it offers what is safe and says what that costs",
        Map
    );

    /// <summary>Out of range.</summary>
    public static readonly FindingCode MapRange = Table.Add(
        "map.range",
        Severity.Error,
        "a map entry names a block that is not there",
        "the sector cannot be read (EIO), or reads as bytes of the map or log; reading it changes the entry",
        Repair,
        Map
    );

    /// <summary>Error flag.</summary>
    public static readonly FindingCode MapError = Table.Add(
        "map.error",
        Severity.Error,
        "sectors are marked as unreadable",
        "reading them gives EIO until they are written again. The kernel sets the mark when a read fails; often the medium is fine again",
        "altmap btt read IMAGE LBA --ignore-error shows what the block holds; altmap btt repair IMAGE --clear-errors takes the mark off",
        Map
    );

    /// <summary>Trimmed.</summary>
    public static readonly FindingCode MapTrimmed = Table.Add(
        "map.trimmed",
        Severity.Warning,
        "sectors are marked as trimmed",
        "they read as zeros, and with 512-byte sectors the kernel does not read those behind them in the same page. Linux never "
            + "sets the mark",
        "nothing, if other software trimmed them",
        Map
    );

    /// <summary>Nobody's.</summary>
    public static readonly FindingCode BlockLost = Table.Add(
        "block.lost",
        Severity.Error,
        "blocks that nobody names",
        "each was a sector's, or a lane's free block, until a map entry or a lane was damaged",
        "altmap btt extract IMAGE --orphans saves what is in them; " + Repair,
        Map
    );

    /// <summary>Part of the map cannot be read.</summary>
    public static readonly FindingCode MapUnreadable = Table.Add(
        "map.unreadable",
        Severity.Error,
        "part of the map cannot be read",
        "which block belongs to which of these sectors is not known",
        "copy what can be read with ddrescue and check the copy",
        Map
    );
}

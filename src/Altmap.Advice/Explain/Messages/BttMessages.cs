using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Explain.Messages;

/// <summary>Messages of the BTT driver (sector mode).</summary>
internal static class BttMessages
{
    public static readonly ImmutableArray<MessagePage> All =
    [
        new(
            "No existing arenas",
            "kernel, discover_arenas() (drivers/nvdimm/btt.c)",
            Severity.Note,
            "a new BTT is laid down: there was none. On a namespace that should hold data this is bad: the first info-block was "
                + "not valid",
            "where data was expected: stop writing at once, and look at the second info-block at the arena's end (altmap btt check)"
        ),
        new(
            "Found corrupted metadata!",
            "kernel, discover_arenas()",
            Severity.Error,
            "the chain of arenas breaks: an info-block behind the first is damaged",
            "read the namespace raw and keep a copy; the second info-block at the arena's end may be whole: altmap btt check FILE"
        ),
        new(
            "Found arena with an error flag",
            "kernel, btt_meta_init(), nd_btt_probe()",
            Severity.Error,
            "the arena was marked bad: reads work, every write fails with EIO",
            "copy the data out; then make the namespace anew"
        ),
        new(
            "log corruption (*): lane * seq [*, *]",
            "kernel, btt_freelist_init(), btt_log_read()",
            Severity.Error,
            "both halves of a lane's log have sequence numbers that cannot follow each other: the BTT is refused. The sectors "
                + "themselves are untouched",
            "keep a raw copy; altmap btt check FILE says which lane, and what can be mended"
        ),
        new(
            "Found an unknown padding scheme",
            "kernel, log_set_indices()",
            Severity.Error,
            "the log of the lanes is in none of the two known layouts",
            "keep a raw copy; altmap btt check FILE"
        ),
        new(
            "Unable to deduce log/padding indices",
            "kernel, log_set_indices()",
            Severity.Error,
            "the log of the lanes is damaged so that its layout is not known",
            "keep a raw copy; altmap btt check FILE"
        ),
        new(
            "init: error in arena_discover: -*",
            "kernel, btt_init()",
            Severity.Error,
            "the BTT cannot be used; the number is the errno, the line before says why",
            "read the namespace raw and keep a copy first"
        ),
        new(
            "init: error in meta_init: -*",
            "kernel, btt_init()",
            Severity.Error,
            "a new BTT could not be written",
            "look for media errors"
        ),
        new(
            "init: error in blk_init: -*",
            "kernel, btt_init()",
            Severity.Error,
            "the block device could not be made",
            "look at the lines before"
        ),
        new(
            "nfree * smaller than lane count *",
            "kernel, parse_arena_meta()",
            Severity.Error,
            "the arena has fewer free blocks than the kernel wants lanes (256)",
            "keep a raw copy; altmap btt check FILE"
        ),
        new(
            "is read-only, unable to init btt metadata",
            "kernel, btt_init()",
            Severity.Error,
            "the region is read-only and has no BTT yet",
            "echo 0 > read_only of the region"
        ),
        new(
            "Unable to clear known errors",
            "kernel, btt_freelist_init()",
            Severity.Warning,
            "a block with a media error could not be cleared; nothing is lost if the map still names it",
            "ndctl list --media-errors; replace the medium"
        ),
        new(
            "io error in * sector *, len *",
            "kernel, btt_submit_bio()",
            Severity.Error,
            "a sector could not be read or written",
            "copy out what reads; altmap btt check FILE names the map entries with error flags"
        ),
        new(
            "request out of range",
            "kernel, nsio_rw_bytes() (drivers/nvdimm/claim.c)",
            Severity.Error,
            "the BTT's metadata names a place outside of the namespace",
            "keep a raw copy; altmap btt check FILE"
        ),
    ];
}

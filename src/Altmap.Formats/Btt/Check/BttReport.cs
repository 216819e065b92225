using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;

namespace Altmap.Formats.Btt.Check;

/// <summary>What is known of a namespace beside its bytes.</summary>
/// <param name="Subject">What findings call it.</param>
/// <param name="ParentUuid">The label's uuid; zero: the namespace has no label; null: nobody said.</param>
/// <param name="Version">Where the kernel looks, by the label's claim class; null: nobody said.</param>
public sealed record BttCheckRequest(Subject Subject, Uuid? ParentUuid = null, BttVersion? Version = null);

/// <summary>Which block the geometry of an arena was taken from.</summary>
public enum BttInfoOrigin
{
    /// <summary>The arena's first info-block.</summary>
    First,

    /// <summary>The copy at its end: the first one cannot be used.</summary>
    Copy,

    /// <summary>Neither can be used: computed from the size of the namespace, and the log and map agree with it.</summary>
    Computed,
}

/// <summary>Who names an internal block.</summary>
/// <param name="Block">The internal block.</param>
/// <param name="External">The external block (of the arena) whose map entry names it; null: a lane does.</param>
/// <param name="Entry">The map entry.</param>
/// <param name="Lane">The lane that has it free; null: a map entry.</param>
public readonly record struct BttOwner(uint Block, uint? External, uint Entry, uint? Lane);

/// <summary>A write that a crash cut short between log and map.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="External">The external block, of the arena.</param>
/// <param name="OldBlock">What the map still names.</param>
/// <param name="NewBlock">Where the data are.</param>
public readonly record struct BttPending(uint Lane, uint External, uint OldBlock, uint NewBlock);

/// <summary>What a pass over an arena's map found. Lists hold as many as <see cref="ListMax"/>; counts are exact.</summary>
public sealed record BttMapReport
{
    /// <summary>How many of a kind are listed one by one.</summary>
    public const int ListMax = 1 << 16;

    /// <summary>Entries never written: the block of the same number.</summary>
    public ulong Initial { get; init; }

    /// <summary>Entries of written sectors.</summary>
    public ulong Normal { get; init; }

    /// <summary>Entries marked with the error flag.</summary>
    public ulong Errors { get; init; }

    /// <summary>Entries marked as trimmed.</summary>
    public ulong Trimmed { get; init; }

    /// <summary>Entries that name no block of the arena.</summary>
    public ulong OutOfRange { get; init; }

    /// <summary>Blocks that nobody names.</summary>
    public ulong Lost { get; init; }

    /// <summary>Blocks that are named more than once.</summary>
    public ulong Shared { get; init; }

    /// <summary>Entries that could not be read.</summary>
    public ulong Unreadable { get; init; }

    /// <summary>External blocks and their entries.</summary>
    public ImmutableArray<(uint External, uint Entry)> ErrorList { get; init; } = [];

    /// <summary>External blocks that are trimmed.</summary>
    public ImmutableArray<uint> TrimmedList { get; init; } = [];

    /// <summary>External blocks and their entries.</summary>
    public ImmutableArray<(uint External, uint Entry)> OutOfRangeList { get; init; } = [];

    /// <summary>Blocks that nobody names, ascending.</summary>
    public ImmutableArray<uint> LostList { get; init; } = [];

    /// <summary>Everyone who names a block that is named more than once, by block, then in the order of map and lanes.</summary>
    public ImmutableArray<BttOwner> SharedList { get; init; } = [];

    /// <summary>External blocks whose entries could not be read: first, one past the last.</summary>
    public ImmutableArray<(uint Start, uint End)> UnreadableList { get; init; } = [];
}

/// <summary>An arena and what is wrong with it.</summary>
/// <param name="Number">From 0 on.</param>
/// <param name="Start">From the start of the namespace.</param>
/// <param name="Size">From there to the next arena, or to what the last one uses.</param>
/// <param name="Info">The geometry that it was judged by.</param>
/// <param name="Origin">Where that is from.</param>
/// <param name="FirstExternal">The external block of the disk that is block 0 of this arena.</param>
public sealed record BttArenaReport(
    int Number,
    MediaOffset Start,
    ByteSize Size,
    BttInfoBlock Info,
    BttInfoOrigin Origin,
    ulong FirstExternal
)
{
    /// <summary>True when the first info-block must be written.</summary>
    public bool WantsFirst { get; init; }

    /// <summary>True when the copy must be written.</summary>
    public bool WantsCopy { get; init; }

    /// <summary>The log; null when it could not be read.</summary>
    public BttFlog? Flog { get; init; }

    /// <summary>Lanes that cannot be used as they are.</summary>
    public ImmutableArray<uint> BadLanes { get; init; } = [];

    /// <summary>Writes that the next load completes.</summary>
    public ImmutableArray<BttPending> Pending { get; init; } = [];

    /// <summary>The map; null when it was not read.</summary>
    public BttMapReport? Map { get; init; }

    /// <summary>Bytes of a sector of the disk.</summary>
    public uint SectorBytes => BttConstants.DiskSectorSize(Info.ExternalLbaSize);

    /// <summary>First byte of an internal block, from the start of the namespace.</summary>
    public ulong DataAt(uint block) => Start.Bytes + Info.DataOffset + ((ulong)block * Info.InternalLbaSize);

    /// <summary>First byte of a map entry, from the start of the namespace.</summary>
    public ulong MapAt(uint external) => Start.Bytes + Info.MapOffset + ((ulong)external * BttMap.EntryBytes);

    /// <summary>First byte of a lane, from the start of the namespace.</summary>
    public ulong LaneAt(uint lane) => Start.Bytes + Info.LogOffset + ((ulong)lane * BttLog.LaneBytes);
}

/// <summary>What a namespace's bytes say about a BTT in it.</summary>
/// <param name="Version">By the blocks that were found; null: there is no BTT.</param>
/// <param name="Arenas">In order.</param>
/// <param name="Findings">Everything, in the order of arenas.</param>
public sealed record BttReport(BttVersion? Version, ImmutableArray<BttArenaReport> Arenas, ImmutableArray<Finding> Findings)
{
    /// <summary>No trace of a BTT.</summary>
    public static readonly BttReport None = new(null, [], []);

    /// <summary>True when there is a BTT, or what is left of one.</summary>
    public bool IsFound => Version is not null;

    /// <summary>True when nothing is wrong: notes do not count.</summary>
    public bool IsConsistent => IsFound && !Findings.Any(f => f.Severity != Severity.Note);

    /// <summary>True when every arena's log and map were read, and every block has one owner: the disk can be read and written.</summary>
    public bool IsUsable =>
        !Arenas.IsEmpty
        && !Findings.Any(f => f.Severity == Severity.Error && f.Code != BttFindings.MapError)
        && Arenas.All(a => a.Map is not null && a.Flog is not null);

    /// <summary>Sectors of the disk.</summary>
    public ulong Sectors => Arenas.Aggregate(0UL, (sum, a) => sum + a.Info.ExternalBlocks);
}

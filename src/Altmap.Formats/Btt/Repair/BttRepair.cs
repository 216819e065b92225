using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Btt.Repair;

/// <summary>What a repair may do beyond what cannot lose anything.</summary>
public sealed record BttRepairOptions
{
    /// <summary>Take the error flag off info-blocks, once everything else is right.</summary>
    public bool ClearErrorFlag { get; init; }

    /// <summary>Take the error marks off map entries: the sectors read again, as whatever their blocks hold.</summary>
    public bool ClearErrors { get; init; }

    /// <summary>Where two sectors share a block and nothing tells whose it is: give one of them a lost block, and mark both as
    /// unreadable.</summary>
    public bool MarkShared { get; init; }

    /// <summary>Where an entry that was never written and a written one share a block: take the first for one that was zeroed. May lose: if
    /// the written one was damaged, both sectors show wrong data afterwards.</summary>
    public bool AssumeZeroed { get; init; }

    /// <summary>Where a map entry and a lane share a block and nothing tells who is right: take the lane for the damaged one. May lose: if
    /// the entry was damaged, the sector's own block becomes free.</summary>
    public bool TrustMap { get; init; }

    /// <summary>Convert a log of kernels before 4.15 to the present form.</summary>
    public bool ConvertLog { get; init; }

    /// <summary>For info-blocks of which nothing is left.</summary>
    public Uuid Uuid { get; init; }

    /// <summary>Of the namespace's label, for the same; zero fits every namespace.</summary>
    public Uuid ParentUuid { get; init; }
}

/// <summary>A thing that a repair does, or leaves.</summary>
/// <param name="Code">The finding that it is about.</param>
/// <param name="What">In words.</param>
/// <param name="Loses">What it may lose; empty: nothing.</param>
public sealed record BttRepairAction(FindingCode Code, string What, string Loses = "");

/// <summary>A repair that was tried on a copy of the media in memory.</summary>
/// <param name="Plan">What to write, from the start of the namespace.</param>
/// <param name="Done">What that puts right.</param>
/// <param name="Left">What it does not, and why.</param>
/// <param name="After">The check of the media as they are afterwards.</param>
public sealed record BttRepairResult(
    WritePlan Plan,
    ImmutableArray<BttRepairAction> Done,
    ImmutableArray<BttRepairAction> Left,
    BttReport After
);

/// <summary>
/// Repairs of which no acknowledged sector can get lost; riskier ones only where they are asked for by name. Order on the media: map, log,
/// copies of info-blocks, first info-blocks, each durable before the next, so that a repair that was cut short is simply done again.
/// </summary>
public static class BttRepair
{
    /// <summary>Makes the plan, and tries it.</summary>
    public static BttRepairResult Plan(IMediaReader media, BttCheckRequest request, BttRepairOptions options)
    {
        BttReport before = BttCheck.Run(media, request);
        var recorder = new Recorder(media);
        var done = new List<BttRepairAction>();
        var left = new List<BttRepairAction>();
        foreach (BttArenaReport arena in before.Arenas)
            new ArenaRepair(recorder, arena, options, done, left).MapAndLog();
        LayDownMissing(recorder, before, done, left);
        foreach (BttArenaReport arena in before.Arenas.Reverse())
            Infos(recorder, before, arena, options, done, left);
        BttReport after = recorder.Plan.IsEmpty ? before : BttCheck.Run(recorder.Media, request);
        return new BttRepairResult(recorder.Plan, [.. done], [.. left], after);
    }

    private static void Infos(
        Recorder media,
        BttReport report,
        BttArenaReport arena,
        BttRepairOptions options,
        List<BttRepairAction> done,
        List<BttRepairAction> left
    )
    {
        BttVersion version = report.Version!;
        BttInfoBlock info = arena.Info;
        bool writesFirst = arena.WantsFirst,
            writesCopy = arena.WantsCopy;
        if (arena.Origin == BttInfoOrigin.First && writesCopy)
        {
            BttInfoCopy copy = BttInfoCopy.Read(media, arena.Start.Bytes + info.Info2Offset);
            if (copy.IsUsable(version, new ByteSize(media.LengthBytes - arena.Start.Bytes)))
            {
                left.Add(
                    new BttRepairAction(
                        BttFindings.InfoDiffer,
                        $"arena {arena.Number}: both info-blocks fit; a person must say which is right"
                    )
                );
                writesCopy = false;
            }
        }
        if (arena.Origin == BttInfoOrigin.Computed)
        {
            info = info with
            {
                Uuid = info.Uuid.IsZero ? options.Uuid : info.Uuid,
                ParentUuid = info.ParentUuid.IsZero ? options.ParentUuid : info.ParentUuid,
                VersionMajor = version.Major,
                VersionMinor = version.Minor,
                Flags = 0,
            };
            string twins = info.ExternalLbaSize switch
            {
                520 or 528 => "; 520 and 528 cannot be told apart",
                4104 or 4160 => "; 4104 and 4160 cannot be told apart",
                _ => "",
            };
            done.Add(
                new BttRepairAction(
                    BttFindings.InfoBoth,
                    $"arena {arena.Number}: both info-blocks computed anew, sector size {info.ExternalLbaSize}{twins}"
                )
            );
        }
        else if (info.HasErrorFlag && options.ClearErrorFlag)
        {
            info = info with { Flags = 0 };
            writesFirst = writesCopy = true;
            done.Add(new BttRepairAction(BttFindings.InfoErrorFlag, $"arena {arena.Number}: error flag taken off"));
        }
        else if (info.HasErrorFlag)
        {
            left.Add(
                new BttRepairAction(
                    BttFindings.InfoErrorFlag,
                    $"arena {arena.Number}: the error flag stays; --clear-error-flag takes it off"
                )
            );
        }
        byte[] bytes = info == arena.Info ? Original(media, arena) : info.ToBytes();
        if (writesCopy)
        {
            media.WriteDurably(arena.Start.Bytes + info.Info2Offset, bytes);
            if (arena.Origin == BttInfoOrigin.First && !info.HasErrorFlag && arena.WantsCopy)
                done.Add(
                    new BttRepairAction(BttFindings.InfoCopy, $"arena {arena.Number}: copy of the info-block restored from the first")
                );
        }
        if (writesFirst)
        {
            media.WriteDurably(arena.Start.Bytes, bytes);
            if (arena.Origin == BttInfoOrigin.Copy)
                done.Add(new BttRepairAction(BttFindings.InfoFirst, $"arena {arena.Number}: first info-block restored from its copy"));
        }
    }

    /// <summary>The block that is right, byte for byte.</summary>
    private static byte[] Original(IMediaReader media, BttArenaReport arena) =>
        arena.Origin switch
        {
            BttInfoOrigin.First => media.Read(arena.Start.Bytes, BttInfoBlock.SizeBytes),
            BttInfoOrigin.Copy => media.Read(arena.Start.Bytes + arena.Info.Info2Offset, BttInfoBlock.SizeBytes),
            _ => arena.Info.ToBytes(),
        };

    /// <summary>A creation that was cut short: later arenas are missing and the ones before were never written to.</summary>
    private static void LayDownMissing(Recorder media, BttReport report, List<BttRepairAction> done, List<BttRepairAction> left)
    {
        if (!report.Findings.Any(f => f.Code == BttFindings.ArenaMissing))
            return;
        bool isFresh = report.Arenas.All(a =>
            a.Map is { } map
            && map.Initial == a.Info.ExternalBlocks
            && a.Flog is { } flog
            && flog.Lanes.All(l => l.IsFresh && l.Second.IsZero && l.First.Block == l.Number)
        );
        if (!isFresh || report.Arenas.IsEmpty)
        {
            left.Add(
                new BttRepairAction(
                    BttFindings.ArenaMissing,
                    "an arena is missing and the others were used: it may still be found elsewhere"
                )
            );
            return;
        }
        BttInfoBlock info = report.Arenas[0].Info;
        ImmutableArray<BttArena> made = BttGeometry.Plan(
            new ByteSize(media.LengthBytes),
            report.Version!,
            info.ExternalLbaSize,
            info.Uuid,
            info.ParentUuid
        );
        foreach (PlanStep step in BttGeometry.LayDown(made.Skip(report.Arenas.Length)).Steps)
        {
            switch (step)
            {
                case PlanStep.Write write:
                    media.WriteDurably(write.Target.Bytes, write.Bytes.Span);
                    break;
                case PlanStep.Zero zero:
                    media.Zero(zero.Target.Bytes, zero.Count.Bytes);
                    media.Flush();
                    break;
            }
        }
        done.Add(
            new BttRepairAction(
                BttFindings.ArenaMissing,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{made.Length - report.Arenas.Length} arenas laid down that a cut creation left out"
                )
            )
        );
    }
}

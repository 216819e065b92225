using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Btt.Repair;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Images;

/// <summary>Something that was mended, or left.</summary>
/// <param name="Code">What was found.</param>
/// <param name="What">What was done, or why not.</param>
public sealed record ImageRepairAction(FindingCode Code, string What);

/// <summary>A repair that can be shown, carried out and undone.</summary>
/// <param name="Plan">From the start of the image.</param>
/// <param name="Done">What the plan mends.</param>
/// <param name="Left">What it does not.</param>
public sealed record ImageRepair(WritePlan Plan, ImmutableArray<ImageRepairAction> Done, ImmutableArray<ImageRepairAction> Left)
{
    private const string Unproven = "nothing tells what it was: no block that a kernel or ndctl writes for this size has these fields";

    /// <summary>Plans what cannot lose anything: BTTs by their own rules, info-blocks of which there is proof what they were, the half of a
    /// GPT of which the other is whole.</summary>
    /// <param name="image">The image; it stays as it is.</param>
    /// <param name="layout">Of it.</param>
    /// <param name="start">Physical address of the image's first byte; null: aligned.</param>
    /// <param name="subject">What findings call it.</param>
    public static ImageRepair Of(IMediaReader image, ImageLayout layout, PhysicalAddress? start, Subject subject)
    {
        ArgumentNullException.ThrowIfNull(layout);
        WritePlan plan = WritePlan.Empty;
        var done = ImmutableArray.CreateBuilder<ImageRepairAction>();
        var left = ImmutableArray.CreateBuilder<ImageRepairAction>();
        foreach (ImageNamespace ns in layout.Namespaces)
        {
            ByteSize at = ns.Place.Start - new MediaOffset(0);
            if (ns.Mode == "sector")
            {
                BttRepairResult btt = BttRepair.Plan(
                    ns.Media,
                    new BttCheckRequest(subject, ns.Place.Label, ns.Place.Claim is { } claim ? Formats.Btt.BttVersion.Of(claim) : null),
                    new BttRepairOptions { ParentUuid = ns.ParentUuid }
                );
                plan = plan.Then(btt.Plan.Shifted(at));
                done.AddRange(btt.Done.Select(a => new ImageRepairAction(a.Code, a.What)));
                left.AddRange(btt.Left.Select(a => new ImageRepairAction(a.Code, a.What)));
                if (!btt.Plan.IsEmpty)
                    continue; // the disk inside is looked at once its BTT is whole
            }
            else if (ns.Settings is null && IsDamagedBlock(ns))
            {
                plan = plan.Then(MendBlock(ns, start, done, left).Shifted(at));
                continue;
            }
            if (ns.Content?.Table is { Kind: PartitionTableKind.Gpt } table && (!table.IsPrimaryRight || !table.IsBackupRight))
                plan = plan.Then(MendTable(ns, table, done, left));
        }
        return new ImageRepair(plan, done.ToImmutable(), left.ToImmutable());
    }

    /// <summary>A signature with a wrong checksum, or the checksum of a block that lost its signature.</summary>
    private static bool IsDamagedBlock(ImageNamespace ns)
    {
        InfoBlockView view = ns.View;
        if (!view.IsWhole)
            return false;
        return view.Kind is not null
            || (view.VersionMajor == 1 && view.VersionMinor <= 4 && view.Mode is 1 or 2 && view.DataOffset > 0 && view.Checksum != 0);
    }

    private static WritePlan MendBlock(
        ImageNamespace ns,
        PhysicalAddress? start,
        ImmutableArray<ImageRepairAction>.Builder done,
        ImmutableArray<ImageRepairAction>.Builder left
    )
    {
        var address = new PhysicalAddress(start is { } first ? checked(first.Bytes + ns.Place.Start.Bytes) : 0);
        var extent = new NamespaceExtent(new PhysicalRange(address, ns.Place.Size), ns.ParentUuid);
        FindingCode code = ns.View.Kind is null ? PfnFindings.Signature : PfnFindings.Checksum;
        if (InfoBlockProof.Find(ns.Head.AsSpan((int)InfoBlock.StartBytes), extent) is not { } proof)
        {
            if (ns.View.Kind is not null)
                left.Add(new ImageRepairAction(code, Unproven));
            return WritePlan.Empty;
        }
        done.Add(
            new ImageRepairAction(
                code,
                $"{string.Join(", ", proof.Fields)} of the info-block as "
                    + (
                        proof.IsProven
                            ? "the old checksum confirms"
                            : "every other field asks: they are those of a block for this size; the uuid is taken as it stands"
                    )
            )
        );
        return WritePlan.Of(new MediaOffset(InfoBlock.StartBytes), proof.Block);
    }

    private static WritePlan MendTable(
        ImageNamespace ns,
        PartitionTable table,
        ImmutableArray<ImageRepairAction>.Builder done,
        ImmutableArray<ImageRepairAction>.Builder left
    )
    {
        FindingCode code = table.IsPrimaryRight ? ImageFindings.GptBackup : ImageFindings.GptPrimary;
        if (ns.DataStart is not { } start || ns.OpenData() is not { } data)
        {
            left.Add(new ImageRepairAction(code, "in sector mode: altmap btt export IMAGE, sgdisk -e, altmap btt import"));
            return WritePlan.Empty;
        }
        var recorder = new Recorder(data);
        if (!GptRepair.Record(data, table, recorder))
        {
            left.Add(new ImageRepairAction(code, "a partition or the table itself reaches to where it would have to be"));
            return WritePlan.Empty;
        }
        done.Add(
            new ImageRepairAction(
                code,
                table.IsPrimaryRight
                    ? $"the copy of the GPT at the end of the disk, from the first"
                    : "the first GPT header and its entries, from the copy"
            )
        );
        return recorder.Plan.Shifted(start - new MediaOffset(0));
    }
}

using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Recognition;

namespace Altmap.Formats.Images;

/// <summary>Everything that is wrong with an image, on every level. Nothing is written.</summary>
public static class ImageChecks
{
    private static readonly ByteSize Unit = ByteSize.MiB(2);

    /// <summary>Findings, the heavy ones first. Places count from the start of the namespace that the subject names, of the label area, or
    /// of the image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="layout">Of it.</param>
    /// <param name="start">Physical address of the image's first byte; null: alignment is taken as right.</param>
    /// <param name="kernel">Whose rules.</param>
    /// <param name="arch">The architecture.</param>
    /// <param name="subject">What findings call the image.</param>
    public static ImmutableArray<Finding> Validate(
        IMediaReader image,
        ImageLayout layout,
        PhysicalAddress? start,
        KernelProfile kernel,
        ArchitectureRules arch,
        Subject subject
    )
    {
        ArgumentNullException.ThrowIfNull(layout);
        var findings = new List<Finding>();
        if (layout.Labels is { } labels)
            findings.AddRange(
                LabelChecks
                    .Validate(MediaSlice.Of(image, labels.Start.Bytes, image.LengthBytes - labels.Start.Bytes), kernel)
                    .Where(f => f.Code != LabelFindings.IndexCurrent)
                    .Select(f => f with { Subject = new Subject(SubjectKind.LabelArea, $"{subject.Name}: label area") })
            );
        CheckLabels(findings, layout, subject);
        foreach (ImageNamespace ns in layout.Namespaces)
        {
            Subject own = layout.Namespaces.Length == 1 ? subject : new Subject(SubjectKind.Image, $"{subject.Name}: {ns.Place.Start}");
            CheckNamespace(findings, ns, start, kernel, arch, own);
            if (ns.Content is { } content)
                CheckContent(findings, content, ns.DataSize!.Value, DataPlace(ns), own);
        }
        CheckFront(findings, layout, subject);
        return [.. findings.OrderByDescending(f => f.Severity)];
    }

    private static void CheckLabels(List<Finding> findings, ImageLayout layout, Subject subject)
    {
        foreach (NamespaceLabel label in layout.Interleaved)
            findings.Add(
                Finding.Of(ImageFindings.Interleaved, subject, null, new Evidence("nlabel", "1", $"{label.LabelCount}: {label.Uuid}"))
            );
        if (layout.Labels is not { } labels)
            return;
        ByteSize room = labels.Start - new MediaOffset(0);
        foreach (NamespaceLabel label in labels.Area.ActiveLabels.Where(l => l.LabelCount == 1))
        {
            if (label.Dpa.Bytes >= room.Bytes || label.RawSize.Bytes > room.Bytes - label.Dpa.Bytes)
                findings.Add(
                    Finding.Of(
                        ImageFindings.Truncated,
                        subject,
                        At(room.Bytes),
                        new Evidence($"label {label.Uuid}", $"{label.RawSize} from 0x{label.Dpa.Bytes:x} on", $"{room}")
                    )
                );
        }
    }

    private static void CheckNamespace(
        List<Finding> findings,
        ImageNamespace ns,
        PhysicalAddress? start,
        KernelProfile kernel,
        ArchitectureRules arch,
        Subject subject
    )
    {
        if (ns.Mode == "sector" || ns.Btt.IsFound)
        {
            findings.AddRange(ns.Btt.Findings.Select(f => f with { Subject = subject }));
            if (ns.Mode == "sector")
                return;
        }
        if (ns.Mode != "raw" || HasDamagedBlock(ns))
        {
            var address = new PhysicalAddress(checked((start?.Bytes ?? 0) + (start is null ? 0 : ns.Place.Start.Bytes)));
            var extent = new NamespaceExtent(new PhysicalRange(address, ns.Place.Size), ns.ParentUuid);
            findings.AddRange(
                InfoBlockChecks
                    .Validate(ns.Head.AsSpan((int)InfoBlock.StartBytes), extent, kernel, arch)
                    .Select(f => f with { Subject = subject })
            );
            CheckLength(findings, ns, arch, subject);
        }
        else if (ns.Content?.What is { Kind: MediaContentKind.Container, Name: "qcow2 image" } what)
        {
            findings.Add(Finding.Of(ImageFindings.Packed, subject, At(0), new Evidence("first bytes", "those of a disk", what.Name)));
        }
        else if (ns.Place.Label is null && !ns.Place.Size.IsMultipleOf(Unit))
        {
            findings.Add(
                Finding.Of(
                    ImageFindings.Tail,
                    subject,
                    At(ns.Place.Size.AlignDown(Unit).Bytes),
                    new Evidence(
                        "size",
                        $"a multiple of {Unit.ToHuman()}",
                        $"{ns.Place.Size.Bytes % Unit.Bytes} bytes more: {ns.Place.Size}"
                    )
                )
            );
        }
    }

    /// <summary>A block that starts or sums up like one, on a namespace that the kernel takes for raw.</summary>
    private static bool HasDamagedBlock(ImageNamespace ns) =>
        ns.View.IsWhole
        && (
            ns.View.Kind is not null
            || (ns.Place.Claim is ClaimClass.Pfn or ClaimClass.Dax && ns.Content?.What.Kind is MediaContentKind.Zeroes)
        );

    /// <summary>npfns decides nothing, and says for which size the block was written: to less than the alignment.</summary>
    private static void CheckLength(List<Finding> findings, ImageNamespace ns, ArchitectureRules arch, Subject subject)
    {
        if (ns.Settings is not { } settings || settings.PageCount.Pages > ulong.MaxValue / arch.PageSize.Bytes / 4)
            return;
        ulong page = ns.View.VersionMinor >= PfnInfoBlockLayout.PageSize.SinceMinor ? ns.View.PageSize : arch.PageSize.Bytes;
        ulong cut = settings.StartPad.Bytes + settings.EndTrunc.Bytes;
        if (settings.DataOffset > ns.Place.Size || page is 0 or > (1 << 20))
            return;
        ulong made = settings.DataOffset.Bytes + cut + (settings.PageCount.Pages * page);
        if (made > ns.Place.Size.Bytes)
            findings.Add(
                Finding.Of(
                    ImageFindings.Truncated,
                    subject,
                    At(ns.Place.Size.Bytes),
                    new Evidence("size", $"{new ByteSize(made)} by npfns", $"{ns.Place.Size}")
                )
            );
        else if (ns.Place.Size.Bytes - made >= Math.Max(page, 1 << 16))
            findings.Add(
                Finding.Of(
                    ImageFindings.Longer,
                    subject,
                    At(made),
                    new Evidence("size", $"{new ByteSize(made)} by npfns", $"{ns.Place.Size}")
                )
            );
    }

    private static ulong DataPlace(ImageNamespace ns) => ns.DataStart is { } start ? (start - ns.Place.Start).Bytes : 0;

    private static void CheckContent(List<Finding> findings, ImageContent content, ByteSize size, ulong at, Subject subject)
    {
        if (content.FileSystemSize is { } used)
        {
            var evidence = new Evidence($"{content.What.Name} file system", $"at most {size}", $"{used}");
            if (used > size)
                findings.Add(Finding.Of(ImageFindings.FileSystemBeyondEnd, subject, At(at), evidence));
            else if (size.Bytes - used.Bytes >= 1 << 20)
                findings.Add(
                    Finding.Of(
                        ImageFindings.FileSystemUnused,
                        subject,
                        At(at + used.Bytes),
                        evidence with
                        {
                            Expected = $"{size}",
                            Actual = $"{used}: {new ByteSize(size.Bytes - used.Bytes)} unused",
                        }
                    )
                );
        }
        if (content.Table is not { } table)
            return;
        CheckTable(findings, table, size, at, subject);
        foreach ((Partition partition, ImageContent? inner) in content.Partitions)
        {
            if (inner is not null)
                CheckContent(findings, inner, partition.Size, at + partition.Start.Bytes, subject);
        }
    }

    private static void CheckTable(List<Finding> findings, PartitionTable table, ByteSize size, ulong at, Subject subject)
    {
        if (!table.IsPrimaryRight)
            findings.Add(
                Finding.Of(ImageFindings.GptPrimary, subject, At(at + (ulong)table.SectorBytes), new Evidence("checksum", "right", "wrong"))
            );
        if (!table.IsBackupRight)
            findings.Add(
                Finding.Of(
                    ImageFindings.GptBackup,
                    subject,
                    At(at + table.BackupPlace.Bytes),
                    new Evidence("header", "a copy of the first", "none that is right")
                )
            );
        Partition? before = null;
        foreach (Partition partition in table.Partitions.OrderBy(p => p.Start))
        {
            if (partition.End.Bytes > size.Bytes)
                findings.Add(
                    Finding.Of(
                        ImageFindings.PartitionBeyondEnd,
                        subject,
                        At(at + Math.Min(partition.Start.Bytes, size.Bytes)),
                        new Evidence($"partition {partition.Number}", $"an end at most at 0x{size.Bytes:x}", $"0x{partition.End.Bytes:x}")
                    )
                );
            if (before is not null && before.End > partition.Start)
                findings.Add(
                    Finding.Of(
                        ImageFindings.PartitionOverlap,
                        subject,
                        At(at + partition.Start.Bytes),
                        new Evidence($"partition {partition.Number}", $"a start at 0x{before.End.Bytes:x} or behind", $"{partition.Start}")
                    )
                );
            before = before is null || partition.End > before.End ? partition : before;
        }
    }

    /// <summary>A table in front of an info-block must mean the bytes that the one on the data means.</summary>
    private static void CheckFront(List<Finding> findings, ImageLayout layout, Subject subject)
    {
        if (layout.Outer?.Table is not { } outer || layout.Namespaces is not [{ DataStart: { } start, Content.Table: { } inner }])
            return;
        foreach (Partition partition in inner.Partitions)
        {
            MediaOffset place = partition.Start + (start - new MediaOffset(0));
            Partition? front = outer.Partitions.FirstOrDefault(p => p.Number == partition.Number);
            if (front?.Start != place || front.Size != partition.Size)
                findings.Add(
                    Finding.Of(
                        ImageFindings.TwoTables,
                        subject,
                        At(0),
                        new Evidence(
                            $"partition {partition.Number}",
                            $"{partition.Size} from {place} on",
                            front is null ? "none" : $"{front.Size} from {front.Start} on"
                        )
                    )
                );
        }
    }

    private static MediaPlace At(ulong offset) => new(MediaOrigin.Namespace, new MediaOffset(offset));
}

using System.Collections.Immutable;
using Altmap.Advice.Doctor;
using Altmap.Cli.Common;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Recognition;
using Altmap.Host;

namespace Altmap.Cli.Doctor;

/// <summary>The doctor on a file that is no machine: a label area, a namespace's image, or something else that is named.</summary>
internal static class MediaReport
{
    private const int LabelAreaBytesMax = 64 << 20;

    /// <summary>The report; null where the file is a machine, or nothing that can be told by its bytes (then the machine's reader
    /// complains).</summary>
    public static MachineReport? Of(string path, string? kernelName)
    {
        if (path == "-" || Directory.Exists(path) || InputFile.IsPipe(path))
            return null;
        HostResult<NamespaceHead> read = NamespaceFile.ReadHead(path, MediaContent.HeadBytes);
        if (read.Value is not { } head || LooksLikeText(head.Bytes) || MachineLoader.IsArchive(head.Bytes))
            return null;
        KernelProfile kernel = kernelName is null ? KernelProfiles.Default : KernelChoice.Load(kernelName);
        MediaContent content = MediaContent.Of(head.Bytes);
        var subject = new Subject(SubjectKind.Image, System.IO.Path.GetFileName(path));
        var report = new MachineReport(path, "", kernel.Name, [], []) { Content = content.Description, IsVerified = kernel.IsVerified };
        if (content.Kind == MediaContentKind.LabelArea || IsLabelSized(head))
            return Labels(report, path, subject, kernel);
        // Where it lies decides about alignment; the file does not say.
        var unknown = ImmutableArray.Create(
            new OpenQuestion(
                null,
                subject,
                "where the namespace starts: altmap infoblock check FILE --start A --size S judges its alignment"
            )
        );
        if (content.Kind == MediaContentKind.Btt)
            return report with { Unknown = [new OpenQuestion(null, subject, "what is inside the BTT: altmap btt check FILE")] };
        if (content.Kind != MediaContentKind.InfoBlock)
            return report with
            {
                Unknown = [new OpenQuestion(null, subject, "what it shall be used for: there is no info-block, no BTT and no label in it")],
            };
        ByteSize size = head.Size ?? new ByteSize(0);
        var view = new InfoBlockView(head.Bytes.AsSpan((int)InfoBlock.StartBytes));
        ArchitectureRules architecture = ArchitectureRules.Find(kernel, Architecture.X86_64, ByteSize.KiB(4))!;
        var extent = new Formats.InfoBlocks.NamespaceExtent(new PhysicalRange(new PhysicalAddress(0), size), view.ParentUuid);
        return report with
        {
            Findings =
            [
                .. InfoBlockChecks
                    .Validate(head.Bytes.AsSpan((int)InfoBlock.StartBytes), extent, kernel, architecture)
                    .Select(f => f with { Subject = subject })
                    .OrderByDescending(f => f.Severity),
            ],
            Unknown = unknown,
        };
    }

    private static MachineReport Labels(MachineReport report, string path, Subject subject, KernelProfile kernel)
    {
        HostResult<byte[]> bytes = BoundedFile.Read(path, LabelAreaBytesMax);
        if (bytes.Error is { } error)
            throw CliError.Of(error);
        return report with
        {
            Content = "NVDIMM label area",
            Findings =
            [
                .. LabelChecks
                    .Validate(SparseBytes.From(bytes.Value!), kernel)
                    .Where(f => f.Code != LabelFindings.IndexCurrent)
                    .Select(f => f with { Subject = subject })
                    .OrderByDescending(f => f.Severity),
            ],
        };
    }

    /// <summary>An area whose first index block is gone: its second one, or its labels, are where those of some area size are.</summary>
    private static bool IsLabelSized(NamespaceHead head) =>
        head.Size is { Bytes: <= LabelAreaBytesMax } && head.Bytes.AsSpan().IndexOf("NAMESPACE_INDEX\0"u8) is > 0 and < 0x4000;

    private static bool LooksLikeText(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> first = head[..Math.Min(head.Length, 512)];
        return !first.IsEmpty && !first.ContainsAnyInRange((byte)0, (byte)8);
    }
}

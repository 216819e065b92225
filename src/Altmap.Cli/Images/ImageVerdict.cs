using System.Collections.Immutable;
using Altmap.Cli.Btt;
using Altmap.Cli.InfoBlocks;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Images;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Namespaces;

namespace Altmap.Cli.Images;

/// <summary>What a kernel makes of a namespace in an image.</summary>
/// <param name="Kernel">Whose verdict.</param>
/// <param name="Word">raw, bound, unbound, or unknown.</param>
/// <param name="Mode">In ndctl's words.</param>
/// <param name="Size">Of the device; null: there is none.</param>
/// <param name="DataOffset">From the start of the namespace; null: none, or through a map.</param>
/// <param name="Align">Of a pfn or dax device.</param>
/// <param name="Errno">0: none.</param>
/// <param name="Messages">What it logs.</param>
/// <param name="Needs">What decides and was not given; null: nothing.</param>
internal sealed record ImageVerdict(
    KernelProfile Kernel,
    string Word,
    string Mode,
    ByteSize? Size,
    MediaOffset? DataOffset,
    ByteSize? Align,
    int Errno,
    ImmutableArray<string> Messages,
    string? Needs
)
{
    /// <summary>A sentence, the same for kernels that do the same.</summary>
    public string Text =>
        Word switch
        {
            "unknown" => $"unknown: needs {Needs}",
            "unbound" => $"no device ({(Errno == 0 ? "refused" : (Core.Findings.Errno)Errno)})",
            _ when DataOffset is { } offset && Mode != "raw" =>
                $"{Mode}: {Size} from {offset} of the namespace on{(Align is { } align ? $", align {align.ToOption()}" : "")}",
            _ => $"{Mode}: {Size}",
        };

    /// <param name="ns">The namespace.</param>
    /// <param name="address">Physical address of the image's first byte; null: a multiple of every alignment.</param>
    /// <param name="mapsPages">Raw namespaces have struct pages: e820, virtio-pmem.</param>
    /// <param name="kernel">Whose verdict.</param>
    /// <param name="arch">The architecture.</param>
    public static ImageVerdict Of(ImageNamespace ns, PhysicalAddress? address, bool mapsPages, KernelProfile kernel, ArchitectureRules arch)
    {
        if (ns.Mode == "sector")
            return OfBtt(ns, kernel);
        ulong start = address is { } first ? checked(first.Bytes + ns.Place.Start.Bytes) : 0;
        BindingOutcome outcome = NamespaceBinding.Evaluate(
            ns.Head,
            new NamespaceExtent(new PhysicalRange(new PhysicalAddress(start), ns.Place.Size), ns.ParentUuid),
            "namespace0.0",
            ns.Place.Claim ?? ClaimClass.None,
            mapsPages,
            kernel,
            arch
        );
        return new ImageVerdict(
            kernel,
            InfoBlockCheckCommand.Word(outcome.Verdict),
            outcome.Mode,
            outcome.Size,
            outcome.DataOffset,
            outcome.Align,
            (int)outcome.Errno,
            outcome.Messages,
            null
        );
    }

    private static ImageVerdict OfBtt(ImageNamespace ns, KernelProfile kernel)
    {
        ClaimClass? claim = ns.Place.Claim;
        var unknown = new ImageVerdict(kernel, "unknown", "sector", null, null, null, 0, [], null);
        if (BttCheckCommand.Needs(claim, ns.Place.Label is not null, ns.Btt) is { } needs)
            return unknown with { Needs = needs };
        BttVerdict verdict = BttVerdict.Of(ns.Media, ns.Place.Label ?? Uuid.Zero, claim ?? ClaimClass.None, kernel);
        return verdict.Outcome switch
        {
            BttOutcome.Loads => unknown with { Word = "bound", Size = verdict.DiskSize, Messages = verdict.Messages },
            BttOutcome.Raw => unknown with { Word = "raw", Mode = "raw", Size = ns.Place.Size, DataOffset = new MediaOffset(0) },
            BttOutcome.Refused or BttOutcome.LaysDown => unknown with { Word = "unbound", Messages = verdict.Messages },
            _ => unknown with { Needs = "memory outside of the namespace, which it would read" },
        };
    }
}

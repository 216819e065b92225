using System.Buffers.Binary;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Namespaces;
using Altmap.Shell.Json;

namespace Altmap.Fuzz;

/// <summary>
/// Info-blocks, good and bad, under every profile. Input: profile (1 byte), options (1), namespace start (8) and size (8), then either a
/// whole
/// namespace head, or a block of which the checksum is put right so that the fuzzer gets past it.
/// </summary>
public static class InfoBlockTarget
{
    private const int HeaderBytes = 18;
    private static readonly (KernelProfile Profile, ArchitectureRules[] Archs)[] Kernels =
    [
        .. KernelProfiles.All.Concat([Section412()]).Select(p => (p, Architectures(p))),
    ];

    /// <summary>One input. Throws when an invariant is broken.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < HeaderBytes)
            return;
        (KernelProfile profile, ArchitectureRules[] archs) = Kernels[input[0] % Kernels.Length];
        byte options = input[1];
        ArchitectureRules arch = archs[options % archs.Length];
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(input[2..]),
            size = BinaryPrimitives.ReadUInt64LittleEndian(input[10..]);
        ReadOnlySpan<byte> rest = input[HeaderBytes..];

        Span<byte> buffer = stackalloc byte[NamespaceBinding.HeadBytes];
        ReadOnlySpan<byte> head = (options & 0x10) != 0 ? rest : Mend(rest, buffer);
        ReadOnlySpan<byte> block = head.Length > (int)InfoBlock.StartBytes ? head[(int)InfoBlock.StartBytes..] : [];
        var parent = (options & 0x20) != 0 && block.Length >= InfoBlock.SizeBytes ? new InfoBlockView(block).ParentUuid : Uuid.Zero;
        var ns = new NamespaceExtent(new PhysicalRange(new PhysicalAddress(start), new ByteSize(size)), parent);
        var claim = (ClaimClass)(options >> 6);

        RoundTrip(block);
        Judge(head, block, ns, claim, (options & 0x08) != 0, profile, arch);
        Plan(ns, input, profile, arch);
        _ = InfoBlockJson.Read(head, "file", "f", new(Human: (input[0] & 0x80) != 0, Verify: (input[0] & 0x40) != 0)).Count;
    }

    /// <summary>Heads with a good block of each kind and mode.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        for (byte seed = 0; seed < 8; seed++)
        {
            var request = new NdctlInfoBlockRequest(
                (seed & 1) == 0 ? InfoBlockKind.Pfn : InfoBlockKind.Dax,
                (seed & 2) == 0 ? PageMapMode.Ram : PageMapMode.Pmem,
                ByteSize.MiB(256),
                ByteSize.MiB(2),
                new MediaOffset(0),
                new Uuid(1, seed),
                Uuid.Zero,
                ByteSize.KiB(4)
            );
            byte[] output = NdctlInfoBlock.ToOutput(NdctlInfoBlock.Create(request).Block!);
            byte[] header = new byte[HeaderBytes];
            header[0] = seed;
            header[1] = (byte)((seed & 4) == 0 ? 0 : 0x10);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(2), 1UL << 32);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(10), 256UL << 20);
            // With the checksum put right, the fields alone do.
            yield return (seed & 4) == 0 ? [.. header, .. output.AsSpan(4096, 0x60)] : [.. header, .. output];
        }
    }

    private static ReadOnlySpan<byte> Mend(ReadOnlySpan<byte> fields, Span<byte> head)
    {
        Span<byte> block = head[(int)InfoBlock.StartBytes..];
        fields[..Math.Min(fields.Length, block.Length)].CopyTo(block);
        PfnInfoBlockLayout.Checksum.Write(block, new InfoBlockView(block).ComputedChecksum);
        return head;
    }

    private static void RoundTrip(ReadOnlySpan<byte> block)
    {
        if (InfoBlock.Parse(block) is not { } parsed)
            return;
        byte[] written = parsed.ToBytes();
        int checksum = PfnInfoBlockLayout.Checksum.OffsetBytes;
        Check(written.AsSpan(0, checksum).SequenceEqual(block[..checksum]), "parse, then write: other bytes");
        var view = new InfoBlockView(written);
        Check(view.HasValidChecksum, "a written block has a wrong checksum");
        Check(view.Kind == parsed.Kind, "another kind after writing");
    }

    private static void Judge(
        ReadOnlySpan<byte> head,
        ReadOnlySpan<byte> block,
        NamespaceExtent ns,
        ClaimClass claim,
        bool mapsPages,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        foreach (InfoBlockKind kind in (ReadOnlySpan<InfoBlockKind>)[InfoBlockKind.Pfn, InfoBlockKind.Dax])
        {
            PfnVerdict probe = PfnValidation.Probe(block, kind, ns, "namespace0.0", profile, arch);
            Check(probe.IsAccepted == (probe.Rule == "V23"), "accepted by a rule that refuses");
            if (!probe.IsAccepted)
                continue;
            PfnVerdict bind = PfnValidation.Bind(block, kind, ns, "namespace0.0", probe.Settings.ToLive(), profile, arch);
            Check(bind == probe, "bind and probe differ on the probe's own settings");
        }
        BindingOutcome outcome = NamespaceBinding.Evaluate(head, ns, "namespace0.0", claim, mapsPages, profile, arch);
        Check((outcome.Verdict == BindingVerdict.Unbound) == (outcome.Errno != Errno.None), "errno and verdict disagree");
        IReadOnlyList<Finding> findings = InfoBlockChecks.Validate(block, ns, profile, arch);
        foreach (Finding finding in findings)
            Check(
                finding.Place is MediaPlace { Offset.Bytes: >= InfoBlock.StartBytes and < InfoBlock.StartBytes + InfoBlock.SizeBytes },
                "a finding outside the block"
            );
        if (mapsPages || claim != ClaimClass.None || outcome.Rule is "P3" or "P7")
            return;
        bool works = outcome.Verdict == BindingVerdict.Bound && outcome.Size is not null;
        bool hasError = findings.Any(f => f.Severity == Severity.Error) || findings.Any(f => f.Code.Name == "pfn.absent");
        Check(works != hasError, $"{profile} {arch.PageSize}: {outcome} but {string.Join(' ', findings.Select(f => f.Code.Name))}");
    }

    private static void Plan(NamespaceExtent ns, ReadOnlySpan<byte> input, KernelProfile profile, ArchitectureRules arch)
    {
        byte choice = input[^1];
        var around = new SectionNeighbours([new(new PhysicalAddress(ns.Range.Size.Bytes), new ByteSize(ns.Range.Start.Bytes))], [ns.Range]);
        var request = new PageMapRequest(
            ns.Range,
            (InfoBlockKind)(choice & 1),
            (PageMapMode)(choice >> 1 & 3),
            new ByteSize(1UL << (12 + (choice >> 3))),
            Uuid.Zero,
            ns.ParentUuid,
            around
        );
        PfnLayoutResult plan = PfnLayout.Plan(request, "namespace0.0", profile, arch);
        Check((plan.Block is null) == (plan.Errno != Errno.None), "a refusal with a block, or none without");
        _ = NdctlInfoBlock.Create(
            new(
                request.Kind,
                request.Mode,
                ns.Range.Size,
                request.Align,
                new MediaOffset(ns.Range.Start.Bytes),
                Uuid.Zero,
                Uuid.Zero,
                arch.PageSize
            )
        );
    }

    private static ArchitectureRules[] Architectures(KernelProfile profile) =>
        [
            ArchitectureRules.Find(profile, Architecture.X86_64, ByteSize.KiB(4))!,
            ArchitectureRules.Find(profile, Architecture.Arm64, ByteSize.KiB(4))!,
            ArchitectureRules.Find(profile, Architecture.Arm64, ByteSize.KiB(16))!,
            ArchitectureRules.Find(profile, Architecture.Arm64, ByteSize.KiB(64))!,
            ArchitectureRules.Find(profile, Architecture.Ppc64LittleEndian, ByteSize.KiB(64))!,
        ];

    private static KernelProfile Section412() =>
        KernelProfiles
            .Find("4.19")!
            .With(
                "4.12",
                "section layout of 4.12",
                Rules.InfoBlockLayout.To(InfoBlockLayout.Section412),
                Rules.OffsetCheckIsPhysical.To(false)
            );

    private static void Check(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException(what);
    }
}

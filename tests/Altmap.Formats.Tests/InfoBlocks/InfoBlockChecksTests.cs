using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Namespaces;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Formats.Tests.InfoBlocks;

public class InfoBlockChecksTests
{
    private static readonly NamespaceExtent Extent = new(new PhysicalRange(new PhysicalAddress(1UL << 32), ByteSize.MiB(64)), Uuid.Zero);

    [Theory]
    [InlineData("mode=1", "")]
    [InlineData("mode=3 major=2 flags=1", "pfn.mode! pfn.version-major pfn.flags")]
    [InlineData("dataoff=0x4100000", "pfn.dataoff.beyond-end! pfn.dataoff.misaligned!")]
    [InlineData("dataoff=0x1000 align=4096", "pfn.dataoff.below-reserve! pfn.npfns")]
    [InlineData("start_pad=0x200000 npfns=15360", "pfn.start-pad")]
    [InlineData("align=4096 start_pad=4096 npfns=15871", "pfn.start-pad pfn.start.misaligned!")]
    [InlineData("end_trunc=0x4000000", "pfn.end-trunc.beyond-size!")]
    [InlineData("end_trunc=0x3e00000 npfns=0", "pfn.dataoff.no-data")]
    [InlineData("end_trunc=0x3f00000", "pfn.dataoff.beyond-usable! pfn.end.misaligned!")]
    [InlineData("align=0x300000", "pfn.align.power-of-two pfn.align.unsupported pfn.dataoff.misaligned!")]
    [InlineData("dax align=0x100000", "pfn.align.unsupported!")]
    [InlineData("minor=1", "pfn.version-minor.old pfn.align.unknown")]
    [InlineData("minor=5", "pfn.version-minor.unknown")]
    [InlineData("page_size=65536 page_struct_size=8", "pfn.page-size pfn.page-struct-size")]
    [InlineData("mode=2 page_size=65536 page_struct_size=8", "pfn.page-size! pfn.page-struct-size!")]
    public void All_findings_are_listed_errors_marked(string edit, string expected)
    {
        IReadOnlyList<Finding> findings = Validate(PfnValidationTests.Edit(edit).ToBytes(), "6.1");
        Assert.Equal(
            expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            findings.Select(f => f.Code.Name + (f.Severity == Severity.Error ? "!" : "")).Order(StringComparer.Ordinal)
        );
        Assert.All(findings, f => Assert.InRange(OffsetOf(f), 4096UL, 8191UL));
    }

    /// <summary>A KMSAN kernel stops at the size of struct page, and never looks whether its own would have room (seen on 6.12).</summary>
    [Theory]
    [InlineData("mode=2 page_struct_size=64", "6.12+kmsan", "pfn.page-struct-size")]
    [InlineData(
        "mode=2 page_struct_size=64 dataoff=0x4100000",
        "6.12+kmsan",
        "pfn.page-struct-size pfn.dataoff.beyond-end pfn.dataoff.misaligned"
    )]
    public void What_the_kernel_stops_at_comes_first(string edit, string kernel, string expected)
    {
        IReadOnlyList<Finding> findings = Validate(PfnValidationTests.Edit(edit).ToBytes(), kernel);
        Assert.Equal(expected, string.Join(' ', findings.Where(f => f.Severity == Severity.Error).Select(f => f.Code.Name)));
    }

    [Fact]
    public void A_finding_names_the_place_and_the_kernel()
    {
        Finding finding = Validate(PfnValidationTests.Edit("dataoff=0x201000").ToBytes(), "7.2")
            .Single(f => f.Code.Name == "pfn.dataoff.misaligned");
        Assert.Equal((4096UL + 0x38, "0x201000", "7.2"), (OffsetOf(finding), finding.Evidence[0].Actual, Assert.Single(finding.Kernels)));
    }

    [Fact]
    public void A_signature_damaged_alone_is_recognised_by_the_checksum()
    {
        byte[] block = PfnValidationTests.Edit("dax").ToBytes();
        block[3] = 0xee;
        Finding finding = Assert.Single(Validate(block, "6.1"));
        Assert.Equal(("pfn.signature", "NVDIMM_DAX_INFO"), (finding.Code.Name, finding.Evidence[0].Expected));
    }

    [Fact]
    public void No_block_is_a_note()
    {
        Finding finding = Assert.Single(Validate(new byte[4096], "6.1"));
        Assert.Equal(("pfn.absent", Severity.Note), (finding.Code.Name, finding.Severity));
        Assert.Equal("pfn.truncated", Assert.Single(Validate(new byte[17], "6.1")).Code.Name);
    }

    [Fact]
    public void Padding_is_a_warning_from_minor_3_on()
    {
        InfoBlock block = PfnValidationTests.Edit("minor=2");
        byte[] bytes = block.ToBytes();
        bytes[0x100] = 1;
        bytes = InfoBlock.Parse(bytes)!.ToBytes();
        Assert.Equal(
            (Severity.Note, 4096UL + 0x100),
            Validate(bytes, "6.1").Single(f => f.Code.Name == "pfn.padding") is var f ? (f.Severity, OffsetOf(f)) : default
        );
        bytes = (InfoBlock.Parse(bytes)! with { VersionMinor = 4 }).ToBytes();
        Assert.Equal(Severity.Warning, Validate(bytes, "6.1").Single(f => f.Code.Name == "pfn.padding").Severity);
    }

    [Fact]
    public void Recorded_good_blocks_have_no_finding()
    {
        foreach (RecordedBlocks.Written written in RecordedBlocks.AllWritten().Where(w => w.Bytes is not null))
            Assert.Empty(InfoBlockChecks.Validate(written.Bytes, written.Extent, written.Profile, written.Arch));
    }

    /// <summary>Errors are exactly what keeps the kernel from a working device; and judging never writes.</summary>
    [Fact]
    public void Errors_and_the_kernels_verdict_agree()
    {
        KernelProfile[] profiles = [.. KernelProfiles.All];
        ulong[] offsets =
        [
            0,
            4096,
            8192,
            1 << 20,
            2 << 20,
            4 << 20,
            6 << 20,
            62 << 20,
            63 << 20,
            64 << 20,
            (2 << 20) + 512,
            ulong.MaxValue,
        ];
        uint[] sizes = [0, 4096, 8192, 1 << 20, 2 << 20, 3 << 20, 62 << 20, 64 << 20, 1 << 30, uint.MaxValue];
        int working = 0;
        Prop.ForAll<ulong, ulong>(
                (seed, other) =>
                {
                    var random = new Dice(seed ^ other);
                    uint Pick() => random.Next(4) > 0 ? 0 : sizes[random.Next((ulong)sizes.Length)];
                    var block = new InfoBlock
                    {
                        Kind = random.Next(2) == 0 ? InfoBlockKind.Pfn : InfoBlockKind.Dax,
                        VersionMinor = (ushort)random.Next(6),
                        DataOffset = random.Next(2) == 0 ? (2UL << 20) * (1 + random.Next(4)) : offsets[random.Next((ulong)offsets.Length)],
                        PageCount = random.Next(20000),
                        Mode = random.Next(8) == 0 ? 0 : 1 + (uint)random.Next(2),
                        StartPad = Pick(),
                        EndTrunc = Pick(),
                        Align = random.Next(2) == 0 ? 2 << 20 : sizes[random.Next((ulong)sizes.Length)],
                        PageSize = random.Next(4) == 0 ? 65536U : 4096,
                        PageStructSize = (ushort)(random.Next(4) == 0 ? 32 : 64),
                    };
                    KernelProfile profile = profiles[random.Next((ulong)profiles.Length)];
                    byte[] head = NdctlInfoBlock.ToOutput(block),
                        before = (byte[])head.Clone();
                    ArchitectureRules arch = ArchitectureRules.Find(profile, Architecture.X86_64, ByteSize.KiB(4))!;
                    NamespaceExtent ns = Extent with
                    {
                        Range = new(
                            new PhysicalAddress((1UL << 32) + (random.Next(6) == 0 ? 1UL << 20 : random.Next(3) << 21)),
                            ByteSize.MiB(64UL << (int)random.Next(3))
                        ),
                    };
                    BindingOutcome outcome = NamespaceBinding.Evaluate(head, ns, "namespace0.0", ClaimClass.None, false, profile, arch);
                    List<Finding> errors =
                    [
                        .. InfoBlockChecks.Validate(head.AsSpan(4096), ns, profile, arch).Where(f => f.Severity == Severity.Error),
                    ];
                    bool works = outcome.Verdict == BindingVerdict.Bound && outcome.Size is not null;
                    working += works ? 1 : 0;
                    Assert.True(
                        works == (errors.Count == 0),
                        $"{profile} {ns.Range} {block}: {outcome} / {string.Join(' ', errors.Select(e => e.Code.Name))}"
                    );
                    Assert.Equal(before, head);
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(20000).WithQuietOnSuccess(true));
        Assert.InRange(working, 500, 19500);
    }

    private static IReadOnlyList<Finding> Validate(ReadOnlySpan<byte> block, string kernel)
    {
        KernelProfile profile = KernelProfiles.Find(kernel)!;
        return InfoBlockChecks.Validate(block, Extent, profile, ArchitectureRules.Find(profile, Architecture.X86_64, ByteSize.KiB(4))!);
    }

    private static ulong OffsetOf(Finding finding) => Assert.IsType<MediaPlace>(finding.Place).Offset.Bytes;
}

using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Formats.Tests.InfoBlocks;

public class PfnValidationTests
{
    private static readonly NamespaceExtent Extent = new(new PhysicalRange(new PhysicalAddress(1UL << 32), ByteSize.MiB(64)), Uuid.Zero);
    private static readonly InfoBlock Plain = new()
    {
        Kind = InfoBlockKind.Pfn,
        Uuid = new Uuid(1, 1),
        VersionMinor = 4,
        DataOffset = 2 << 20,
        PageCount = 15872,
        Mode = 1,
        Align = 2 << 20,
        PageSize = 4096,
        PageStructSize = 64,
    };

    public static TheoryData<string, string, Errno, string?> Refusals =>
        new()
        {
            { "mode=0", "V11", Errno.ENXIO, null },
            { "mode=3", "V11", Errno.ENXIO, null },
            { "mode=2 page_size=65536", "V13", Errno.EOPNOTSUPP, "init failed, page size mismatch 65536" },
            { "mode=2 page_size=0x80000000", "V13", Errno.EOPNOTSUPP, "init failed, page size mismatch -2147483648" },
            { "mode=2 page_struct_size=32", "V14", Errno.EOPNOTSUPP, "init failed, struct page size mismatch 32" },
            { "dax align=0x100000", "V15", Errno.EOPNOTSUPP, "init failed, alignment mismatch: 2097152:1048576" },
            { "align=0x40000000", "V17", Errno.EOPNOTSUPP, "alignment: 40000000 exceeds capacity 4000000" },
            { "align=0 dataoff=0", "V17", Errno.EOPNOTSUPP, "alignment: 8000000000000000 exceeds capacity 4000000" },
            { "dataoff=0x4100000", "V18", Errno.EOPNOTSUPP, "pfn array size exceeds capacity of namespace7.0" },
            { "dataoff=0x201000", "V19", Errno.EOPNOTSUPP, "bad offset: 0x201000 dax disabled align: 0x200000" },
            { "dataoff=0x200800 align=0x800", "V19", Errno.EOPNOTSUPP, "bad offset: 0x200800 dax disabled align: 0x800" },
            { "dataoff=0 start_pad=4096", "V19", Errno.EOPNOTSUPP, "bad offset: 0x0 dax disabled align: 0x200000" },
            { "align=4096 start_pad=4096", "V20", Errno.EOPNOTSUPP, "resource start misaligned" },
            { "align=4096 end_trunc=4096", "V21", Errno.EOPNOTSUPP, "resource end misaligned" },
            { "end_trunc=0x3e00000", "V22", Errno.EOPNOTSUPP, "bad offset with small namespace" },
        };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Each_rule_has_its_errno_and_words(string edit, string rule, Errno errno, string? message)
    {
        PfnVerdict verdict = Probe(Edit(edit), "7.2");
        Assert.Equal((rule, errno, message), (verdict.Rule, verdict.Errno, verdict.Message));
    }

    [Theory]
    [InlineData("align=0x40000000", Errno.EINVAL)]
    [InlineData("dataoff=0x4100000", Errno.EBUSY)]
    [InlineData("dataoff=0x201000", Errno.ENXIO)]
    public void Before_5_10_a_refusal_has_other_errnos(string edit, Errno errno) => Assert.Equal(errno, Probe(Edit(edit), "5.4").Errno);

    [Theory]
    [InlineData("mode=2 page_size=65536", "4.19")]
    [InlineData("mode=2 page_struct_size=32", "4.19")]
    [InlineData("align=4096 end_trunc=4096", "5.4")]
    [InlineData("end_trunc=0x3e00000", "6.1")]
    [InlineData("minor=3 mode=2 page_size=65536 page_struct_size=1", "7.2")]
    [InlineData("minor=1 align=3", "7.2")]
    [InlineData("minor=0 align=3 start_pad=7 end_trunc=9", "7.2")]
    [InlineData("major=9 flags=7 npfns=1", "7.2")]
    [InlineData("page_size=65536 page_struct_size=1", "7.2")]
    [InlineData("align=0x100000", "7.2")]
    public void What_a_kernel_does_not_ask_is_accepted(string edit, string kernel)
    {
        PfnVerdict verdict = Probe(Edit(edit), kernel);
        Assert.True(verdict.IsAccepted, verdict.ToString());
        Assert.Equal("V23", verdict.Rule);
    }

    [Fact]
    public void Fields_that_a_minor_version_does_not_have_are_replaced()
    {
        PfnDeviceSettings settings = Probe(Edit("minor=0 align=3 start_pad=7 end_trunc=9 dataoff=0x400000"), "6.1").Settings;
        Assert.Equal(
            (0UL, 0UL, 2UL << 20, 0UL),
            (settings.StartPad.Bytes, settings.EndTrunc.Bytes, settings.Align.Bytes >> 1, settings.MediaAlign.Bytes)
        );
        Assert.Equal(60UL << 20, settings.UsableSize(Extent.Range.Size)!.Value.Bytes);
    }

    [Fact]
    public void A_bind_holds_the_block_against_the_live_settings()
    {
        byte[] block = Plain.ToBytes();
        PfnVerdict Bind(PfnSettings live, string kernel = "6.1") =>
            PfnValidation.Bind(block, InfoBlockKind.Pfn, Extent, "namespace7.0", live, Profile(kernel), Arch(kernel));
        var live = new PfnSettings(Plain.Uuid, Plain.Align, PageMapMode.Ram);
        Assert.True(Bind(live).IsAccepted);
        Assert.Equal(("V16b", Errno.ENODEV), Bind(live with { Uuid = new Uuid(1, 2) }) is var a ? (a.Rule, a.Errno) : default);
        Assert.Equal(
            ("V16c", Errno.EOPNOTSUPP, "init failed, settings mismatch"),
            Bind(live with { Align = 4096 }) is var b ? (b.Rule, b.Errno, b.Message) : default
        );
        Assert.Equal(Errno.EOPNOTSUPP, Bind(live with { Mode = PageMapMode.Pmem }).Errno);
        Assert.Equal(Errno.EINVAL, Bind(live with { Mode = PageMapMode.Pmem }, "5.4").Errno);
    }

    [Fact]
    public void A_bind_names_the_live_align_of_a_dax_device()
    {
        byte[] block = Edit("dax align=0x100000").ToBytes();
        PfnVerdict verdict = PfnValidation.Bind(
            block,
            InfoBlockKind.Dax,
            Extent,
            "namespace7.0",
            new(Plain.Uuid, 4096, PageMapMode.Ram),
            Profile("6.1"),
            Arch("6.1")
        );
        Assert.Equal("init failed, alignment mismatch: 4096:1048576", verdict.Message);
    }

    [Fact]
    public void Identity_is_judged_before_content()
    {
        byte[] block = Edit("mode=9").ToBytes();
        KernelProfile profile = Profile("6.1");
        Assert.Equal("V4", PfnValidation.Probe(block, InfoBlockKind.Dax, Extent, "n", profile, Arch("6.1")).Rule);
        Assert.Equal(
            "V6",
            PfnValidation.Probe(block, InfoBlockKind.Pfn, Extent with { ParentUuid = new Uuid(5, 5) }, "n", profile, Arch("6.1")).Rule
        );
        Assert.Equal("V3", PfnValidation.Probe(block.AsSpan(0, 4095), InfoBlockKind.Pfn, Extent, "n", profile, Arch("6.1")).Rule);
        block[100] = 1;
        Assert.Equal("V5", PfnValidation.Probe(block, InfoBlockKind.Pfn, Extent, "n", profile, Arch("6.1")).Rule);
    }

    [Fact]
    public void Every_flipped_bit_makes_the_block_invisible()
    {
        RecordedBlocks.Written good = RecordedBlocks.Good;
        byte[] block = (byte[])good.Bytes!.Clone();
        for (int bit = 0; bit < block.Length * 8; bit++)
        {
            block[bit / 8] ^= (byte)(1 << (bit % 8));
            PfnVerdict verdict = PfnValidation.Probe(block, InfoBlockKind.Pfn, good.Extent, "n", good.Profile, good.Arch);
            Assert.Equal((Errno.ENODEV, bit < 128 ? "V4" : "V5"), (verdict.Errno, verdict.Rule));
            IReadOnlyList<Finding> findings = InfoBlockChecks.Validate(block, good.Extent, good.Profile, good.Arch);
            Assert.Contains(findings, f => f.Severity == Severity.Error && f.Code.Name == (bit < 128 ? "pfn.signature" : "pfn.checksum"));
            block[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.Equal(good.Bytes, block);
    }

    [Fact]
    public void Success_allocates_nothing()
    {
        byte[] block = Edit("dax").ToBytes();
        KernelProfile profile = Profile("7.2");
        ArchitectureRules arch = Arch("7.2");
        PfnValidation.Probe(block, InfoBlockKind.Dax, Extent, "namespace7.0", profile, arch);
        long before = GC.GetAllocatedBytesForCurrentThread();
        PfnVerdict verdict = PfnValidation.Probe(block, InfoBlockKind.Dax, Extent, "namespace7.0", profile, arch);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(verdict.IsAccepted);
    }

    [Fact]
    [Trait("problem", "A3")]
    public void A_map_on_the_device_needs_room_for_the_readers_struct_page()
    {
        InfoBlock block = Plain with { Mode = 2, PageStructSize = 64, DataOffset = 4 << 20 };
        KernelProfile kmsan = Profile("6.12").With("kmsan", "", Rules.StructPageSize.ToText("80"));
        PfnVerdict verdict = PfnValidation.Probe(block.ToBytes(), InfoBlockKind.Pfn, Extent, "n", kmsan, Arch("6.12"));
        Assert.Equal((Errno.EOPNOTSUPP, "init failed, struct page size mismatch 64"), (verdict.Errno, verdict.Message));
        byte[] wide = (block with { PageStructSize = 128 }).ToBytes();
        Assert.All(
            KernelProfiles.All,
            p => Assert.True(PfnValidation.Probe(wide, InfoBlockKind.Pfn, Extent, "n", p, Arch("6.12")).IsAccepted)
        );
    }

    internal static InfoBlock Edit(string edit)
    {
        InfoBlock block = Plain;
        foreach (string part in edit.Split(' '))
        {
            string[] pair = part.Split('=');
            ulong value =
                pair.Length == 1 ? 0
                : pair[1].StartsWith("0x", StringComparison.Ordinal) ? Convert.ToUInt64(pair[1], 16)
                : ulong.Parse(pair[1]);
            block = pair[0] switch
            {
                "dax" => block with { Kind = InfoBlockKind.Dax },
                "mode" => block with { Mode = (uint)value },
                "major" => block with { VersionMajor = (ushort)value },
                "minor" => block with { VersionMinor = (ushort)value },
                "flags" => block with { Flags = (uint)value },
                "npfns" => block with { PageCount = value },
                "align" => block with { Align = (uint)value },
                "dataoff" => block with { DataOffset = value },
                "start_pad" => block with { StartPad = (uint)value },
                "end_trunc" => block with { EndTrunc = (uint)value },
                "page_size" => block with { PageSize = (uint)value },
                "page_struct_size" => block with { PageStructSize = (ushort)value },
                _ => throw new ArgumentException(part),
            };
        }
        return block;
    }

    private static PfnVerdict Probe(InfoBlock block, string kernel) =>
        PfnValidation.Probe(block.ToBytes(), block.Kind, Extent, "namespace7.0", Profile(kernel), Arch(kernel));

    private static KernelProfile Profile(string kernel) => KernelProfiles.Find(kernel)!;

    private static ArchitectureRules Arch(string kernel) => ArchitectureRules.Find(Profile(kernel), Architecture.X86_64, ByteSize.KiB(4))!;
}

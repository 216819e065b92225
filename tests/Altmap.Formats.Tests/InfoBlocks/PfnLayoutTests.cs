using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Formats.Tests.InfoBlocks;

public class PfnLayoutTests
{
    public static TheoryData<string> Groups => [.. RecordedBlocks.WrittenGroups];

    [Theory]
    [MemberData(nameof(Groups))]
    public void Recorded_blocks_are_computed_to_the_byte(string group)
    {
        foreach (RecordedBlocks.Written written in RecordedBlocks.ReadWritten(group))
        {
            string name = written.Message?.Split(' ', ':')[0] ?? "namespace0.0";
            PfnLayoutResult plan = PfnLayout.Plan(written.Request, name, written.Profile, written.Arch);
            Assert.True((written.Errno, written.Message) == (plan.Errno, plan.Message), $"{written}: {plan}");
            if (written.Bytes is not null)
                Assert.Equal(written.Bytes, plan.Block!.ToBytes());
            if (written.Fields is not null)
                Assert.Equal(written.Fields, Fields(plan.Block!));
        }
    }

    [Fact]
    public void What_is_written_is_accepted_by_the_same_kernel()
    {
        foreach (RecordedBlocks.Written written in RecordedBlocks.AllWritten().Where(w => w.Bytes is not null))
        {
            PfnVerdict verdict = PfnValidation.Probe(
                written.Bytes,
                written.Request.Kind,
                written.Extent,
                "namespace0.0",
                written.Profile,
                written.Arch
            );
            Assert.True(verdict.IsAccepted, $"{written}: {verdict}");
            Assert.Equal(written.Request.Align, verdict.Settings.Align);
            PfnVerdict bind = PfnValidation.Bind(
                written.Bytes,
                written.Request.Kind,
                written.Extent,
                "namespace0.0",
                verdict.Settings.ToLive(),
                written.Profile,
                written.Arch
            );
            Assert.True(bind.IsAccepted);
        }
    }

    [Theory]
    [Trait("problem", "C1")]
    [InlineData("4.19", 64UL)]
    [InlineData("5.4", 0UL)]
    [InlineData("6.1", 0UL)]
    public void Two_regions_in_one_section_give_a_start_pad_on_section_kernels(string kernel, ulong padMiB)
    {
        // 187c000000-967bffffff : Persistent Memory, two regions that meet at 0x577c000000, 64 MiB into a section.
        var first = PhysicalRange.FromInclusive(new PhysicalAddress(0x187c000000), new PhysicalAddress(0x577bffffff));
        var second = PhysicalRange.FromInclusive(new PhysicalAddress(0x577c000000), new PhysicalAddress(0x967bffffff));
        PfnLayoutResult plan = Plan(kernel, second, PageMapMode.Pmem, ByteSize.MiB(2), around: new([], [first]));
        Assert.Equal(padMiB << 20, plan.Block!.StartPad);
        Assert.Equal(padMiB == 0 ? null : "namespace0.0 alignment collision, truncate 67108864 bytes", plan.Note);
        Assert.Null(plan.Message);
    }

    [Fact]
    [Trait("problem", "C4")]
    public void Section_kernels_pad_where_ram_shares_the_section_and_later_ones_do_not()
    {
        var range = new PhysicalRange(new PhysicalAddress(0x104000000), ByteSize.GiB(1));
        var ram = new SectionNeighbours([new(new PhysicalAddress(0x100000000), ByteSize.MiB(64))], []);
        InfoBlock old = Plan("4.19", range, PageMapMode.Ram, ByteSize.MiB(2), around: ram).Block!;
        Assert.Equal((64U << 20, 3), (old.StartPad, old.VersionMinor));
        Assert.Equal((0U, (ushort)0), (old.PageSize, old.PageStructSize));
        Assert.Equal(2UL << 20, old.DataOffset); // from start + start_pad
        InfoBlock now = Plan("6.12", range, PageMapMode.Ram, ByteSize.MiB(2), around: ram).Block!;
        Assert.Equal((0U, 4), (now.StartPad, now.VersionMinor));
    }

    [Fact]
    [Trait("problem", "A1")]
    public void A_larger_reserve_per_page_doubles_the_page_map()
    {
        var range = new PhysicalRange(new PhysicalAddress(1UL << 40), new ByteSize(1UL << 40));
        ulong at64 = Plan("6.1", range, PageMapMode.Pmem, ByteSize.MiB(2)).Block!.DataOffset;
        InfoBlock at128 = Plan("6.1.0", range, PageMapMode.Pmem, ByteSize.MiB(2)).Block!;
        Assert.Equal((16UL << 30) + (2UL << 20), at64);
        Assert.Equal((32UL << 30) + (2UL << 20), at128.DataOffset);
        Assert.Equal(128, at128.PageStructSize);
    }

    [Fact]
    [Trait("problem", "A2")]
    public void A_large_struct_page_is_refused_or_recorded()
    {
        var range = new PhysicalRange(new PhysicalAddress(1UL << 32), ByteSize.GiB(1));
        KernelProfile refusing = KernelProfiles.Find("6.1")!.With("kmsan", "", Rules.StructPageSize.ToText("80"));
        PfnLayoutResult refused = Plan(refusing, range, PageMapMode.Pmem, ByteSize.MiB(2));
        Assert.Equal(
            (Errno.EINVAL, "W10", "Memory debug options prevent using pmem for the page map"),
            (refused.Errno, refused.Rule, refused.Message)
        );
        Assert.Equal(64, Plan(refusing, range, PageMapMode.Ram, ByteSize.MiB(2)).Block!.PageStructSize);

        KernelProfile recording = refusing.With("nvdimm-kmsan", "", Rules.LargeStructPage.ToText("record-real-size"));
        InfoBlock block = Plan(recording, range, PageMapMode.Pmem, ByteSize.MiB(2)).Block!;
        Assert.Equal(80, block.PageStructSize);
        Assert.Equal(22UL << 20, block.DataOffset); // 8 KiB + 80 × 262142 = 20 MiB and a little, up to 2 MiB
    }

    [Fact]
    public void No_mode_is_refused_silently() =>
        Assert.Equal(
            (Errno.ENXIO, null, "W13"),
            Plan("6.1", new(new PhysicalAddress(1UL << 32), ByteSize.GiB(1)), PageMapMode.None, ByteSize.MiB(2)) is var r
                ? (r.Errno, r.Message, r.Rule)
                : default
        );

    [Fact]
    public void On_older_kernels_a_device_without_data_is_written()
    {
        var range = new PhysicalRange(new PhysicalAddress(0x78000000), new ByteSize(0x8100000));
        InfoBlock block = Plan("6.1", range, PageMapMode.Ram, ByteSize.GiB(1)).Block!;
        Assert.Equal((128UL << 20, 0UL), (block.DataOffset, block.PageCount));
        Assert.Equal(Errno.ENXIO, Plan("6.12", range, PageMapMode.Ram, ByteSize.GiB(1)).Errno);
    }

    /// <summary>Pads, reserve and data fill the namespace, data is aligned, for every layout; only the recorded wrap of 6.12 and 7.2 may
    /// break it.</summary>
    [Fact]
    public void Layouts_have_no_overlap_and_no_hole()
    {
        KernelProfile[] profiles =
        [
            .. KernelProfiles.All,
            KernelProfiles.Find("4.19")!.With("4.12", "", Rules.InfoBlockLayout.ToText("section-4.12")),
        ];
        ulong[] aligns = [4096, 2 << 20, 1 << 30];
        var config = Config.QuickThrowOnFailure.WithMaxTest(2000);
        Prop.ForAll<ulong, ulong, uint>(
                (a, b, c) =>
                {
                    KernelProfile profile = profiles[c % (uint)profiles.Length];
                    ulong align = aligns[(c >> 8) % 3],
                        unit = (c & 0x10000) == 0 ? 2UL << 20 : 4096;
                    ulong start = Alignment.Down(a % (1UL << 44), unit),
                        size = Alignment.Down((b % (1UL << 36)) + (1UL << 20), unit);
                    PageMapMode mode = (c & 0x20000) == 0 ? PageMapMode.Ram : PageMapMode.Pmem;
                    var range = new PhysicalRange(new PhysicalAddress(start), new ByteSize(size));
                    var around =
                        (c & 0x40000) == 0
                            ? default
                            : new SectionNeighbours([new(new PhysicalAddress(Alignment.Down(start, 128UL << 20)), new ByteSize(4096))], []);
                    if (Plan(profile, range, mode, new ByteSize(align), around: around).Block is not { } block)
                        return true;
                    if (block.EndTrunc > size)
                        return profile.Get(Rules.CreateSpaceCountsEndTrunc);
                    ulong data = start + block.StartPad + block.DataOffset,
                        end = start + size - block.EndTrunc;
                    ulong map = mode == PageMapMode.Pmem ? 64 * ((end - data) / 4096) : 0;
                    return data <= end
                        && (end - data) / 4096 == block.PageCount
                        && data % align == 0
                        && block.DataOffset >= 8192 + map
                        && InfoBlock.Parse(block.ToBytes())!.Equals(block);
                }
            )
            .Check(config);
    }

    private static PfnLayoutResult Plan(
        string kernel,
        PhysicalRange range,
        PageMapMode mode,
        ByteSize align,
        SectionNeighbours around = default
    ) => Plan(KernelProfiles.Find(kernel)!, range, mode, align, around);

    private static PfnLayoutResult Plan(
        KernelProfile profile,
        PhysicalRange range,
        PageMapMode mode,
        ByteSize align,
        SectionNeighbours around = default
    ) =>
        PfnLayout.Plan(
            new PageMapRequest(range, InfoBlockKind.Pfn, mode, align, new Uuid(1, 2), Uuid.Zero, around),
            "namespace0.0",
            profile,
            ArchitectureRules.Find(profile, Architecture.X86_64, ByteSize.KiB(4))!
        );

    private static string Fields(InfoBlock b) =>
        $"flags={b.Flags} version={b.VersionMajor}.{b.VersionMinor} dataoff={b.DataOffset} npfns={b.PageCount} mode={b.Mode} "
        + $"start_pad={b.StartPad} "
        + $"end_trunc={b.EndTrunc} align={b.Align} page_size={b.PageSize} page_struct_size={b.PageStructSize}";
}

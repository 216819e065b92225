using System.Text.RegularExpressions;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Checksums;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Namespaces;
using Altmap.Formats.Tests.InfoBlocks;

namespace Altmap.Formats.Tests.Namespaces;

public partial class NamespaceBindingTests
{
    private static readonly NamespaceExtent Extent = new(new PhysicalRange(new PhysicalAddress(1UL << 32), ByteSize.MiB(64)), Uuid.Zero);

    [Theory]
    [InlineData("5.10")]
    [InlineData("6.1")]
    [InlineData("6.12")]
    [InlineData("7.2")]
    public void Edited_blocks_end_as_recorded(string kernel)
    {
        Dictionary<string, string[]> blocks = RecordedBlocks.Rows("l_bad", "infoblocks.tsv").ToDictionary(r => r[0]);
        int count = 0;
        foreach (string[] row in RecordedBlocks.Rows("l_bad", "infoblock-outcomes.tsv").Where(r => r[0] == kernel))
        {
            string[] block = blocks[row[1]];
            byte[] head = new byte[8192];
            RecordedBlocks.Decode(block[3], 4096).CopyTo(head, 4096);
            var ns = new NamespaceExtent(
                new PhysicalRange(new PhysicalAddress(ulong.Parse(block[1])), new ByteSize(ulong.Parse(block[2]))),
                Uuid.Zero
            );
            string name = row[2].Replace("region", "namespace", StringComparison.Ordinal) + ".0";
            BindingOutcome outcome = Evaluate(head, ns, kernel, name: name);
            Assert.True(Describe(row, block[2]) == Describe(outcome), $"{row[1]}: {Describe(row, block[2])} / {Describe(outcome)}");
            CompareMessages(row, outcome);
            count++;
        }
        Assert.Equal(blocks.Count, count);
    }

    [Fact]
    public void A_raw_namespace_with_pages_must_be_aligned()
    {
        var ns = new NamespaceExtent(new PhysicalRange(new PhysicalAddress(0x84001000), ByteSize.MiB(128)), Uuid.Zero);
        BindingOutcome outcome = Evaluate(new byte[8192], ns, "6.12", mapsPages: true, name: "namespace4.0");
        Assert.Equal((BindingVerdict.Unbound, "P4", Errno.EOPNOTSUPP), (outcome.Verdict, outcome.Rule, outcome.Errno));
        Assert.Equal(
            [
                "nd_pmem namespace4.0: [mem 0x84001000-0x8c000fff flags 0x200] misaligned, unable to map",
                "nd_pmem namespace4.0: probe with driver nd_pmem failed with error -95",
            ],
            outcome.Messages
        );
        Assert.Equal(BindingVerdict.Raw, Evaluate(new byte[8192], ns, "6.12").Verdict);
    }

    [Fact]
    public void A_namespace_below_a_page_has_no_driver() =>
        Assert.Equal(
            ("P3", Errno.ENODEV),
            Evaluate(new byte[8192], Extent with { Range = new(Extent.Range.Start, new ByteSize(4095)) }, "6.1") is var o
                ? (o.Rule, o.Errno)
                : default
        );

    [Fact]
    public void A_head_that_cannot_be_read_is_raw() => Assert.Equal(BindingVerdict.Raw, Evaluate([], Extent, "6.1").Verdict);

    [Theory]
    [InlineData(ClaimClass.None, BindingVerdict.Bound)]
    [InlineData(ClaimClass.Pfn, BindingVerdict.Bound)]
    [InlineData(ClaimClass.Dax, BindingVerdict.Raw)]
    [InlineData(ClaimClass.Btt, BindingVerdict.Raw)]
    [InlineData(ClaimClass.Unknown, BindingVerdict.Raw)]
    public void A_label_that_says_otherwise_hides_the_block(ClaimClass claim, BindingVerdict verdict) =>
        Assert.Equal(verdict, Evaluate(Head("mode=1"), Extent, "6.1", claim).Verdict);

    [Theory]
    [InlineData(4096, 1, 1, ClaimClass.None, true)]
    [InlineData(4096, 1, 1, ClaimClass.Btt, true)]
    [InlineData(4096, 2, 0, ClaimClass.None, false)]
    [InlineData(0, 2, 0, ClaimClass.Btt2, true)]
    [InlineData(0, 2, 0, ClaimClass.None, false)]
    [InlineData(4096, 1, 1, ClaimClass.Pfn, false)]
    public void A_btt_comes_first_where_its_label_lets_it(int at, byte major, byte minor, ClaimClass claim, bool found)
    {
        byte[] head = new byte[8192];
        Span<byte> block = head.AsSpan(at, 4096);
        "BTT_ARENA_INFO"u8.CopyTo(block);
        block[0x34] = major;
        block[0x36] = minor;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(block[4088..], Fletcher64.Compute(block));
        Assert.Equal(found ? "sector" : "raw", Evaluate(head, Extent, "6.1", claim).Mode);
        block[4090] ^= 1;
        Assert.Equal("raw", Evaluate(head, Extent, "6.1", claim).Mode);
    }

    [Fact]
    public void Old_kernels_come_up_raw_where_later_ones_refuse()
    {
        Assert.Equal(BindingVerdict.Raw, Evaluate(Head("dataoff=0x201000"), Extent, "5.4").Verdict);
        Assert.Equal(BindingVerdict.Unbound, Evaluate(Head("dataoff=0x201000"), Extent, "5.10").Verdict);
    }

    [Theory]
    [InlineData("mode=2 dataoff=0", Errno.EBUSY)] // no room to claim for the page map: seen on 6.1
    [InlineData("mode=2 dataoff=0x1000", Errno.EINVAL)] // free space wraps
    [InlineData("mode=2 dataoff=0x3ff000 align=4096 end_trunc=0x3c00000", Errno.None)]
    [InlineData("mode=2 dataoff=0x3e00000 end_trunc=0x3e00000", Errno.EINVAL)]
    [InlineData("dax align=0 minor=1", Errno.ENOMEM)]
    [InlineData("dax", Errno.None)]
    [InlineData("dax end_trunc=0x4000000", Errno.ENOMEM)]
    [InlineData("end_trunc=0x4000000", Errno.EINVAL)]
    public void Mapping_the_range_has_its_own_refusals(string edit, Errno errno)
    {
        InfoBlock block = PfnValidationTests.Edit(edit);
        if (block.Mode == 2 && block.DataOffset == 0x1000)
            block = block with { Align = 4096 };
        BindingOutcome outcome = Evaluate(NdctlInfoBlock.ToOutput(block), Extent, "6.1");
        Assert.Equal(errno, outcome.Errno);
        Assert.True(outcome.IsClaimed);
    }

    /// <summary>7.2 keeps dax regions in one tree, and names what does not fit in there (found by fuzzing, 7.2.13).</summary>
    [Theory]
    [InlineData("6.12", "dax start_pad=0x4200000 minor=4", null)]
    [InlineData("7.2", "dax start_pad=0x4200000 minor=4", "[mem 0x104400000-0x103ffffff]")]
    public void A_dax_region_without_bytes_is_named_by_newer_kernels(string kernel, string edit, string? range)
    {
        BindingOutcome outcome = Evaluate(NdctlInfoBlock.ToOutput(PfnValidationTests.Edit(edit)), Extent, kernel);
        Assert.Equal(Errno.ENOMEM, outcome.Errno);
        Assert.Equal(
            range is null ? null : $"dax_pmem dax0.1: dax_region resource conflict for {range}",
            outcome.Messages.FirstOrDefault(m => m.Contains("conflict", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void On_x86_64_whole_sections_need_room_in_the_altmap()
    {
        var ns = new NamespaceExtent(new PhysicalRange(new PhysicalAddress(1UL << 32), ByteSize.MiB(256)), Uuid.Zero);
        BindingOutcome At(ulong offset) =>
            Evaluate(NdctlInfoBlock.ToOutput(PfnValidationTests.Edit($"mode=2 dataoff={offset} npfns=1")), ns, "6.1");
        // What the kernel itself lays out: 2 MiB lost to alignment, 2 MiB a section.
        Assert.Equal(BindingVerdict.Bound, At(6 << 20).Verdict);
        Assert.Equal((BindingVerdict.Unbound, Errno.ENOMEM), At(4 << 20) is var o ? (o.Verdict, o.Errno) : default);
    }

    [Fact]
    public void Device_dax_maps_what_dax_pmem_registered()
    {
        BindingOutcome outcome = Evaluate(Head("dax mode=2 dataoff=0x1000 align=4096"), Extent, "6.12", name: "namespace3.2");
        Assert.Equal(
            ["memory add fail, invalid altmap", "device_dax dax3.2: probe with driver device_dax failed with error -22"],
            outcome.Messages
        );
    }

    [Fact]
    [Trait("problem", "C2")]
    public void Start_pad_counts_in_the_place_of_the_data()
    {
        BindingOutcome outcome = Evaluate(Head("start_pad=0x200000"), Extent, "6.1");
        Assert.Equal((60UL << 20, 4UL << 20), (outcome.Size!.Value.Bytes, outcome.DataOffset!.Value.Bytes));
    }

    private static byte[] Head(string edit) => NdctlInfoBlock.ToOutput(PfnValidationTests.Edit(edit));

    private static BindingOutcome Evaluate(
        ReadOnlySpan<byte> head,
        NamespaceExtent ns,
        string kernel,
        ClaimClass claim = ClaimClass.None,
        bool mapsPages = false,
        string name = "namespace0.0"
    )
    {
        KernelProfile profile = KernelProfiles.Find(kernel)!;
        return NamespaceBinding.Evaluate(
            head,
            ns,
            name,
            claim,
            mapsPages,
            profile,
            ArchitectureRules.Find(profile, Architecture.X86_64, ByteSize.KiB(4))!
        );
    }

    private static string Describe(BindingOutcome o) =>
        $"{o.Verdict} {(o.IsClaimed ? "claimed" : "free")} {o.Mode} {o.Size?.Bytes} {o.DataOffset?.Bytes} {o.Align?.Bytes} "
        + $"{(o.Errno == 0 ? 0 : -(int)o.Errno)}";

    /// <summary>Columns: kernel, case, region, namespace mode, holder, holder size, holder start, align, block device, dax device,
    /// messages.</summary>
    private static string Describe(string[] row, string size)
    {
        bool isUnbound = row[3].EndsWith("(no driver)", StringComparison.Ordinal),
            isClaimed = row[4].Length > 0;
        string mode =
            row[3].StartsWith("dax", StringComparison.Ordinal) ? "devdax"
            : row[3].StartsWith("memory", StringComparison.Ordinal) ? "fsdax"
            : "raw";
        string claimed = isClaimed ? "claimed" : "free";
        if (isUnbound)
            return $"Unbound {claimed} {mode}   {row[7]} {FailedWith().Match(row[10]).Groups[1].Value}";
        return isClaimed ? $"Bound claimed {mode} {row[5]} {row[6]} {row[7]} 0" : $"Raw free raw {size} 0  0";
    }

    /// <summary>The recorded logs were filtered: V13, V14 and V17 are missing in them. Device numbers are no rule.</summary>
    private static void CompareMessages(string[] row, BindingOutcome outcome)
    {
        static string Normal(string message) => DeviceNumber().Replace(message.Trim(), "$1N");
        string[] recorded = row[10].Split(" | ", StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> ours = outcome.Rule is "V13" or "V14" or "V17" ? outcome.Messages.Skip(1) : outcome.Messages;
        Assert.Equal(recorded.Select(Normal), ours.Select(Normal));
    }

    [GeneratedRegex(@"\b(pfn|dax)\d+\.\d+")]
    private static partial Regex DeviceNumber();

    [GeneratedRegex(@"failed with error (-\d+)")]
    private static partial Regex FailedWith();
}

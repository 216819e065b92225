using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Tests.Labels;

public class LabelChecksTests
{
    [Fact]
    public void Recorded_areas_have_nothing_worse_than_notes()
    {
        foreach (RecordedArea recorded in LabelGolden.Areas)
        {
            IReadOnlyList<Finding> findings = LabelChecks.Validate(SparseBytes.From(recorded.Bytes), LabelGolden.Kernel);
            Assert.All(findings, f => Assert.Equal((f.Code.Name, Severity.Note), (f.Code.Name, f.Severity)));
            bool blank = !recorded.Bytes.AsSpan().ContainsAnyExcept((byte)0);
            Assert.Contains(findings, f => f.Code.Name == (blank ? "labels.area.blank" : "labels.index.current"));
        }
    }

    [Theory]
    [InlineData("signature", 0x00, 1, 0UL)]
    [InlineData("label-size", 0x3e, 2, 2UL)] // version 1.2 and labelsize 0x7f
    [InlineData("checksum", 0x40, 8, 1UL)]
    [InlineData("sequence", 0x14, 4, 4UL)]
    [InlineData("myoff", 0x18, 8, 8UL)]
    [InlineData("mysize", 0x20, 8, 71UL)]
    [InlineData("otheroff", 0x28, 8, 8UL)]
    [InlineData("labeloff", 0x30, 8, 8UL)]
    [InlineData("nslot", 0x38, 4, 1021UL)]
    public void Each_rule_of_an_index_block_has_its_code(string code, int offset, int width, ulong value)
    {
        for (int block = 0; block < 2; block++)
        {
            byte[] bytes = LabelGolden.BytesOf(LabelAreaWritesTests.Initialised(131072, LabelVersion.V1_1).Bytes);
            for (int i = 0; i < width; i++)
                bytes[(block * 256) + offset + i] = (byte)((value >> (8 * i)) & 0xff);
            if (code == "label-size")
                bytes[(block * 256) + IndexFormat.LabelSizeOffsetBytes] = 0x7f;
            if (code != "checksum")
                LabelAreaTests.Reseal(bytes, block);
            IReadOnlyList<Finding> findings = LabelChecks.Validate(SparseBytes.From(bytes), LabelGolden.Kernel);
            Finding finding = Assert.Single(findings, f => f.Severity != Severity.Note);
            Assert.Equal(("labels.index." + code, Severity.Warning), (finding.Code.Name, finding.Severity));
            Assert.Equal((ulong)block, OffsetOf(finding) / 256);
            Assert.Equal(1 - block, LabelGolden.Parse(bytes).CurrentIndexNumber);
        }
    }

    [Fact]
    public void Without_a_valid_block_the_findings_are_errors()
    {
        byte[] bytes = LabelGolden.BytesOf(LabelAreaWritesTests.Initialised(131072, LabelVersion.V1_2).Bytes);
        bytes[0x48] ^= 1;
        bytes[0x148] ^= 1;
        Assert.Equal(
            ["labels.index.checksum", "labels.index.checksum", "labels.index.none-valid"],
            LabelChecks
                .Validate(SparseBytes.From(bytes), LabelGolden.Kernel)
                .Where(f => f.Severity == Severity.Error)
                .Select(f => f.Code.Name)
        );
    }

    [Fact]
    public void Faults_of_labels_have_their_codes()
    {
        NamespaceLabel good = LabelAreaWritesTests.Label(1);
        Expect(good, "updating", flags: LabelFlags.Updating);
        Expect(good, "local", flags: LabelFlags.Local, severity: Severity.Note);
        Expect(good, "flags-unknown", flags: 64, severity: Severity.Note);
        Expect(good with { Uuid = Uuid.Zero }, "uuid-zero");
        Expect(good with { Name = LabelBytes.From(Enumerable.Repeat((byte)'x', 64).ToArray()) }, "name-unterminated");
        Expect(good with { Position = 1 }, "position");
        Expect(good with { LabelCount = 0 }, "position");
        Expect(good with { LbaSize = new ByteSize(520) }, "lbasize");
        Expect(good with { AbstractionGuid = good.Uuid }, "abstraction-unknown");
        Expect(good with { RawSize = ByteSize.Zero }, "dpa-empty");
        Expect(good with { Dpa = new DimmAddress(ulong.MaxValue) }, "dpa-wraps");

        static void Expect(NamespaceLabel label, string code, uint flags = 0, Severity? severity = null)
        {
            LabelArea area = LabelAreaWritesTests.Initialised(131072, LabelVersion.V1_2).PutLabel(label, flags).Area;
            Finding finding = Assert.Single(
                LabelChecks.Validate(area.Bytes, LabelGolden.Kernel),
                f => f.Code.Name == "labels.label." + code
            );
            if (severity is { } s)
                Assert.Equal(s, finding.Severity);
        }
    }

    [Fact]
    public void Slots_that_do_not_count_and_sets_that_cannot_be()
    {
        LabelArea area = LabelAreaWritesTests.Initialised(131072, LabelVersion.V1_2);
        for (ulong i = 1; i <= 3; i++)
            area = area.PutLabel(LabelAreaWritesTests.Label(i), 0).Area;
        byte[] bytes = LabelGolden.BytesOf(area.Bytes);
        NamespaceLabel copy = LabelAreaWritesTests.Label(1) with { Slot = 1, InterleaveSetCookie = 5 };
        copy.ToBytes(256).CopyTo(bytes, 512 + 256); // slot 1 now repeats slot 0
        Assert.Equal(["labels.label.cookies-differ", "labels.label.dpa-overlap", "labels.label.duplicate-uuid"], Codes(bytes));
        (copy with { Slot = 9 }).ToBytes(256).CopyTo(bytes, 512 + 256);
        Assert.Equal(["labels.slot.number"], Codes(bytes));
        bytes[512 + 256 + 0x78] = 1;
        Assert.Equal(["labels.slot.checksum"], Codes(bytes));
        Assert.Equal(2, LabelGolden.Parse(bytes).ActiveLabels.Length);

        static string[] Codes(byte[] bytes) =>
            [
                .. LabelChecks
                    .Validate(SparseBytes.From(bytes), LabelGolden.Kernel)
                    .Select(f => f.Code.Name)
                    .Where(c => c != "labels.index.current")
                    .Order(StringComparer.Ordinal),
            ];
    }

    [Fact]
    public void Equal_sequence_numbers_are_told()
    {
        byte[] bytes = LabelGolden.BytesOf(LabelAreaWritesTests.Initialised(131072, LabelVersion.V1_1).Bytes);
        LabelArea.Seal(bytes.AsSpan(256, 256), 1, 3, 1020, LabelGolden.Parse(bytes).Geometry!.Value);
        IReadOnlyList<Finding> findings = LabelChecks.Validate(SparseBytes.From(bytes), LabelGolden.Kernel);
        Assert.Contains(findings, f => f.Code.Name == "labels.index.equal-sequence");
        Assert.Contains(
            findings,
            f => f.Code.Name == "labels.index.current" && f.Evidence[0].Actual.StartsWith("index 1", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Hostile_areas_are_bounded()
    {
        Assert.Equal("labels.area.too-small", Assert.Single(LabelChecks.Validate(SparseBytes.Zero(100), LabelGolden.Kernel)).Code.Name);
        Assert.Equal(
            "labels.area.too-small",
            Assert.Single(LabelChecks.Validate(SparseBytes.Zero(ulong.MaxValue), LabelGolden.Kernel)).Code.Name
        );
        SparseBytes huge = LabelInitialisation.InitLabels(SparseBytes.Zero(uint.MaxValue), LabelVersion.V1_1).Bytes;
        Assert.True(LabelArea.Parse(huge, LabelGolden.Kernel).HasCurrentIndex);
        byte[] bytes = new byte[1 << 20];
        bytes.AsSpan().Fill(0x5a);
        LabelInitialisation.InitLabels(SparseBytes.From(bytes), LabelVersion.V1_1).Bytes.Read(0, bytes);
        LabelGeometry geometry = LabelGolden.Parse(bytes).Geometry!.Value;
        bytes.AsSpan(72, geometry.IndexSizeBytes - 72).Clear(); // every slot used, all of them wrong
        LabelAreaTests.Reseal(bytes, 0, geometry.IndexSizeBytes);
        IReadOnlyList<Finding> findings = LabelChecks.Validate(SparseBytes.From(bytes), LabelGolden.Kernel);
        Assert.InRange(findings.Count, LabelChecks.SlotFindingsMax, LabelChecks.SlotFindingsMax + 10);
        Assert.Contains(findings, f => f.Code.Name == "labels.more");
    }

    [Fact]
    public void Every_bit_of_a_recorded_index_and_label_flipped_once_is_noticed_and_breaks_nothing()
    {
        byte[] bytes = [.. LabelGolden.Area("d_multi/1-four/nmem1")];
        LabelArea sound = LabelGolden.Parse(bytes);
        int current = sound.CurrentIndexNumber;
        NamespaceLabel first = sound.ActiveLabels[0];
        int[] starts = [current * 256, (int)sound.Geometry!.Value.SlotOffsetBytes(first.Slot)];
        foreach (int start in starts)
        {
            for (int bit = 0; bit < 256 * 8; bit++)
            {
                bytes[start + (bit / 8)] ^= (byte)(1 << (bit % 8));
                Assert.Contains(LabelChecks.Validate(SparseBytes.From(bytes), LabelGolden.Kernel), f => f.Severity > Severity.Note);
                LabelArea hurt = LabelGolden.Parse(bytes);
                Assert.True(
                    start < 512 ? hurt.CurrentIndexNumber == 1 - current : hurt.ActiveLabels.Length == sound.ActiveLabels.Length - 1
                );
                bytes[start + (bit / 8)] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    private static ulong OffsetOf(Finding finding) => Assert.IsType<MediaPlace>(finding.Place).Offset.Bytes;
}

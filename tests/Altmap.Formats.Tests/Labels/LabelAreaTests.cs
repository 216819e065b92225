using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Tests.Labels;

public class LabelAreaTests
{
    [Fact]
    public void Every_recorded_area_has_a_current_index_or_is_blank()
    {
        int current = 0,
            labels = 0;
        foreach (RecordedArea recorded in LabelGolden.Areas)
        {
            foreach (KernelProfile kernel in KernelProfiles.All)
            {
                var area = LabelArea.Parse(SparseBytes.From(recorded.Bytes), kernel);
                Assert.Equal(recorded.Bytes.AsSpan().ContainsAnyExcept((byte)0), area.HasCurrentIndex);
                if (kernel != LabelGolden.Kernel)
                    continue;
                current += area.HasCurrentIndex ? recorded.Names.Count : 0;
                labels += area.ActiveLabels.Length;
            }
        }
        Assert.True(current >= 140 && labels > 80, $"{current} areas, {labels} labels");
    }

    [Fact]
    public void Index_blocks_and_labels_are_rebuilt_to_the_byte()
    {
        foreach (RecordedArea recorded in LabelGolden.Areas)
        {
            LabelArea area = LabelGolden.Parse(recorded.Bytes);
            if (!area.HasCurrentIndex)
                continue;
            LabelGeometry geometry = area.Geometry!.Value;
            for (int number = 0; number < 2; number++)
            {
                byte[] block = recorded.Bytes.AsSpan(number * geometry.IndexSizeBytes, geometry.IndexSizeBytes).ToArray();
                byte[] rebuilt = [.. block];
                rebuilt.AsSpan(0, IndexFormat.HeaderSizeBytes).Clear();
                LabelArea.Seal(rebuilt, number, (uint)IndexFormat.Sequence.Read(block), (uint)IndexFormat.SlotCount.Read(block), geometry);
                Assert.Equal(block, rebuilt);
            }
            for (uint slot = 0; slot < geometry.SlotCount; slot++)
            {
                byte[] raw = recorded.Bytes.AsSpan((int)geometry.SlotOffsetBytes(slot), geometry.LabelSizeBytes).ToArray();
                if (!raw.AsSpan().ContainsAnyExcept((byte)0))
                    continue;
                NamespaceLabel label = NamespaceLabel.Parse(raw, geometry.LabelSizeBytes);
                Assert.Equal(raw, label.ToBytes(geometry.LabelSizeBytes));
                Assert.Equal(slot, label.Slot);
                if (geometry.LabelSizeBytes == 256)
                    Assert.Equal(LabelFormat.PersistentMemoryType, label.TypeGuid);
            }
        }
    }

    [Fact]
    public void Available_slots_are_what_sysfs_showed()
    {
        int compared = 0;
        foreach (RecordedDimm dimm in LabelGolden.Dimms)
        {
            if (dimm.AvailableSlots is not { } slots || !LabelGolden.Has(dimm.Name))
                continue;
            Assert.Equal(slots, LabelGolden.Parse(LabelGolden.Area(dimm.Name)).AvailableSlots);
            compared++;
        }
        Assert.True(compared > 100, $"{compared} compared");
    }

    [Fact]
    public void A_blank_area_keeps_256_byte_labels_in_mind()
    {
        var area = LabelArea.Parse(SparseBytes.Zero(131072), LabelGolden.Kernel);
        Assert.False(area.HasCurrentIndex);
        Assert.Equal(256, area.LabelSizeBytes);
        Assert.Equal(510u, area.FreeSlotCount);
        Assert.Equal(509u, area.AvailableSlots);
        Assert.Empty(area.ActiveLabels);
        Assert.False(area.UsesCookie1);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(700, true)]
    [InlineData(768, false)]
    [InlineData(1024, false)]
    public void Small_areas_do_not_come_up(ulong size, bool tooSmall)
    {
        var area = LabelArea.Parse(SparseBytes.Zero(size), LabelGolden.Kernel);
        Assert.Equal(tooSmall, area.IsTooSmall);
        Assert.False(area.HasCurrentIndex);
    }

    [Fact]
    public void Equal_sequence_numbers_give_index_1_and_a_lone_valid_block_rules()
    {
        SparseBytes area = LabelInitialisation.InitLabels(SparseBytes.Zero(131072), LabelVersion.V1_1).Bytes;
        Assert.Equal(0, LabelArea.Parse(area, LabelGolden.Kernel).CurrentIndexNumber);
        byte[] bytes = LabelGolden.BytesOf(area);
        LabelGeometry geometry = LabelArea.Parse(area, LabelGolden.Kernel).Geometry!.Value;
        LabelArea.Seal(bytes.AsSpan(256, 256), 1, 3, 1020, geometry);
        Assert.Equal(1, LabelGolden.Parse(bytes).CurrentIndexNumber);
        bytes[256] ^= 1;
        Assert.Equal(0, LabelGolden.Parse(bytes).CurrentIndexNumber);
        bytes[0] ^= 1;
        Assert.False(LabelGolden.Parse(bytes).HasCurrentIndex);
    }

    [Fact]
    public void Version_1_2_with_labelsize_0_is_a_128_byte_area()
    {
        byte[] bytes = LabelGolden.BytesOf(LabelInitialisation.InitLabels(SparseBytes.Zero(131072), LabelVersion.V1_1).Bytes);
        bytes[0x3e] = 2;
        Reseal(bytes, 0);
        LabelArea area = LabelGolden.Parse(bytes);
        Assert.Equal((0, 128, (1, 2)), (area.CurrentIndexNumber, area.LabelSizeBytes, area.IndexVersion));
        Assert.False(area.UsesCookie1);
        // The next write says 1.1 again, because the version follows the label size.
        Assert.Equal((1, 1), area.DeleteLabels(Uuid.Zero).Area.IndexVersion);
    }

    [Fact]
    public void A_large_labelsize_is_refused_or_wraps_by_kernel()
    {
        byte[] bytes = LabelGolden.BytesOf(LabelInitialisation.InitLabels(SparseBytes.Zero(131072), LabelVersion.V1_2).Bytes);
        for (int block = 0; block < 2; block++)
        {
            bytes[(block * 256) + IndexFormat.LabelSizeOffsetBytes] = 33; // 1 << (7 + 33) is 1 << 8 in a 32-bit register
            Reseal(bytes, block);
        }
        Assert.False(LabelGolden.Parse(bytes).HasCurrentIndex);
        Assert.True(LabelArea.Parse(SparseBytes.From(bytes), LabelGolden.Kernel510).HasCurrentIndex);
        Assert.True(NdctlLabelCheck.Check(SparseBytes.From(bytes)).IsValid);
    }

    [Fact]
    public void A_wrapping_slot_count_is_taken_by_32_bit_kernels_and_stays_bounded_here()
    {
        byte[] bytes = LabelGolden.BytesOf(LabelInitialisation.InitLabels(SparseBytes.Zero(131072), LabelVersion.V1_1).Bytes);
        for (int block = 0; block < 2; block++)
        {
            IndexFormat.SlotCount.Write(bytes.AsSpan(block * 256), 0x0200_0000); // × 128 is 2^32
            Reseal(bytes, block);
        }
        Assert.False(LabelGolden.Parse(bytes).HasCurrentIndex);
        var wrapped = LabelArea.Parse(SparseBytes.From(bytes), LabelGolden.Kernel510);
        Assert.True(wrapped.HasCurrentIndex);
        Assert.Equal(1020u, wrapped.SlotCount);
        Assert.Contains(
            LabelChecks.Validate(SparseBytes.From(bytes), LabelGolden.Kernel510),
            f => f.Code.Name == "labels.index.nslot-beyond-end" && f.Severity == Severity.Error && f.Kernels.SequenceEqual(["5.10"])
        );
    }

    [Fact]
    public void A_used_slot_of_zeroes_counts_only_as_slot_0()
    {
        byte[] bytes = LabelGolden.BytesOf(LabelInitialisation.InitLabels(SparseBytes.Zero(131072), LabelVersion.V1_2).Bytes);
        bytes[72] = 0xfc; // slots 0 and 1 used
        Reseal(bytes, 0);
        NamespaceLabel label = Assert.Single(LabelGolden.Parse(bytes).ActiveLabels);
        Assert.Equal((0u, 0ul), (label.Slot, label.RawSize.Bytes));
    }

    internal static void Reseal(byte[] bytes, int number, int indexSize = 256)
    {
        Span<byte> block = bytes.AsSpan(number * indexSize, indexSize);
        IndexFormat.Checksum.Write(
            block,
            Altmap.Formats.Checksums.Fletcher64.ComputeWithZeroedField(block, IndexFormat.Checksum.OffsetBytes)
        );
    }
}

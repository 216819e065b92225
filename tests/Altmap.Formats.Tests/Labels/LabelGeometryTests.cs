using Altmap.Core.Units;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Tests.Labels;

public class LabelGeometryTests
{
    [Theory]
    [InlineData(131072, 128, 256, 1020)]
    [InlineData(131072, 256, 256, 510)]
    [InlineData(262144, 128, 512, 2040)]
    [InlineData(262144, 256, 256, 1022)]
    [InlineData(1048576, 128, 1280, 8172)]
    [InlineData(1048576, 256, 768, 4090)]
    [InlineData(1024, 128, 256, 4)]
    public void Known_sizes(ulong area, int label, int index, uint slots) =>
        Assert.Equal(new LabelGeometry(new ByteSize(area), label, index, slots), LabelGeometry.For(new ByteSize(area), label));

    [Fact]
    public void Slots_and_index_blocks_never_overlap_nor_leave_the_area()
    {
        for (ulong size = 0; size < 300_000; size += 61)
        {
            foreach (int label in new[] { 128, 256 })
            {
                if (LabelGeometry.For(new ByteSize(size), label) is not { } geometry)
                {
                    Assert.True(size < 1024, $"{size}");
                    continue;
                }
                Assert.True(geometry.SlotCount >= 2 && geometry.IndexSizeBytes % 256 == 0);
                Assert.True(geometry.SlotOffsetBytes(geometry.SlotCount) <= size);
                Assert.True(geometry.SlotCount <= geometry.BitmapSlotCount && geometry.SlotCount <= geometry.SlotCountMax);
            }
        }
    }

    [Fact]
    public void Sizes_beyond_32_bits_are_refused() => Assert.Null(LabelGeometry.For(new ByteSize(1UL << 32), 128));

    [Fact]
    public void Fields_of_both_structures_fill_them_without_overlap()
    {
        AssertApart(
            IndexFormat
                .Fields.Select(f => (f.OffsetBytes, f.WidthBytes))
                .Concat([(0, 16), (IndexFormat.FlagsOffsetBytes, 3), (IndexFormat.LabelSizeOffsetBytes, 1)]),
            IndexFormat.HeaderSizeBytes
        );
        AssertApart(
            LabelFormat
                .Fields.Select(f => (f.OffsetBytes, f.WidthBytes))
                .Concat([
                    (LabelFormat.UuidOffsetBytes, 16),
                    (LabelFormat.NameOffsetBytes, 64),
                    (LabelFormat.AlignOffsetBytes, 4),
                    (LabelFormat.TypeGuidOffsetBytes, 16),
                    (LabelFormat.AbstractionGuidOffsetBytes, 16),
                    (LabelFormat.Reserved2OffsetBytes, LabelFormat.Reserved2SizeBytes),
                ]),
            256
        );

        static void AssertApart(IEnumerable<(int Offset, int Width)> fields, int total)
        {
            int end = 0;
            foreach ((int offset, int width) in fields.OrderBy(f => f.Offset))
            {
                Assert.Equal(end, offset);
                end = offset + width;
            }
            Assert.Equal(total, end);
        }
    }
}

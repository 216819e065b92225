using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Tests.Labels;

public class LabelInitialisationTests
{
    [Fact]
    public void A_fresh_area_is_the_recorded_one()
    {
        byte[] recorded = LabelGolden.Area("a_fsdax/create/nmem2"); // the namespace was refused: as init-labels left it
        Assert.Equal(recorded, LabelGolden.BytesOf(LabelInitialisation.InitLabels(SparseBytes.Zero(131072), LabelVersion.V1_1).Bytes));
    }

    [Theory]
    [InlineData(LabelVersion.V1_1, 128)]
    [InlineData(LabelVersion.V1_2, 256)]
    public void Slots_stay_and_none_counts(LabelVersion version, int labelSize)
    {
        foreach (RecordedArea recorded in LabelGolden.Areas)
        {
            LabelAreaChange change = LabelInitialisation.InitLabels(SparseBytes.From(recorded.Bytes), version);
            var area = LabelArea.Parse(change.Bytes, LabelGolden.Kernel);
            Assert.Equal((0, labelSize, 0), (area.CurrentIndexNumber, area.LabelSizeBytes, area.ActiveLabels.Length));
            Assert.Equal(recorded.Bytes[512..], LabelGolden.BytesOf(change.Bytes)[512..]);
            Assert.True(NdctlLabelCheck.Check(change.Bytes).IsValid);
        }
    }

    [Fact]
    public void What_lies_behind_the_bitmap_is_left()
    {
        byte[] bytes = new byte[131072];
        bytes.AsSpan().Fill(0xaa);
        byte[] after = LabelGolden.BytesOf(LabelInitialisation.InitLabels(SparseBytes.From(bytes), LabelVersion.V1_2).Bytes);
        Assert.Equal((0xff, 0xaa), (after[72 + 63], after[72 + 64]));
    }

    [Fact]
    public void Zeroing_is_bounded()
    {
        SparseBytes area = SparseBytes.From(LabelGolden.Areas[0].Bytes);
        Assert.True(LabelInitialisation.ZeroLabels(area, ByteSize.Zero, default).Bytes.ContentEquals(SparseBytes.Zero(area.LengthBytes)));
        Assert.Equal(Errno.EINVAL, LabelInitialisation.ZeroLabels(area, ByteSize.Zero, new MediaOffset(1)).Errno);
        Assert.Equal(Errno.EINVAL, LabelInitialisation.ZeroLabels(area, new ByteSize(ulong.MaxValue), new MediaOffset(8)).Errno);
        LabelAreaChange part = LabelInitialisation.ZeroLabels(area, new ByteSize(256), default);
        Assert.Equal(
            -1,
            NdctlLabelCheck
                .Check(LabelInitialisation.ZeroLabels(part.Bytes, new ByteSize(256), new MediaOffset(256)).Bytes)
                .CurrentIndexNumber
        );
        Assert.Equal(
            1,
            NdctlLabelCheck
                .Check(
                    LabelInitialisation
                        .ZeroLabels(
                            LabelInitialisation.InitLabels(SparseBytes.Zero(131072), LabelVersion.V1_1).Bytes,
                            new ByteSize(256),
                            default
                        )
                        .Bytes
                )
                .CurrentIndexNumber
        );
    }

    [Fact]
    public void Too_small_an_area_is_refused() =>
        Assert.Equal(Errno.ENXIO, LabelInitialisation.InitLabels(SparseBytes.Zero(768), LabelVersion.V1_2).Errno);
}

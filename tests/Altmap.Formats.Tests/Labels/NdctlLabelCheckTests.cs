using Altmap.Core.Media;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Tests.Labels;

public class NdctlLabelCheckTests
{
    [Fact]
    public void Agrees_with_the_kernel_on_every_recorded_area()
    {
        foreach (RecordedArea recorded in LabelGolden.Areas)
        {
            NdctlLabelCheck check = NdctlLabelCheck.Check(SparseBytes.From(recorded.Bytes));
            LabelArea area = LabelGolden.Parse(recorded.Bytes);
            Assert.Equal((area.HasCurrentIndex, area.CurrentIndexNumber), (check.IsValid, check.CurrentIndexNumber));
            if (check.IsValid)
                Assert.Equal((area.LabelSizeBytes, area.SlotCount), (check.LabelSizeBytes, check.SlotCount));
        }
    }

    [Fact]
    public void A_wrong_labeloff_is_seen_by_the_kernel_alone()
    {
        byte[] bytes = LabelGolden.BytesOf(LabelInitialisation.InitLabels(SparseBytes.Zero(131072), LabelVersion.V1_1).Bytes);
        for (int block = 0; block < 2; block++)
        {
            IndexFormat.LabelOffset.Write(bytes.AsSpan(block * 256), 1024);
            LabelAreaTests.Reseal(bytes, block);
        }
        Assert.True(NdctlLabelCheck.Check(SparseBytes.From(bytes)).IsValid);
        Assert.False(LabelGolden.Parse(bytes).HasCurrentIndex);
        Assert.Contains(LabelChecks.Validate(SparseBytes.From(bytes), LabelGolden.Kernel), f => f.Code.Name == "labels.index.labeloff");
    }

    [Fact]
    public void Blank_and_tiny_areas_are_not_valid()
    {
        Assert.Equal(new NdctlLabelCheck(false, -1, 256, 0), NdctlLabelCheck.Check(SparseBytes.Zero(131072)));
        Assert.False(NdctlLabelCheck.Check(SparseBytes.Zero(0)).IsValid);
    }
}

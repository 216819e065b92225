using Altmap.Core.Media;
using Altmap.Formats.Labels;
using Altmap.Formats.Tests.Labels;
using Altmap.Shell.Json;

namespace Altmap.Shell.Tests.Json;

public class LabelJsonTests
{
    [Fact]
    public void Read_labels_of_every_recorded_area_is_what_ndctl_printed()
    {
        int compared = 0;
        foreach (RecordedArea recorded in LabelGolden.Areas)
        {
            LabelDump? dump = LabelJson.Read(SparseBytes.From(recorded.Bytes));
            if (recorded.Json.Trim().Length == 0)
            {
                Assert.Null(dump);
                continue;
            }
            Assert.NotNull(dump);
            Assert.Equal(recorded.Json.Trim(), LabelJson.Format([("DEV", dump)]));
            compared++;
        }
        Assert.True(compared > 40, $"{compared} compared");
    }

    [Fact]
    public void Human_numbers_are_as_a_recorded_session_shows_them()
    {
        SparseBytes area = LabelInitialisation.InitLabels(SparseBytes.Zero(131072), LabelVersion.V1_1).Bytes;
        LabelDump dump = LabelJson.Read(area, human: true)!;
        Assert.Equal(
            ["\"00000000-0000-0000-0000-000000000000\"", "\"\"", "0", "0", "0", "\"0\"", "\"0\"", "0", "\"0\"", "0"],
            Assert.Single(dump.Labels).Members.Select(m => JsonPrinter.Pretty(m.Value))
        );
        Assert.True(LabelJson.Read(area, indexOnly: true)!.Labels.IsDefault);
    }

    [Fact]
    public void The_label_size_is_guessed_from_offsets_0_and_256_alone()
    {
        // 1 MiB: index blocks of 768 bytes, so offset 256 lies inside the first: one vote for 1.2 is enough.
        SparseBytes large = LabelInitialisation.InitLabels(SparseBytes.Zero(1 << 20), LabelVersion.V1_2).Bytes;
        Assert.Equal(256, LabelGeometry.GuessLabelSize(large));
        Assert.Equal(128, LabelGeometry.GuessLabelSize(SparseBytes.Zero(131072)));
        Assert.Equal(128, LabelGeometry.GuessLabelSize(SparseBytes.Zero(3)));
        Assert.Null(LabelJson.Read(SparseBytes.Zero(3)));
    }
}

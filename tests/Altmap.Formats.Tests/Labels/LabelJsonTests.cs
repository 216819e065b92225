using Altmap.Core.Media;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Tests.Labels;

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
            Assert.Single(dump.Labels).Select(f => f.Token)
        );
        Assert.True(LabelJson.Read(area, indexOnly: true)!.Labels.IsDefault);
    }

    [Theory]
    [InlineData(268435456, "\"256.00 MiB (268.44 MB)\"")]
    [InlineData(5119999, "5119999")]
    [InlineData(5120000, "\"4.88 MiB (5.12 MB)\"")]
    [InlineData(4294967296, "\"4.00 GiB (4.29 GB)\"")]
    [InlineData(2199023255552, "\"2.00 TiB (2.20 TB)\"")]
    public void Sizes_are_rounded_to_hundredths(ulong bytes, string expected) => Assert.Equal(expected, LabelJson.Size(bytes, human: true));

    [Fact]
    public void A_size_above_63_bits_comes_out_negative() => Assert.Equal("-1", LabelJson.Size(ulong.MaxValue, human: false));

    [Fact]
    public void Strings_are_escaped_as_json_c_does() => Assert.Equal("\"a\\/b\\\"\\\\\\u0001\\n\"", LabelJson.Quote("a/b\"\\\u0001\n"));

    [Fact]
    public void The_label_size_is_guessed_from_offsets_0_and_256_alone()
    {
        // 1 MiB: index blocks of 768 bytes, so offset 256 lies inside the first: one vote for 1.2 is enough.
        SparseBytes large = LabelInitialisation.InitLabels(SparseBytes.Zero(1 << 20), LabelVersion.V1_2).Bytes;
        Assert.Equal(256, LabelJson.GuessLabelSize(large));
        Assert.Equal(128, LabelJson.GuessLabelSize(SparseBytes.Zero(131072)));
        Assert.Equal(128, LabelJson.GuessLabelSize(SparseBytes.Zero(3)));
        Assert.Null(LabelJson.Read(SparseBytes.Zero(3)));
    }
}

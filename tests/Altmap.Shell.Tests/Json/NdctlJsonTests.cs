using Altmap.Core.Json;
using Altmap.Core.Units;
using Altmap.Shell.Json;

namespace Altmap.Shell.Tests.Json;

public class NdctlJsonTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(5119999, "5119999")]
    [InlineData(5120000, "\"4.88 MiB (5.12 MB)\"")]
    [InlineData(268435456, "\"256.00 MiB (268.44 MB)\"")]
    [InlineData(1073741824, "\"1024.00 MiB (1073.74 MB)\"")]
    [InlineData(2147483648, "\"2.00 GiB (2.15 GB)\"")]
    [InlineData(2198949052416, "\"2047.93 GiB (2198.95 GB)\"")]
    [InlineData(2199023255552, "\"2.00 TiB (2.20 TB)\"")]
    [InlineData(ulong.MaxValue, "\"83886.08 TiB (18446744.07 TB)\"")]
    public void Sizes_for_people(ulong bytes, string expected) =>
        Assert.Equal(expected, JsonPrinter.Pretty(NdctlJson.Size(new ByteSize(bytes), JsonDetail.Human)));

    [Fact]
    public void Plain_sizes_are_signed_and_ids_are_not()
    {
        Assert.Equal("-1", JsonPrinter.Pretty(NdctlJson.Size(new ByteSize(ulong.MaxValue), JsonDetail.None)));
        Assert.Equal("18446744073709551615", JsonPrinter.Pretty(NdctlJson.Hex(ulong.MaxValue, JsonDetail.None)));
        Assert.Equal("\"0x1f\"", JsonPrinter.Pretty(NdctlJson.Hex(31, JsonDetail.Human)));
        Assert.Equal("\"0\"", JsonPrinter.Pretty(NdctlJson.Hex(0, JsonDetail.Human)));
    }

    [Fact]
    public void A_lone_element_loses_its_array_for_people_only()
    {
        var one = JsonArray.Of([1L]);
        Assert.Equal("1\n", NdctlJson.Display(one, JsonDetail.Human).Stdout);
        Assert.Equal("[\n  1\n]\n", NdctlJson.Display(one, JsonDetail.None).Stdout);
        Assert.Equal("[\n  1,\n  2\n]\n", NdctlJson.Display(one.Add(2L), JsonDetail.Human).Stdout);
        Assert.Equal(new PrintedText("", ""), NdctlJson.Display(JsonArray.Empty, JsonDetail.Human));
        Assert.Equal(
            new PrintedText("[\n]\n", "  Warning: no matching devices found\n\n"),
            NdctlJson.Display(JsonArray.Empty, JsonDetail.None)
        );
    }
}

using System.Text;
using Altmap.Core.Kernels;

namespace Altmap.Core.Tests.Kernels;

public class ProfileFileTests
{
    private const string Head = "{\"format\":\"altmap-kernel/1\",\"name\":\"mine\",\"based_on\":\"6.1\",\n";

    [Fact]
    public void Rules_are_set_and_the_others_kept()
    {
        ProfileFileResult result = Parse(
            Head
                + "\"description\":\"d\",\"rules\":{\"info-block.max-struct-page-size\":128,\"info-block.page-size-check\":false,\"info-block.layout\":\"sub-section\"}}"
        );
        Assert.Empty(result.Errors);
        KernelProfile profile = result.Profile!;
        Assert.Equal(
            ("mine", "d", 128UL, false, InfoBlockLayout.SubSection),
            (
                profile.Name,
                profile.Description,
                profile.Get(Rules.MaxStructPageSize).Bytes,
                profile.Get(Rules.ChecksPageSize),
                profile.Get(Rules.InfoBlockLayout)
            )
        );
        Assert.Equal(Confirmation.UserDefined, profile.SettingOf(Rules.InfoBlockLayout).Confirmation);
        Assert.Equal(KernelProfiles.Find("6.1")!.SettingOf(Rules.InfoBlockMinor), profile.SettingOf(Rules.InfoBlockMinor));
        Assert.False(profile.IsVerified);
    }

    [Theory]
    [InlineData(
        "\"rules\":{\"info-block.layuot\":\"x\"}}",
        "k:2: unknown key \"info-block.layuot\"; did you mean \"info-block.layout\"?; expected one of info-block.layout, ",
        ""
    )]
    [InlineData(
        "\"rules\":{\"info-block.layout\":\"x\"}}",
        "k:2: \"info-block.layout\" cannot be the string \"x\"; expected one of section-4.12, section-4.19, sub-section, compat-align",
        ""
    )]
    [InlineData(
        "\"rules\":{\"info-block.minor\":5}}",
        "k:2: \"info-block.minor\" cannot be the number 5; expected a number from 1 to 4",
        ""
    )]
    [InlineData(
        "\"rules\":{\"section.bits-x86_64\":64}}",
        "k:2: \"section.bits-x86_64\" cannot be the number 64; expected a number of bits from 21 to 40",
        ""
    )]
    [InlineData("\"rules\":{\"info-block.layout\":[]}}", "k:2: \"info-block.layout\" is a list; expected one of section-4.12, ", "")]
    [InlineData("\"rules\":[]}", "k:2: \"rules\" is a list; expected an object {…}", "")]
    public void Mistakes_are_told(string rest, string start, string end)
    {
        string error = Assert.Single(Parse(Head + rest).Errors).ToString();
        Assert.StartsWith(start, error, StringComparison.Ordinal);
        Assert.EndsWith(end, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "{\"format\":\"altmap-kernel/1\",\"name\":\"6.1\",\"based_on\":\"6.1\"}",
        "k:1: the name \"6.1\" is that of a profile that ships; choose another"
    )]
    [InlineData("{\"format\":\"x\",\"name\":\"a\",\"based_on\":\"6.1\"}", "k:1: the format is \"x\"; expected \"altmap-kernel/1\"")]
    public void Mistakes_of_the_head(string text, string expected) =>
        Assert.Equal([expected], Parse(text).Errors.Select(e => e.ToString()));

    [Fact]
    public void An_unknown_base_lists_the_profiles_and_guesses_one() =>
        Assert.Equal(
            [$"k:1: there is no kernel profile \"6.13\"; expected one of {KernelProfiles.Names}; did you mean \"6.12\"?"],
            Parse("{\"format\":\"altmap-kernel/1\",\"name\":\"a\",\"based_on\":\"6.13\"}").Errors.Select(e => e.ToString())
        );

    [Fact]
    public void No_rules_is_the_same_kernel_under_another_name() =>
        Assert.Equal(KernelProfiles.Find("6.1")!.Settings, Parse(Head.TrimEnd(',', '\n') + "}").Profile!.Settings);

    private static ProfileFileResult Parse(string text) => ProfileFile.Parse(Encoding.UTF8.GetBytes(text), "k");
}

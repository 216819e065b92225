using Altmap.Core.Kernels;
using Altmap.Core.Units;
using CpuArchitecture = Altmap.Core.Kernels.Architecture;

namespace Altmap.Core.Tests.Kernels;

public class KernelProfileTests
{
    public static TheoryData<string> Names => [.. KernelProfiles.All.Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_rule_is_set_with_a_source(string name)
    {
        KernelProfile profile = KernelProfiles.Find(name)!;
        Assert.Equal(Rules.All, profile.Settings.Select(s => s.Rule));
        Assert.All(profile.Settings, s => Assert.False(string.IsNullOrWhiteSpace(s.Setting.Source)));
        Assert.DoesNotContain(profile.Settings, s => s.Setting.Confirmation == Confirmation.UserDefined);
        Assert.NotEqual("", profile.Description);
    }

    [Fact]
    public void Names_are_found_exactly()
    {
        Assert.Equal("6.1", KernelProfiles.Find("6.1")!.ToString());
        Assert.All(new[] { "6.1.192", "6", "", "latest" }, n => Assert.Null(KernelProfiles.Find(n)));
        Assert.Equal(KernelProfiles.All.Length, KernelProfiles.All.Select(p => p.Name).Distinct().Count());
        Assert.Equal(string.Join(", ", KernelProfiles.Named), KernelProfiles.Names);
    }

    [Theory]
    [InlineData("6.1.192", "6.1")]
    [InlineData("6.13", "6.12")]
    [InlineData("6.13+kmsan", "6.12+kmsan")]
    [InlineData("6.12.5+kmsan", "6.12+kmsan")]
    [InlineData("v5.11", "5.10")]
    [InlineData("4.4", "4.19")]
    [InlineData("8.0", "7.2")]
    [InlineData("6.2", "6.1")]
    public void A_name_that_no_profile_has_gets_the_one_that_stands_for_it(string name, string near) =>
        Assert.Equal($"did you mean \"{near}\"?", KernelNames.Hint(name));

    [Fact]
    public void Only_kernels_that_were_run_count_as_verified() =>
        Assert.Equal(["5.10", "6.1", "6.12", "7.2"], KernelProfiles.All.Where(p => p.IsVerified).Select(p => p.Name));

    [Fact]
    public void Rules_are_unique_and_explained()
    {
        Assert.Equal(Rules.All.Length, Rules.All.Select(r => r.Name).Distinct().Count());
        Assert.All(Rules.All, r => Assert.Same(r, Rules.Find(r.Name)));
        Assert.All(Rules.All, r => Assert.NotEqual("", r.Meaning));
        Assert.Null(Rules.Find("no.such.rule"));
    }

    [Fact]
    [Trait("problem", "A1")]
    public void The_reserve_was_doubled_for_a_while()
    {
        Assert.Equal(new ByteSize(128), KernelProfiles.Find("6.1.0")!.Get(Rules.MaxStructPageSize));
        Assert.All(KernelProfiles.All.Where(p => p.Name != "6.1.0"), p => Assert.Equal(new ByteSize(64), p.Get(Rules.MaxStructPageSize)));
    }

    [Fact]
    public void Lanes_of_a_btt_are_checked_by_few() =>
        Assert.Equal(["6.1", "7.2"], KernelProfiles.All.Where(p => p.IsVerified && p.Get(Rules.ChecksBttLanes)).Select(p => p.Name));

    /// <summary>Compound device pages came after 5.15, and shared tail pages later still; the block-aperture driver went in 2022.</summary>
    [Fact]
    public void The_kernel_between_has_no_rule_that_is_younger()
    {
        KernelProfile between = KernelProfiles.Find("5.15")!;
        Assert.Equal(CompoundMemmap.None, between.Get(Rules.CompoundMemmap));
        Assert.True(between.Get(Rules.LocalLabelsAreBlockMode));
        Assert.All(KernelProfiles.All.Take(4), p => Assert.Equal("none", p.SettingOf(Rules.CompoundMemmap).Value));
    }

    [Theory]
    [Trait("problem", "D2")]
    [InlineData("5.10", CpuArchitecture.X86_64, 4, 128)]
    [InlineData("5.10", CpuArchitecture.Arm64, 4, 1024)]
    [InlineData("5.10", CpuArchitecture.Arm64, 64, 1024)]
    [InlineData("6.12", CpuArchitecture.X86_64, 4, 128)]
    [InlineData("6.12", CpuArchitecture.Arm64, 4, 128)]
    [InlineData("6.12", CpuArchitecture.Arm64, 16, 128)]
    [InlineData("6.12", CpuArchitecture.Arm64, 64, 512)]
    [InlineData("7.2", CpuArchitecture.Ppc64LittleEndian, 64, 16)]
    public void Sections_by_architecture(string kernel, CpuArchitecture architecture, ulong pageKiB, ulong sectionMiB) =>
        Assert.Equal(ByteSize.MiB(sectionMiB), KernelProfiles.Find(kernel)!.SectionSize(architecture, ByteSize.KiB(pageKiB)));

    [Fact]
    public void A_derived_profile_changes_what_it_names()
    {
        KernelProfile linux61 = KernelProfiles.Find("6.1")!;
        KernelProfile mine = linux61.With("mine", "with a larger struct page", Rules.StructPageSize.To(new ByteSize(96)));
        Assert.Equal(new ByteSize(96), mine.Get(Rules.StructPageSize));
        Assert.Equal(Confirmation.UserDefined, mine.SettingOf(Rules.StructPageSize).Confirmation);
        Assert.Equal(linux61.SettingOf(Rules.InfoBlockLayout), mine.SettingOf(Rules.InfoBlockLayout));
        Assert.False(mine.IsVerified);
        Assert.Equal(new ByteSize(64), linux61.Get(Rules.StructPageSize));
    }

    [Theory]
    [InlineData("info-block.layout", "section")]
    [InlineData("info-block.minor", "5")]
    [InlineData("info-block.minor", "0")]
    [InlineData("info-block.minor", "-1")]
    [InlineData("info-block.minor", "99999999999999999999")]
    [InlineData("struct-page.size", "65536")]
    [InlineData("struct-page.size", "0x40")]
    [InlineData("section.bits-x86_64", "64")]
    [InlineData("section.bits-x86_64", "11")]
    [InlineData("labels.slot-product-bits", "48")]
    [InlineData("info-block.page-size-check", "true")]
    public void Bad_values_are_refused(string rule, string value)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() =>
            KernelProfiles.Find("6.1")!.With("mine", "", Rules.Find(rule)!.ToText(value))
        );
        Assert.Contains(rule, e.Message, StringComparison.Ordinal);
        Assert.StartsWith("mine: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_rule_is_refused() =>
        Assert.Throws<ArgumentException>(() => new KernelProfile("x", "", new Dictionary<Rule, RuleSetting>()));
}

using Altmap.Core.Kernels;
using Altmap.Core.Tests.Architecture;

namespace Altmap.Core.Tests.Kernels;

public class KernelNamesTests
{
    [Theory]
    [InlineData("6.1", "6.1", "name")]
    [InlineData("6.1.0", "6.1.0", "name")]
    [InlineData("6.12+kmsan", "6.12+kmsan", "name")]
    [InlineData("6.1.192", "6.1", "series")]
    [InlineData("6.1.12", "6.1", "series")]
    [InlineData("6.1.11", "6.1.0", "stable-release")]
    [InlineData("6.1-rc3", "6.1.0", "stable-release")]
    [InlineData("6.2-rc8", "6.1.0", "stable-release")]
    [InlineData("6.1.0-56-amd64", "6.1", "series")]
    [InlineData("6.1.0-0.deb11.13-cloud-amd64", "6.1", "series")]
    [InlineData("6.12.107+deb13-amd64", "6.12", "series")]
    [InlineData("6.12.9", "6.12", "series")]
    [InlineData("v6.12.9", "6.12", "series")]
    [InlineData("6.12.3-061203-generic", "6.12", "series")]
    [InlineData("5.15.0-91-generic", "5.15", "series")]
    [InlineData("5.4.0-90-generic", "5.4", "series")]
    [InlineData("Linux version 5.4.0-90-generic (buildd@lgw01) (gcc version 9.3.0)", "5.4", "series")]
    [InlineData("6.12.5+kmsan", "6.12+kmsan", "series")]
    [InlineData("5.4.17-2102.201.3.el8uek.x86_64", "5.4", "series")]
    [InlineData("6.2", "6.1", "nearest")]
    [InlineData("6.2.0-39-generic", "6.1", "nearest")]
    [InlineData("6.5.0-45-generic", "6.1", "nearest")]
    [InlineData("6.7", "6.6", "nearest")]
    [InlineData("6.8", "6.12", "nearest")]
    [InlineData("6.8.0-45-generic", "6.12", "nearest")]
    [InlineData("6.8.5-301.fc40.x86_64", "6.12", "nearest")]
    [InlineData("6.11", "6.12", "nearest")]
    [InlineData("6.14.0-24-generic", "6.12", "nearest")]
    [InlineData("6.15", "7.2", "nearest")]
    [InlineData("6.17", "7.2", "nearest")]
    [InlineData("6.17-rc3", "7.2", "nearest")]
    [InlineData("6.17.0-rc4+", "7.2", "nearest")]
    [InlineData("5.1", "4.19", "nearest")]
    [InlineData("5.1.0", "4.19", "nearest")]
    [InlineData("5.3", "5.4", "nearest")]
    [InlineData("5.7", "5.10", "nearest")]
    [InlineData("5.11.0-49-generic", "5.10", "nearest")]
    [InlineData("5.13", "5.15", "nearest")]
    [InlineData("4.15", "4.19", "older")]
    [InlineData("4.15.0-213-generic", "4.19", "older")]
    [InlineData("4.8", "4.19", "older")]
    [InlineData("4.2", "4.19", "older")]
    [InlineData("7.3", "7.2", "newer")]
    [InlineData("8.0-rc1", "7.2", "newer")]
    [InlineData("3.10.0-1160.119.1.el7.x86_64", "4.19", "distribution")]
    [InlineData("4.18.0-80.el8.x86_64", "4.19", "distribution")]
    [InlineData("4.18.0-193.14.3.el8_2.x86_64", "5.4", "distribution")]
    [InlineData("4.18.0-553.el8_10.x86_64", "5.10", "distribution")]
    [InlineData("5.14.0-70.13.1.el9_0.x86_64", "5.15", "distribution")]
    [InlineData("5.14.0-427.el9", "6.1", "distribution")]
    [InlineData("5.14.0-427.13.1.el9_4.aarch64", "6.1", "distribution")]
    [InlineData("6.12.0-55.9.1.el10_0.x86_64", "6.12", "distribution")]
    [InlineData("4.12.14-150100.197.145-default", "4.19", "distribution")]
    [InlineData("5.3.18-150300.59.161-default", "5.4", "distribution")]
    [InlineData("5.14.21-150500.55.52-default", "5.15", "distribution")]
    [InlineData("6.4.0-150600.21-default", "6.6", "distribution")]
    public void Any_name_of_a_kernel_has_a_profile_that_stands_for_it(string name, string profile, string rule)
    {
        KernelMatch match = KernelNames.Find(name)!;
        Assert.Equal((profile, rule), (match.Profile.Name, KernelNames.Word(match.Rule)));
        Assert.Equal(rule == "name", match.IsExact);
        Assert.Equal(match.IsExact, match.Profile.StandsFor is null);
        Assert.Equal(profile.EndsWith("+kmsan", StringComparison.Ordinal), match.Profile.Get(Rules.StructPageSize).Bytes > 64);
    }

    [Theory]
    [InlineData("")]
    [InlineData("6")]
    [InlineData("six")]
    [InlineData("latest")]
    [InlineData("6.")]
    [InlineData("6.1x")]
    [InlineData("6.1/x")]
    [InlineData("9999.1")]
    [InlineData("6.1.999999999999")]
    [InlineData("3.10")]
    [InlineData("2.6.32-754.el6.x86_64")]
    [InlineData("5.10+kmsan")]
    public void What_is_no_kernel_with_libnvdimm_has_none(string name)
    {
        Assert.Null(KernelNames.Find(name));
        Assert.Contains("expected a version as 6.8", KernelNames.Refusal(name));
    }

    [Fact]
    public void What_differs_is_told_and_marked()
    {
        KernelMatch match = KernelNames.Find("6.8.0-45-generic")!;
        KernelDifference attribute = Assert.Single(match.Differences, d => d.IsKnown);
        Assert.Equal("sysfs.dax-memmap-on-memory", attribute.Rule);
        Assert.StartsWith("changed with 6.9: 6.12 is after that; ", attribute.Why);
        Assert.Contains(match.Differences, d => d is { IsKnown: false, Rule: "memory.max-pfn-x86_64" });
        Assert.DoesNotContain(match.Differences, d => d.Rule is "info-block.layout" or "memory.memmap-on-memory");
        Assert.Equal(Confirmation.Inferred, match.Profile.SettingOf(Rules.DeviceMapsRaiseMaxPfnOnX86).Confirmation);
        Assert.Equal(Confirmation.RealKernel, match.Profile.SettingOf(Rules.InfoBlockLayout).Confirmation);
        Assert.False(match.Profile.IsVerified);
        Assert.StartsWith(
            "kernel 6.8.0-45-generic is taken as 6.12: between 6.6 (1 known change away) and 6.12 (1 known ",
            match.ToString()
        );
    }

    [Fact]
    public void Another_release_of_a_series_that_was_run_stays_verified() =>
        Assert.Equal((true, 0), (KernelNames.Find("6.12.9")!.Profile.IsVerified, KernelNames.Find("6.12.9")!.Differences.Length));

    [Theory]
    [InlineData("4.15", "older kernels")]
    [InlineData("8.1", "newer kernels")]
    public void Beyond_the_profiles_nothing_counts_as_verified(string name, string remark)
    {
        KernelMatch match = KernelNames.Find(name)!;
        Assert.Contains(match.Differences, d => d.Rule == remark && !d.IsKnown);
        Assert.False(match.Profile.IsVerified);
    }

    [Fact]
    public void The_table_of_distributions_names_profiles_and_says_how_we_know() =>
        Assert.All(
            KernelDistributions.All,
            d =>
            {
                Assert.NotNull(KernelProfiles.Find(d.Profile));
                Assert.Equal(Confirmation.Inferred, d.Confirmation);
                Assert.Contains("not read", d.Source);
            }
        );

    [Fact]
    public void The_page_about_kernels_lists_rules_and_distributions()
    {
        string page = Checkout.Read("docs/kernels.md");
        Assert.All(KernelNames.Rules, r => Assert.Contains($"`{KernelNames.Word(r.Rule)}`: ", page));
        Assert.All(KernelDistributions.All, d => Assert.Contains($"| {d.Name} | {d.Pattern} | {d.Profile} |", page));
    }

    [Fact]
    public void Each_known_change_is_of_a_rule_that_differs_there()
    {
        KernelProfile[] series = [.. KernelProfiles.All.Where(p => p.Name != "6.1.0")];
        foreach (KernelChange change in KernelChanges.Known.Where(c => Rules.Find(c.Rule) is not null))
        {
            int behind = Array.FindIndex(series, p => KernelRelease.Parse(p.Name)!.Age >= change.Age);
            Assert.True(
                series[behind].SettingOf(Rules.Find(change.Rule)!).Value != series[behind - 1].SettingOf(Rules.Find(change.Rule)!).Value,
                $"{change.Rule} {change.Version}"
            );
        }
    }

    [Fact]
    public void Every_rule_of_the_mapping_is_listed() =>
        Assert.Equal(Enum.GetValues<KernelMatchRule>(), KernelNames.Rules.Select(r => r.Rule));
}

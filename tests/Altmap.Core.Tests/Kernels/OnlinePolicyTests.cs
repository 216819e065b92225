using Altmap.Core.Kernels;

namespace Altmap.Core.Tests.Kernels;

public class OnlinePolicyTests
{
    [Fact]
    public void Words_come_back()
    {
        foreach (OnlinePolicy policy in Enum.GetValues<OnlinePolicy>())
        {
            Assert.Equal(policy, OnlinePolicies.Find(policy.Word()));
            Assert.Equal(policy, OnlinePolicies.Find(policy.Word() + "\n"));
        }
        // The rule may have each of the words, and no others.
        Assert.Equal(Enum.GetValues<OnlinePolicy>().Select(p => p.Word()), Rules.AutoOnline.Words.Select(w => w.Word));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("ONLINE")]
    [InlineData("online ")]
    [InlineData("online\n\n")]
    [InlineData("online_")]
    public void Anything_else_is_none(string? text) => Assert.Null(OnlinePolicies.Find(text));

    [Theory]
    [InlineData("5.10", false, OnlinePolicy.Offline)]
    [InlineData("6.1", true, OnlinePolicy.Offline)]
    [InlineData("6.12", true, OnlinePolicy.Online)]
    [InlineData("7.2", true, OnlinePolicy.Online)]
    public void Profiles_say_what_was_seen_of_kmem_and_of_the_policy(string kernel, bool refuses, OnlinePolicy policy)
    {
        KernelProfile profile = KernelProfiles.Find(kernel)!;
        Assert.Equal((refuses, policy), (profile.Get(Rules.KmemRefusesEmptyDevice), profile.Get(Rules.AutoOnline)));
        Assert.Equal(Confirmation.RealKernel, profile.SettingOf(Rules.KmemRefusesEmptyDevice).Confirmation);
        Assert.Equal(Confirmation.RealKernel, profile.SettingOf(Rules.AutoOnline).Confirmation);
    }
}

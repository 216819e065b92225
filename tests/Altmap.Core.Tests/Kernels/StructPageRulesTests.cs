using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Core.Tests.Kernels;

[Trait("problem", "B1")]
public class StructPageRulesTests
{
    [Theory]
    [InlineData("4.19", null)]
    [InlineData("5.10", 80UL)]
    [InlineData("6.1.0", 80UL)]
    [InlineData("6.1", 96UL)]
    [InlineData("6.12", 96UL)]
    [InlineData("7.2", 96UL)]
    public void The_zeroing_switch_goes_to(string kernel, ulong? max) =>
        Assert.Equal(max, KernelProfiles.Find(kernel)!.Get(Rules.ZeroedMax)?.Bytes);

    [Fact]
    public void Kernels_with_KMSAN_have_a_name_of_their_own()
    {
        Assert.Equal(["6.1.0+kmsan", "6.1+kmsan", "6.6+kmsan", "6.12+kmsan", "7.2+kmsan"], KernelProfiles.Kmsan.Select(k => k.Name));
        Assert.All(KernelProfiles.Kmsan, k => Assert.Same(k, KernelProfiles.Find(k.Name)));
        Assert.All(KernelProfiles.Kmsan, k => Assert.Equal(new ByteSize(80), k.Get(Rules.StructPageSize)));
        Assert.Null(KernelProfiles.Find("5.10+kmsan"));
    }

    [Fact]
    public void Only_the_KMSAN_kernel_that_was_run_counts_as_verified() =>
        Assert.Equal(["6.12+kmsan"], KernelProfiles.Kmsan.Where(k => k.IsVerified).Select(k => k.Name));

    [Theory]
    [InlineData("5.10", false, null, PageExtInit.Late, true)]
    [InlineData("6.1", true, KmsanFields.BeforeCpupid, PageExtInit.EarlyByParameter, true)]
    [InlineData("6.12", true, KmsanFields.AfterCpupid, PageExtInit.Early, false)]
    [InlineData("7.2", true, KmsanFields.AfterCpupid, PageExtInit.Early, false)]
    public void Fields_and_page_ext_by_kernel(string kernel, bool hasKmsan, KmsanFields? fields, PageExtInit init, bool hasFlagsWord)
    {
        KernelProfile rules = KernelProfiles.Find(kernel)!;
        Assert.Equal(hasKmsan, rules.Get(Rules.HasKmsan));
        if (hasKmsan)
            Assert.Equal(fields, rules.Get(Rules.KmsanFields));
        Assert.Equal((init, hasFlagsWord), (rules.Get(Rules.PageExtInit), rules.Get(Rules.ExtAlwaysHasFlags)));
    }

    /// <summary>A profile of one's own keeps what its base was built with.</summary>
    [Fact]
    public void A_KMSAN_build_stays_one_whatever_its_name()
    {
        KernelProfile build = KernelProfiles.Find("6.12+kmsan")!,
            mine = build.With("mine", "", Rules.ChecksBttLanes.To(true));
        Assert.Same(mine, KernelProfiles.BuiltWithKmsan(mine));
        Assert.Equal(new ByteSize(80), mine.Get(Rules.StructPageSize));
        KernelProfile plain = KernelProfiles.Find("6.12")!.With("other+kmsan", "", Rules.ChecksBttLanes.To(true));
        Assert.Equal(new ByteSize(80), KernelProfiles.BuiltWithKmsan(plain).Get(Rules.StructPageSize));
    }
}

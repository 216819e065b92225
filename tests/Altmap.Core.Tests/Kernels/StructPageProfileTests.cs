using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Core.Tests.Kernels;

[Trait("problem", "B1")]
public class StructPageProfileTests
{
    [Theory]
    [InlineData("5.10", 80)]
    [InlineData("6.1.0", 80)]
    [InlineData("6.1", 96)]
    [InlineData("6.12", 96)]
    [InlineData("7.2", 96)]
    public void The_zeroing_switch_covers_multiples_of_8(string kernel, ulong max)
    {
        StructPageProfile rules = KernelProfiles.Find(kernel)!.StructPage;
        for (ulong size = 1; size <= 160; size++)
            Assert.Equal(size % 8 == 0 && size >= 56 && size <= max, rules.Zeroes(new ByteSize(size)));
    }

    [Fact]
    public void Memset_covers_any_size() =>
        Assert.All(Enumerable.Range(1, 200), s => Assert.True(KernelProfiles.Find("4.19")!.StructPage.Zeroes(new ByteSize((ulong)s))));

    [Fact]
    public void Kernels_with_KMSAN_have_a_name_of_their_own()
    {
        Assert.Equal(["6.1.0+kmsan", "6.1+kmsan", "6.6+kmsan", "6.12+kmsan", "7.2+kmsan"], KernelProfiles.Kmsan.Select(k => k.Name));
        Assert.All(KernelProfiles.Kmsan, k => Assert.Same(k, KernelProfiles.Find(k.Name)));
        Assert.All(KernelProfiles.Kmsan, k => Assert.Equal(new ByteSize(80), k.StructPageSize));
        Assert.Null(KernelProfiles.Find("5.10+kmsan"));
    }

    [Fact]
    public void Only_the_KMSAN_kernel_that_was_run_counts_as_verified() =>
        Assert.Equal(["6.12+kmsan"], KernelProfiles.Kmsan.Where(k => k.IsVerified).Select(k => k.Name));

    [Theory]
    [InlineData("5.10", KmsanFields.None, PageExtInit.Late, true)]
    [InlineData("6.1", KmsanFields.BeforeCpupid, PageExtInit.EarlyByParameter, true)]
    [InlineData("6.12", KmsanFields.AfterCpupid, PageExtInit.Early, false)]
    [InlineData("7.2", KmsanFields.AfterCpupid, PageExtInit.Early, false)]
    public void Fields_and_page_ext_by_kernel(string kernel, KmsanFields fields, PageExtInit init, bool hasFlagsWord)
    {
        StructPageProfile rules = KernelProfiles.Find(kernel)!.StructPage;
        Assert.Equal((fields, init, hasFlagsWord), (rules.Kmsan, rules.ExtInit, rules.ExtAlwaysHasFlags));
    }
}

using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Nvdimm;
using Altmap.Model.StructPages;

namespace Altmap.Model.Tests.StructPages;

[Trait("problem", "B1")]
public class StructPageLayoutTests
{
    private static readonly string[] RunKernels = ["5.10", "6.1", "6.12", "7.2"];

    private static StructPageLayout Layout(string kernel, StructPageConfig config, Architecture architecture = Architecture.X86_64)
    {
        KernelProfile profile = KernelProfiles.Find(kernel)!;
        return StructPageLayout.Of(config, profile, ArchitectureRules.Find(profile, architecture, ByteSize.KiB(4))!);
    }

    private static StructPageConfig Config(string words, Architecture architecture = Architecture.X86_64)
    {
        StructPageConfigResult parsed = StructPageOptions.Parse(words, StructPageConfig.DistributionOf(architecture));
        Assert.Null(parsed.Error);
        return parsed.Config!;
    }

    /// <summary>A profile says what its kernel does, NVDIMM_KMSAN how it is configured: the one without KMSAN is no configuration that
    /// cannot be.</summary>
    [Fact]
    public void A_profile_that_records_the_real_size_need_not_be_a_KMSAN_build()
    {
        KernelProfile profile = KernelProfiles
            .Find("6.12")!
            .With("mine", "", Rules.LargeStructPage.To(LargeStructPage.RecordRealSize), Rules.StructPageSize.To(new ByteSize(80)));
        StructPageConfig config = StructPageConfig.Of(profile, Architecture.X86_64);
        Assert.Empty(
            StructPageLayout.Of(config, profile, ArchitectureRules.Find(profile, Architecture.X86_64, ByteSize.KiB(4))!).Impossible
        );
        Assert.NotEmpty(Layout("6.12", Config("NVDIMM_KMSAN")).Impossible);
    }

    /// <summary>A structure with the same fields, compiled with gcc for x86-64, has these sizes.</summary>
    [Theory]
    [InlineData("MEMCG=n", 64, 56)]
    [InlineData("MEMCG", 64, 64)]
    [InlineData("MEMCG=n,LAST_CPUPID", 64, 64)]
    [InlineData("MEMCG,LAST_CPUPID", 80, 72)]
    [InlineData("MEMCG=n,KMSAN", 80, 72)]
    [InlineData("MEMCG,KMSAN", 80, 80)]
    [InlineData("MEMCG=n,LAST_CPUPID,KMSAN", 80, 80)]
    [InlineData("MEMCG,LAST_CPUPID,KMSAN", 96, 88)]
    public void Sizes_by_configuration(string words, ulong alignedTo16, ulong alignedTo8)
    {
        foreach (string kernel in RunKernels)
        {
            bool hasKmsan = KernelProfiles.Find(kernel)!.Get(Rules.HasKmsan);
            if (words.Contains("KMSAN", StringComparison.Ordinal) && !hasKmsan)
                continue;
            Assert.Equal(new ByteSize(alignedTo16), Layout(kernel, Config(words)).Size);
            StructPageLayout narrow = Layout(kernel, Config(words + ",SLUB=n"));
            bool hasOthers = kernel is "5.10" or "6.1";
            Assert.Equal(new ByteSize(hasOthers ? alignedTo8 : alignedTo16), narrow.Size);
            Assert.Equal(hasOthers ? 8UL : 16UL, narrow.Alignment.Bytes);
            Assert.Equal(
                hasOthers && !words.Contains("KMSAN", StringComparison.Ordinal),
                !narrow.Impossible.Any(i => i.Contains("SLUB", StringComparison.Ordinal))
            );
        }
    }

    [Fact]
    public void The_distribution_has_64_bytes_as_its_type_information_says() =>
        Assert.All(RunKernels, k => Assert.Equal(new ByteSize(64), Layout(k, StructPageConfig.DistributionOf(Architecture.X86_64)).Size));

    [Fact]
    public void Fields_touch_and_fill_the_structure()
    {
        foreach (KernelProfile kernel in KernelProfiles.All)
        {
            foreach (
                string words in (string[])["KMSAN", "KMSAN,LAST_CPUPID", "MEMCG=n,LAST_CPUPID", "SLAB_OBJ_EXT,MEMCG=n", "SLUB=n,MEMCG=n"]
            )
            {
                StructPageLayout layout = Layout(kernel.Name, Config(words));
                ulong at = 0;
                foreach (StructPageField field in layout.Fields)
                {
                    Assert.Equal(at, field.Offset.Bytes);
                    Assert.True(field.Size.Bytes > 0);
                    at += field.Size.Bytes;
                }
                Assert.Equal(layout.Size.Bytes, at);
                Assert.Equal(0UL, layout.Size.Bytes % layout.Alignment.Bytes);
                Assert.All(
                    layout.Fields.Where(f => f.Name.StartsWith("kmsan", StringComparison.Ordinal)),
                    f => Assert.Equal(0UL, f.Offset.Bytes % 8)
                );
            }
        }
    }

    [Theory]
    [InlineData("6.1", "64 kmsan_shadow 72 kmsan_origin 80 _last_cpupid 84 (padding)")]
    [InlineData("6.12", "64 _last_cpupid 68 (padding) 72 kmsan_shadow 80 kmsan_origin 88 (padding)")]
    public void The_order_of_the_fields_changed(string kernel, string expected) =>
        Assert.Equal(
            expected,
            string.Join(
                ' ',
                Layout(kernel, Config("KMSAN,LAST_CPUPID"))
                    .Fields.Where(f => f.Offset.Bytes >= 64)
                    .Select(f => $"{f.Offset.Bytes} {f.Name}")
            )
        );

    [Theory]
    [InlineData("5.10", 27, 26, 34, 0, 3)]
    [InlineData("6.1", 27, 27, 37, 0, 0)]
    [InlineData("6.12", 24, 25, 37, 2, 1)]
    [InlineData("7.2", 25, 26, 37, 2, 0)]
    public void The_flags_word_of_the_largest_machines(string kernel, int flagsX86, int flagsArm64, int needed, int lruRefs, int free)
    {
        PageFlagsWord x86 = Layout(kernel, Config("NR_CPUS=8192,NODES_SHIFT=10")).Flags!;
        Assert.Equal(flagsX86, x86.Parts[0].Bits);
        Assert.Equal(needed, x86.Parts.Skip(1).Where(p => p.What != "LRU_REFS").Sum(p => p.Bits));
        Assert.Equal((lruRefs, free), (x86.Parts.Where(p => p.What == "LRU_REFS").Sum(p => p.Bits), x86.Free));
        Assert.False(x86.CpupidSpills);
        Assert.Equal(flagsArm64, Layout(kernel, Config("KASAN_HW_TAGS", Architecture.Arm64), Architecture.Arm64).Flags!.Parts[0].Bits);
    }

    [Fact]
    public void KASAN_tags_push_last_cpupid_out_on_arm64()
    {
        StructPageLayout layout = Layout(
            "6.1",
            Config("KASAN_HW_TAGS,NODES_SHIFT=10,NR_CPUS=4096", Architecture.Arm64),
            Architecture.Arm64
        );
        Assert.True(layout.Flags!.CpupidSpills);
        Assert.Equal(new ByteSize(80), layout.Size);
        Assert.Empty(layout.Impossible);
    }

    [Theory]
    [InlineData("6.1.0", false)]
    [InlineData("6.1", true)]
    [InlineData("6.12", true)]
    public void Classic_sparsemem_with_everything_has_96_bytes_and_once_was_not_zeroed(string kernel, bool isZeroed)
    {
        StructPageLayout layout = Layout(kernel, Config("KMSAN,SPARSEMEM_VMEMMAP=n"));
        Assert.Equal((new ByteSize(96), isZeroed), (layout.Size, layout.IsZeroed));
        Assert.Empty(layout.Impossible);
        Assert.NotEmpty(Layout("7.2", Config("KMSAN,SPARSEMEM_VMEMMAP=n")).Impossible);
    }

    [Fact]
    public void A_kernel_that_can_use_a_page_map_never_has_more_than_80_bytes()
    {
        foreach (StructPageRow row in StructPageSizes.Of([.. RunKernels.Select(k => KernelProfiles.Find(k)!)]))
            Assert.All(row.Cells.Where(c => c.Size is not null), c => Assert.True(c.IsZeroed, $"{c.Kernel.Name}: {c.Size}"));
        foreach (string kernel in RunKernels)
        {
            foreach (int processors in (int[])[1, 64, 512, 8192])
            {
                StructPageLayout layout = Layout(kernel, Config($"KMSAN={(kernel == "5.10" ? "n" : "y")},NR_CPUS={processors}"));
                Assert.True(layout.Size.Bytes <= 80);
                Assert.Empty(layout.Impossible);
            }
        }
    }

    [Theory]
    [InlineData("5.10", "KMSAN", "has no KMSAN")]
    [InlineData("6.1", "KMSAN,SLUB=n", "needs SLUB")]
    [InlineData("6.1", "KMSAN,KASAN", "exclude each other")]
    [InlineData("6.12", "SLUB=n", "no other slab allocator")]
    [InlineData("6.1", "NVDIMM_KMSAN", "depends on KMSAN")]
    [InlineData("6.1", "LAST_CPUPID,NUMA_BALANCING=n", "needs NUMA_BALANCING")]
    [InlineData("6.12", "LAST_CPUPID", "fits into the flags word")]
    public void What_cannot_be_configured_is_told(string kernel, string words, string told) =>
        Assert.Contains(Layout(kernel, Config(words)).Impossible, i => i.Contains(told, StringComparison.Ordinal));

    [Theory]
    [InlineData("KMSA", "did you mean \"KMSAN\"?")]
    [InlineData("", "is not known")]
    [InlineData("MEMCG=maybe", "MEMCG=y or MEMCG=n")]
    [InlineData("NR_CPUS", "NR_CPUS=a number from 1 to 1048576")]
    [InlineData("NR_CPUS=0", "NR_CPUS=a number from 1 to 1048576")]
    [InlineData("NR_CPUS=99999999999999999999", "NR_CPUS=a number from 1 to 1048576")]
    [InlineData("NODES_SHIFT=-1", "NODES_SHIFT=a number from 1 to 10")]
    [InlineData("KMSAN,KMSAN=n", "given twice")]
    public void Words_that_are_wrong(string words, string told)
    {
        StructPageConfigResult result = StructPageOptions.Parse(words, new StructPageConfig());
        Assert.Null(result.Config);
        Assert.Contains(told, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Words_may_be_written_as_in_a_configuration_file() =>
        Assert.Equal(Config("KMSAN,MEMCG=n"), Config("config_kmsan=Y, CONFIG_MEMCG=no"));

    [Fact]
    public void What_is_not_known_of_the_flags_word_is_not_guessed()
    {
        KernelProfile kernel = KernelProfiles.Find("6.1")!;
        ArchitectureRules power = ArchitectureRules.Find(kernel, Architecture.Ppc64LittleEndian, ByteSize.KiB(64))!;
        var config = StructPageConfig.DistributionOf(Architecture.Ppc64LittleEndian);
        Assert.Throws<NotModelledException>(() => StructPageLayout.Of(config, kernel, power));
        StructPageLayout told = StructPageLayout.Of(config with { LastCpupidField = false }, kernel, power);
        Assert.Equal((64UL, 8UL), (told.Size.Bytes, told.Alignment.Bytes));
    }
}

using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using CpuArchitecture = Altmap.Core.Kernels.Architecture;

namespace Altmap.Formats.Tests.InfoBlocks;

public class AltmapSpaceTests
{
    private static readonly ArchitectureRules X86 = ArchitectureRules.Find(
        KernelProfiles.Default,
        CpuArchitecture.X86_64,
        ByteSize.KiB(4)
    )!;

    private static PfnDeviceSettings Settings(PageMapMode mode, ulong dataOffset) =>
        new(InfoBlockKind.Pfn, Uuid.Zero, mode, ByteSize.MiB(2), ByteSize.MiB(2), default, default, new ByteSize(dataOffset), default);

    [Fact]
    public void Data_starts_behind_info_block_and_page_map()
    {
        AltmapSpace altmap = Settings(PageMapMode.Pmem, 2 << 20).Altmap(X86)!.Value;
        Assert.Equal(new AltmapSpace(new PfnCount(2), new PfnCount(510)), altmap);
        Assert.Equal((new Pfn(1002), new Pfn(1512)), (altmap.MetadataStart(new Pfn(1000)), altmap.DataStart(new Pfn(1000))));
        Assert.Equal((false, true), (altmap.Fits(new PfnCount(511)), altmap.Fits(new PfnCount(512))));
    }

    [Fact]
    public void There_is_none_with_the_page_map_in_RAM() => Assert.Null(Settings(PageMapMode.Ram, 2 << 20).Altmap(X86));

    /// <summary>__nvdimm_setup_pfn() subtracts in 64 bits: what is negative is enormous.</summary>
    [Fact]
    public void An_offset_below_the_reserve_wraps()
    {
        AltmapSpace altmap = Settings(PageMapMode.Pmem, 4096).Altmap(X86)!.Value;
        Assert.Equal(unchecked(4096UL - 8192) / 4096, altmap.Free.Pages);
        Assert.False(altmap.Fits(new PfnCount(1UL << 40)));
    }

    [Theory]
    [InlineData(0x200000, 0x200000, false)]
    [InlineData(0x100000, 0x200000, true)]
    [InlineData(0x200000, 0x300000, true)]
    public void Ranges_of_sub_sections_are_aligned(ulong start, ulong length, bool isMisaligned) =>
        Assert.Equal(isMisaligned, PageMapping.IsMisaligned(start, length));
}

using Altmap.Core.Kernels;
using Altmap.Core.Units;
using CpuArchitecture = Altmap.Core.Kernels.Architecture;

namespace Altmap.Core.Tests.Kernels;

public class ArchitectureTests
{
    private static readonly KernelProfile Linux61 = KernelProfiles.Find("6.1")!;

    [Theory]
    [InlineData("x86_64", CpuArchitecture.X86_64)]
    [InlineData("aarch64", CpuArchitecture.Arm64)]
    [InlineData("arm64", CpuArchitecture.Arm64)]
    [InlineData("ppc64le", CpuArchitecture.Ppc64LittleEndian)]
    public void Names_are_those_of_uname(string name, CpuArchitecture expected)
    {
        Assert.True(ArchitectureRules.TryParse(name, out CpuArchitecture architecture));
        Assert.Equal(expected, architecture);
        Assert.False(ArchitectureRules.TryParse(name.ToUpperInvariant(), out _));
    }

    [Theory]
    [InlineData(CpuArchitecture.X86_64, 4096UL, 8192UL, "4096 2097152 1073741824")]
    [InlineData(CpuArchitecture.Arm64, 4096UL, 8192UL, "4096 2097152")]
    [InlineData(CpuArchitecture.Arm64, 16384UL, 16384UL, "16384 33554432")]
    [InlineData(CpuArchitecture.Arm64, 65536UL, 65536UL, "65536 536870912")]
    [InlineData(CpuArchitecture.Ppc64LittleEndian, 65536UL, 65536UL, "65536 2097152")]
    public void Alignments_and_the_info_block_reserve(CpuArchitecture architecture, ulong page, ulong reserve, string aligns)
    {
        ArchitectureRules rules = ArchitectureRules.Find(Linux61, architecture, new ByteSize(page))!;
        Assert.Equal(new ByteSize(reserve), rules.InfoBlockReserve);
        Assert.Equal(aligns, string.Join(' ', rules.SupportedAligns.Select(a => a.Bytes)));
        Assert.Contains(
            page.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ArchitectureRules.PageSizesOf(architecture),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(CpuArchitecture.X86_64, 0UL)]
    [InlineData(CpuArchitecture.X86_64, 4097UL)]
    [InlineData(CpuArchitecture.X86_64, 65536UL)]
    [InlineData(CpuArchitecture.Arm64, 8192UL)]
    [InlineData(CpuArchitecture.Ppc64LittleEndian, 4096UL)]
    public void Other_page_sizes_are_unknown(CpuArchitecture architecture, ulong page) =>
        Assert.Null(ArchitectureRules.Find(Linux61, architecture, new ByteSize(page)));
}

using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Planning;

namespace Altmap.Model.Tests.Planning;

/// <summary>The smallest size is proved by trying all of them, in worlds that are small enough for that.</summary>
public class SizeSearchTests
{
    public static TheoryData<string, Architecture, ulong, CapacityMode, PageMapMode> Worlds()
    {
        var data = new TheoryData<string, Architecture, ulong, CapacityMode, PageMapMode>();
        foreach (
            (string kernel, Architecture arch, ulong page) in ((string, Architecture, ulong)[])
                [
                    ("4.19", Architecture.X86_64, 4),
                    ("5.10", Architecture.X86_64, 4),
                    ("6.1.0", Architecture.X86_64, 4),
                    ("7.2", Architecture.X86_64, 4),
                    ("6.12", Architecture.Arm64, 16),
                    ("6.12", Architecture.Arm64, 64),
                ]
        )
        {
            foreach (CapacityMode mode in Enum.GetValues<CapacityMode>())
            {
                data.Add(kernel, arch, page, mode, PageMapMode.Pmem);
                if (mode is CapacityMode.FsDax or CapacityMode.DevDax or CapacityMode.SystemRam)
                    data.Add(kernel, arch, page, mode, PageMapMode.Ram);
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void No_smaller_size_gives_as_much(string kernel, Architecture arch, ulong pageKiB, CapacityMode mode, PageMapMode map)
    {
        KernelProfile profile = KernelProfiles.Find(kernel)!;
        ArchitectureRules architecture = ArchitectureRules.Find(profile, arch, ByteSize.KiB(pageKiB))!;
        var max = ByteSize.GiB(1) + ByteSize.MiB(160);
        ulong[] starts =
        [
            ByteSize.GiB(4).Bytes,
            ByteSize.GiB(4).Bytes + ByteSize.MiB(64).Bytes,
            ByteSize.GiB(4).Bytes + ByteSize.MiB(18).Bytes,
        ];
        foreach (ByteSize align in architecture.SupportedAligns)
        {
            var wish = new NamespaceWish(mode, map, align);
            foreach (ulong start in starts)
            {
                foreach (ulong endMiB in (ulong[])[2, 16])
                {
                    var range = new SizeRange(new PhysicalAddress(start), new ByteSize(1), max, ByteSize.MiB(2), ByteSize.MiB(endMiB));
                    (ulong Size, ulong Usable)[] all =
                    [
                        .. Enumerable
                            .Range(1, (int)(max.Bytes >> 21))
                            .Select(i => (ulong)i << 21)
                            .Where(s => s == max.Bytes || (start + s) % ByteSize.MiB(endMiB).Bytes == 0)
                            .Select(s =>
                                (
                                    s,
                                    NamespacePlan.Of(
                                        new PhysicalRange(new PhysicalAddress(start), new ByteSize(s)),
                                        wish,
                                        profile,
                                        architecture
                                    )
                                        is { IsAccepted: true } p
                                        ? p.Usable.Bytes
                                        : 0
                                )
                            ),
                    ];
                    foreach (ulong usable in Wanted(all.Select(a => a.Usable)))
                    {
                        ulong expected = all.FirstOrDefault(a => a.Usable >= usable).Size;
                        NamespacePlan? found = SizeSearch.Smallest(range, new ByteSize(usable), wish, profile, architecture);
                        Assert.Equal((usable, expected), (usable, found?.Range.Size.Bytes ?? 0));
                    }
                }
            }
        }
    }

    /// <summary>Just what some size gives, a byte less and a byte more: the places where the answer changes.</summary>
    private static IEnumerable<ulong> Wanted(IEnumerable<ulong> usable) =>
        usable
            .Where(u => u > 0)
            .Distinct()
            .Where((_, i) => i % 23 == 0)
            .SelectMany(u => (ulong[])[u - 1, u, u + 1])
            .Append(1UL)
            .Append(1UL << 40)
            .Where(u => u > 0);
}

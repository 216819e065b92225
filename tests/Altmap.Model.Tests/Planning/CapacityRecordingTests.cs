using System.Globalization;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Planning;
using Altmap.TestSupport;

namespace Altmap.Model.Tests.Planning;

/// <summary>The planner against what real kernels gave (tests/golden/README-capacities.md).</summary>
public class CapacityRecordingTests
{
    private sealed record Recorded(string Line, NamespacePlan Plan, ulong Usable, ulong BlockSize);

    [Theory]
    [Trait("problem", "D1")]
    [InlineData("fsdax", 120)]
    [InlineData("devdax", 100)]
    [InlineData("sector", 58)]
    [InlineData("system-ram", 39)]
    public void Every_recorded_device_has_the_planned_capacity(string mode, int least)
    {
        Recorded[] all = [.. Lines().Select(Read).Where(r => r.Plan.Mode == mode)];
        Assert.True(all.Length >= least, $"{all.Length} lines");
        Assert.Empty(
            all.Where(r => !r.Plan.IsAccepted || r.Plan.Usable.Bytes != r.Usable)
                .Select(r => $"{r.Line}: {r.Plan.Errno} {r.Plan.Message} {r.Plan.Usable}")
        );
        Assert.All(all, r => Assert.Equal(r.Plan.Range.Size, r.Plan.Ledger.Aggregate(ByteSize.Zero, (sum, e) => sum + e.Bytes)));
        // Memory blocks of the recordings are the smallest there are: what the planner takes where nobody says.
        Assert.All(
            all,
            r =>
                Assert.Equal(
                    r.BlockSize,
                    new NamespaceWish(CapacityMode.SystemRam, PageMapMode.Ram, default)
                        .BlockSizeOn(r.Plan.Kernel, r.Plan.Architecture)
                        .Bytes
                )
        );
    }

    /// <summary>A carve-out of 2 GiB at a GiB boundary, map=mem, given back: what the front loses (MiB); the 5.10 kernel with 16K pages was
    /// recorded too, its numbers only are here.</summary>
    [Theory]
    [Trait("problem", "D1")]
    [InlineData("5.10", 4, 2048, 1022, 1024)]
    [InlineData("5.10", 16, 16, 1022, 1024)]
    [InlineData("5.10", 16, 32768, 992, 1024)]
    [InlineData("6.12", 4, 2048, 126, 1920)]
    [InlineData("6.12", 16, 16, 126, 1920)]
    [InlineData("6.12", 16, 32768, 96, 1920)]
    [InlineData("6.12", 64, 64, 510, 1536)]
    [InlineData("6.12", 64, 524288, 0, 1536)]
    [InlineData("7.2", 16, 32768, 96, 1920)]
    public void A_carve_out_loses_the_rest_of_a_memory_block(string kernel, ulong pageKiB, ulong alignKiB, ulong lostMiB, ulong usableMiB)
    {
        NamespacePlan plan = Arm(
            kernel,
            pageKiB,
            ByteSize.GiB(5),
            ByteSize.GiB(2),
            CapacityMode.SystemRam,
            PageMapMode.Ram,
            ByteSize.KiB(alignKiB)
        );
        Assert.Equal((ByteSize.MiB(lostMiB), ByteSize.MiB(usableMiB)), (plan.Bytes(LedgerItem.BlockFront), plan.Usable));
    }

    /// <summary>It starts 2 MiB early: nothing but the 2 MiB is lost. With the default align of large pages the kernel overwrites what lies
    /// behind (recorded: 30 MiB, 510 MiB).</summary>
    [Theory]
    [Trait("problem", "D2")]
    [InlineData("5.10", 4, 2048, PageMapMode.Ram, 0)]
    [InlineData("6.12", 4, 2048, PageMapMode.Ram, 0)]
    [InlineData("6.12", 16, 16, PageMapMode.Ram, 0)]
    [InlineData("6.12", 16, 32768, PageMapMode.Ram, 30)]
    [InlineData("7.2", 16, 32768, PageMapMode.Ram, 30)]
    [InlineData("6.12", 16, 32768, PageMapMode.Pmem, 0)]
    [InlineData("5.10", 16, 32768, PageMapMode.Ram, 0)]
    [InlineData("6.12", 64, 64, PageMapMode.Ram, 0)]
    [InlineData("6.12", 64, 524288, PageMapMode.Ram, 510)]
    public void A_carve_out_that_starts_early(string kernel, ulong pageKiB, ulong alignKiB, PageMapMode map, ulong overrunMiB)
    {
        PhysicalRange range = new(new PhysicalAddress(0x13fe00000), ByteSize.GiB(2) + ByteSize.MiB(2));
        NamespacePlan plan = Arm(
            kernel,
            pageKiB,
            new ByteSize(range.Start.Bytes),
            range.Size,
            CapacityMode.DevDax,
            map,
            ByteSize.KiB(alignKiB)
        );
        Assert.Equal(ByteSize.MiB(overrunMiB), plan.Overrun);
        if (alignKiB > 2048 || map != PageMapMode.Ram)
            return;
        plan = Arm(kernel, pageKiB, new ByteSize(range.Start.Bytes), range.Size, CapacityMode.SystemRam, map, ByteSize.KiB(alignKiB));
        Assert.Equal((ByteSize.GiB(2), ByteSize.MiB(2)), (plan.Usable, plan.Range.Size - plan.Usable));
    }

    private static NamespacePlan Arm(
        string kernel,
        ulong pageKiB,
        ByteSize start,
        ByteSize size,
        CapacityMode mode,
        PageMapMode map,
        ByteSize align
    )
    {
        KernelProfile profile = KernelProfiles.Find(kernel)!;
        return NamespacePlan.Of(
            new PhysicalRange(new PhysicalAddress(start.Bytes), size),
            new NamespaceWish(mode, map, align),
            profile,
            ArchitectureRules.Find(profile, Architecture.Arm64, ByteSize.KiB(pageKiB))!
        );
    }

    private static IEnumerable<string> Lines() =>
        File.ReadLines(Golden.Path("capacities", "capacities.tsv")).Where(l => !l.StartsWith('#'));

    private static Recorded Read(string line)
    {
        string[] fields = line.Split('\t');
        ulong Number(int i) => ulong.Parse(fields[i], CultureInfo.InvariantCulture);
        KernelProfile kernel = KernelProfiles.Find(fields[1])!;
        Assert.True(ArchitectureRules.TryParse(fields[2], out Architecture name));
        CapacityMode mode = Enum.GetValues<CapacityMode>().First(m => NamespaceWish.WordOf(m) == fields[7]);
        var wish = new NamespaceWish(mode, fields[8] == "mem" ? PageMapMode.Ram : PageMapMode.Pmem, new ByteSize(Number(9)))
        {
            SectorSizeBytes = (uint)Math.Min(Number(9), 8192),
            Btt = fields[8] == "2.0" ? BttVersion.V2_0 : BttVersion.V1_1,
            BlockSize = new ByteSize(Number(4)),
        };
        return new(
            line,
            NamespacePlan.Of(
                new PhysicalRange(new PhysicalAddress(Number(5)), new ByteSize(Number(6))),
                wish,
                kernel,
                ArchitectureRules.Find(kernel, name, new ByteSize(Number(3)))!
            ),
            Number(10),
            Number(4)
        );
    }
}

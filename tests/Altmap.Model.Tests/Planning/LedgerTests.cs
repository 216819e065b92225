using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Planning;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Model.Tests.Planning;

public class LedgerTests
{
    /// <summary>Capacities that 6.1 was seen to give.</summary>
    [Theory]
    [InlineData("256M", PageMapMode.Ram, "2M", 266338304)]
    [InlineData("256M", PageMapMode.Pmem, "2M", 262144000)]
    [InlineData("1G", PageMapMode.Pmem, "2M", 1054867456)]
    [InlineData("4G", PageMapMode.Pmem, "1G", 3221225472)]
    [Trait("problem", "A1")]
    public void Usable_capacity_is_as_recorded(string size, PageMapMode map, string align, ulong usable) =>
        Assert.Equal(usable, Plan("6.1", "4G", size, map, align).Usable.Bytes);

    [Fact]
    [Trait("problem", "A1")]
    public void Every_byte_of_a_namespace_has_its_place()
    {
        NamespacePlan plan = Plan("6.1", "4G", "1G", PageMapMode.Pmem, "2M");
        Assert.Equal(
            [
                (LedgerItem.InfoBlockArea, 8192UL),
                (LedgerItem.PageMapUsed, 16777216),
                (LedgerItem.Padding, 2088960),
                (LedgerItem.Data, 1054867456),
            ],
            plan.Ledger.Select(e => (e.What, e.Bytes.Bytes))
        );
    }

    /// <summary>128 bytes a page are reserved twice as much, and still 64 are used.</summary>
    [Fact]
    [Trait("problem", "A1")]
    public void A_larger_maximum_costs_everybody()
    {
        NamespacePlan now = Plan("6.1", "4G", "1T", PageMapMode.Pmem, "2M"),
            then = Plan("6.1.0", "4G", "1T", PageMapMode.Pmem, "2M");
        Assert.Equal(ByteSize.GiB(16), now.Usable - then.Usable);
        Assert.Equal(Bytes(now, LedgerItem.PageMapUsed), Bytes(then, LedgerItem.PageMapUsed));
    }

    [Fact]
    public void What_is_no_whole_section_has_its_struct_pages_in_ram()
    {
        NamespacePlan plan = Plan("6.1", "4G", "64M", PageMapMode.Pmem, "2M");
        Assert.Equal((0UL, ByteSize.MiB(1)), (Bytes(plan, LedgerItem.PageMapUsed), plan.StructPagesInRam));
    }

    [Theory]
    [InlineData("1M", "64M", "2M", Errno.EINVAL)] // start
    [InlineData("4G", "8M", "2M", Errno.ENXIO)] // too small
    [InlineData("4G", "64M", "16M", Errno.EINVAL)] // not offered
    [InlineData("4G", "256M", "1G", Errno.ENXIO)] // no room
    public void A_refusal_leaves_nothing(string start, string size, string align, Errno errno)
    {
        NamespacePlan plan = Plan("6.1", start, size, PageMapMode.Pmem, align);
        Assert.Equal((errno, ByteSize.Zero, LedgerItem.Unusable), (plan.Errno, plan.Usable, Assert.Single(plan.Ledger).What));
        Assert.Equal(plan.Range.Size, plan.Ledger[0].Bytes);
    }

    /// <summary>Whatever is asked for, on every kernel and architecture.</summary>
    [Fact]
    public void The_sum_is_the_size()
    {
        Gen<NamespacePlan> plans =
            from kernel in Gen.Elements(KernelProfiles.All.ToArray())
            from arch in Gen.Elements(Architectures(kernel))
            from startPages in Gen.Choose(0, 1 << 20)
            from sizePages in Gen.Choose(0, 1 << 20)
            from aligned in Gen.Elements(true, false)
            from kind in Gen.Elements(InfoBlockKind.Pfn, InfoBlockKind.Dax)
            from map in Gen.Elements(PageMapMode.Ram, PageMapMode.Pmem)
            from align in Gen.Elements(arch.SupportedAligns.ToArray())
            let start = new ByteSize((ulong)startPages * arch.PageSize.Bytes)
            let range = new PhysicalRange(
                new PhysicalAddress((aligned ? start.AlignDown(ByteSize.MiB(2)) : start).Bytes),
                new ByteSize((ulong)sizePages * arch.PageSize.Bytes)
            )
            select NamespacePlan.Of(range, kind, map, align, kernel, arch);
        Prop.ForAll(
                plans.ToArbitrary(),
                plan =>
                    plan.Ledger.Aggregate(ByteSize.Zero, (sum, e) => sum + e.Bytes) == plan.Range.Size
                    && plan.Ledger.All(e => !e.Bytes.IsZero)
            )
            .QuickCheckThrowOnFailure();
    }

    private static ArchitectureRules[] Architectures(KernelProfile kernel) =>
        [
            ArchitectureRules.Find(kernel, Architecture.X86_64, ByteSize.KiB(4))!,
            ArchitectureRules.Find(kernel, Architecture.Arm64, ByteSize.KiB(16))!,
            ArchitectureRules.Find(kernel, Architecture.Arm64, ByteSize.KiB(64))!,
        ];

    private static ulong Bytes(NamespacePlan plan, LedgerItem what) => plan.Bytes(what).Bytes;

    private static NamespacePlan Plan(string kernel, string start, string size, PageMapMode map, string align)
    {
        KernelProfile profile = KernelProfiles.Find(kernel)!;
        return NamespacePlan.Of(
            new PhysicalRange(new PhysicalAddress(Size(start).Bytes), Size(size)),
            InfoBlockKind.Pfn,
            map,
            Size(align),
            profile,
            ArchitectureRules.Find(profile, Architecture.X86_64, ByteSize.KiB(4))!
        );
    }

    private static ByteSize Size(string text) => ByteSize.TryParse(text, out ByteSize size) ? size : throw new ArgumentException(text);
}

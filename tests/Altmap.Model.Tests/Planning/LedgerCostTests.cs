using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Planning;

namespace Altmap.Model.Tests.Planning;

public class LedgerCostTests
{
    [Fact]
    public void A_ledger_allocates_nothing()
    {
        KernelProfile kernel = KernelProfiles.Find("6.1")!;
        ArchitectureRules rules = ArchitectureRules.Find(kernel, Architecture.X86_64, ByteSize.KiB(4))!;
        PhysicalRange range = new(new PhysicalAddress(ByteSize.GiB(4).Bytes), ByteSize.GiB(1024));
        NamespacePlan plan = NamespacePlan.Of(range, InfoBlockKind.Dax, PageMapMode.Pmem, ByteSize.MiB(2), kernel, rules);
        PfnDeviceSettings settings = plan.Settings!.Value;
        ulong Once() =>
            Ledger.OfDevice(settings, new ByteSize(64), range, kernel, rules).Of(LedgerItem.Data).Bytes
            + Ledger.OfSystemRam(settings, new ByteSize(64), range, ByteSize.MiB(128), ByteSize.Zero, rules).Of(LedgerItem.SystemRam).Bytes;
        ulong first = Once();
        long before = GC.GetAllocatedBytesForCurrentThread();
        ulong sum = 0;
        for (int i = 0; i < 100; i++)
            sum += Once();
        long after = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal((100 * first, 0), (sum, after - before));
        Assert.Equal(plan.Ledger, Ledger.OfDevice(settings, new ByteSize(64), range, kernel, rules).ToArray());
    }
}

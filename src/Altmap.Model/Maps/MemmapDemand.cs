using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Maps;

/// <summary>Struct pages in RAM of what came after boot. A lower bound: where compound pages share theirs, it counts none.</summary>
public static class MemmapDemand
{
    /// <summary>A sentence where these struct pages cannot fit into the RAM of boot; the kernel would have said ENOMEM (mm/sparse-vmemmap.c
    /// vmemmap_alloc_block()). Null where they may.</summary>
    public static string? Excess(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        MemoryState memory = machine.Mm;
        UInt128 ram = 0,
            pages = 0;
        foreach (PfnRange range in memory.BootRam)
            ram += (UInt128)range.Count.Pages * memory.PageSize.Bytes;
        if (ram == 0)
            return null; // the machine says nothing of its RAM
        foreach ((ulong start, ulong end, MemoryBlock block) in memory.Blocks.Within(0, ulong.MaxValue))
        {
            if (block is { State: not BlockState.Absent, IsEarly: false, MemmapPages.Pages: 0 })
                pages += (UInt128)(end - start) * memory.PagesPerBlock.Pages;
        }
        foreach (RegionState region in machine.Regions.Values)
        {
            foreach (PfnDeviceState pfn in region.Pfns.Values.Concat(region.Daxes.Values))
            {
                bool isShared = pfn.BlockKind == InfoBlockKind.Dax && memory.Options.SharesCompoundMemmap && pfn.Align > memory.PageSize;
                if (
                    isShared
                    || pfn is not { IsBound: true, Mode: PageMapMode.Ram, NamespaceId: { } id }
                    || !region.Namespaces.TryGetValue(id, out NamespaceState? ndns)
                )
                    continue;
                // Under kmem the blocks count, and without a driver nothing does.
                if (
                    pfn.BlockKind == InfoBlockKind.Pfn
                    || region.DaxDevices.Values.Any(d => d.Driver == DaxDeviceDrivers.DeviceDax && d.Range.Overlaps(ndns.Range))
                )
                    pages += ndns.Size.Bytes / memory.PageSize.Bytes;
            }
        }
        UInt128 needed = pages * machine.Kernel.Get(Rules.StructPageSize).Bytes;
        return needed <= ram
            ? null
            : $"struct pages of {new ByteSize((ulong)needed).ToHuman()} cannot fit into {new ByteSize((ulong)ram).ToHuman()} of RAM: "
                + $"a real kernel fails with ENOMEM here, which is not modelled";
    }
}

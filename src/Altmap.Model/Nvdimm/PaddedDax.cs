using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// DAX of an fsdax namespace with a start_pad (kernels up to 5.2 wrote it). Block I/O adds start_pad to dataoff, the pfns that DAX
/// gives out do not: they count from the namespace's start, and the virtual address beside them does not
/// (drivers/nvdimm/pmem.c pmem_attach_disk(),
/// __pmem_direct_access(); 5.10, 6.1, 6.12, 7.2). Whether the kernel notices is rule <c>fsdax.mount-probe</c>.
/// </summary>
/// <param name="StartPad">Not zero.</param>
/// <param name="BlockIo">The first byte of the data.</param>
/// <param name="Pages">Where the pfns of DAX start.</param>
/// <param name="IsOtherData">True where a device map covers that place: pages of other data, or of the page map.</param>
/// <param name="IsOff">True where the kernel's probe of sector 0 fails, and DAX is off; false where nothing is probed; null where the
/// probe notices only if it is that of later kernels (ad428cdb525a, 5.1).</param>
public sealed record PaddedDax(ByteSize StartPad, PhysicalAddress BlockIo, PhysicalAddress Pages, bool IsOtherData, bool? IsOff)
{
    /// <summary>Of a namespace whose pfn device is bound; null: no start_pad, or another kind.</summary>
    public static PaddedDax? Of(Machine machine, NamespaceState ndns)
    {
        if (
            ndns.Claim is not { Kind: NdDeviceKind.Pfn } claim
            || machine.FindPfnDevice(claim)?.Layout is not { StartPad.IsZero: false } layout
        )
            return null;
        PhysicalAddress pages = ndns.Range.Start + layout.DataOffset;
        bool isMapped = machine.Mm.Pages.PgmapOf(Pfn.Containing(pages, machine.Mm.PageSize)) == Pgmap.Live;
        bool? isOff = machine.Kernel.Get(Rules.DaxProbe) switch
        {
            DaxProbe.DeviceMap => isMapped ? null : true,
            DaxProbe.Address => true,
            _ => false,
        };
        return new(layout.StartPad, pages + layout.StartPad, pages, isMapped, isOff);
    }

    /// <summary>What lies where DAX looks, and what follows: <c>where …: …</c>.</summary>
    public string Outcome =>
        (IsOtherData ? "where other pages of the device are: " : "where the device has no struct pages: ")
        + IsOff switch
        {
            true => "the kernel's probe of sector 0 fails, and DAX is off",
            null => "DAX is off if the kernel's probe of sector 0 compares addresses (since 5.1); else programs would map the wrong pages",
            false when IsOtherData => "this kernel does not probe sector 0, and programs map the wrong pages: do not mount it with dax",
            _ => "this kernel does not probe sector 0 before it gives them out: do not mount it with dax",
        };
}

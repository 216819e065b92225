using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Explain.Messages;

/// <summary>Messages about pfn and dax info-blocks.</summary>
internal static class InfoBlockMessages
{
    public static readonly ImmutableArray<MessagePage> All =
    [
        new(
            "init failed, page size mismatch *",
            "kernel, nd_pfn_validate() (drivers/nvdimm/pfn_devs.c): an info-block is read",
            Severity.Error,
            "the info-block was written by a kernel with larger pages than this one has (the number is that size), and its page "
                + "map lies on the device (map=dev). There is no device; the data is untouched",
            "boot a kernel with that page size and copy the data out; then make the namespace anew",
            "since 5.4, refuses with EOPNOTSUPP"
        ),
        new(
            "init failed, struct page size mismatch *",
            "kernel, nd_pfn_validate() (drivers/nvdimm/pfn_devs.c): an info-block is read",
            Severity.Error,
            "the info-block keeps less room for each struct page (the number) than this kernel needs, and the page map lies on the "
                + "device (map=dev). Debug options such as KMSAN make struct page larger. There is no device; the data is untouched",
            "boot the kernel that wrote it, or one without the debug option; altmap upgrade says which kernels open it",
            "since 5.4; KMSAN since 6.1"
        ),
        new(
            "init failed, alignment mismatch: *:*",
            "kernel, nd_pfn_validate() (drivers/nvdimm/pfn_devs.c): an info-block is read",
            Severity.Error,
            "a devdax info-block has an align (the second number) that this kernel and page size do not offer",
            "boot a kernel with the page size that wrote it; altmap infoblock check --all-kernels says which",
            "since 5.7 or earlier, not in 4.19"
        ),
        new(
            "init failed, settings mismatch",
            "kernel, nd_pfn_validate() (drivers/nvdimm/pfn_devs.c): an info-block is read",
            Severity.Error,
            "the device was configured by hand with another align or mode than its info-block has",
            "unbind it and let the namespace be probed: the settings then come from the block"
        ),
        new(
            "bad offset: * dax disabled align: *",
            "kernel, nd_pfn_validate() (drivers/nvdimm/pfn_devs.c): an info-block is read",
            Severity.Error,
            "the first data byte (the namespace's start plus dataoff, the first number, plus start_pad) is no multiple of align "
                + "(the second number). The namespace has no driver; the data is untouched. Often the namespace lies at another address "
                + "than the one where it was made: an image that was moved, a memmap= that changed",
            "put it back to the address at which it was made, or copy the data out with a data-only reader: it starts at dataoff. "
                + "altmap infoblock check FILE --start A shows the sum",
            "4.15 or so and later; refuses with EOPNOTSUPP (5.10 and later), ENXIO before"
        ),
        new(
            "bad offset with small namespace",
            "kernel, nd_pfn_validate() (drivers/nvdimm/pfn_devs.c): an info-block is read",
            Severity.Error,
            "dataoff lies behind what start_pad and end_trunc leave: the device would have no byte",
            "nothing is on it; make the namespace larger, or with a smaller align",
            "6.12 and later; older kernels bind a device of 0 bytes"
        ),
        new(
            "alignment: * exceeds capacity *",
            "kernel, nd_pfn_validate() (drivers/nvdimm/pfn_devs.c): an info-block is read",
            Severity.Error,
            "the info-block's align is larger than the namespace (both numbers in hex). On 6.12 and 7.2 the kernel itself writes "
                + "such a block for align=1G in a range without a GiB boundary, and refuses it from then on",
            "the data behind it, if any, is untouched: read it raw (force_raw). Then make the namespace anew with a smaller align"
        ),
        new(
            "pfn array size exceeds capacity of *",
            "kernel, nd_pfn_validate() (drivers/nvdimm/pfn_devs.c): an info-block is read",
            Severity.Error,
            "dataoff lies behind the namespace's end: the block is of a larger namespace",
            "give the namespace its size back (labels), or restore the info-block from a copy"
        ),
        new(
            "resource start misaligned",
            "kernel, nd_pfn_validate() (drivers/nvdimm/pfn_devs.c): an info-block is read",
            Severity.Error,
            "the namespace's start plus start_pad is no multiple of 2 MiB (16 MiB on ppc64). Kernels before 5.7 opened it",
            "boot an older kernel and copy the data out by block I/O, then make the namespace anew at an aligned address",
            "5.7 and later"
        ),
        new(
            "resource end misaligned",
            "kernel, nd_pfn_validate() (drivers/nvdimm/pfn_devs.c): an info-block is read",
            Severity.Error,
            "the namespace's end minus end_trunc is no multiple of 2 MiB. Kernels before 5.7 opened it",
            "boot an older kernel and copy the data out, or correct end_trunc in the info-block",
            "5.7 and later"
        ),
        new(
            "*: start * misaligned to *",
            "kernel, nd_pfn_init() (drivers/nvdimm/pfn_devs.c): a new info-block",
            Severity.Error,
            "the namespace starts at an address that is no multiple of 2 MiB; no block is written (EINVAL)",
            "let the region or the memmap= start at a multiple of 2 MiB, better of 128 MiB",
            "5.7 and later"
        ),
        new(
            "* unable to satisfy requested alignment",
            "kernel, nd_pfn_init(): a new info-block",
            Severity.Error,
            "after page map and alignment no byte would be left for data (ENXIO)",
            "make the namespace larger, or the align smaller"
        ),
        new(
            "Memory debug options prevent using pmem for the page map",
            "kernel, nd_pfn_init(): a new info-block with map=dev",
            Severity.Error,
            "struct page is larger than the 64 bytes that are kept for it on the device (KMSAN and the like): refused with EINVAL",
            "use --map=mem, which takes the page map from RAM, or a kernel without the debug option",
            "6.1.12, 6.2 and later"
        ),
        new(
            "* is read-only, unable to init metadata",
            "kernel, nd_pfn_init()",
            Severity.Error,
            "the region is read-only, so no info-block can be written",
            "echo 0 > read_only of the region, where the platform lets you"
        ),
        new(
            "* misaligned, unable to map",
            "kernel, pmem_attach_disk() (drivers/nvdimm/pmem.c): a namespace whose pages are mapped as it is (e820: memmap=, " + "of_pmem)",
            Severity.Error,
            "start or end of the range is no multiple of 2 MiB, so there is no device at all (EOPNOTSUPP). With memmap= the "
                + "firmware often keeps a part of the range",
            "let memmap= start and end at multiples of 2 MiB, better of the section (128 MiB), and inside of usable memory; altmap "
                + "doctor proposes one"
        ),
        new(
            "attempted on mixed region *",
            "kernel, memremap_pages() (mm/memremap.c)",
            Severity.Error,
            "the range lies partly in System RAM: device pages cannot be made there (ENXIO)",
            "keep the range out of RAM: whole memmap= ranges, and no memory of kmem left behind"
        ),
        new(
            "could not reserve region *",
            "kernel, pmem_attach_disk(), dev_dax_probe() or kmem",
            Severity.Error,
            "somebody else has the range in /proc/iomem: another driver, or memory that kmem could not take back (EBUSY)",
            "look at /proc/iomem; memory that stayed behind goes with a reboot"
        ),
        new(
            "could not reserve range",
            "kernel, dev_dax_probe() (drivers/dax/device.c)",
            Severity.Error,
            "somebody else has the range in /proc/iomem, often memory that kmem could not take back (EBUSY)",
            "look at /proc/iomem; reboot"
        ),
        new(
            "memory add fail, invalid altmap",
            "kernel, __add_pages() (mm/memory_hotplug.c)",
            Severity.Error,
            "the page map's place on the device does not fit the range: a damaged info-block, or 4.19 to 5.2 with shared sections",
            "altmap infoblock check FILE --start A --size S"
        ),
        new(
            "error clearing * badblocks at *",
            "kernel, nd_pfn_clear_memmap_errors()",
            Severity.Error,
            "media errors in the page map's place could not be cleared",
            "the medium is failing: save the data; ndctl list --media-errors"
        ),
        new(
            "failed to free all reserved pages",
            "kernel, vmem_altmap_free() (mm/memremap.c)",
            Severity.Warning,
            "an oops or a half-made mapping left pages of the page map behind",
            "reboot; report it"
        ),
    ];
}

using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Explain.Messages;

/// <summary>Messages of device-dax and kmem.</summary>
internal static class DaxMessages
{
    public static readonly ImmutableArray<MessagePage> All =
    [
        new(
            "rejecting DAX region with invalid node: *",
            "kernel, dev_dax_kmem_probe() (drivers/dax/kmem.c)",
            Severity.Error,
            "the device has no target node (-1): the firmware gives its range no proximity domain (SRAT), so it cannot become "
                + "System RAM (EINVAL)",
            "mend the firmware's SRAT/HMAT, or use the device as devdax; QEMU: -numa node,… for the DIMM",
            "5.1 and later"
        ),
        new(
            "rejecting DAX region without any memory after alignment",
            "kernel, dev_dax_kmem_probe() (drivers/dax/kmem.c)",
            Severity.Error,
            "no whole memory block fits into the device (EINVAL)",
            "make the namespace larger; altmap plan --mode system-ram --usable SIZE says how large",
            "6.1 and later; 5.10 binds with no memory at all"
        ),
        new(
            "DAX region truncated by * due to alignment",
            "kernel, dev_dax_kmem_probe() (drivers/dax/kmem.c)",
            Severity.Warning,
            "only whole memory blocks become System RAM; so much of the device is not used",
            "make start and size of the data multiples of the memory block; altmap plan --mode system-ram",
            "7.2 says it; older kernels cut in silence"
        ),
        new(
            "mapping*: * too small after alignment",
            "kernel, dev_dax_kmem_probe() (drivers/dax/kmem.c)",
            Severity.Warning,
            "no whole memory block fits into this range of the device",
            "make the range larger"
        ),
        new(
            "memory add failed",
            "kernel, dev_dax_kmem_probe() (drivers/dax/kmem.c)",
            Severity.Error,
            "add_memory refused a range; the device is not bound. The line before says why",
            "look at the line before; /proc/iomem for who has the range"
        ),
        new(
            "cannot be hotremoved until the next reboot",
            "kernel, dev_dax_kmem_remove()",
            Severity.Warning,
            "kmem was unbound while memory blocks were online: the memory stays, its /proc/iomem entry too, and the range cannot "
                + "be used otherwise",
            "reboot; next time daxctl offline-memory first"
        ),
        new(
            "removing memory fails, because memory [*] is onlined",
            "kernel, check_memblock_offlined_cb()",
            Severity.Warning,
            "memory cannot be removed while a block of it is online",
            "daxctl offline-memory DEVICE, then try again"
        ),
        new(
            "mapping*: * could not reserve region",
            "kernel, dev_dax_kmem_probe() (drivers/dax/kmem.c)",
            Severity.Error,
            "somebody else has the range in /proc/iomem (EBUSY)",
            "look at /proc/iomem; memory that kmem could not take back goes with a reboot"
        ),
        new(
            "dax_pmem * probe * failed",
            "kernel, driver core",
            Severity.Error,
            "the devdax device did not bind; the line before says why",
            "look at the line before"
        ),
    ];
}

using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Explain.Messages;

/// <summary>Messages of memory hotplug and memremap.</summary>
internal static class MemoryMessages
{
    public static readonly ImmutableArray<MessagePage> All =
    [
        new(
            "Block size [*] unaligned hotplug range: start *, size *",
            "kernel, check_hotplug_memory_range() (mm/memory_hotplug.c)",
            Severity.Error,
            "memory is added in whole memory blocks; start or size of this range is no multiple of the block size (the first "
                + "number). The whole range is refused (EINVAL)",
            "plug a DIMM whose address and size are multiples of the block size; altmap plan --mode hotplug finds the next good "
                + "address"
        ),
        new(
            "Hotplug memory [*] exceeds maximum addressable range [*]",
            "kernel, mhp_range_allowed()",
            Severity.Error,
            "the range ends beyond what this kernel maps linearly",
            "put the memory lower; with kasan or 5-level page tables off the limit is lower",
            "5.12 and later"
        ),
        new(
            "Hotplugged memory exceeds maximum addressable address, range=*",
            "kernel, check_hotplug_memory_addressable()",
            Severity.Error,
            "the range ends beyond MAX_PHYSMEM_BITS",
            "put the memory lower",
            "5.10"
        ),
        new(
            "Misaligned * start: * end: *",
            "kernel, check_pfn_span() (mm/memory_hotplug.c)",
            Severity.Error,
            "a device map must start and end at a sub-section (2 MiB): EINVAL",
            "align the range",
            "5.3 and later"
        ),
        new(
            "memory offlining [mem *] failed due to *",
            "kernel, offline_pages(), with dynamic debug",
            Severity.Warning,
            "a memory block could not go offline: pages are in use that cannot move (unmovable page), or somebody holds them",
            "only blocks in zone Movable can be relied on; online with online_movable"
        ),
        new(
            "failure to isolate range",
            "kernel, offline_pages()",
            Severity.Warning,
            "a page in the block cannot move",
            "only zone Movable can be relied on"
        ),
        new("Offlined Pages *", "kernel, offline_pages()", Severity.Note, "a memory block went offline", ""),
        new(
            "Fallback order for Node *",
            "kernel, build_zonelists()",
            Severity.Note,
            "a node got its zones: memory of a new node was onlined",
            ""
        ),
        new(
            "Built * zonelists, mobility grouping *",
            "kernel, build_all_zonelists()",
            Severity.Note,
            "the first memory of a node went online, or the last went offline",
            ""
        ),
        new(
            "acpi_memory_device * add_memory failed",
            "kernel, acpi_memory_enable_device()",
            Severity.Error,
            "a DIMM that was plugged is refused; the line before says why. The kernel tries again at every later hotplug event",
            "unplug it, and plug one that is aligned to the memory block size"
        ),
        new(
            "add_memory failed",
            "kernel, acpi_memory_enable_device() (drivers/acpi/acpi_memhotplug.c)",
            Severity.Error,
            "a DIMM that was plugged is refused; the line before says why. The kernel tries again at every later hotplug event",
            "unplug it, and plug one that is aligned to the memory block size"
        ),
        new(
            "acpi_memory_enable_device() error",
            "kernel, acpi_memory_device_add()",
            Severity.Error,
            "a DIMM that was plugged is refused; the lines before say why",
            "unplug it, and plug one that is aligned to the memory block size"
        ),
        new(
            "Enumeration failure",
            "kernel, acpi_scan_device_check()",
            Severity.Error,
            "a DIMM that was plugged is refused; the lines before say why",
            "unplug it, and plug one that is aligned to the memory block size"
        ),
        new(
            "page:* is uninitialized and poisoned",
            "kernel, with vm_debug or CONFIG_DEBUG_VM",
            Severity.Error,
            "something walked to a struct page that was never initialised, or no longer: the mistake that pfn_to_online_page() is "
                + "there to prevent",
            "altmap doctor CAPTURE, altmap pfn MACHINE PFN: which rule let it through",
            "device pages in a section of RAM: kernels before 5.12"
        ),
        new("trying to unmap non-existent *", "kernel, a WARN", Severity.Warning, "a mapping was taken back twice", ""),
        new(
            "requested folio size unsupported",
            "kernel, memremap_pages()",
            Severity.Error,
            "the device's align is larger than the largest folio",
            "take a smaller --align",
            "7.2"
        ),
    ];
}

using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Explain.Messages;

/// <summary>Messages of kernels and tools that people still post, and that newer ones no longer print.</summary>
internal static class OldKernelMessages
{
    public static readonly ImmutableArray<MessagePage> All =
    [
        new(
            "alignment collision, truncate * bytes",
            "kernel, trim_pfn_device() (drivers/nvdimm/pfn_devs.c): a new info-block",
            Severity.Warning,
            "the namespace shares a memory section of 128 MiB with System RAM or another region; this kernel maps whole sections, so "
                + "the part in the shared section is cut off (start_pad, end_trunc)",
            "5.3 and later map sub-sections of 2 MiB and cut nothing: altmap plan MACHINE NAMESPACE --all-kernels says how much. An "
                + "info-block that was made so keeps its pads under newer kernels: altmap upgrade",
            "4.x"
        ),
        new(
            "Conflicting mapping in same section",
            "kernel, devm_memremap_pages() (kernel/memremap.c)",
            Severity.Error,
            "another device or System RAM already has struct pages in the same section of 128 MiB: the device is refused (ENOMEM)",
            "leave each section to one of them (sizes and places in multiples of 128 MiB), or take a kernel from 5.3 on; altmap map shows "
                + "which sections are shared",
            "4.x"
        ),
        new(
            "alignment must be PAGE_SIZE",
            "kernel, dax_pmem_probe() or alloc_dax_region()",
            Severity.Error,
            "this kernel or its configuration has no huge pages for device-dax: only the page size is an alignment there",
            "ndctl create-namespace … --align 4K, or a newer kernel with CONFIG_TRANSPARENT_HUGEPAGE",
            "as posted from 3.10 (EL 7) and 4.x"
        ),
        new(
            "set_align failed: *",
            "ndctl create-namespace -v, setup_namespace()",
            Severity.Error,
            "the kernel refused the alignment: it does not offer it for this region or architecture (before 5.0 device-dax takes its "
                + "default alone, as reported for 4.15)",
            "cat /sys/bus/nd/devices/daxN.M/supported_alignments, or leave --align out"
        ),
        new(
            "falling back to a 4K alignment",
            "ndctl create-namespace -v, validate_namespace_options()",
            Severity.Note,
            "2 MiB is no alignment that this region's kernel offers, or the size is no multiple of it: 4 KiB is taken, and no huge "
                + "pages are mapped",
            "give a size that is a multiple of 2 MiB for each DIMM of the interleave set, or --align 2M to be refused instead"
        ),
        new(
            "not support 'align' for dax mode",
            "ndctl create-namespace -v, validate_namespace_options()",
            Severity.Error,
            "the kernel has no align attribute for device-dax",
            "take a newer kernel, or fsdax",
            "as posted from 4.11"
        ),
        new(
            "cannot support requested mode",
            "ndctl create-namespace -v, validate_namespace_options()",
            Severity.Error,
            "the region offers no device for this mode: the driver (nd_btt, nd_pfn, dax_pmem) is not loaded or not configured",
            "modprobe nd_btt, dax_pmem; grep -E 'NVDIMM_(PFN|DAX)|ND_BTT' /boot/config-$(uname -r)"
        ),
        new(
            "a modalias lookup list was not created",
            "libdaxctl, daxctl_insert_kmod_for_mode()",
            Severity.Error,
            "the driver of the mode is built into the kernel, and this libdaxctl looks for a module",
            "ndctl 67 or later",
            "ndctl before 67"
        ),
        new(
            "dax_region resource conflict for *",
            "kernel, alloc_dax_region() (drivers/dax/bus.c)",
            Severity.Error,
            "the range overlaps that of another dax region, or ends before it starts (an info-block whose pads are wrong)",
            "altmap infoblock check on the namespace's first 8 KiB; daxctl list -R shows who has the range",
            "7.2"
        ),
        new(
            "pmem reserve underrun: * of * bytes",
            "kernel, __reserve_free_pmem() (drivers/nvdimm/namespace_devs.c), a WARN once a boot",
            Severity.Warning,
            "max_available_extent was read, and the free space of a DIMM could not be reserved in pieces: labels that overlap, or two "
                + "small namespaces at its start (altmap: small-gap-hides-space in docs/findings.md)",
            "ndctl read-labels and altmap labels check on the copy"
        ),
        new(
            "allocation underrun: * of * bytes",
            "kernel, grow_dpa_allocation() (drivers/nvdimm/namespace_devs.c), a WARN once a boot",
            Severity.Warning,
            "a namespace should grow, and no free gap touches it that is large enough",
            "ndctl list -Rv: max_available_extent is the largest piece; altmap plan --usable SIZE"
        ),
    ];
}

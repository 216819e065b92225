using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Explain.Messages;

/// <summary>Messages of libnvdimm: buses, DIMMs, regions, labels, namespaces.</summary>
internal static class NvdimmMessages
{
    public static readonly ImmutableArray<MessagePage> All =
    [
        new(
            "unable to guarantee persistence of writes",
            "kernel, pmem_attach_disk()",
            Severity.Note,
            "the region has no DIMM with flush hints or ADR behind it (a memmap= range, an emulated device): what was written may "
                + "be lost with the power",
            "nothing, where the memory is volatile anyway"
        ),
        new(
            "is disabled, failing probe",
            "kernel, nd_region_probe() (drivers/nvdimm/region.c)",
            Severity.Error,
            "a DIMM of the interleave set has no driver, so its region has none either",
            "ndctl enable-dimm, then ndctl enable-region; look for why the DIMM is down"
        ),
        new(
            "error: conflicting extents for uuid: *",
            "kernel, scan_labels() (drivers/nvdimm/namespace_devs.c)",
            Severity.Error,
            "two labels carry the same uuid: the whole region fails, and none of its namespaces comes up. The data is untouched",
            "keep a copy (ndctl read-labels -o FILE), then altmap labels check FILE shows which one is old; altmap labels repair"
        ),
        new(
            "* missing label for *",
            "kernel, init_active_labels(), select_pmem_id()",
            Severity.Error,
            "a namespace over several DIMMs lacks the label of one of them: the whole region fails",
            "was the DIMM replaced or its area initialised? Restore its labels from a copy (ndctl write-labels)"
        ),
        new(
            "invalid cookie in label: *",
            "kernel, scan_labels(), with dynamic debug",
            Severity.Warning,
            "the label is of another interleave set: a moved DIMM or image. It is skipped, and its space stays taken",
            "put the DIMM back; altmap doctor tells both cookies"
        ),
        new(
            "label area (*) too small to host (*) labels",
            "kernel, sizeof_namespace_index() (drivers/nvdimm/label.c)",
            Severity.Error,
            "the DIMM's label area cannot hold two index blocks and two labels; the DIMM does not come up",
            "give the DIMM a larger label area (128 KiB is usual)"
        ),
        new(
            "invalid label for *",
            "kernel, scan_labels()",
            Severity.Error,
            "a label names bytes outside of the region's share of the DIMM: the whole region fails",
            "altmap labels check FILE; restore the area from a copy"
        ),
        new(
            "nd_region * read-only, marking * read-only",
            "kernel, pmem_attach_disk()",
            Severity.Note,
            "the region is read-only, and so is the disk",
            ""
        ),
        new(
            "read-only, marking * read-only",
            "kernel, nvdimm_check_and_set_ro()",
            Severity.Note,
            "the region is read-only, and so is the disk",
            "echo 0 > read_only of the region, where the platform lets you"
        ),
        new(
            "probe of * failed with error -*",
            "kernel, driver core (drivers/base/dd.c)",
            Severity.Error,
            "a driver did not take a device. The number is the errno: 6 ENXIO, 12 ENOMEM, 16 EBUSY, 17 EEXIST, 19 ENODEV, 22 "
                + "EINVAL, 28 ENOSPC, 95 EOPNOTSUPP. The line before it says why",
            "look at the line before it; altmap doctor CAPTURE",
            "before 6.5 or so; later: probe with driver … failed"
        ),
        new(
            "probe with driver * failed with error -*",
            "kernel, driver core (drivers/base/dd.c)",
            Severity.Error,
            "a driver did not take a device. The number is the errno: 6 ENXIO, 12 ENOMEM, 16 EBUSY, 17 EEXIST, 19 ENODEV, 22 "
                + "EINVAL, 28 ENOSPC, 95 EOPNOTSUPP. The line before it says why",
            "look at the line before it; altmap doctor CAPTURE",
            "6.12 and later (6.5 or so)"
        ),
        new(
            "nd_pmem * WARNING * badblocks_check",
            "kernel, a WARN",
            Severity.Warning,
            "a kernel defect: map=dev with a dataoff of 8 KiB",
            "nothing is lost",
            "seen on 7.2"
        ),
        new(
            "user: * kernel: region*: * already exists",
            "kernel, __reserve_free_pmem()",
            Severity.Warning,
            "space of a namespace is taken twice",
            ""
        ),
    ];
}

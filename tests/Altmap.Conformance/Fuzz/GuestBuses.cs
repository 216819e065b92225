namespace Altmap.Conformance.Fuzz;

/// <summary>Parts of guest scripts that let the nd buses go and register them anew. Only that makes a machine as after boot: a DIMM that
/// once had labels is known as one for as long as it is there (NDD_LABELING, drivers/nvdimm/dimm.c nvdimm_probe()), and numbers of devices
/// go on.</summary>
internal static class GuestBuses
{
    /// <summary>In the order in which init.sh loads the drivers.</summary>
    private const string All =
        "/sys/bus/platform/drivers/e820_pmem/e820_pmem /sys/bus/acpi/drivers/nfit/ACPI0012:00 /sys/bus/platform/drivers/nfit/ACPI0012:00";

    /// <summary>Lets go of those that are there.</summary>
    public const string Unbind =
        $$"""for d in {{All}}; do [ -e $d ] && { echo $d >> /tmp/buses; echo ${d##*/} > ${d%/*}/unbind; }; done 2>/dev/null; true""";

    /// <summary>Registers them again.</summary>
    public const string Bind = "while read -r d; do echo ${d##*/} > ${d%/*}/bind; done < /tmp/buses; rm /tmp/buses";
}

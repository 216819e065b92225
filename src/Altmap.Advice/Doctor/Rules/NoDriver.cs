using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Formats.Recognition;
using Altmap.Model.Compatibility;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>Namespaces that this kernel, or no kernel at all, gives a device (A3, C3).</summary>
internal sealed class NoDriver : DoctorRule
{
    private static readonly FindingCode Here = new(
        "namespace.refused",
        Severity.Error,
        "this kernel does not open a namespace that others open",
        "there is no block or dax device; the data is untouched",
        "boot a kernel that opens it and copy the data out; make the namespace anew only when the copy is verified",
        "drivers/nvdimm/pfn_devs.c nd_pfn_validate(), mm/memremap.c (5.10, 6.1, 6.12, 7.2)"
    );

    private static readonly FindingCode Nowhere = new(
        "namespace.no-kernel-opens",
        Severity.Error,
        "no kernel opens a namespace",
        "there is no block or dax device; the data is untouched behind the info-block",
        "read the bytes as they are (force_raw): the data starts at the dataoff that the info-block names. Copy it out before "
            + "anything else",
        "drivers/nvdimm/pfn_devs.c nd_pfn_validate(), namespace_devs.c force_raw_store() (5.10, 6.1, 6.12, 7.2)"
    );

    public override ImmutableArray<FindingCode> Codes => [Here, Nowhere];

    public override string Question => "Is there a namespace that this kernel, or no kernel, opens?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.Of(
                    "pmem-at-odd-place",
                    "4.19",
                    """
                    {"start":"0x100000","end":"0x7fffffff","type":"System RAM"},{"start":"0x100000000","end":"0x17fffffff","type":"System RAM"}
                    """,
                    ["0x200100000"],
                    4UL << 30,
                    "ndctl create-namespace --force --reconfig=namespace0.0 --mode=fsdax --map=mem --align=4K"
                ),
                Here
            )
            {
                ThenKernel = "6.12",
            },
            new(
                FaultyMachines.Of(
                    "align-1G",
                    "6.12",
                    """
                    {"start":"0x100000","end":"0x7fffffff","type":"System RAM"}
                    """,
                    ["0x208000000"],
                    512UL << 20,
                    "ndctl disable-namespace namespace0.0",
                    "echo 1073741824 > /sys/bus/nd/devices/pfn0.0/align",
                    "echo ram > /sys/bus/nd/devices/pfn0.0/mode",
                    "echo c0000000-0000-4000-8000-000000000000 > /sys/bus/nd/devices/pfn0.0/uuid",
                    "echo namespace0.0 > /sys/bus/nd/devices/pfn0.0/namespace",
                    "echo pfn0.0 > /sys/bus/nd/drivers/nd_pmem/bind"
                ),
                Nowhere
            )
            {
                StepsFail = true, // a kernel defect: the block is written, and then refused for good
            },
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        foreach (NamespaceReading reading in patient.Readings.Where(r => !r.IsOpen))
        {
            RegionState region = patient.Machine.Regions[reading.Device.Number];
            if (patient.IsAssumed(region))
                continue;
            string[] elsewhere = [.. OpenedBy(patient, reading)];
            bool isAnywhere = elsewhere.Length > 0;
            string device = reading.Device.Name;
            yield return new Diagnosis(
                Finding.Of(
                    isAnywhere ? Here : Nowhere,
                    new Subject(SubjectKind.Namespace, device),
                    new PhysicalPlace(reading.Range),
                    new Evidence("driver", $"{reading.Mode} of {reading.Range.Size.ToHuman()}", $"none ({reading.Errno})"),
                    new Evidence(
                        "kernel log",
                        "no refusal",
                        reading.Messages.IsEmpty ? "the kernel says nothing" : string.Join(" / ", reading.Messages.Select(m => m.Trim()))
                    ),
                    new Evidence("kernels that open it", "this one", isAnywhere ? string.Join(", ", elsewhere) : "none of those known here")
                ) with
                {
                    Kernels = [patient.Machine.Kernel.Name],
                },
                new Treatment(
                    "",
                    $"ndctl disable-namespace {device}",
                    $"echo 1 > /sys/bus/nd/devices/{device}/force_raw",
                    $"ndctl enable-namespace {device}"
                )
                {
                    OnlySaves = true,
                    Advice =
                        (isAnywhere ? $"boot {elsewhere[^1]} and copy the data out; or read" : "read")
                        + $" the bytes as they are, raw until the next boot{DataAt(reading)}; write nothing to the raw device",
                }
            );
        }
    }

    private static string DataAt(NamespaceReading reading) =>
        reading.Settings is { } settings ? $": the data starts at byte {settings.StartPad.Bytes + settings.DataOffset.Bytes}" : "";

    private static IEnumerable<string> OpenedBy(Patient patient, NamespaceReading reading)
    {
        NamespaceState ndns = patient.Rebooted.FindNamespace(reading.Device)!;
        RegionState region = patient.Rebooted.Regions[reading.Device.Number];
        byte[] head = region.Media.Read((ndns.Range.Start - region.Range.Start).Bytes, (int)Math.Min(ndns.Size.Bytes, 8192));
        bool hasBlock = MediaContent.Of(head).Kind is MediaContentKind.InfoBlock or MediaContentKind.Btt;
        foreach (KernelProfile kernel in KernelProfiles.All)
        {
            if (
                kernel == patient.Machine.Kernel
                || ArchitectureRules.Find(kernel, patient.Machine.Architecture.Architecture, patient.Machine.Architecture.PageSize)
                    is not { } architecture
            )
                continue;
            bool isOpen = patient
                .ReadingsUnder(kernel, architecture)
                .Any(r => r.Range == reading.Range && r.IsOpen && (r.Mode != "raw" || !hasBlock));
            if (isOpen)
                yield return kernel.Name;
        }
    }
}

using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Formats.Recognition;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>A raw namespace on an NFIT bus: no struct pages, so no DAX. People take it for a bug.</summary>
internal sealed class RawWithoutDax : DoctorRule
{
    private static readonly FindingCode Code = new(
        "namespace.raw-no-dax",
        Severity.Note,
        "a raw namespace has no struct pages",
        "there is no DAX: \"DAX unsupported by block device\" from ext4 and xfs (since 4.16), and mount -o dax fails",
        "for DAX make it fsdax (for a file image: altmap infoblock write); raw namespaces have struct pages only on e820 buses "
            + "(memmap=), of_pmem and virtio-pmem",
        "drivers/nvdimm/pmem.c pmem_should_map_pages(), nd_pmem_probe() (5.10, 6.1, 6.12, 7.2)"
    );

    public override ImmutableArray<FindingCode> Codes => [Code];

    public override string Question => "Is a namespace raw where people expect DAX?";

    public override ImmutableArray<FaultyMachine> Examples => [new(FaultyMachines.One("raw", "6.1"), Code)];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        foreach ((RegionState region, NamespaceState ndns) in patient.Namespaces)
        {
            if (!ndns.IsBound || PmemDriver.MapsPages(patient.Machine, ndns) || patient.IsAssumed(region) || ndns.ForceRaw)
                continue;
            MediaContent content = MediaContent.Of(patient.HeadOf(ndns, MediaContent.HeadBytes));
            yield return new Diagnosis(
                Finding.Of(
                    Code,
                    new Subject(SubjectKind.Namespace, ndns.Device.Name),
                    new PhysicalPlace(ndns.Range),
                    new Evidence("mode", "fsdax, where DAX is wanted", "raw"),
                    new Evidence("bus", "e820, of_pmem or virtio-pmem, whose raw namespaces have struct pages", BusOf(patient, region)),
                    new Evidence("first bytes", "", content.Description)
                ),
                new Treatment(
                    content.IsBlank
                        ? ""
                        : $"{content.Description}: it starts at the namespace's first byte, and the info-block takes its place; "
                            + "copy it first",
                    $"ndctl create-namespace --force --reconfig={ndns.Device} --mode=fsdax"
                )
                {
                    Advice = "make it fsdax; its size shrinks by the page map",
                }
            );
        }
    }

    private static string BusOf(Patient patient, RegionState region) =>
        patient.Machine.Buses.Values.FirstOrDefault(b => b.Name == region.Description.Bus)?.Provider ?? region.Description.Bus;
}

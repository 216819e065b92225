using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model.Maps;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>A device map that overwrote struct pages of RAM: a kernel defect on arm64.</summary>
internal sealed class OverwrittenStructPages : DoctorRule
{
    private static readonly FindingCode Code = new(
        "memory.struct-pages-overwritten",
        Severity.Error,
        "a devdax map has overwritten struct pages of System RAM",
        "that RAM is corrupt until reboot: oopses and lost data follow",
        "reboot, and do not enable the device at its default align: take --align of one page, or --map=dev, or move its start",
        "mm/memremap.c memmap_init_zone_device(): the last compound page reaches behind the range (seen on arm64, 6.12, 7.2)"
    );

    public override ImmutableArray<FindingCode> Codes => [Code];

    public override string Question => "Did a device map overwrite struct pages of RAM?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                """
                {"format":"altmap-machine/1","name":"devdax-arm64","kernel":"7.2","arch":"aarch64","page_size":16384,
                 "memory":[{"start":"0x40000000","end":"0x13fdfffff","type":"System RAM"},{"start":"0x1c0000000","end":"0x23fffffff","type":"System RAM"}],
                 "buses":[{"dev":"ndbus0","provider":"of_pmem"}],
                 "regions":[{"dev":"region0","bus":"ndbus0","start":"0x13fe00000","size":"2050M","numa_node":0,"target_node":0}],
                 "steps":["echo namespace0.0 > /sys/bus/nd/drivers/nd_pmem/unbind","echo 33554432 > /sys/bus/nd/devices/dax0.0/align",
                  "echo ram > /sys/bus/nd/devices/dax0.0/mode","echo c0000000-0000-4000-8000-000000000000 > /sys/bus/nd/devices/dax0.0/uuid",
                  "echo namespace0.0 > /sys/bus/nd/devices/dax0.0/namespace","echo dax0.0 > /sys/bus/nd/drivers/dax_pmem/bind"]}
                """,
                Code
            )
            {
                IsTreatable = false,
            },
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        ImmutableArray<MemmapDamage> damage = MemmapDamage.Of(patient.Machine, patient.Map.Ranges);
        if (damage.IsEmpty)
            yield break;
        ByteSize page = patient.Machine.Mm.PageSize;
        ulong pages = damage.Aggregate(0UL, (sum, d) => sum + d.Pages.Count.Pages);
        yield return new Diagnosis(
            Finding.Of(
                Code,
                new Subject(SubjectKind.Memory, "memory"),
                new PhysicalPlace(new PhysicalRange(damage[0].Pages.Start.ToAddress(page), damage[0].Pages.Count.ToBytes(page))),
                new Evidence(
                    "struct pages of RAM that say they are a device's",
                    "0",
                    string.Create(CultureInfo.InvariantCulture, $"{pages} ({new PfnCount(pages).ToBytes(page).ToHuman()} of RAM)")
                ),
                new Evidence("by", "nobody", string.Join(", ", damage.Select(d => d.By ?? "a device that is gone").Distinct()))
            )
        );
    }
}

using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>An idle seed with a uuid: ndctl leaves it behind, and every later create fails.</summary>
internal sealed class SeedWithUuid : DoctorRule
{
    private static readonly FindingCode Code = new(
        "region.seed-has-uuid",
        Severity.Warning,
        "a namespace without space has a uuid",
        "ndctl left it behind (create-namespace -e on an idle seed): every later create in this region fails with -16 (EBUSY)",
        "bind the region again: its namespaces have no driver meanwhile, so unmount first",
        "ndctl/namespace.c 76.1; drivers/nvdimm/namespace_devs.c uuid_store() (6.1)"
    );

    public override ImmutableArray<FindingCode> Codes => [Code];

    public override string Question => "Did ndctl leave a uuid on an idle namespace?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.One(
                    "seed",
                    "6.1",
                    "ndctl disable-region region0",
                    "ndctl init-labels nmem0",
                    "ndctl enable-region region0",
                    "echo 11111111-2222-4333-8444-555555555555 > /sys/bus/nd/devices/namespace0.0/uuid"
                ),
                Code
            ),
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient) =>
        from region in patient.Machine.Regions.Values
        from ndns in region.Namespaces.Values
        where ndns.Size.IsZero && ndns.Uuid is { IsZero: false }
        select new Diagnosis(
            Finding.Of(
                Code,
                new Subject(SubjectKind.Region, region.Device.Name),
                null,
                new Evidence($"uuid of {ndns.Device}", "none", $"{ndns.Uuid}")
            ),
            new Treatment("", $"ndctl disable-region {region.Device}", $"ndctl enable-region {region.Device}")
        );
}

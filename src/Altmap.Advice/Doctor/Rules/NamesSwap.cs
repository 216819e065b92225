using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>Names that belong to other namespaces after the next boot.</summary>
internal sealed class NamesSwap : DoctorRule
{
    private static readonly FindingCode Code = new(
        "namespace.name-changes",
        Severity.Warning,
        "a namespace has another name after the next boot",
        "/dev/pmemN.M in fstab and scripts then names another device: the wrong file system is mounted, or formatted",
        "mount by file-system UUID or by /dev/disk/by-id; the kernel numbers namespaces in the order of its labels at boot",
        "drivers/nvdimm/namespace_devs.c scan_labels(), cmp_dpa() (5.10, 6.1, 6.12, 7.2)"
    );

    public override ImmutableArray<FindingCode> Codes => [Code];

    public override string Question => "Will a namespace have another name after the next boot?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.One(
                    "swap",
                    "6.1",
                    "ndctl disable-region region0",
                    "ndctl init-labels nmem0",
                    "ndctl enable-region region0",
                    "ndctl create-namespace --region=region0 --mode=raw --size=64M",
                    "ndctl create-namespace --region=region0 --mode=raw --size=64M",
                    "ndctl destroy-namespace --force namespace0.0"
                ),
                Code
            ),
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        foreach ((RegionState region, NamespaceState ndns) in patient.Namespaces)
        {
            if (ndns.Uuid is not { IsZero: false } uuid || patient.IsAssumed(region))
                continue;
            NamespaceState? then = patient.Rebooted.Regions[region.Device.Number].Namespaces.Values.FirstOrDefault(n => n.Uuid == uuid);
            if (then is null || then.DiskName == ndns.DiskName)
                continue;
            yield return new Diagnosis(
                Finding.Of(
                    Code,
                    new Subject(SubjectKind.Namespace, ndns.Device.Name),
                    new PhysicalPlace(ndns.Range),
                    new Evidence("name now", then.DiskName, ndns.DiskName),
                    new Evidence("name after the next boot", ndns.DiskName, then.DiskName),
                    new Evidence("uuid", "", uuid.ToString())
                ),
                new Treatment("what is mounted by name until fstab says UUID=", "reboot")
                {
                    Advice = "mount by UUID; after a reboot the names are those that stay",
                }
            );
        }
    }
}

using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Model.Compatibility;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>What becomes of the namespaces under the kernel of <c>--upgrade-to</c> (A3).</summary>
internal sealed class UpgradeHazards : DoctorRule
{
    private const string Source = "the model's boot under both kernels; drivers/nvdimm/pfn_devs.c nd_pfn_validate()";

    private static readonly FindingCode Trouble = new(
        "upgrade.namespace-lost",
        Severity.Error,
        "a namespace does not open, or is misread, under the new kernel",
        "after the upgrade its data cannot be reached, or is overwritten by what takes it for empty; it is untouched until then",
        "stay on this kernel until the data is copied out, or have it installed beside the new one; then make the namespace anew",
        Source
    );

    private static readonly FindingCode WithoutDax = new(
        "upgrade.dax-lost",
        Severity.Warning,
        "a namespace opens under the new kernel, without DAX",
        "block I/O works; mount -o dax fails or is ignored",
        "mount it without dax, or copy the data and make the namespace anew",
        Source
    );

    private static readonly FindingCode Changes = new(
        "upgrade.namespace-changes",
        Severity.Note,
        "a namespace is another one under the new kernel",
        "size, alignment or mode differ; nothing is lost",
        "look at the evidence before you upgrade",
        Source
    );

    public override ImmutableArray<FindingCode> Codes => [Trouble, WithoutDax, Changes];

    public override string Question => "With --upgrade-to: does every namespace open under the new kernel as it does now?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.Of(
                    "odd-place",
                    "4.19",
                    """
                    {"start":"0x100000","end":"0x7fffffff","type":"System RAM"},{"start":"0x100000000","end":"0x17fffffff","type":"System RAM"}
                    """,
                    ["0x200100000"],
                    4UL << 30,
                    "ndctl create-namespace --force --reconfig=namespace0.0 --mode=fsdax --map=mem --align=4K"
                ),
                Trouble
            )
            {
                UpgradeTo = "6.12",
                IsTreatable = false,
            },
            new(
                FaultyMachines.Of(
                    "padded",
                    "4.19",
                    """
                    {"start":"0x100000","end":"0x7fffffff","type":"System RAM"},{"start":"0x100000000","end":"0x203ffffff","type":"System RAM"}
                    """,
                    ["0x204000000"],
                    4UL << 30,
                    "ndctl create-namespace --force --reconfig=namespace0.0 --mode=fsdax --map=mem"
                ),
                WithoutDax
            )
            {
                UpgradeTo = "6.1",
                IsTreatable = false,
            },
            new(
                """
                {"format":"altmap-machine/1","name":"devdax-arm64","kernel":"5.10","arch":"aarch64","page_size":4096,
                 "memory":[{"start":"0x40000000","end":"0x13fffffff","type":"System RAM"},{"start":"0x1c0000000","end":"0x23fffffff","type":"System RAM"}],
                 "buses":[{"dev":"ndbus0","provider":"of_pmem"}],
                 "regions":[{"dev":"region0","bus":"ndbus0","start":"0x140000000","size":"2G","numa_node":0,"target_node":0}],
                 "steps":["ndctl create-namespace --force --reconfig=namespace0.0 --mode=devdax --map=mem"]}
                """,
                Changes
            )
            {
                UpgradeTo = "6.12",
                IsTreatable = false,
            },
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        if (patient.Upgrade is not { } to)
            yield break;
        foreach (NamespaceUpgrade each in Upgrade.Compare(patient.Machine, to.Kernel, to.Architecture).Namespaces)
        {
            if (each.Verdict == ReaderVerdict.Opens || patient.IsAssumed(patient.Machine.Regions[each.Before.Device.Number]))
                continue;
            FindingCode code =
                each.Verdict.IsTrouble() ? Trouble
                : each.Verdict == ReaderVerdict.OpensWithoutDax ? WithoutDax
                : Changes;
            yield return new Diagnosis(
                Finding.Of(
                    code,
                    new Subject(SubjectKind.Namespace, each.Before.Device.Name),
                    new PhysicalPlace(each.Before.Range),
                    [
                        new Evidence(
                            $"under {to.Kernel.Name}",
                            $"{each.Before.Mode}, as under {patient.Machine.Kernel.Name}",
                            each.Verdict.Word()
                        ),
                        new Evidence("why", "", each.Why.Length > 0 ? each.Why : "no reason known"),
                    ]
                ) with
                {
                    Kernels = [to.Kernel.Name],
                }
            );
        }
    }
}

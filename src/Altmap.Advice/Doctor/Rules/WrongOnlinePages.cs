using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Nvdimm;
using KernelRules = Altmap.Core.Kernels.Rules;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>pfn_to_online_page() gives pages that are no online RAM (E1, E2), on this very map.</summary>
internal sealed class WrongOnlinePages : DoctorRule
{
    private const int RangesMax = 8;

    private static readonly FindingCode Code = new(
        "pfn.online-wrongly",
        Severity.Error,
        "pfn_to_online_page() gives pages that are no online RAM",
        "what walks memory by pfn (dumps, offlining, compaction, soft and hard page offlining, /proc/kpage*) takes device pages for RAM",
        "use a kernel from 5.12 on, whose rule looks closer, or leave the shared section to one owner; do not offline pages of these "
            + "ranges by hand",
        "mm/memory_hotplug.c pfn_to_online_page(): section flag alone up to 5.11; sub-section and page map since 5.12"
    );

    public override ImmutableArray<FindingCode> Codes => [Code];

    public override string Question => "Does pfn_to_online_page() answer wrongly for pages of this very map?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.Of(
                    "shared-section-5.10",
                    "5.10",
                    """
                    {"start":"0x100000","end":"0x7fffffff","type":"System RAM"},{"start":"0x100000000","end":"0x203ffffff","type":"System RAM"}
                    """,
                    ["0x204000000"],
                    4UL << 30,
                    "ndctl create-namespace --force --reconfig=namespace0.0 --mode=fsdax --map=mem"
                ),
                Code
            ),
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        MemoryRange[] wrong =
        [
            .. patient.Map.Ranges.Where(r => r.IsOnline && r.Memmap.Content is not (MemmapContent.Ram or MemmapContent.Hole)),
        ];
        // Struct pages of RAM that a device map overwrote are another fault.
        wrong = [.. wrong.Where(r => !MemmapDamage.Of(patient.Machine, [r]).Any())];
        if (wrong.Length == 0)
            yield break;
        ByteSize page = patient.Machine.Mm.PageSize;
        ulong pages = wrong.Aggregate(0UL, (sum, r) => sum + r.Pages.Count.Pages);
        yield return new Diagnosis(
            Finding.Of(
                Code,
                new Subject(SubjectKind.Memory, "memory"),
                new PhysicalPlace(new PhysicalRange(wrong[0].Pages.Start.ToAddress(page), wrong[0].Pages.Count.ToBytes(page))),
                [
                    new Evidence(
                        "pages that count as online and are no RAM",
                        "0",
                        string.Create(CultureInfo.InvariantCulture, $"{pages} ({new PfnCount(pages).ToBytes(page).ToHuman()})")
                    ),
                    .. wrong
                        .Take(RangesMax)
                        .Select(r => new Evidence(
                            "pfns",
                            "not online",
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"{r.Pages.Start.Number}-{r.Pages.End.Number - 1}, {r.MemmapWord}, of {r.Owner?.ToString() ?? "nobody"}"
                            )
                        )),
                    new Evidence(
                        "rule of this kernel",
                        $"{PfnOnlineRule.Current}",
                        $"{patient.Machine.Kernel.Get(KernelRules.PfnToOnlinePage)}"
                    ),
                ]
            ) with
            {
                Kernels = [patient.Machine.Kernel.Name],
            },
            [.. Treatments(patient)]
        );
    }

    /// <summary>Nothing changes the pages' answer but another layout of the section and a boot: unmapped, they are wrong still.</summary>
    private static IEnumerable<Treatment> Treatments(Patient patient)
    {
        ByteSize section = patient.Machine.Mm.PageSize * patient.Machine.Mm.Geometry.PagesPerSection.Pages;
        foreach (SectionCollision collision in SectionCollisions.Of(patient.Machine))
        {
            var range = new PhysicalRange(new PhysicalAddress(collision.Section.Number * section.Bytes), section);
            (RegionState, NamespaceState)[] inside = [.. patient.Namespaces.Where(n => n.Namespace.Range.Overlaps(range))];
            foreach (Treatment treatment in SectionTreatments.For(patient.Machine, inside, range, section))
                yield return treatment with
                {
                    Commands = treatment.Commands.Add("reboot"),
                };
        }
    }
}

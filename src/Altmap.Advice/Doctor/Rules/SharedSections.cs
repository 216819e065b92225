using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Maps;
using Altmap.Model.Nvdimm;
using KernelRules = Altmap.Core.Kernels.Rules;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>Two owners in one section (C1, C4, E4): who they are, who pays, and how much.</summary>
internal sealed class SharedSections : DoctorRule
{
    private static readonly FindingCode WithRam = new(
        "section.shared-with-ram",
        Severity.Warning,
        "a namespace and System RAM have bytes in the same memory section",
        "kernels up to 5.2 pad the namespace to the next section or refuse it; kernels up to 5.11 may take its pages for RAM there",
        "leave the section to the RAM: let the namespace start, or end, at a multiple of the section size",
        "mm/sparse.c, mm/memory_hotplug.c; sub-sections since 5.3, SECTION_TAINT_ZONE_DEVICE since 5.12"
    );

    private static readonly FindingCode WithPmem = new(
        "section.shared-by-regions",
        Severity.Warning,
        "namespaces of two regions have bytes in the same memory section",
        "kernels up to 5.2 pad the second one (start_pad: DAX is off) or refuse it",
        "leave the section to one of the regions: let a namespace start, or end, at a multiple of the section size",
        "drivers/nvdimm/pfn_devs.c (start_pad, up to 5.2); sub-sections since 5.3"
    );

    public override ImmutableArray<FindingCode> Codes => [WithRam, WithPmem];

    public override string Question => "Does a namespace share a memory section with System RAM or with another region?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.Of(
                    "C1",
                    "4.19",
                    """
                    {"start":"0x100000","end":"0x7fffffff","type":"System RAM"},{"start":"0x100000000","end":"0x187bffffff","type":"System RAM"}
                    """,
                    ["0x187c000000", "0x587c000000"],
                    256UL << 30
                ),
                WithRam,
                WithPmem
            ),
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        Machine machine = patient.Machine;
        ByteSize section = machine.Mm.PageSize * machine.Mm.Geometry.PagesPerSection.Pages;
        foreach (SectionCollision collision in SectionCollisions.Of(machine))
        {
            var range = new PhysicalRange(new PhysicalAddress(collision.Section.Number * section.Bytes), section);
            bool hasRam = collision.Shares[0].Name == SectionCollisions.Ram;
            (RegionState Region, NamespaceState Namespace)[] inside = [.. patient.Namespaces.Where(n => n.Namespace.Range.Overlaps(range))];
            if (inside.Select(n => n.Region.Device).Distinct().Count() + (hasRam ? 1 : 0) < 2)
                continue; // what is free collides with nothing
            ByteSize cost = new(collision.Shares.Min(s => s.Size.Bytes));
            FindingCode code = hasRam ? WithRam : WithPmem;
            NamespaceState first = inside[0].Namespace;
            yield return new Diagnosis(
                Finding.Of(
                    code,
                    new Subject(SubjectKind.Namespace, first.Device.Name),
                    new PhysicalPlace(range),
                    [
                        .. collision.Shares.Select(s => new Evidence(
                            s.Name,
                            "all of the section, or nothing",
                            string.Create(CultureInfo.InvariantCulture, $"{s.Size} of the section's {section.ToHuman()}")
                        )),
                    ]
                ) with
                {
                    Severity = IsTrouble(machine, hasRam) ? Severity.Warning : Severity.Note,
                    Consequence = $"{Consequence(machine, hasRam)}; leaving the section to one of them costs {cost.ToHuman()}",
                    Kernels = [machine.Kernel.Name],
                },
                [.. SectionTreatments.For(machine, inside, range, section)]
            );
        }
    }

    private static bool IsTrouble(Machine machine, bool hasRam) =>
        machine.Kernel.Get(KernelRules.DeviceMapsAreSections)
        || (hasRam && machine.Kernel.Get(KernelRules.PfnToOnlinePage) == PfnOnlineRule.SectionFlag);

    private static string Consequence(Machine machine, bool hasRam) =>
        machine.Kernel.Get(KernelRules.DeviceMapsAreSections)
            ? "this kernel maps whole sections: a namespace with struct pages there is padded to the next section (start_pad, and its DAX "
                + "is off) or refused"
        : hasRam && machine.Kernel.Get(KernelRules.PfnToOnlinePage) == PfnOnlineRule.SectionFlag
            ? "this kernel maps sub-sections, so both can be used, but pfn_to_online_page() asks for the section alone and may take device "
                + "pages for RAM"
        : "this kernel maps sub-sections and tells the pages apart: nothing is lost; kernels up to 5.2 pad or refuse it";
}

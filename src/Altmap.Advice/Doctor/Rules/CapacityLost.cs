using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>Bytes of a namespace that hold nothing because of its alignment, and how to get them back (D1, D2).</summary>
internal sealed class CapacityLost : DoctorRule
{
    private static readonly ByteSize WorthTelling = ByteSize.MiB(64);

    private static readonly FindingCode Code = new(
        "namespace.capacity-lost",
        Severity.Note,
        "much of a namespace holds nothing because of its alignment",
        "so many bytes are neither data nor page map",
        "with --align=2M (the default) less is lost; changing it gives up the data: copy it first, and back after",
        "drivers/nvdimm/pfn_devs.c nd_pfn_init(): dataoff and the end are rounded to align (5.10, 6.1, 6.12, 7.2)"
    );

    public override ImmutableArray<FindingCode> Codes => [Code];

    public override string Question => "Does a namespace lose much to its alignment?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.One(
                    "align-1G",
                    "6.1",
                    "ndctl create-namespace --force --reconfig=namespace0.0 --mode=fsdax --map=dev --align=1G"
                ),
                Code
            ),
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        ByteSize page = patient.Machine.Mm.PageSize;
        foreach ((RegionState region, NamespaceState ndns) in patient.Namespaces)
        {
            if (
                patient.IsAssumed(region)
                || ndns.Claim is not { Kind: NdDeviceKind.Pfn or NdDeviceKind.Dax } claim
                || patient.Machine.FindPfnDevice(claim) is not { Layout: { } layout } pfn
                || layout.UsableSize(ndns.Size) is not { } usable
            )
                continue;
            ulong block = 8192,
                perPage = InfoBlock.Parse(patient.HeadOf(ndns, 8192).AsSpan((int)InfoBlock.StartBytes))?.PageStructSize ?? 64,
                map = pfn.Mode == PageMapMode.Pmem ? (ndns.Size.Bytes / page.Bytes) * Math.Max(64, perPage) : 0,
                taken = usable.Bytes + block + map;
            if (ndns.Size.Bytes <= taken || new ByteSize(ndns.Size.Bytes - taken) < WorthTelling)
                continue;
            ByteSize lost = new(ndns.Size.Bytes - taken);
            string mode = claim.Kind == NdDeviceKind.Dax ? "devdax" : "fsdax",
                where = pfn.Mode == PageMapMode.Pmem ? "dev" : "mem";
            yield return new Diagnosis(
                Finding.Of(
                    Code,
                    new Subject(SubjectKind.Namespace, ndns.Device.Name),
                    new PhysicalPlace(ndns.Range),
                    new Evidence("bytes that hold nothing", $"less than {WorthTelling.ToHuman()}", lost.ToString()),
                    new Evidence("align", "2 MiB, where nothing needs more", layout.Align.ToHuman()),
                    new Evidence("usable", "", usable.ToString())
                ),
                new Treatment(
                    $"everything in {ndns.Device}: copy it out first, and back after",
                    $"ndctl create-namespace --force --reconfig={ndns.Device} --mode={mode} --map={where} --align=2M"
                )
            );
        }
    }
}

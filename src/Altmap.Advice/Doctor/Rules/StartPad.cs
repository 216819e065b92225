using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>Namespaces that an old kernel padded: block I/O is right, DAX looks elsewhere (C1, C2).</summary>
internal sealed class StartPad : DoctorRule
{
    private static readonly FindingCode Code = new(
        "namespace.start-pad",
        Severity.Warning,
        "an fsdax namespace has a start_pad, which kernels up to 5.2 wrote",
        "block I/O is right; DAX counts from the raw start and cannot be used: kernels up to 5.16 notice at mount, later ones do not look",
        "nothing is lost: mount it without dax. For DAX the data must move: copy it out by block I/O, make the namespace anew, "
            + "copy it back",
        "drivers/nvdimm/pmem.c pmem_attach_disk(): block I/O adds start_pad to dataoff, DAX does not (5.10, 6.1, 6.12, 7.2)"
    );

    public override ImmutableArray<FindingCode> Codes => [Code];

    public override string Question => "Is DAX off because of a start_pad?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.Of(
                    "start-pad",
                    "4.19",
                    """
                    {"start":"0x100000","end":"0x7fffffff","type":"System RAM"},{"start":"0x100000000","end":"0x203ffffff","type":"System RAM"}
                    """,
                    ["0x204000000"],
                    4UL << 30,
                    "ndctl create-namespace --force --reconfig=namespace0.0 --mode=fsdax --map=mem"
                ),
                Code
            )
            {
                ThenKernel = "6.1",
            },
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        foreach ((RegionState region, NamespaceState ndns) in patient.Namespaces)
        {
            if (PaddedDax.Of(patient.Machine, ndns) is not { } dax)
                continue;
            yield return new Diagnosis(
                Finding.Of(
                    Code,
                    new Subject(SubjectKind.Namespace, ndns.Device.Name),
                    new MediaPlace(
                        MediaOrigin.Namespace,
                        new MediaOffset(InfoBlock.StartBytes + (ulong)PfnInfoBlockLayout.StartPad.OffsetBytes),
                        PfnInfoBlockLayout.StartPad.Name
                    ),
                    new Evidence("start_pad", "0", dax.StartPad.ToString()),
                    new Evidence("first data byte of block I/O", $"{dax.Pages}, where DAX looks", dax.BlockIo.ToString()),
                    new Evidence("struct pages where DAX looks", "those of the data", dax.IsOtherData ? "of other data" : "none")
                ) with
                {
                    Severity = dax is { IsOtherData: true, IsOff: not true } ? Severity.Error : Severity.Warning,
                    Consequence = $"block I/O starts at {dax.BlockIo} and is right; DAX looks at {dax.Pages}, {dax.Outcome}",
                },
                new Treatment(
                    $"everything in {ndns.Device}: copy it out first (dd if=/dev/{ndns.DiskName}: block I/O reads it right), and "
                        + "back after",
                    region.Namespaces.Values.Count(n => !n.Size.IsZero) == 1 && ndns.Type == NamespaceType.Pmem
                        ?
                        [
                            $"ndctl destroy-namespace --force {ndns.Device}",
                            $"ndctl create-namespace --region={region.Device} --mode=fsdax --size={ndns.Size.Bytes}",
                        ]
                        : [$"ndctl create-namespace --force --reconfig={ndns.Device} --mode=fsdax"]
                )
            );
        }
    }
}

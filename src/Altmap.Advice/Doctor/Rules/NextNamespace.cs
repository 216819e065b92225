using System.Collections.Immutable;
using System.Globalization;
using Altmap.Advice.Sessions;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>Space is free, and the next namespace is refused all the same: a size that left a misaligned start, a region align set by
/// hand.</summary>
internal sealed class NextNamespace : DoctorRule
{
    private static readonly ByteSize WorthAsking = ByteSize.MiB(64);

    private static readonly FindingCode Refused = new(
        "region.next-refused",
        Severity.Warning,
        "a region has free space, and the next namespace is refused",
        "the space cannot be used as it is",
        "give sizes that are multiples of 16 MiB, so that what comes behind starts aligned; ndctl refuses a start that is none",
        "ndctl/namespace.c setup_namespace() 76.1"
    );

    private static readonly FindingCode SmallAlign = new(
        "region.align-small",
        Severity.Warning,
        "a region's align is smaller than the kernel's default",
        "namespaces can be made that other kernels and ndctl refuse, or that leave no aligned space behind them",
        "set it back before the next namespace is made",
        "drivers/nvdimm/region_devs.c default_align(), align_store() (5.10, 6.1, 6.12, 7.2)"
    );

    public override ImmutableArray<FindingCode> Codes => [Refused, SmallAlign];

    public override string Question => "Can the free space of a region be used as it is?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.One(
                    "second-misaligned",
                    "6.1",
                    "ndctl disable-region region0",
                    "ndctl init-labels nmem0",
                    "echo 2097152 > /sys/bus/nd/devices/region0/align",
                    "ndctl enable-region region0",
                    "ndctl create-namespace --force --region=region0 --mode=fsdax --size=1026M"
                ),
                SmallAlign,
                Refused
            ),
            new(
                FaultyMachines.One(
                    "small-align",
                    "6.1",
                    "ndctl disable-region region0",
                    "ndctl init-labels nmem0",
                    "ndctl enable-region region0",
                    "echo 4096 > /sys/bus/nd/devices/region0/align"
                ),
                SmallAlign
            ),
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        foreach (RegionState region in patient.Machine.Regions.Values.Where(r => r.IsBound && r.Ways > 0 && !r.IsReadOnly))
        {
            if (RegionDriver.TypeOf(patient.Machine, region) != NamespaceType.Pmem || patient.IsAssumed(region))
                continue;
            var subject = new Subject(SubjectKind.Region, region.Device.Name);
            ByteSize normal = RegionDriver.DefaultAlign(
                patient.Machine.Kernel,
                region.Range.Size,
                region.Ways,
                patient.Machine.Architecture.PageSize
            );
            if (region.Align < normal)
                yield return new Diagnosis(
                    Finding.Of(SmallAlign, subject, null, new Evidence("align", normal.ToHuman(), region.Align.ToHuman())),
                    new Treatment(
                        "",
                        string.Create(CultureInfo.InvariantCulture, $"echo {normal.Bytes} > /sys/bus/nd/devices/{region.Device}/align")
                    )
                );
            ByteSize free = RegionSpace.MaxAvailableExtent(patient.Machine, region);
            if (free < WorthAsking)
                continue;
            Trial next = Trial.Start(patient.State).Then($"ndctl create-namespace --region={region.Device} --mode=fsdax");
            if (next.IsDone || next.Failure is not { IsUnsupported: false } failure)
                continue;
            yield return new Diagnosis(
                Finding.Of(
                    Refused,
                    subject,
                    null,
                    new Evidence("free in one piece", "", free.ToHuman()),
                    new Evidence("ndctl create-namespace", "a namespace", failure.FirstLine)
                ),
                [.. Treatments(region, free)]
            );
        }
    }

    /// <summary>Fill up to the next multiple with a small namespace, or take what 2 MiB allows.</summary>
    private static IEnumerable<Treatment> Treatments(RegionState region, ByteSize free)
    {
        yield return new Treatment("", $"ndctl create-namespace --force --region={region.Device} --mode=fsdax")
        {
            Advice = "--force takes a start that is a multiple of 2 MiB",
        };
        for (ulong size = 2; size < 16; size += 2)
        {
            string filler = string.Create(
                CultureInfo.InvariantCulture,
                $"ndctl create-namespace --force --region={region.Device} --mode=raw --size={size}M"
            );
            yield return new Treatment(
                "",
                "echo 2097152 > /sys/bus/nd/devices/" + region.Device + "/align",
                filler,
                string.Create(CultureInfo.InvariantCulture, $"echo {region.Align.Bytes} > /sys/bus/nd/devices/{region.Device}/align"),
                $"ndctl create-namespace --region={region.Device} --mode=fsdax"
            )
            {
                Advice = "a small raw namespace fills up to the next multiple of 16 MiB",
            };
        }
    }
}

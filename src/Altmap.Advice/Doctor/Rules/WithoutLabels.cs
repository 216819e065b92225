using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Formats.Recognition;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>A region that has label areas and no labels: its one namespace has all of it.</summary>
internal sealed class WithoutLabels : DoctorRule
{
    private static readonly FindingCode Code = new(
        "region.without-labels",
        Severity.Note,
        "a region's DIMMs have label areas without labels",
        "its one namespace has all of it: --size ends with \"Legacy / label-less namespaces do not support sub-dividing a region\"",
        "for several namespaces initialise the labels (ndctl disable-region, init-labels of its DIMMs, enable-region), once labels and "
            + "first bytes are known to be blank; a file system or info-block that is there stays on the media, and its namespace goes",
        "drivers/nvdimm/region_devs.c nd_region_to_nstype(); ndctl/namespace.c 76.1"
    );

    public override ImmutableArray<FindingCode> Codes => [Code];

    public override string Question => "Is a region without labels although its DIMMs could have some?";

    public override ImmutableArray<FaultyMachine> Examples => [new(FaultyMachines.One("label-less", "6.1"), Code)];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        foreach (RegionState region in patient.Machine.Regions.Values.Where(r => r.IsBound && r.Ways > 0))
        {
            DimmState[] dimms = [.. RegionDriver.DimmsOf(patient.Machine, region)];
            if (!dimms.All(d => d.HasLabelArea) || RegionDriver.TypeOf(patient.Machine, region) != NamespaceType.Io)
                continue;
            // Where nothing tells what is in an area it stands in the model as blank: the gap is told, and no verdict.
            if (dimms.Any(patient.GuessesLabels))
                continue;
            bool isGiven = !dimms.Any(patient.LacksLabels);
            // Zeroes alone are blank; anything else may be labels that somebody wants back.
            bool isBlank = isGiven && dimms.All(IsZero),
                isKnown = isGiven && !patient.LacksMedia(region);
            NamespaceState? ndns = region.Namespaces.Values.FirstOrDefault(n => !n.Size.IsZero);
            MediaContent? content = ndns is null || !isKnown ? null : MediaContent.Of(patient.HeadOf(ndns, MediaContent.HeadBytes));
            yield return new Diagnosis(
                Finding.Of(
                    Code,
                    new Subject(SubjectKind.Region, region.Device.Name),
                    new PhysicalPlace(region.Range),
                    new Evidence(
                        "label areas",
                        "index blocks",
                        isBlank ? "zeroes"
                            : isGiven ? "bytes that are no index block"
                            : "not given"
                    ),
                    new Evidence("first bytes of the region", "", content?.Description ?? "not given")
                ),
                isBlank && isKnown
                    ?
                    [
                        new Treatment(
                            content is { IsBlank: true } or null ? "" : $"{content.Description}: its namespace goes; copy it first",
                            [
                                $"ndctl disable-region {region.Device}",
                                .. dimms.Select(d => $"ndctl init-labels {d.Device}"),
                                $"ndctl enable-region {region.Device}",
                            ]
                        )
                        {
                            Advice = "only where several namespaces are wanted",
                        },
                    ]
                    : []
            );
        }
    }

    private static bool IsZero(DimmState dimm) => dimm.LabelBytes.Pages().All(p => !p.Bytes.Span.ContainsAnyExcept((byte)0));
}

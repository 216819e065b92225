using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Formats.Labels;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>All that <see cref="LabelChecks"/> finds in the label areas, DIMM by DIMM.</summary>
internal sealed class LabelAreas : DoctorRule
{
    public override ImmutableArray<FindingCode> Codes => [];

    public override string Question => "Is a label area damaged, or does it contradict itself?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.One(
                    "labels-cut",
                    "6.1",
                    "ndctl disable-region region0",
                    "ndctl init-labels nmem0",
                    "ndctl enable-region region0",
                    "ndctl create-namespace --region=region0 --mode=fsdax --size=1G",
                    "ndctl disable-region region0",
                    "ndctl zero-labels --offset=0 --size=256 nmem0"
                ),
                LabelFindings.IndexSignature,
                LabelFindings.Updating
            )
            {
                IsTreatable = false,
            },
            new(
                FaultyMachines.One(
                    "labels-gone",
                    "6.1",
                    "ndctl disable-region region0",
                    "ndctl init-labels nmem0",
                    "ndctl enable-region region0",
                    "ndctl create-namespace --region=region0 --mode=fsdax --size=1G",
                    "ndctl disable-region region0",
                    "ndctl zero-labels --offset=0 --size=512 nmem0"
                ),
                LabelFindings.IndexNoneValid
            ),
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        foreach (DimmState dimm in patient.Machine.Dimms.Values.Where(d => d.HasLabelArea && !patient.LacksLabels(d)))
        {
            Finding[] found =
            [
                .. LabelChecks
                    .Validate(dimm.LabelBytes, patient.Machine.Kernel)
                    .Where(f => f.Severity >= Severity.Warning)
                    .Select(f => f with { Subject = new Subject(SubjectKind.Dimm, dimm.Device.Name) }),
            ];
            // Without an index all of them are why there is none: one fault.
            if (Array.Find(found, f => f.Code == LabelFindings.IndexNoneValid) is { } none)
                found = [none with { Evidence = [.. none.Evidence, .. found.Where(f => f != none).SelectMany(f => f.Evidence).Take(4)] }];
            foreach (Finding finding in found)
                yield return new Diagnosis(finding, finding.Severity == Severity.Error ? [Repair(patient, dimm)] : []);
        }
    }

    /// <summary>A copy first; then new index blocks over the labels that survive.</summary>
    private static Treatment Repair(Patient patient, DimmState dimm)
    {
        string[] regions =
        [
            .. patient
                .Machine.Regions.Values.Where(r => r.IsBound && r.Description.Mappings.Any(m => m.Dimm == dimm.Device.Name))
                .Select(r => r.Device.Name),
        ];
        string[] all =
        [
            .. patient
                .Machine.Regions.Values.Where(r => r.Description.Mappings.Any(m => m.Dimm == dimm.Device.Name))
                .Select(r => r.Device.Name),
        ];
        return new(
            "",
            [
                $"ndctl read-labels {dimm.Device} --output={dimm.Device}.labels",
                SalvageCommand.Of($"{dimm.Device}.labels", $"{dimm.Device}.repaired"),
                .. regions.Select(r => $"ndctl disable-region {r}"),
                $"ndctl write-labels {dimm.Device} --input={dimm.Device}.repaired",
                .. all.Select(r => $"ndctl enable-region {r}"),
            ]
        )
        {
            Advice = "keep the dump; the labels behind the index blocks are whole, and count again under new ones",
        };
    }
}

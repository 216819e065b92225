using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Formats.Labels;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>Labels whose interleave-set cookie is not that of their region: a DIMM, or an image, that was moved.</summary>
internal sealed class MovedDimm : DoctorRule
{
    private static readonly FindingCode Code = new(
        "labels.cookie-of-other-set",
        Severity.Error,
        "labels name another interleave set than the one that their DIMM is in",
        "the kernel skips them: their namespaces are gone, and their space stays taken. The data is untouched",
        "put the DIMM back into its slot and set (for QEMU: the image back to its slot number); keep a copy of the label area first",
        "drivers/nvdimm/namespace_devs.c scan_labels(), nd_namespace_label_verify() (5.10, 6.1, 6.12, 7.2)"
    );

    public override ImmutableArray<FindingCode> Codes => [Code];

    public override string Question => "Was a DIMM, or its image, moved?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.Two(
                    "moved",
                    "6.1",
                    "ndctl disable-region region0",
                    "ndctl init-labels nmem0",
                    "ndctl enable-region region0",
                    "ndctl create-namespace --region=region0 --mode=fsdax --size=1G",
                    "ndctl read-labels nmem0 --output=/tmp/labels",
                    "ndctl disable-region region1",
                    "ndctl write-labels nmem1 --input=/tmp/labels",
                    "ndctl enable-region region1"
                ),
                Code
            ),
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        foreach (DimmState dimm in patient.Machine.Dimms.Values)
        {
            if (patient.LacksLabels(dimm) || !dimm.HasLabelArea)
                continue;
            LabelArea area = LabelArea.Parse(dimm.LabelBytes, patient.Machine.Kernel);
            if (!area.HasCurrentIndex)
                continue;
            RegionState[] regions =
            [
                .. patient.Machine.Regions.Values.Where(r => r.Description.Mappings.Any(m => m.Dimm == dimm.Device.Name)),
            ];
            HashSet<ulong> cookies =
            [
                .. regions.SelectMany(r => (ulong[])[area.UsesCookie1 ? r.Cookies.Cookie1 : r.Cookies.Cookie2, r.Cookies.AltCookie]),
            ];
            NamespaceLabel[] foreign = [.. area.ActiveLabels.Where(l => !cookies.Contains(l.InterleaveSetCookie))];
            if (foreign.Length == 0 || regions.Length == 0)
                continue;
            string names = string.Join(", ", foreign.Take(4).Select(l => l.Uuid.ToString()));
            yield return new Diagnosis(
                Finding.Of(
                    Code,
                    new Subject(SubjectKind.Dimm, dimm.Device.Name),
                    null,
                    new Evidence(
                        "interleave-set cookie",
                        string.Join(" or ", cookies.Where(c => c != 0).Select(Hex)),
                        string.Join(", ", foreign.Select(l => Hex(l.InterleaveSetCookie)).Distinct().Take(4))
                    ),
                    new Evidence("labels that do not count", "none", $"{foreign.Length}: {names}{(foreign.Length > 4 ? ", …" : "")}")
                ),
                new Treatment("", $"ndctl read-labels {dimm.Device} --output={dimm.Device}.labels", $"ndctl check-labels {dimm.Device}")
                {
                    OnlySaves = true,
                }
            );
        }

        static string Hex(ulong cookie) => "0x" + cookie.ToString("x", CultureInfo.InvariantCulture);
    }
}

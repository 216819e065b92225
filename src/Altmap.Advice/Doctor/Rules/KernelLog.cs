using System.Collections.Immutable;
using System.Globalization;
using Altmap.Advice.Explain;
using Altmap.Core.Findings;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>Lines of the machine's own kernel log that name a fault.</summary>
internal sealed class KernelLog : DoctorRule
{
    private const int LinesMax = 20;

    private static readonly FindingCode Code = new(
        "log.kernel-complains",
        Severity.Warning,
        "the kernel log names a fault",
        "what the line says",
        "altmap explain - has the page of each line",
        "the page of the message (altmap explain)"
    );

    public override ImmutableArray<FindingCode> Codes => [Code];

    public override string Question => "Does the kernel log of the capture name a fault?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(FaultyMachines.One("logged", "6.1"), Code)
            {
                Log = ["[    3.7] nd_pmem btt0.0: Found arena with an error flag"],
                IsTreatable = false,
            },
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        foreach (
            ExplainedLine line in ExplainedLine
                .All(string.Join('\n', patient.Log))
                .Where(l => l.Page.Severity >= Severity.Error)
                .Take(LinesMax)
        )
            yield return new Diagnosis(
                Finding.Of(
                    Code,
                    new Subject(SubjectKind.Machine, "kernel log"),
                    null,
                    new Evidence(string.Create(CultureInfo.InvariantCulture, $"line {line.Number}"), "no complaint", line.Line),
                    new Evidence("times", "0", line.Count.ToString(CultureInfo.InvariantCulture))
                ) with
                {
                    Consequence = line.Page.Meaning,
                    Remedy = Remedy.InWords(line.Page.Advice.Length > 0 ? line.Page.Advice : Code.Advice),
                    Source = line.Page.Speaker,
                }
            );
    }
}

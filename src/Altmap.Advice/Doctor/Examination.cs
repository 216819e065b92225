using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Findings;

namespace Altmap.Advice.Doctor;

/// <summary>What the rules found on a machine.</summary>
/// <param name="Findings">Errors first, then warnings, then notes; of each in the order of the rules.</param>
/// <param name="Unknown">Questions that need what was not given, or that the model does not know.</param>
public sealed record Examination(ImmutableArray<Finding> Findings, ImmutableArray<OpenQuestion> Unknown)
{
    /// <summary>All rules, by name.</summary>
    public static ImmutableArray<DoctorRule> Rules => DoctorRules.All;

    /// <summary>True where something is wrong.</summary>
    public bool IsWrong => Findings.Any(f => f.Severity == Severity.Error);

    /// <summary>Asks every rule. Remedies are tried on the model; what does not work there is not shown.</summary>
    public static Examination Of(Patient patient)
    {
        var findings = new List<Finding>();
        var trials = new TreatmentTrials(patient);
        var unknown = ImmutableArray.CreateBuilder<OpenQuestion>();
        foreach (Gap gap in patient.Gaps)
            unknown.Add(new OpenQuestion(null, gap.Subject, $"{gap.What}: {gap.Needs}"));
        foreach (DoctorRule rule in Rules)
        {
            try
            {
                foreach (Diagnosis diagnosis in rule.Check(patient))
                    findings.Add(Treat(trials, rule, diagnosis));
            }
            catch (NotModelledException e)
            {
                unknown.Add(new OpenQuestion(rule.Codes.FirstOrDefault(), new Subject(SubjectKind.Machine, "machine"), e.Message));
            }
        }
        return new([.. findings.OrderByDescending(f => f.Severity)], unknown.ToImmutable());
    }

    private static Finding Treat(TreatmentTrials trials, DoctorRule rule, Diagnosis diagnosis)
    {
        Finding finding = diagnosis.Finding;
        foreach (Treatment treatment in diagnosis.Treatments)
        {
            if (trials.Of(treatment) is not { } tried)
                continue;
            if (!treatment.OnlySaves && tried.Has(rule, finding))
                continue;
            (ImmutableArray<string> before, ImmutableArray<string> now) = tried.Changes;
            return finding with
            {
                Remedy = new Remedy(
                    treatment.Loses,
                    treatment.Commands,
                    treatment.Advice.Length > 0 ? treatment.Advice : finding.Remedy.Advice
                )
                {
                    CommandLine = treatment.CommandLine,
                    Before = before,
                    After = now,
                },
            };
        }
        return finding;
    }
}

using System.Collections.Immutable;
using Altmap.Advice.Sessions;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Shell;

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
        var unknown = ImmutableArray.CreateBuilder<OpenQuestion>();
        foreach (Gap gap in patient.Gaps)
            unknown.Add(new OpenQuestion(null, gap.Subject, $"{gap.What}: {gap.Needs}"));
        foreach (DoctorRule rule in Rules)
        {
            try
            {
                foreach (Diagnosis diagnosis in rule.Check(patient))
                    findings.Add(Treat(patient, rule, diagnosis));
            }
            catch (NotModelledException e)
            {
                unknown.Add(new OpenQuestion(rule.Codes.FirstOrDefault(), new Subject(SubjectKind.Machine, "machine"), e.Message));
            }
        }
        return new([.. findings.OrderByDescending(f => f.Severity)], unknown.ToImmutable());
    }

    private static Finding Treat(Patient patient, DoctorRule rule, Diagnosis diagnosis)
    {
        Finding finding = diagnosis.Finding;
        foreach (Treatment treatment in diagnosis.Treatments)
        {
            if (Try(patient, treatment) is not { } after)
                continue;
            if (!treatment.OnlySaves && IsStillThere(patient.After(after), rule, finding))
                continue;
            (ImmutableArray<string> before, ImmutableArray<string> now) = StateLines.Changes(patient.Lines, after.Machine);
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

    private static ShellState? Try(Patient patient, Treatment treatment)
    {
        try
        {
            ShellState state = patient.State;
            if (treatment.CommandLine is { } line)
            {
                if (BootWith(state, line) is not { } booted)
                    return null;
                state = booted;
            }
            foreach (string command in treatment.Commands)
            {
                if (SalvageCommand.Run(state, command) is { } salvaged)
                {
                    state = salvaged;
                    continue;
                }
                Trial trial = Trial.Start(state).Then(command);
                if (!trial.IsDone)
                    return null;
                state = trial.State;
            }
            return state;
        }
        catch (NotModelledException)
        {
            return null; // what the model does not know is no remedy
        }
    }

    /// <summary>The machine booted anew with another command line; media stay where their region stays.</summary>
    private static ShellState? BootWith(ShellState state, string commandLine)
    {
        Machine machine = state.Machine;
        MachineDescription description = machine.Description with { CommandLine = commandLine, Steps = [] };
        var source = new MachineSource(
            description,
            machine.Dimms.ToImmutableSortedDictionary(d => d.Key.Name, d => d.Value.LabelBytes),
            machine.Regions.Values.Where(r => r.Ways > 0).ToImmutableSortedDictionary(r => r.Device.Name, r => r.Media)
        );
        return Boot.Start(source, machine.Kernel, machine.Architecture).Machine is { } booted ? state with { Machine = booted } : null;
    }

    private static bool IsStillThere(Patient after, DoctorRule rule, Finding finding)
    {
        try
        {
            return rule.Check(after).Any(d => d.Finding.Code == finding.Code && d.Finding.Subject == finding.Subject);
        }
        catch (NotModelledException)
        {
            return true; // not known to be gone
        }
    }
}

using System.Collections.Immutable;
using Altmap.Advice.Sessions;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Shell;

namespace Altmap.Advice.Doctor;

/// <summary>
/// Treatments of one examination, tried on the model. A thousand findings may have one remedy (a reboot): the same commands are carried
/// out once, and what they leave is asked once by each rule, since both follow from the patient alone.
/// </summary>
internal sealed class TreatmentTrials(Patient patient)
{
    private readonly Dictionary<string, TriedTreatment?> _tried = new(StringComparer.Ordinal);

    /// <summary>What the treatment leaves; null: a command failed, or the model does not know it.</summary>
    public TriedTreatment? Of(Treatment treatment)
    {
        string key = string.Join('\n', treatment.Commands.Prepend(treatment.CommandLine is { } line ? "boot " + line : ""));
        if (!_tried.TryGetValue(key, out TriedTreatment? tried))
            _tried[key] = tried = Try(treatment) is { } after ? new TriedTreatment(patient, after) : null;
        return tried;
    }

    private ShellState? Try(Treatment treatment)
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
}

/// <summary>What a treatment leaves.</summary>
internal sealed class TriedTreatment
{
    private readonly Patient _after;
    private readonly Lazy<(ImmutableArray<string>, ImmutableArray<string>)> _changes;
    private readonly Dictionary<DoctorRule, HashSet<(FindingCode, Subject)>?> _found = [];

    public TriedTreatment(Patient before, ShellState after)
    {
        _after = before.After(after);
        _changes = new(() => StateLines.Changes(before.Lines, after.Machine));
    }

    /// <summary>Lines of the machine before that it does not have after, and the other way round.</summary>
    public (ImmutableArray<string> Before, ImmutableArray<string> After) Changes => _changes.Value;

    /// <summary>True where the rule finds the same after it, or cannot say that it does not.</summary>
    public bool Has(DoctorRule rule, Finding finding)
    {
        if (!_found.TryGetValue(rule, out HashSet<(FindingCode, Subject)>? found))
            _found[rule] = found = FoundBy(rule);
        return found is null || found.Contains((finding.Code, finding.Subject));
    }

    private HashSet<(FindingCode, Subject)>? FoundBy(DoctorRule rule)
    {
        try
        {
            return [.. rule.Check(_after).Select(d => (d.Finding.Code, d.Finding.Subject))];
        }
        catch (NotModelledException)
        {
            return null; // not known to be gone
        }
    }
}

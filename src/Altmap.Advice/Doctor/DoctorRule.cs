using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Doctor;

/// <summary>
/// One question about a machine. A rule is one file in <c>Rules</c>, named as its class: the code with its page, the check, the remedies
/// and the machines that have the fault. The build finds it; tests, <c>altmap explain</c> and the documentation walk all of them.
/// </summary>
public abstract class DoctorRule
{
    /// <summary>What the rule can find, with pages. Codes of media stand with their checks in Formats and are not repeated here.</summary>
    public abstract ImmutableArray<FindingCode> Codes { get; }

    /// <summary>What the rule asks, for the table of rules.</summary>
    public abstract string Question { get; }

    /// <summary>Machines that have the fault, smallest first; a test walks each: finding, remedy, no finding.</summary>
    public abstract ImmutableArray<FaultyMachine> Examples { get; }

    /// <summary>What is wrong. May throw NotModelledException: then the question stays open.</summary>
    public abstract IEnumerable<Diagnosis> Check(Patient patient);
}

/// <summary>A finding, and what may be done about it, best first. The first remedy that works on the model is shown; one that does not is
/// never.</summary>
/// <param name="Finding">With the words of advice that always hold.</param>
/// <param name="Treatments">May be empty.</param>
public sealed record Diagnosis(Finding Finding, params ImmutableArray<Treatment> Treatments);

/// <summary>Commands that shall help.</summary>
/// <param name="Loses">What the model cannot promise: the data inside, first of all. Empty: nothing.</param>
/// <param name="Commands">As a person types them.</param>
public sealed record Treatment(string Loses, params ImmutableArray<string> Commands)
{
    /// <summary>In words; empty: the advice of the code.</summary>
    public string Advice { get; init; } = "";

    /// <summary>The command line to boot with, or null.</summary>
    public string? CommandLine { get; init; }

    /// <summary>True where the fault stays and only what can be saved is saved: the finding need not vanish.</summary>
    public bool OnlySaves { get; init; }
}

/// <summary>A machine with a fault.</summary>
/// <param name="Machine">A machine file.</param>
/// <param name="Codes">What is found there, in this order, without notes of other rules.</param>
public sealed record FaultyMachine(string Machine, params ImmutableArray<FindingCode> Codes)
{
    /// <summary>Another kernel on which it boots after its steps, with what is on its media; null: none.</summary>
    public string? ThenKernel { get; init; }

    /// <summary>Bytes of region0 that are zeroed after the steps, by offset and length, before it boots again.</summary>
    public ImmutableArray<(ulong Offset, int Length)> Zeroed { get; init; } = [];

    /// <summary>A kernel log to go with it.</summary>
    public ImmutableArray<string> Log { get; init; } = [];

    /// <summary>The kernel to upgrade to.</summary>
    public string? UpgradeTo { get; init; }

    /// <summary>True where a step fails: that is the fault.</summary>
    public bool StepsFail { get; init; }

    /// <summary>True where the finding has commands, which were tried.</summary>
    public bool IsTreatable { get; init; } = true;
}

using System.Diagnostics;
using System.Text;
using Altmap.Conformance.Cases;
using Altmap.Conformance.Fuzz;
using Altmap.Conformance.Guests;
using Altmap.Conformance.Packages;
using Altmap.Conformance.Reports;

namespace Altmap.Conformance;

/// <summary>A part of a run that needs no other: a case or a series on one kernel. What it prints at its end comes in one piece.</summary>
internal abstract class SuiteJob(string kernel)
{
    /// <summary>What came out; null before it ran.</summary>
    public SuiteTally? Tally { get; private set; }

    /// <summary>The kernel.</summary>
    protected string Kernel { get; } = kernel;

    /// <summary>Its name, for people.</summary>
    protected abstract string Name { get; }

    /// <summary>Runs it. What is missing is a skip; a guest that dies where it should not and a fault of the suite are
    /// failures.</summary>
    public void Run(Laboratory laboratory, TextWriter output)
    {
        var text = new StringBuilder();
        try
        {
            if (laboratory.Time.IsSpent)
                throw laboratory.Time.Over;
            Tally = Compare(laboratory, output, text);
        }
        catch (LaboratoryGap gap)
        {
            text.Append(null, $"SKIP {Name} on {Kernel}: {gap.Message}\n");
            Tally = Row(laboratory, skipped: 1);
        }
        catch (Exception e)
        {
            string why = e is GuestDied died ? $"the guest died: {died.Fault}" : $"the suite itself failed: {e}";
            text.Append(null, $"FAIL {Name} on {Kernel}: {why}\n");
            Tally = Row(laboratory, compared: 1);
        }
        output.Write(text.ToString());
        output.Flush();
    }

    /// <summary>Compares; <paramref name="text"/> takes the result for people, <paramref name="output"/> what is said on the way.</summary>
    protected abstract SuiteTally Compare(Laboratory laboratory, TextWriter output, StringBuilder text);

    /// <summary>A row of the tallies.</summary>
    protected abstract SuiteTally Row(
        Laboratory laboratory,
        int compared = 0,
        int agree = 0,
        int unknown = 0,
        int skipped = 0,
        string notes = ""
    );

    /// <summary>The kernel's release and package, and the tools'.</summary>
    protected string Release(Laboratory laboratory) => laboratory.ReleaseOf(Kernel);
}

/// <summary>A case.</summary>
internal sealed class CaseJob(string kernel, ConformanceCase one) : SuiteJob(kernel)
{
    private const int DifferencesShownMax = 30;

    protected override string Name => one.Name;

    /// <summary>The case and its kernel.</summary>
    public (string Case, string Kernel) Key => (one.Name, Kernel);

    protected override SuiteTally Compare(Laboratory laboratory, TextWriter output, StringBuilder text)
    {
        if (one.Skip is { } reason)
            throw new LaboratoryGap(reason);
        long began = Stopwatch.GetTimestamp();
        IReadOnlyList<string> differences = one.Run(laboratory, Kernel);
        bool good = differences.Count == 0;
        text.Append(null, $"{(good ? "PASS" : "FAIL")} {one.Name} on {Kernel} ({Stopwatch.GetElapsedTime(began).TotalSeconds:f0} s)\n");
        foreach (string difference in differences.Take(DifferencesShownMax))
            text.Append(null, $"  {difference}\n");
        return Row(laboratory, 1, good ? 1 : 0, 0, 0, "");
    }

    protected override SuiteTally Row(Laboratory laboratory, int compared, int agree, int unknown, int skipped, string notes) =>
        new(Kernel, Release(laboratory), $"cases of {one.Name.Split('/')[0]}", "", compared, agree, unknown, skipped, notes)
        {
            Names = agree < compared ? [one.Name] : [],
        };
}

/// <summary>A series of fuzzed inputs.</summary>
internal sealed class FuzzJob(string kernel, FuzzKind kind, ulong seed, int count) : SuiteJob(kernel)
{
    protected override string Name => kind.Name;

    protected override SuiteTally Compare(Laboratory laboratory, TextWriter output, StringBuilder text)
    {
        FuzzTally tally = new FuzzSeries(laboratory, Kernel, kind, seed, count, output).Run();
        int unknown = tally.NotModelled.Values.Sum();
        text.Append(
            null,
            $"{kind.Name} on {Kernel}, seed {seed}: {tally.Compared} compared, {tally.Agree} agree, {unknown} not modelled, "
        );
        text.Append(null, $"{tally.Races} races, {tally.Boots} boots\n");
        foreach ((string what, int n) in tally.Outcomes)
            text.Append(null, $"  {n, 6} {what}\n");
        foreach ((string what, int n) in tally.NotModelled)
            text.Append(null, $"  {n, 6} not modelled: {what}\n");
        if (tally.Over is { } over)
            text.Append(null, $"SKIP the rest of {count} {kind.Name} on {Kernel}: {over}\n");
        string notes =
            string.Join("; ", tally.Outcomes.Select(o => $"{o.Value} {o.Key}")) + (tally.Races > 0 ? $"; {tally.Races} races" : "");
        return Row(laboratory, tally.Compared, tally.Agree, unknown, tally.Over is null ? 0 : 1, notes);
    }

    protected override SuiteTally Row(Laboratory laboratory, int compared, int agree, int unknown, int skipped, string notes) =>
        new(Kernel, Release(laboratory), kind.Name, $"{seed}", compared, agree, unknown, skipped, notes);
}

/// <summary>Random sessions.</summary>
internal sealed class SessionJob(string kernel, ulong seed, int count) : SuiteJob(kernel)
{
    protected override string Name => "sessions";

    protected override SuiteTally Compare(Laboratory laboratory, TextWriter output, StringBuilder text)
    {
        SessionTally tally = new SessionSeries(laboratory, Kernel, seed, count, output).Run();
        text.Append(
            null,
            $"sessions on {Kernel}, seed {seed}: {tally.Sessions} compared, {tally.Agree} agree, {tally.Commands} commands, "
        );
        text.Append(null, $"{tally.Races} races, {tally.Boots} boots\n");
        foreach ((string what, int n) in tally.LeftOut)
            text.Append(null, $"  {n, 6} commands left out, {what}\n");
        if (tally.Over is { } over)
            text.Append(null, $"SKIP the rest of {count} sessions on {Kernel}: {over}\n");
        return Row(
            laboratory,
            tally.Sessions,
            tally.Agree,
            tally.LeftOut.Values.Sum(),
            tally.Over is null ? 0 : 1,
            $"{tally.Commands} commands; not modelled: commands left out; {tally.Races} races"
        );
    }

    protected override SuiteTally Row(Laboratory laboratory, int compared, int agree, int unknown, int skipped, string notes) =>
        new(Kernel, Release(laboratory), "sessions", $"{seed}", compared, agree, unknown, skipped, notes);
}

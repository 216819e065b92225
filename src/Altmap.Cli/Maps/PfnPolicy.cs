using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Explore;
using Altmap.Model.Maps;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Cli.Maps;

/// <summary><c>altmap pfn --policy</c>: which pages of a machine a change of pfn_to_online_page() alters.</summary>
internal static class PfnPolicy
{
    /// <summary>What the two say of the pages of a machine.</summary>
    private sealed record Answer(Machine Machine, ImmutableArray<ComparedPages> Notable, Totals Totals);

    private record struct Totals(
        ulong Pages,
        ulong GivenBefore,
        ulong GivenAfter,
        ulong Gained,
        ulong Lost,
        ulong WrongBefore,
        ulong WrongAfter,
        ulong MissedBefore,
        ulong MissedAfter
    );

    /// <summary>Compares on each machine.</summary>
    /// <returns>4 where the policy gives a wrong page or misses one.</returns>
    public static int Show(CliHost host, IEnumerable<Machine> machines, string[] pages, Policy policy, bool isJson)
    {
        if (policy.Collisions != Collisions.Share || policy.Holes == HolePages.Uninitialised)
            throw new CliError(
                ExitCode.Unsupported,
                $"--policy {policy.Name}: it changes what is there at boot (\"collisions\", \"holes\"), and pfn judges the machine as its "
                    + "kernel made it; expected a policy of checks alone. altmap explore judges all of it"
            );
        ImmutableArray<Answer> answers = [.. machines.Select(m => Of(m, pages, policy))];
        if (isJson)
            JsonOutput.Write(host, json => WriteJson(json, answers, policy));
        else
            foreach (Answer answer in answers)
                WriteText(host, answer, policy);
        return answers.Any(a => a.Totals.WrongAfter + a.Totals.MissedAfter > 0) ? ExitCode.ErrorsLeft : ExitCode.Success;
    }

    private static Answer Of(Machine machine, string[] pages, Policy policy)
    {
        PfnRange[] parts =
            pages.Length == 0
                ? [CheckComparison.AllPages(machine)]
                : [.. pages.Select(p => PageRange.Parse(p, "page, address or range", machine.Mm.PageSize))];
        Totals totals = default;
        var notable = ImmutableArray.CreateBuilder<ComparedPages>();
        foreach (ComparedPages run in parts.SelectMany(p => CheckComparison.Of(machine, policy.Checks, p)))
        {
            ulong count = run.Pages.Count.Pages;
            ulong If(bool holds) => holds ? count : 0;
            totals.Pages += count;
            totals.GivenBefore += If(run.Before.IsOnline);
            totals.GivenAfter += If(run.After.IsOnline);
            totals.Gained += If(run.IsAltered && run.After.IsOnline);
            totals.Lost += If(run.IsAltered && run.Before.IsOnline);
            totals.WrongBefore += If(run.Before.IsWrong);
            totals.WrongAfter += If(run.After.IsWrong);
            totals.MissedBefore += If(run.Before.IsMissed);
            totals.MissedAfter += If(run.After.IsMissed);
            if (run.IsNotable)
                notable.Add(run);
        }
        return new Answer(machine, notable.ToImmutable(), totals);
    }

    private static void WriteText(CliHost host, Answer answer, Policy policy)
    {
        (Machine machine, ImmutableArray<ComparedPages> notable, Totals totals) = answer;
        host.Out.WriteLine($"kernel {machine.Kernel.Name}: pfn_to_online_page() by its own checks and by policy {policy.Name}");
        host.Out.WriteLine($"  own:    {Words(CheckComparison.OwnChecks(machine))}");
        host.Out.WriteLine($"  policy: {Words(policy.Checks)}");
        foreach (ComparedPages run in notable)
        {
            host.Out.WriteLine();
            host.Out.WriteLine(
                $"{PfnRequest.Words(run.Pages, machine.Mm.PageSize)}, owner {run.Owner?.ToString() ?? "none"}: {Change(run)}"
            );
            host.Out.WriteLine($"  own:    {Verdict(run.Before)}");
            host.Out.WriteLine($"  policy: {Verdict(run.After)}");
        }
        host.Out.WriteLine();
        string changed =
            totals.Gained + totals.Lost == 0
                ? "no verdict changes"
                : $"{Count(totals.Gained + totals.Lost)} change: {Count(totals.Gained)} from NULL to given, "
                    + $"{Count(totals.Lost)} from given to NULL";
        host.Out.WriteLine($"{Count(totals.Pages)} pages; {changed}");
        host.Out.WriteLine(
            $"  own:    {Count(totals.GivenBefore)} given, {Count(totals.WrongBefore)} of them wrongly; "
                + $"{Count(totals.MissedBefore)} of online RAM missed"
        );
        host.Out.WriteLine(
            $"  policy: {Count(totals.GivenAfter)} given, {Count(totals.WrongAfter)} of them wrongly; "
                + $"{Count(totals.MissedAfter)} of online RAM missed"
        );
    }

    private static string Change(ComparedPages run) =>
        !run.IsAltered ? "as before"
        : run.After.IsOnline ? "from NULL to given"
        : "from given to NULL";

    private static string Verdict(PfnStory story) => $"{(story.IsWrong || story.IsMissed ? "WRONG: " : "")}{story.Reason}";

    private static string Words(ImmutableArray<OnlineCheck> checks) =>
        checks.IsEmpty ? "no check" : string.Join(", ", checks.Select(c => c.Word));

    private static string Count(ulong pages) => pages.ToString("N0", CultureInfo.InvariantCulture);

    private static void WriteJson(Utf8JsonWriter json, ImmutableArray<Answer> answers, Policy policy)
    {
        json.WriteStartArray();
        foreach ((Machine machine, ImmutableArray<ComparedPages> notable, Totals totals) in answers)
        {
            json.WriteStartObject();
            json.WriteString("kernel", machine.Kernel.Name);
            json.WriteStrings("kernel_checks", CheckComparison.OwnChecks(machine).Select(c => c.Word));
            json.WriteString("policy", policy.Name);
            json.WriteStrings("policy_checks", policy.Checks.Select(c => c.Word));
            json.WriteNumber("pages", totals.Pages);
            json.WriteNumber("gained", totals.Gained);
            json.WriteNumber("lost", totals.Lost);
            WriteSide(json, "kernel_pages", totals.GivenBefore, totals.WrongBefore, totals.MissedBefore);
            WriteSide(json, "policy_pages", totals.GivenAfter, totals.WrongAfter, totals.MissedAfter);
            json.WriteObjects(
                "ranges",
                notable,
                run =>
                {
                    json.WriteNumber("pfn", run.Pages.Start.Number);
                    json.WriteNumber("end_pfn", run.Pages.End.Number);
                    json.WriteString("address", JsonOutput.Hex(run.Pages.Start.ToAddress(machine.Mm.PageSize).Bytes));
                    json.WriteString("owner", run.Owner?.ToString());
                    json.WriteString("zone", run.Before.Memmap.Zone == ZoneKind.None ? null : run.Before.Memmap.Zone.Name());
                    json.WriteBoolean("altered", run.IsAltered);
                    WriteStory(json, "kernel_says", run.Before);
                    WriteStory(json, "policy_says", run.After);
                }
            );
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteSide(Utf8JsonWriter json, string key, ulong given, ulong wrong, ulong missed)
    {
        json.WriteStartObject(key);
        json.WriteNumber("given", given);
        json.WriteNumber("wrong", wrong);
        json.WriteNumber("missed", missed);
        json.WriteEndObject();
    }

    private static void WriteStory(Utf8JsonWriter json, string key, PfnStory story)
    {
        json.WriteStartObject(key);
        json.WriteBoolean("online", story.IsOnline);
        json.WriteBoolean("wrong", story.IsWrong);
        json.WriteBoolean("missed", story.IsMissed);
        json.WriteString("reason", story.Reason);
        json.WriteEndObject();
    }
}

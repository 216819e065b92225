using System.Collections.Immutable;
using Altmap.Advice.Plans;
using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model.Planning;

namespace Altmap.Cli.Planning;

/// <summary>The answers of <c>altmap plan</c> for people: what is lost, the commands, their sum; then the ledgers.</summary>
internal static class PlanAnswerText
{
    public static void Write(CliHost host, PlanAnswers answers, bool isOneOfMany)
    {
        if (answers.IsUnknown)
            WriteUnknown(host, answers.Cases);
        PlanAnswer[] made = [.. answers.Plans.Where(p => p.Commands is { IsDefaultOrEmpty: false })];
        if (made.Length > 0 && isOneOfMany)
            host.Out.WriteLine($"kernel {made[0].Plan.Kernel.Name}:");
        foreach (string loses in made.Select(m => m.Loses).OfType<string>().Distinct())
            host.Out.WriteLine($"loses: {loses}");
        foreach (string command in made.SelectMany(m => m.Commands))
            host.Out.WriteLine($"run: {command}");
        if (answers.Summary is { } summary)
            host.Out.WriteLine(summary);
        if (answers.Plans.Length > 1 && answers.Plans.All(a => a is { Region: null, Plan.IsAccepted: true }))
            WriteRow(host, [.. answers.Plans.Select(a => a.Plan)]);
        foreach (PlanAnswer answer in answers.Plans)
            PlanText.Write(host, answer.Plan, answer.Namespace);
    }

    /// <summary>What the namespaces come to that were made on the model.</summary>
    public static string Sum(ImmutableArray<TriedNamespace> all)
    {
        TriedNamespace[] last = [.. all.GroupBy(m => m.Region).Select(g => g.Last()).Where(m => m.After is not null)];
        string left = string.Join(", ", last.Select(m => $"{Sum(m.After!.Free().Select(f => f.Size)).ToHuman()} in {m.Region}"));
        string what = all.Length == 1 ? all[0].Namespace : Numbers.Count(all.Length, "namespace");
        return $"on the model {what} of {Sum(all.Select(m => m.Result.Range.Size)).ToHuman()} {(all.Length == 1 ? "gives" : "give")} "
            + $"{Sum(all.Select(m => m.Result.Usable))}{(left.Length == 0 ? "" : $"; left: {left}")}";
    }

    /// <summary>What is missing, in a line.</summary>
    public static string Unknown(ImmutableArray<BlockCase> cases) =>
        "unknown: needs --block-size, or a MACHINE: the size of a memory block decides. "
        + string.Join(
            "; ",
            cases.Select(c =>
                $"{c.Block.ToOption()}: {(c.Size is { } size ? $"{c.Usable.ToHuman()} usable of {size.ToHuman()}" : "refused")}"
            )
        );

    private static void WriteUnknown(CliHost host, ImmutableArray<BlockCase> cases)
    {
        host.Out.WriteLine("unknown: needs --block-size, or a MACHINE: the size of a memory block decides, and nobody gave it");
        var table = new TextTable(">memory block", ">bytes usable", ">", ">of bytes", ">");
        foreach (BlockCase each in cases)
            table.Add(
                each.Block.ToHuman(),
                each.Size is null ? "refused" : Numbers.Of(each.Usable),
                each.Size is null ? "" : each.Usable.ToHuman(),
                each.Size is { } size ? Numbers.Of(size) : "",
                each.Size?.ToHuman() ?? ""
            );
        table.Write(host);
        host.Out.WriteLine($"if it is {cases[0].Block.ToHuman()}:");
    }

    /// <summary>Namespaces that lie one behind the other.</summary>
    private static void WriteRow(CliHost host, ImmutableArray<NamespacePlan> plans) =>
        host.Out.WriteLine(
            $"kernel {plans[0].Kernel.Name}: {Numbers.Count(plans.Length, "namespace")} from {plans[0].Range.Start} to "
                + $"{plans[^1].Range.End}: {Sum(plans.Select(p => p.Range.Size)).ToHuman()} give {Sum(plans.Select(p => p.Usable))}"
        );

    private static ByteSize Sum(IEnumerable<ByteSize> sizes) => sizes.Aggregate(ByteSize.Zero, (a, b) => a + b);
}

using System.Collections.Immutable;
using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model.Planning;

namespace Altmap.Cli.Planning;

/// <summary>What comes before the ledgers of <c>--usable</c>: all commands, and what they come to.</summary>
internal static class PlanUsableText
{
    public static void Write(CliHost host, ImmutableArray<MadeNamespace> all, bool isOneOfMany)
    {
        if (all.IsEmpty)
            return;
        if (isOneOfMany)
            host.Out.WriteLine($"kernel {all[0].Result.Kernel.Name}:");
        foreach (MadeNamespace made in all)
        {
            if (
                made.Planned.Place.Use == RegionUse.Whole
                || made.Commands.Any(c => c.StartsWith("ndctl disable-region ", StringComparison.Ordinal))
            )
                host.Out.WriteLine($"{made.Planned.Place.Region.Device} has one namespace, without label: what it holds is lost");
        }
        foreach (string command in all.SelectMany(m => m.Commands))
            host.Out.WriteLine($"run: {command}");
        string left = string.Join(
            ", ",
            all.GroupBy(m => m.Planned.Place.Region.Device).Select(g => $"{Free(g.Last()).ToHuman()} in {g.Key}")
        );
        string model = all.All(m => m.IsChecked) ? "on the model " : "";
        host.Out.WriteLine(
            $"{model}{Names(all)} of {Sum(all.Select(m => m.Result.Range.Size)).ToHuman()} {(all.Length == 1 ? "gives" : "give")} "
                + $"{Sum(all.Select(m => m.Result.Usable))}; left: {left}"
        );
    }

    /// <summary>Namespaces that lie one behind the other.</summary>
    public static void WriteRow(CliHost host, ImmutableArray<NamespacePlan> plans) =>
        host.Out.WriteLine(
            $"kernel {plans[0].Kernel.Name}: {Numbers.Count(plans.Length, "namespace")} from {plans[0].Range.Start} to "
                + $"{plans[^1].Range.End}: {Sum(plans.Select(p => p.Range.Size)).ToHuman()} give {Sum(plans.Select(p => p.Usable))}"
        );

    private static string Names(ImmutableArray<MadeNamespace> all) =>
        all.Length == 1 ? all[0].Namespace ?? "a namespace" : Numbers.Count(all.Length, "namespace");

    private static ByteSize Free(MadeNamespace last) =>
        last.Planned.Place.Take(last.Planned.Plan.Range) is { } after ? Sum(after.Free().Select(f => f.Size)) : ByteSize.Zero;

    private static ByteSize Sum(IEnumerable<ByteSize> sizes) => sizes.Aggregate(ByteSize.Zero, (a, b) => a + b);
}

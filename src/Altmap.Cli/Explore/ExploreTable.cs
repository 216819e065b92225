using System.Collections.Immutable;
using System.Globalization;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Model.Explore;
using Altmap.Model.Memory.Steps;

namespace Altmap.Cli.Explore;

/// <summary><c>explore --table</c>: property by policy and locks.</summary>
internal static class ExploreTable
{
    /// <summary>One walker: two find nothing more on any policy, and take a hundred times as long.</summary>
    private static readonly Bounds Size = new(Walkers: 1);

    private sealed record Way(string Title, bool Locked, ImmutableHashSet<LockName> Without, bool Faults);

    private sealed record Cell(Way Way, Policy Policy, bool Poisons, ExplorerModel Model, Exploration Found);

    private static readonly Way[] Ways =
    [
        new("walkers hold the hotplug lock and the device lock, every map succeeds", true, [], false),
        new("walkers hold the hotplug lock and the device lock, maps may fail half-way", true, [], true),
        new("walkers hold the hotplug lock alone (--without device-lock), every map succeeds", true, [LockName.Device], false),
        new("walkers hold no lock, every map succeeds", false, [], false),
        new("walkers hold no lock, maps may fail half-way", false, [], true),
    ];

    public static int Run(CliHost host, bool isJson)
    {
        Cell[] cells =
        [
            .. from way in Ways
            from policy in Policy.All.Concat(Policy.Mutants)
            from poisons in (bool[])[false, true]
            select Search(way, policy, poisons),
        ];
        if (isJson)
            WriteJson(host, cells);
        else
            WriteText(host, cells);
        return ExitCode.Success;
    }

    private static Cell Search(Way way, Policy policy, bool poisons)
    {
        var model = new ExplorerModel(
            new Scenario
            {
                Policy = policy,
                Bounds = Size,
                Poisons = poisons,
                Faults = way.Faults,
                WalkersLocked = way.Locked,
                Without = way.Without,
            }
        );
        return new Cell(way, policy, poisons, model, Explorer.Search(model, new SearchLimits()));
    }

    private static void WriteText(CliHost host, Cell[] cells)
    {
        ImmutableArray<Property> properties = cells[0].Model.Properties;
        host.Out.WriteLine($"{Size}, to the fixpoint.");
        host.Out.WriteLine(
            "A number: the property does not hold, and a shortest trace has so many steps, without poisoning / with it; -: it holds."
        );
        host.Out.WriteLine();
        foreach ((int number, Property property) in properties.Index())
            host.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number + 1, 2}  {property.Name}: {property.Title}"));
        foreach (IGrouping<Way, Cell> way in cells.GroupBy(c => c.Way))
        {
            host.Out.WriteLine();
            host.Out.WriteLine($"{way.Key.Title}:");
            var table = new TextTable([
                "policy",
                .. properties.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $">{i + 1}")),
                ">states",
            ]);
            foreach (IGrouping<Policy, Cell> policy in way.GroupBy(c => c.Policy))
            {
                Cell[] both = [.. policy];
                table.Add([
                    policy.Key.Name,
                    .. properties.Select(p =>
                        string.Join('/', both.Select(c => Steps(c.Found, p)).ToArray() is var s && s[0] == s[1] ? s[..1] : s)
                    ),
                    string.Join('/', both.Select(c => c.Found.States.ToString(CultureInfo.InvariantCulture))),
                ]);
            }
            host.Out.Write(table.ToText());
        }
    }

    private static string Steps(Exploration found, Property property) =>
        found.Violations.FirstOrDefault(v => v.Property.Name == property.Name) is { } violation
            ? violation.Trace.Length.ToString(CultureInfo.InvariantCulture)
            : "-";

    private static void WriteJson(CliHost host, Cell[] cells) =>
        JsonOutput.Write(
            host,
            json =>
            {
                json.WriteStartArray();
                foreach (Cell cell in cells)
                {
                    json.WriteStartObject();
                    json.WriteString("policy", cell.Policy.Name);
                    json.WriteString("poison", cell.Poisons ? "on" : "off");
                    json.WriteString("walkers", cell.Way.Locked ? "locked" : "unlocked");
                    json.WriteStrings("without", ExploreRequest.Locks.Where(l => cell.Way.Without.Contains(l.Lock)).Select(l => l.Word));
                    json.WriteString("faults", cell.Way.Faults ? "map-failure" : "none");
                    json.WriteString("bounds", Size.ToString());
                    json.WriteNumber("states", cell.Found.States);
                    json.WriteNumber("depth", cell.Found.Depth);
                    json.WriteBoolean("complete", cell.Found.IsComplete);
                    json.WriteObjects(
                        "violations",
                        cell.Found.Violations,
                        v =>
                        {
                            json.WriteString("property", v.Property.Name);
                            json.WriteNumber("steps", v.Trace.Length);
                        }
                    );
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }
        );
}
